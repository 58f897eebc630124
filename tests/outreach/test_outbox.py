"""Cancel, restore, later, and exactly one cause why a mail is not leaving."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from mailboxes.models import Mailbox, MailboxDay
from mailboxes.suppression import recipient_hash, suppress
from outreach.advancing import advance_sequences
from outreach.models import Enrollment, Message
from outreach.outbox import (
    OutboxError,
    cancel_message,
    restore_message,
    send_later,
    why_not_sending,
)
from tests.factories.outreach import MailboxFactory, MessageFactory

MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture
def message(db):
    row = MessageFactory(scheduled=True, due_at=MONDAY)
    type(row.approval).objects.update(hold_until=MONDAY - timedelta(minutes=1))
    MailboxFactory(workspace=row.workspace)
    return Message.objects.get(pk=row.pk)


def causes(message, now=MONDAY):
    checks = why_not_sending(Message.objects.get(pk=message.pk), now)
    assert sum(check.is_primary for check in checks) == any(not check.is_ok for check in checks)
    return [check.name for check in checks if check.is_primary]


def test_cancel_and_restore(message):
    assert cancel_message(message) is True
    assert (message.status, message.cancelled_from) == ("cancelled", "scheduled")
    assert cancel_message(message) is False
    assert restore_message(message, now=MONDAY) is True
    assert (message.status, message.cancelled_from, message.due_at) == ("scheduled", "", MONDAY)
    assert restore_message(message, now=MONDAY) is False


def test_a_claimed_mail_can_still_be_cancelled(message):
    Message.objects.update(
        status="claimed",
        mailbox=Mailbox.objects.get(),
        lease_epoch=1,
        lease_until=timezone.now(),
    )
    assert cancel_message(message) is True
    assert (message.status, message.cancelled_from, message.lease_epoch) == (
        "cancelled",
        "scheduled",
        None,
    )


@pytest.mark.parametrize("status", ["sent", "unknown", "failed"])
def test_what_has_left_cannot_be_cancelled(message, status):
    Message.objects.update(status=status, sent_at=MONDAY, reserved_day=MONDAY.date())
    with pytest.raises(OutboxError, match="already left"):
        cancel_message(message)
    message.refresh_from_db()
    assert message.status == status


def test_a_restored_mail_reopens_a_finished_sequence(message):
    cancel_message(message)
    advance_sequences(MONDAY)
    message.enrollment.refresh_from_db()
    assert message.enrollment.status == "finished"
    message = Message.objects.get(pk=message.pk)
    assert restore_message(message, now=MONDAY + timedelta(hours=1)) is True
    assert message.due_at == MONDAY + timedelta(hours=1)
    message.enrollment.refresh_from_db()
    assert message.enrollment.status == "active"
    assert message.enrollment.package.status == "approved"


def test_a_mail_whose_approval_was_withdrawn_stays_cancelled(message):
    cancel_message(message)
    type(message.approval).objects.update(voided_at=MONDAY, void_reason="Edited.")
    message = Message.objects.get(pk=message.pk)
    with pytest.raises(OutboxError, match="Approve the package again"):
        restore_message(message, now=MONDAY)
    assert message.status == "cancelled"


def test_what_the_product_cancelled_is_not_restored(message):
    Message.objects.update(status="cancelled", status_reason="The opening closed.")
    with pytest.raises(OutboxError, match="The opening closed"):
        restore_message(message, now=MONDAY)


def test_send_later_moves_into_the_window(message):
    assert send_later(message, MONDAY + timedelta(hours=9), now=MONDAY) == datetime(
        2026, 11, 24, 8, 30, tzinfo=UTC
    )
    assert send_later(message, MONDAY - timedelta(days=1), now=MONDAY) == MONDAY


def test_a_held_mail_is_released_by_a_new_time(message):
    Message.objects.update(status="held", status_reason="It is late.")
    send_later(message, MONDAY, now=MONDAY)
    assert (message.status, message.status_reason) == ("scheduled", "")


def test_a_follow_up_has_no_time_of_its_own(message):
    Message.objects.update(status="approved")
    with pytest.raises(OutboxError, match="follows another one"):
        send_later(message, MONDAY, now=MONDAY)


def test_nothing_stands_in_the_way(message):
    assert causes(message) == []


def test_each_cause_alone_is_the_primary_one(message):
    boxes, enrollments = Mailbox.objects.all(), Enrollment.objects.all()
    job = type(message.enrollment.application.job).objects.all()
    approvals, workspaces = (
        type(message.approval).objects.all(),
        type(message.workspace).objects.all(),
    )
    cases = [
        ("Approval", approvals, {"voided_at": MONDAY, "void_reason": "Edited."}),
        ("Held for you", Message.objects.all(), {"status": "held"}),
        ("Sequence", enrollments, {"status": "held"}),
        ("Opening", job, {"liveness": "closed", "closed_at": MONDAY}),
        ("Sending", workspaces, {"sending_paused_at": MONDAY}),
        ("Mailbox", boxes, {"health": 69}),
        ("Step before", Message.objects.all(), {"status": "approved"}),
        ("Hold", approvals, {"hold_until": MONDAY + timedelta(minutes=5)}),
        ("Time", Message.objects.all(), {"due_at": MONDAY + timedelta(minutes=5)}),
    ]
    for name, rows, change in cases:
        before = {key: rows.values_list(key, flat=True)[0] for key in change}
        rows.update(**change)
        assert causes(message) == [name]
        rows.update(**before)
        assert causes(message) == []


def test_room_window_and_suppression(message):
    box = Mailbox.objects.get()
    day = MailboxDay.objects.create(
        workspace=message.workspace, mailbox=box, day=MONDAY.date(), cap=50, reserved=50
    )
    assert causes(message) == ["Room today"]
    day.delete()
    assert causes(message, MONDAY + timedelta(hours=10)) == ["Working hours"]
    suppress(
        email=message.recipient,
        reason="manual",
        scope="workspace",
        workspace=message.workspace,
        now=MONDAY,
    )
    Enrollment.objects.update(status="active", stop_reason="", stopped_at=None)
    Message.objects.update(status="scheduled", cancelled_from="", status_reason="")
    assert recipient_hash(message.recipient)
    assert causes(message) == ["Do-not-contact list"]


def test_a_mail_that_left_has_no_causes(message):
    Message.objects.update(status="sent", sent_at=MONDAY, reserved_day=MONDAY.date())
    assert why_not_sending(Message.objects.get(), MONDAY) == []
