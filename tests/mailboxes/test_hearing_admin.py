"""Operations on what came in: replay and release with a reason, doors closed at once, nothing personal in sight (ux.md D4)."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from mailboxes.models import DeliveryEvent, Suppression
from mailboxes.suppression import suppress
from tests.factories.outreach import WebhookEndpointFactory
from tests.factories.scenes import being_written_to, mailbox_for, package_for, statuses
from tests.fakes.webhooks import event, hear, inbound, mail

pytestmark = pytest.mark.django_db
REASON = {"reason": "checked with the provider"}


@pytest.fixture
def delivery():
    endpoint = WebhookEndpointFactory()
    return hear(endpoint, [event(recipient="maria@northwind.test"), inbound(mail(), number=2)])


def do(name, action, row=None):
    url = reverse(f"admin:mailboxes_{name}_do", args=[action])
    return f"{url}?ids={row.pk}" if row else url


@pytest.mark.parametrize(
    "name",
    ["suppression", "providerdelivery", "deliveryevent", "inboundmessage", "webhookendpoint"],
)
def test_each_list_and_page_opens_without_addresses_or_secrets(staff_client, delivery, name):
    suppress(email="maria@northwind.test", reason="manual", scope="platform", now=timezone.now())
    listed = staff_client.get(reverse(f"admin:mailboxes_{name}_changelist"))
    assert listed.status_code == 200
    model = {
        "suppression": Suppression,
        "providerdelivery": type(delivery),
        "deliveryevent": DeliveryEvent,
        "inboundmessage": type(delivery.endpoint.mailbox.inbound.get()),
        "webhookendpoint": type(delivery.endpoint),
    }[name]
    row = model.objects.order_by("pk").first()
    page = staff_client.get(reverse(f"admin:mailboxes_{name}_change", args=[row.pk]))
    assert page.status_code == 200
    for response in (listed, page):
        assert "maria@northwind.test" not in response.content.decode()
        assert "endpoint-secret" not in response.content.decode()


def test_the_payload_is_readable_and_masked(staff_client, delivery):
    url = reverse("admin:mailboxes_providerdelivery_change", args=[delivery.pk])
    page = staff_client.get(url).content.decode()
    assert "ma…@northwind.test" in page
    assert "event_id" in page
    assert "characters)" in page


def test_members_do_not_know_the_console(owner_client, delivery):
    url = reverse("admin:mailboxes_providerdelivery_changelist")
    assert owner_client.get(url).status_code in {302, 404}


def test_replay_asks_for_a_reason_and_changes_nothing_known(
    staff_client, delivery, django_capture_on_commit_callbacks
):
    url = do("providerdelivery", "replay", delivery)
    assert staff_client.post(url, {"reason": " "}).status_code == 400
    delivery.refresh_from_db()
    assert delivery.status == "applied"
    with django_capture_on_commit_callbacks(execute=True):
        assert staff_client.post(url, REASON).status_code == 302
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts) == ("applied", 2)
    assert delivery.effects == ["e1: already known", "e2: already known"]
    assert DeliveryEvent.objects.count() == 2
    entry = AuditEntry.objects.get(verb="webhook.replay")
    assert entry.reason == REASON["reason"]


def test_one_of_staff_releases_soft_bounces_no_hard_one_and_never_an_unsubscribe(staff_client):
    given = {"scope": "platform", "now": timezone.now()}
    soft = suppress(email="a@northwind.test", reason="soft_bounce", **given)
    hard = suppress(email="b@northwind.test", reason="hard_bounce", **given)
    asked = suppress(email="c@northwind.test", reason="unsubscribed", **given)
    assert staff_client.post(do("suppression", "release", soft), REASON).status_code == 302
    for closed in (hard, asked):
        assert staff_client.post(do("suppression", "release", closed), REASON).status_code == 409
        closed.refresh_from_db()
        assert closed.released_at is None
    soft.refresh_from_db()
    assert soft.released_reason == REASON["reason"]
    assert AuditEntry.objects.filter(verb="suppression.release").count() == 1


def test_suppressing_shows_the_count_first_and_cancels_at_once(
    staff_client, profile, django_capture_on_commit_callbacks
):
    person = being_written_to(
        package_for(profile), mailbox_for(profile.workspace), email="maria@northwind.test"
    )
    url = do("suppression", "add")
    wanted = {"domain": "northwind.test", **REASON}
    preview = staff_client.post(url, wanted)
    assert "2 waiting messages in 1 workspace will be cancelled." in preview.content.decode()
    assert not Suppression.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        assert staff_client.post(url, {**wanted, "confirmed": "1"}).status_code == 302
    row = Suppression.objects.get()
    assert (row.domain, row.scope, row.reason) == ("northwind.test", "platform", "manual")
    assert statuses(person) == ["sent", "cancelled", "cancelled"]
    assert AuditEntry.objects.get(verb="suppression.add").reason == REASON["reason"]


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"email": "two words"},
        {"email": "a@b@c.test"},
        {"domain": "no body"},
        {"email": "a@b.test", "domain": "b.test"},
        {"email": "a@b.test", "workspace": "999999"},
    ],
)
def test_what_cannot_be_closed_is_refused_in_words(staff_client, wanted):
    response = staff_client.post(do("suppression", "add"), {**wanted, **REASON})
    assert response.status_code == 400
    assert not Suppression.objects.exists()
