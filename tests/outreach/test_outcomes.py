"""Delivery events and the ledger: the same end in any order, nothing across tenants, nothing lost (A-29 D8, D10; F9, F14, F17)."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from django.utils import timezone

from accounts.models import Notification
from jobs.models import ApplicationEvent
from mailboxes.models import DeliveryEvent, MailboxDay, Suppression
from outreach.tasks import apply_mail_news
from tests.factories.outreach import WebhookEndpointFactory
from tests.factories.scenes import being_written_to, first_mail, mailbox_for, package_for, statuses
from tests.fakes.webhooks import complaint_report, delivery_report, event, hear, inbound

HARD = {"status": "5.1.1", "diagnostic": "550 5.1.1 user unknown"}
SOFT = {"status": "4.2.2", "diagnostic": "452 4.2.2 mailbox full"}
BLOCK = {"status": "5.7.1", "diagnostic": "554 5.7.1 rejected due to policy"}


@pytest.fixture
def maria(profile):
    mailbox = mailbox_for(profile.workspace)
    return being_written_to(package_for(profile), mailbox, email="maria@northwind.test")


@pytest.fixture
def endpoint(maria):
    return WebhookEndpointFactory(mailbox=maria.mailbox, workspace=maria.workspace)


def told(enrollment, kind, *, number=1, minute=0, **fields):
    return event(
        kind,
        number=number,
        at=f"2026-11-20T10:{minute:02}:00+00:00",
        message_id=first_mail(enrollment).message_id,
        recipient=enrollment.contact.email,
        **fields,
    )


def apply(endpoint, *events):
    hear(endpoint, list(events))
    apply_mail_news()


def test_delivered_sets_state_and_moment_and_goes_on(maria, endpoint):
    apply(endpoint, told(maria, "delivered", minute=5))
    message = first_mail(maria)
    assert (message.status, message.delivered_at) == (
        "delivered",
        datetime(2026, 11, 20, 10, 5, tzinfo=UTC),
    )
    assert statuses(maria) == ["delivered", "scheduled", "approved"]
    assert DeliveryEvent.objects.get().outcome == "delivered"


def test_a_hard_bounce_stops_suppresses_and_tells_once(maria, endpoint):
    apply(endpoint, told(maria, "bounced", bounce=HARD))
    apply(endpoint, told(maria, "bounced", number=2, bounce=HARD))
    maria.refresh_from_db()
    assert (maria.status, maria.stop_reason) == ("stopped", "bounced")
    assert statuses(maria) == ["bounced", "cancelled", "cancelled"]
    row = Suppression.objects.get()
    assert (row.reason, row.scope, row.expires_at) == ("hard_bounce", "workspace", None)
    assert Notification.objects.count() == 1
    assert ApplicationEvent.objects.filter(kind="bounced").count() == 1


def test_a_soft_bounce_marks_the_mail_only(maria, endpoint):
    apply(endpoint, told(maria, "bounced", bounce=SOFT))
    maria.refresh_from_db()
    assert (maria.status, first_mail(maria).status) == ("active", "bounced")
    assert first_mail(maria).status_reason == "452 4.2.2 mailbox full"
    assert not Suppression.objects.exists()


def test_a_policy_block_pauses_the_sending_mailbox_not_the_recipient(maria, endpoint):
    endpoint.mailbox = None
    endpoint.save()
    apply(endpoint, told(maria, "bounced", bounce=BLOCK))
    maria.mailbox.refresh_from_db()
    assert maria.mailbox.status == "paused"
    assert not Suppression.objects.exists()
    maria.refresh_from_db()
    assert maria.status == "active"


def test_a_complaint_about_our_mail_closes_the_address_for_everyone(maria, endpoint):
    apply(endpoint, told(maria, "complained"))
    maria.refresh_from_db()
    assert (maria.status, maria.stop_reason, first_mail(maria).status) == (
        "stopped",
        "complained",
        "complained",
    )
    assert set(Suppression.objects.values_list("scope", "reason")) == {
        ("workspace", "complaint"),
        ("platform", "complaint"),
    }


def test_a_complaint_about_a_mail_that_was_never_sent_reaches_nobody_else(
    maria, endpoint, stranger
):
    """Whoever owns a signing key must not be able to close any address for other tenants."""
    apply(endpoint, event("complained", message_id="<made-up@x.test>", recipient="ceo@big.test"))
    assert list(Suppression.objects.values_list("scope", "workspace")) == [
        ("workspace", maria.workspace_id)
    ]
    assert DeliveryEvent.objects.get().outcome == "no such mail"


def test_events_touch_only_mails_of_their_endpoints_workspace(maria, stranger):
    foreign = WebhookEndpointFactory(
        mailbox=mailbox_for(stranger.workspace), workspace=stranger.workspace
    )
    apply(foreign, told(maria, "complained"), told(maria, "bounced", number=2, bounce=HARD))
    maria.refresh_from_db()
    assert (maria.status, first_mail(maria).status) == ("active", "sent")
    assert not Suppression.objects.filter(scope="platform").exists()
    assert not Suppression.objects.filter(workspace=maria.workspace).exists()


def test_an_unsubscribe_event_stops_and_closes(maria, endpoint):
    apply(endpoint, told(maria, "unsubscribed"))
    maria.refresh_from_db()
    assert (maria.status, maria.stop_reason) == ("stopped", "unsubscribed")
    assert Suppression.objects.get().reason == "unsubscribed"


@pytest.mark.parametrize("raw", [delivery_report, complaint_report])
def test_reports_that_arrive_as_mail_work_like_events(maria, endpoint, raw):
    report = raw(about=first_mail(maria).message_id, recipient=maria.contact.email)
    apply(endpoint, inbound(report))
    maria.refresh_from_db()
    expected = "bounced" if raw is delivery_report else "complained"
    assert (maria.status, maria.stop_reason) == ("stopped", expected)
    assert Suppression.objects.exists()


def test_all_orders_of_five_events_end_equal(profile):
    """F14: 120 people, each is told the same five events in another order, in one post or in five with sweeps between."""
    mailbox = mailbox_for(profile.workspace)
    package = package_for(profile)
    endpoint = WebhookEndpointFactory(mailbox=mailbox, workspace=profile.workspace)
    kinds = ["opened", "delivered", "bounced", "complained", "deferred"]
    people = []
    for turn, order in enumerate(permutations(range(5))):
        person = being_written_to(package, mailbox, email=f"m{turn}@northwind.test", mails=2)
        people.append(person)
        events = [
            told(
                person,
                kinds[place],
                number=turn * 10 + place,
                minute=place,
                **({"bounce": HARD} if kinds[place] == "bounced" else {}),
            )
            for place in order
        ]
        for post in [events] if turn % 8 else [[one] for one in events]:
            hear(endpoint, post)
            if not turn % 8:
                apply_mail_news()
    apply_mail_news()
    apply_mail_news()
    ends = set()
    for person in people:
        person.refresh_from_db()
        message = first_mail(person)
        moments = (message.delivered_at, message.bounced_at, message.complained_at)
        closed = Suppression.objects.filter(address_hash=message.recipient_hash)
        ends.add(
            (
                person.status,
                person.stop_reason,
                tuple(statuses(person)),
                *moments,
                tuple(sorted(closed.values_list("reason", "scope"))),
            )
        )
    assert not DeliveryEvent.objects.filter(processed_at=None).exists()
    moment = datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert ends == {
        (
            "stopped",
            "complained",
            ("complained", "cancelled"),
            moment + timedelta(minutes=1),
            moment + timedelta(minutes=2),
            moment + timedelta(minutes=3),
            (("complaint", "platform"), ("complaint", "workspace"), ("hard_bounce", "workspace")),
        )
    }


@pytest.mark.parametrize("status", ["scheduled", "claimed", "sending"])
def test_an_event_before_the_send_commit_waits_and_is_joined(maria, endpoint, status):
    """F17."""
    message = first_mail(maria)
    before = {"lease_until": timezone.now() + timedelta(minutes=1), "lease_epoch": 5}
    if status == "scheduled":
        before = {"lease_until": None, "lease_epoch": None, "due_at": timezone.now()}
    type(message).objects.filter(pk=message.pk).update(status=status, sent_at=None, **before)
    apply(endpoint, told(maria, "bounced", bounce=HARD))
    waiting = DeliveryEvent.objects.get()
    assert (waiting.processed_at, first_mail(maria).bounced_at) == (None, None)
    type(message).objects.filter(pk=message.pk).update(
        status="sent", sent_at=timezone.now(), lease_until=None, lease_epoch=5
    )
    apply_mail_news()
    assert first_mail(maria).status == "bounced"
    maria.refresh_from_db()
    assert maria.stop_reason == "bounced"


def test_an_event_for_a_mail_that_never_left_is_given_up_after_a_day(maria, endpoint):
    type(first_mail(maria)).objects.filter(step_number=1).update(
        status="scheduled", sent_at=None, lease_epoch=None, due_at=timezone.now()
    )
    apply(endpoint, told(maria, "delivered"))
    DeliveryEvent.objects.update(created_at=timezone.now() - timedelta(hours=25))
    apply_mail_news()
    assert DeliveryEvent.objects.get().outcome == "the mail had not left"
    assert first_mail(maria).status == "scheduled"


def test_an_event_proves_a_mail_of_unknown_outcome_sent_and_counts_it(maria, endpoint):
    message = first_mail(maria)
    type(message).objects.filter(pk=message.pk).update(status="unknown", sent_at=None)
    day = MailboxDay.objects.create(
        workspace=maria.workspace,
        mailbox=maria.mailbox,
        day=message.reserved_day,
        cap=50,
        reserved=1,
    )
    apply(endpoint, told(maria, "delivered"))
    apply(endpoint, told(maria, "opened", number=2))
    message.refresh_from_db()
    day.refresh_from_db()
    assert (message.status, message.sent_at) == ("delivered", message.sending_at)
    assert (day.reserved, day.sent) == (1, 1)


def test_a_refused_mail_stays_failed_but_its_address_is_closed(maria, endpoint):
    type(first_mail(maria)).objects.filter(step_number=1).update(status="failed", sent_at=None)
    apply(endpoint, told(maria, "bounced", bounce=HARD))
    maria.refresh_from_db()
    assert (first_mail(maria).status, maria.stop_reason) == ("failed", "bounced")
    assert Suppression.objects.get().reason == "hard_bounce"
