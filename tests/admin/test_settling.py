"""What only a person can settle: an unknown outcome, and a mail that operations call back."""

import pytest
from django.utils import timezone

from accounts.models import AuditEntry
from mailboxes.models import DeliveryEvent, MailboxDay, RecipientWindow
from outreach.models import Message
from tests.factories.operations import (
    REASON,
    do_url,
    mailbox_for,
    unknown_message,
)
from tests.factories.outreach import MessageFactory, WebhookEndpointFactory

pytestmark = pytest.mark.django_db


def test_settling_needs_evidence(operator_client):
    message = unknown_message()

    answer = operator_client.post(do_url(message, "resolve-sent"), {"reason": REASON})

    assert answer.status_code == 400
    message.refresh_from_db()
    assert message.status == "unknown"


def test_settled_as_sent_counts_like_any_sent_mail(operator_client):
    message = unknown_message()

    operator_client.post(
        do_url(message, "resolve-sent"), {"reason": REASON, "evidence": "In the Sent folder."}
    )

    message.refresh_from_db()
    day = MailboxDay.objects.get()
    assert message.sent_at == message.sending_at
    assert (day.reserved, day.sent) == (3, 3)
    assert message.enrollment.position == message.step_number
    assert message.proof == "Operations: In the Sent folder."
    assert AuditEntry.objects.get().after == {"status": "sent", "evidence": "In the Sent folder."}


def test_what_the_oracle_said_stands_beside_the_question(operator_client):
    asked, silent = unknown_message(), unknown_message()
    Message.objects.filter(pk=asked.pk).update(
        asked_at=timezone.now(), proof="The Sent folder could not be opened."
    )

    page = operator_client.get(f"{do_url(asked, 'resolve-sent')},{silent.pk}").content.decode()

    assert "handed over 2 h ago; asked: The Sent folder could not be opened." in page
    assert "handed over 2 h ago; nobody could be asked yet" in page
    assert "2 of 2 rows can be acted on" in page


def test_several_are_settled_at_once_with_one_entry_each(operator_client):
    rows = [unknown_message(), unknown_message()]
    url = f"{do_url(rows[0], 'resolve-sent')},{rows[1].pk}"

    operator_client.post(url, {"reason": REASON, "evidence": "Both are in the Sent folder."})

    assert set(Message.objects.values_list("status", flat=True)) == {"sent"}
    assert AuditEntry.objects.filter(verb="message.resolve_sent").count() == 2


def test_settled_as_not_sent_frees_the_slot_and_is_due_again(operator_client):
    message = unknown_message()
    hour = message.sending_at.replace(minute=0, second=0, microsecond=0)
    RecipientWindow.objects.create(domain="northwind.test", hour=hour, cap=50, reserved=5)
    Message.objects.filter(pk=message.pk).update(reserved_hour=hour)
    before = timezone.now()

    operator_client.post(
        do_url(message, "resolve-not-sent"), {"reason": REASON, "evidence": "Not in the log."}
    )

    message.refresh_from_db()
    day = MailboxDay.objects.get()
    assert before <= message.due_at <= timezone.now()
    assert (message.lease_epoch, message.reserved_day, message.sending_at) == (None, None, None)
    assert (message.reserved_hour, RecipientWindow.objects.get().reserved) == (None, 4)
    assert message.proof == "Operations: Not in the log."
    assert (day.reserved, day.sent) == (2, 2)
    assert message.sent_at is None


def test_a_mail_that_is_proven_to_have_arrived_is_not_sent_again(operator_client):
    message = unknown_message()
    endpoint = WebhookEndpointFactory(mailbox=message.mailbox)
    delivery = endpoint.deliveries.create(
        workspace=message.workspace,
        provider="generic",
        body=b"{}",
        body_sha256="0" * 64,
        signature_verdict="valid",
        received_at=timezone.now(),
    )
    DeliveryEvent.objects.create(
        workspace=message.workspace,
        delivery=delivery,
        endpoint=endpoint,
        event_id="1",
        type="delivered",
        occurred_at=timezone.now(),
        message_id=message.message_id.strip("<>"),
    )

    answer = operator_client.post(
        do_url(message, "resolve-not-sent"), {"reason": REASON, "evidence": "Not in the log."}
    )

    assert answer.status_code == 409
    assert "shows that this mail arrived" in answer.content.decode()
    message.refresh_from_db()
    assert message.status == "unknown"
    assert MailboxDay.objects.get().reserved == 3
    assert not AuditEntry.objects.exists()


def test_a_mail_that_left_cannot_be_cancelled(operator_client):
    message = unknown_message()

    answer = operator_client.post(do_url(message, "cancel"), {"reason": REASON})

    assert answer.status_code == 409
    message.refresh_from_db()
    assert message.status == "unknown"
    assert not AuditEntry.objects.exists()


def test_a_claimed_mail_is_taken_from_its_sender(operator_client):
    message = MessageFactory(scheduled=True)
    mailbox = mailbox_for(message)
    Message.objects.filter(pk=message.pk).update(
        status="claimed", mailbox=mailbox, lease_epoch=9, lease_until=timezone.now()
    )

    operator_client.post(do_url(message, "cancel"), {"reason": REASON})

    message.refresh_from_db()
    assert (message.status, message.lease_epoch, message.cancelled_from) == ("cancelled", None, "")
    assert message.status_reason == f"Cancelled by RoleFerry operations: {REASON}"


def test_a_mail_that_killed_senders_goes_on_when_a_person_says_so(operator_client):
    message = MessageFactory(scheduled=True)
    Message.objects.filter(pk=message.pk).update(
        status="held", status_reason="Senders were lost with it.", lost_claims=3
    )

    operator_client.post(do_url(message, "requeue"), {"reason": REASON})

    message.refresh_from_db()
    assert (message.status, message.lost_claims, message.status_reason) == ("scheduled", 0, "")
    assert message.due_at <= timezone.now()
    assert AuditEntry.objects.get().verb == "message.requeue"


def test_a_mail_to_somebody_on_hold_stays_held(operator_client):
    message = MessageFactory(scheduled=True)
    Message.objects.filter(pk=message.pk).update(status="held")
    enrollment = message.enrollment
    enrollment.status = "held"
    enrollment.save()

    answer = operator_client.post(do_url(message, "requeue"), {"reason": REASON})

    message.refresh_from_db()
    assert (answer.status_code, message.status) == (409, "held")
    assert "It goes on by itself." in answer.content.decode()
    assert not AuditEntry.objects.exists()
