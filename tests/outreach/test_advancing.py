"""Follow-ups come from the actual send; holds end; what is over is closed (A-29 D7)."""

from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.models import ApplicationEvent
from outreach import advancing
from outreach.advancing import advance_sequences
from outreach.models import Enrollment, Message
from tests.factories.outreach import MessageFactory, StepFactory, text_hash

FRIDAY = datetime(2026, 11, 27, 10, tzinfo=UTC)


def follow_up(first, *, number=2, delay_days=3, **fields):
    subject, body = "Once more", "Hello again."
    step = StepFactory(version=first.enrollment.version, number=number)
    type(step).objects.filter(pk=step.pk).update(delay_days=delay_days)
    values = {
        "status": "approved",
        "due_at": FRIDAY + timedelta(days=30),
        "approval": first.approval,
        "approved_hash": text_hash(first.recipient, subject, body),
        **fields,
    }
    return MessageFactory(
        enrollment=first.enrollment,
        step=step,
        step_number=number,
        recipient=first.recipient,
        subject=subject,
        body=body,
        **values,
    )


@pytest.fixture
def first(db):
    """A first mail that left on a Friday, late."""
    message = MessageFactory(scheduled=True)
    Message.objects.filter(pk=message.pk).update(
        status="sent", sent_at=FRIDAY, reserved_day=FRIDAY.date()
    )
    message.refresh_from_db()
    return message


def test_due_from_the_actual_send_plus_working_days(first):
    second = follow_up(first)
    assert advance_sequences(FRIDAY).scheduled == 1
    second.refresh_from_db()
    assert second.status == "scheduled"
    assert second.due_at == datetime(2026, 12, 2, 10, tzinfo=UTC)
    assert advance_sequences(FRIDAY).scheduled == 0


def test_in_the_contacts_zone_and_window(first):
    contact = first.enrollment.contact
    contact.time_zone = "America/New_York"
    contact.save()
    second = follow_up(first)
    advance_sequences(FRIDAY)
    second.refresh_from_db()
    # 10:00 UTC is 05:00 in New York, so it moves to 08:30 there.
    assert second.due_at == datetime(2026, 12, 2, 13, 30, tzinfo=UTC)


def test_only_the_next_step_advances(first):
    second, third = follow_up(first), follow_up(first, number=3, delay_days=5)
    advance_sequences(FRIDAY)
    second.refresh_from_db()
    third.refresh_from_db()
    assert (second.status, third.status) == ("scheduled", "approved")


def test_a_cancelled_step_in_between_keeps_its_days(first):
    follow_up(first, status="cancelled")
    third = follow_up(first, number=3, delay_days=5)
    advance_sequences(FRIDAY)
    third.refresh_from_db()
    assert third.status == "scheduled"
    assert third.due_at == datetime(2026, 12, 9, 10, tzinfo=UTC)


@pytest.mark.parametrize("status", ["held", "stopped"])
def test_nothing_advances_for_a_person_on_hold_or_stopped(first, status):
    second = follow_up(first)
    Enrollment.objects.update(
        status=status, stop_reason="replied", stopped_at=FRIDAY, held_until=None
    )
    assert advance_sequences(FRIDAY).scheduled == 0
    second.refresh_from_db()
    assert second.status == "approved"


@pytest.mark.parametrize("status", ["scheduled", "held", "unknown", "cancelled"])
def test_nothing_advances_before_the_step_before_has_left(first, status):
    Message.objects.filter(pk=first.pk).update(status=status, sent_at=None)
    second = follow_up(first)
    assert advance_sequences(FRIDAY).scheduled == 0
    second.refresh_from_db()
    assert second.status == "approved"


def test_a_voided_approval_advances_nothing(first):
    follow_up(first)
    type(first.approval).objects.update(voided_at=FRIDAY, void_reason="Edited.")
    assert advance_sequences(FRIDAY).scheduled == 0


def test_after_a_failed_mail_nothing_follows(first):
    Message.objects.filter(pk=first.pk).update(status="failed", sent_at=None)
    second, third = follow_up(first), follow_up(first, number=3)
    advanced = advance_sequences(FRIDAY)
    assert (advanced.scheduled, advanced.cancelled) == (0, 1)
    advance_sequences(FRIDAY)
    for row in (second, third):
        row.refresh_from_db()
        assert row.status == "cancelled"
        assert row.status_reason.startswith("The mail before it could not be sent")
    first.enrollment.refresh_from_db()
    assert first.enrollment.status == "finished"


def test_when_nothing_is_left_the_sequence_and_its_package_are_over(first):
    assert advance_sequences(FRIDAY).finished == 1
    first.enrollment.refresh_from_db()
    assert first.enrollment.status == "finished"
    assert first.enrollment.package.status == "done"
    assert advance_sequences(FRIDAY).finished == 0


@pytest.mark.parametrize("status", ["unknown", "scheduled", "held"])
def test_with_something_open_nothing_is_over(first, status):
    Message.objects.filter(pk=first.pk).update(status=status, sent_at=None)
    assert advance_sequences(FRIDAY).finished == 0
    first.enrollment.refresh_from_db()
    assert first.enrollment.status == "active"
    assert first.enrollment.package.status == "approved"


def test_the_application_moves_to_applied_once_and_only_forward(first):
    application = first.enrollment.application
    assert advance_sequences(FRIDAY).applied == 1
    application.refresh_from_db()
    assert application.status == "applied"
    assert ApplicationEvent.objects.filter(to_status="applied").count() == 1
    type(application).objects.update(status="interviewing")
    assert advance_sequences(FRIDAY).applied == 0


def test_a_hold_that_is_over_ends(first):
    second = follow_up(first)
    Enrollment.objects.update(status="held", held_until=FRIDAY, stop_reason="out_of_office")
    assert advance_sequences(FRIDAY - timedelta(seconds=1)).resumed == 0
    assert advance_sequences(FRIDAY).resumed == 1
    second.refresh_from_db()
    assert second.status == "scheduled"


def sent_with_follow_up(delay_days=3):
    message = MessageFactory(scheduled=True)
    Message.objects.filter(pk=message.pk).update(
        status="sent", sent_at=FRIDAY, reserved_day=FRIDAY.date()
    )
    message.refresh_from_db()
    return follow_up(message, delay_days=delay_days)


def test_a_look_goes_on_in_batches_and_leaves_the_rest_to_the_next(db, monkeypatch):
    monkeypatch.setattr(advancing, "FOLLOW_UPS_AT_ONCE", 2)
    monkeypatch.setattr(advancing, "FOLLOW_UPS_A_LOOK", 4)
    # All of them planned for the same moment, so that only their ids tell them apart.
    mails = [sent_with_follow_up() for _ in range(5)]

    assert advancing.schedule_follow_ups() == (4, 0)
    assert [Message.objects.get(pk=mail.pk).status for mail in mails] == ["scheduled"] * 4 + [
        "approved"
    ]
    assert advancing.schedule_follow_ups() == (1, 0)
    assert advancing.schedule_follow_ups() == (0, 0)


def test_each_follow_up_keeps_its_own_date_and_queries_do_not_grow(db):
    sent_with_follow_up()
    with CaptureQueriesContext(connection) as one:
        assert advance_sequences(FRIDAY).scheduled == 1
    monday, wednesday = sent_with_follow_up(1), sent_with_follow_up(3)
    follow_up(wednesday.enrollment.mails.get(step_number=1), number=3)
    Message.objects.filter(enrollment=monday.enrollment, step_number=1).update(
        sent_at=FRIDAY + timedelta(hours=2)
    )
    with CaptureQueriesContext(connection) as more:
        advanced = advance_sequences(FRIDAY)

    assert (advanced.scheduled, advanced.applied) == (2, 2)
    assert len(more) == len(one)
    monday.refresh_from_db()
    wednesday.refresh_from_db()
    assert monday.due_at == datetime(2026, 11, 30, 12, tzinfo=UTC)
    assert wednesday.due_at == datetime(2026, 12, 2, 10, tzinfo=UTC)


def test_every_application_gets_its_own_line_and_a_closed_one_none(first):
    other = sent_with_follow_up().enrollment.application
    closed = sent_with_follow_up().enrollment.application
    type(other).objects.filter(pk=other.pk).update(status="ready")
    type(closed).objects.filter(pk=closed.pk).update(status="withdrawn")

    assert advance_sequences(FRIDAY).applied == 2

    other.refresh_from_db()
    closed.refresh_from_db()
    assert (other.status, other.applied_at, other.last_action_at) == ("applied", FRIDAY, FRIDAY)
    assert (closed.status, closed.applied_at) == ("withdrawn", None)
    line = ApplicationEvent.objects.get(application=other)
    assert (line.kind, line.from_status, line.to_status) == ("moved", "ready", "applied")
    assert line.text == "Moved from Waiting for you to Applied: A mail was sent"
    assert not ApplicationEvent.objects.filter(application=closed).exists()


@pytest.mark.django_db(transaction=True)
def test_many_looks_at_once_schedule_each_mail_once():
    for _ in range(8):
        message = MessageFactory(scheduled=True)
        Message.objects.filter(pk=message.pk).update(
            status="sent", sent_at=FRIDAY, reserved_day=FRIDAY.date()
        )
        message.refresh_from_db()
        follow_up(message)
    found = []

    def look():
        try:
            found.append(advance_sequences(timezone.now()))
        finally:
            connections.close_all()

    threads = [Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(advanced.scheduled for advanced in found) == 8
    assert Message.objects.filter(status="scheduled").count() == 8
