"""Events: read once, applied once, in any order; addresses and mailboxes closed by policy (A-29 D8, D10, D17; F9, F13, F15)."""

import threading
from datetime import timedelta
from itertools import permutations

import pytest
from django.db import connection
from django.utils import timezone

from accounts.auditing import ReasonMissingError
from accounts.models import AuditEntry
from mailboxes import events
from mailboxes.models import DeliveryEvent, InboundMessage, ProviderDelivery, Suppression
from mailboxes.signals import delivery_event_stored
from mailboxes.tasks import apply_deliveries
from tests.factories.outreach import WebhookEndpointFactory
from tests.fakes.webhooks import complaint_report, delivery_report, event, hear, inbound, mail, post

HARD = {"status": "5.1.1", "diagnostic": "550 5.1.1 user unknown"}
SOFT = {"status": "4.2.2", "diagnostic": "452 4.2.2 mailbox full"}
MARIA = "maria@northwind.test"


@pytest.fixture
def endpoint(db):
    return WebhookEndpointFactory()


def reasons():
    return sorted(Suppression.objects.values_list("reason", flat=True))


def test_each_event_is_normalised_and_bound_to_its_endpoints_workspace(endpoint):
    delivery = hear(
        endpoint,
        [
            event("bounced", number=1, message_id="<a@x.test>", recipient=MARIA, bounce=HARD),
            event("delivered", number=2, message_id="b@x.test", at=1_795_000_000),
        ],
    )
    first, second = DeliveryEvent.objects.order_by("event_id")
    assert (first.type, first.bounce_kind, first.status_code) == ("bounced", "hard", "5.1.1")
    assert (first.workspace, first.recipient, first.processed_at) == (
        endpoint.workspace,
        MARIA,
        None,
    )
    assert second.message_id == "<b@x.test>"
    assert second.occurred_at.timestamp() == 1_795_000_000
    assert (delivery.status, delivery.attempts, delivery.error) == ("applied", 1, "")
    assert delivery.effects == ["e1: bounced", "suppressed: hard_bounce", "e2: delivered"]


def test_the_same_event_in_ten_posts_counts_once(endpoint):
    for number in range(10):
        hear(endpoint, [event("bounced", recipient=MARIA, bounce=SOFT), event(number=100 + number)])
    assert DeliveryEvent.objects.filter(type="bounced").count() == 1
    assert reasons() == []


def test_an_unknown_type_survives_and_does_nothing(endpoint):
    delivery = hear(endpoint, [event("teleported", recipient=MARIA)])
    assert DeliveryEvent.objects.get().type == "unknown"
    assert delivery.status == "applied"
    assert reasons() == []


@pytest.mark.parametrize(
    "bad",
    [
        None,
        {"type": "bounced"},
        event(number=9, at="yesterday"),
        event(number=9, at="2026-11-21T10:00:00"),
        event(number=9, at=1e300),
        event(number=9, bounce=[1]),
        event(number=9, message_id="x" * 2000),
        event("inbound", number=9),
        event("inbound", number=9, raw_mime="%%%"),
        {**event(), "event_id": "x" * 300},
    ],
)
def test_one_bad_event_does_not_stop_the_batch(endpoint, bad):
    delivery = hear(endpoint, [event(number=1), bad, event(number=2)])
    assert list(DeliveryEvent.objects.order_by("event_id").values_list("event_id", flat=True)) == [
        "e1",
        "e2",
    ]
    assert delivery.status == "applied"
    assert delivery.error.startswith("1 skipped; entry 1: ")


def test_nul_and_broken_characters_are_kept_out_of_the_database(endpoint):
    hear(endpoint, [event("delivered", message_id="a\x00b@x.test", recipient="\ud800@x.test")])
    assert DeliveryEvent.objects.get().message_id == "<ab@x.test>"


def test_a_hard_bounce_suppresses_at_once_and_for_ever_in_this_workspace_only(endpoint, stranger):
    hear(endpoint, [event("bounced", recipient=MARIA, bounce=HARD)])
    row = Suppression.objects.get()
    assert (row.reason, row.scope, row.workspace, row.expires_at) == (
        "hard_bounce",
        "workspace",
        endpoint.workspace,
        None,
    )


def test_three_soft_bounces_in_thirty_days_close_for_thirty_days(endpoint):
    for number, day in enumerate(["2026-11-01", "2026-11-15"]):
        hear(
            endpoint,
            [event("bounced", number=number, at=f"{day}T10:00:00Z", recipient=MARIA, bounce=SOFT)],
        )
    assert reasons() == []
    before = timezone.now()
    last = event("bounced", number=3, at="2026-11-20T10:00:00Z", recipient=MARIA, bounce=SOFT)
    hear(endpoint, [last])
    row = Suppression.objects.get()
    assert row.reason == "soft_bounce"
    assert before + timedelta(days=30) <= row.expires_at <= timezone.now() + timedelta(days=30)


@pytest.mark.parametrize("days", list(permutations(["2026-10-01", "2026-11-15", "2026-11-20"])))
def test_soft_bounces_further_apart_close_nothing_in_any_order(endpoint, days):
    for number, day in enumerate(days):
        hear(
            endpoint,
            [event("bounced", number=number, at=f"{day}T10:00:00Z", recipient=MARIA, bounce=SOFT)],
        )
    assert reasons() == []


def test_one_mail_that_bounces_softly_three_times_is_one(endpoint):
    for number in range(3):
        told = event(
            "bounced", number=number, message_id="<a@x.test>", recipient=MARIA, bounce=SOFT
        )
        hear(endpoint, [told])
    assert reasons() == []


def test_a_policy_block_pauses_the_mailbox_and_spares_the_recipient(endpoint):
    refused = {"status": "5.7.1", "diagnostic": "554 5.7.1 message rejected due to policy"}
    delivery = hear(endpoint, [event("bounced", recipient=MARIA, bounce=refused)])
    endpoint.mailbox.refresh_from_db()
    assert endpoint.mailbox.status == "paused"
    assert "refused mail by policy (5.7.1" in endpoint.mailbox.status_reason
    assert reasons() == []
    assert "mailbox paused" in delivery.effects


def test_a_complaint_closes_for_the_workspace_until_the_mail_is_found(endpoint):
    hear(endpoint, [event("complained", recipient=MARIA)])
    row = Suppression.objects.get()
    assert (row.reason, row.scope) == ("complaint", "workspace")


def test_a_recipient_that_is_no_address_closes_nothing_and_breaks_nothing(endpoint):
    delivery = hear(endpoint, [event("complained", recipient="nobody"), event(number=2)])
    assert reasons() == []
    assert DeliveryEvent.objects.count() == 2
    assert delivery.status == "applied"


def test_inbound_mail_is_kept_once_however_often_it_is_told(endpoint):
    raw = mail(message_id="<r@northwind.test>")
    hear(endpoint, [inbound(raw, number=1), inbound(raw, number=2)])
    kept = InboundMessage.objects.get()
    assert (kept.workspace, kept.mailbox, kept.auto_reply) == (
        endpoint.workspace,
        endpoint.mailbox,
        "human",
    )
    assert set(DeliveryEvent.objects.values_list("outcome", flat=True)) == {
        "mail kept: human",
        "mail already kept",
    }
    assert not DeliveryEvent.objects.filter(processed_at=None).exists()


def test_a_bounce_in_a_mail_becomes_an_event_but_cannot_close_an_address_by_itself(endpoint):
    hear(endpoint, [inbound(delivery_report(about="<a@x.test>"))])
    told = DeliveryEvent.objects.get(type="bounced")
    assert (told.message_id, told.recipient, told.bounce_kind) == ("<a@x.test>", MARIA, "hard")
    assert told.processed_at is None
    assert InboundMessage.objects.get().auto_reply == "bounce"
    assert reasons() == []


def test_a_complaint_in_a_mail_becomes_an_event(endpoint):
    hear(endpoint, [inbound(complaint_report(about="<a@x.test>"))])
    told = DeliveryEvent.objects.get(type="complained")
    assert (told.message_id, told.recipient) == ("<a@x.test>", MARIA)
    assert InboundMessage.objects.get().auto_reply == "bounce"


def test_news_of_an_event_is_announced_after_the_commit(
    endpoint, django_capture_on_commit_callbacks
):
    heard = []

    def listen(sender, pk, **kwargs):
        heard.append(pk)

    delivery_event_stored.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            hear(endpoint, [event()])
            assert heard == []
    finally:
        delivery_event_stored.disconnect(listen)
    assert heard == [DeliveryEvent.objects.get().pk]


def test_the_sweep_applies_what_a_lost_task_left(endpoint):
    post(endpoint, [event()])
    assert not DeliveryEvent.objects.exists()
    apply_deliveries()
    assert DeliveryEvent.objects.count() == 1
    assert not events.waiting_deliveries()


def test_a_replay_needs_a_reason_is_audited_and_changes_nothing_known(endpoint, owner):
    delivery = hear(endpoint, [event("bounced", recipient=MARIA, bounce=HARD)])
    with pytest.raises(ReasonMissingError):
        events.replay(delivery, actor=owner.user, reason=" ")
    assert events.replay(delivery, actor=owner.user, reason="checking a report") is True
    assert events.replay(delivery, actor=owner.user, reason="twice") is False
    apply_deliveries()
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts) == ("applied", 2)
    assert delivery.effects == ["e1: already known"]
    assert DeliveryEvent.objects.count() == Suppression.objects.count() == 1
    assert AuditEntry.objects.get().verb == "webhook.replay"


@pytest.mark.django_db(transaction=True)
def test_a_hundred_copies_at_once_have_one_effect():
    endpoint = WebhookEndpointFactory()
    told = [event("bounced", recipient=MARIA, bounce=HARD)]
    for number in range(20):
        post(endpoint, [*told, event(number=100 + number)])
    pks = list(ProviderDelivery.objects.values_list("pk", flat=True))
    assert len(pks) == 20

    def work():
        try:
            for pk in pks:
                events.apply_delivery(pk, now=timezone.now())
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(ProviderDelivery.objects.values_list("status", "attempts")) == {("applied", 1)}
    assert DeliveryEvent.objects.filter(type="bounced").count() == 1
    assert DeliveryEvent.objects.count() == 21
    assert Suppression.objects.count() == 1
