"""Stopping and holding: what is cancelled, what is left, and how it comes back (F22; A-29 D6)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from jobs.models import ApplicationEvent
from mailboxes.suppression import suppress
from outreach import stopping
from outreach.models import Message
from outreach.tasks import apply_mail_news
from tests.factories.outreach import PackageFactory
from tests.factories.scenes import being_written_to, mailbox_for, package_for, statuses

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)


@pytest.fixture
def package(profile):
    return package_for(profile)


@pytest.fixture
def mailbox(workspace):
    return mailbox_for(workspace)


@pytest.fixture
def maria(package, mailbox):
    return being_written_to(package, mailbox, email="maria@northwind.test", mails=4)


def put(enrollment, step, status, **fields):
    enrollment.mails.filter(step_number=step).update(status=status, **fields)


@pytest.mark.parametrize("status", ["approved", "scheduled", "held", "claimed"])
def test_everything_that_has_not_begun_to_leave_is_cancelled(maria, mailbox, status):
    lease = {"lease_until": NOW, "lease_epoch": 3, "mailbox": mailbox}
    put(maria, 2, status, **(lease if status == "claimed" else {}))
    result = stopping.stop_enrollment(maria, "by_person", now=NOW)
    second = maria.mails.get(step_number=2)
    assert (second.status, second.cancelled_from, second.lease_epoch) == ("cancelled", status, None)
    assert second.status_reason == "Stopped: Stopped by you."
    assert second.pk in result.cancelled
    # The sender that had claimed it finds nothing to begin.
    fenced = Message.objects.filter(pk=second.pk, status="claimed", lease_epoch=3)
    assert fenced.update(status="sending") == 0


def test_what_is_being_sent_is_left_to_the_ledger(maria, mailbox):
    lease = {"lease_until": NOW, "lease_epoch": 3, "mailbox": mailbox, "reserved_day": NOW.date()}
    put(maria, 2, "sending", **lease)
    stopping.stop_enrollment(maria, "replied", now=NOW)
    assert statuses(maria) == ["sent", "sending", "cancelled", "cancelled"]


def test_stopping_twice_changes_nothing_but_a_graver_reason_is_kept(maria):
    assert stopping.stop_enrollment(maria, "replied", now=NOW) is not None
    assert stopping.stop_enrollment(maria, "by_person", now=NOW + timedelta(1)) is None
    maria.refresh_from_db()
    assert (maria.stop_reason, maria.stopped_at) == ("replied", NOW)
    assert stopping.stop_enrollment(maria, "complained", now=NOW) is None
    maria.refresh_from_db()
    assert maria.stop_reason == "complained"


def test_a_person_who_stops_is_in_the_history(maria, owner):
    stopping.stop_enrollment(maria, "by_person", now=NOW, actor=owner.user)
    line = ApplicationEvent.objects.get(kind="stopped")
    assert (line.actor, line.text) == (owner.user, "Stopped writing to Maria Marin")


def test_a_draft_is_left_to_its_package(maria):
    type(maria).objects.filter(pk=maria.pk).update(status="draft")
    assert stopping.stop_enrollment(maria, "suppressed", now=NOW) is None
    maria.refresh_from_db()
    assert maria.status == "draft"


def test_a_hold_is_never_shortened(maria):
    week, day = NOW + timedelta(days=7), NOW + timedelta(days=1)
    assert stopping.hold_enrollment(maria, week, reason="out_of_office", now=NOW)
    assert stopping.hold_enrollment(maria, day, reason="out_of_office", now=NOW) is None
    maria.refresh_from_db()
    assert maria.held_until == week
    assert stopping.hold_enrollment(maria, None, reason="colleague_replied", now=NOW)
    assert stopping.hold_enrollment(maria, week, reason="out_of_office", now=NOW) is None
    maria.refresh_from_db()
    assert (maria.held_until, maria.stop_reason) == (None, "colleague_replied")


def test_resuming_makes_nothing_late(maria, owner):
    put(maria, 2, "scheduled", due_at=NOW - timedelta(days=9))
    stopping.hold_enrollment(maria, None, reason="colleague_replied", now=NOW)
    assert stopping.resume_enrollment(maria, now=NOW, actor=owner.user) is True
    assert stopping.resume_enrollment(maria, now=NOW) is False
    second = maria.mails.get(step_number=2)
    assert (second.status, second.due_at, second.status_reason) == ("scheduled", NOW, "")
    assert ApplicationEvent.objects.filter(kind="resumed").count() == 1


def test_restore_puts_back_each_mail_where_it_stood(maria, mailbox):
    put(maria, 2, "claimed", lease_until=NOW, lease_epoch=3, mailbox=mailbox)
    put(maria, 3, "held", status_reason="It is late.")
    effect = stopping.stop_enrollment(maria, "replied", now=NOW).as_effect()
    assert stopping.restore(effect, workspace=maria.workspace, now=NOW) is True
    assert stopping.restore(effect, workspace=maria.workspace, now=NOW) is False
    assert statuses(maria) == ["sent", "scheduled", "held", "approved"]
    maria.refresh_from_db()
    assert (maria.status, maria.stop_reason, maria.stopped_at) == ("active", "", None)


def test_restore_of_a_hold_on_a_hold_gives_the_first_one_back(maria):
    until = NOW + timedelta(days=3)
    stopping.hold_enrollment(maria, until, reason="out_of_office", now=NOW)
    effect = stopping.hold_enrollment(maria, None, reason="colleague_replied", now=NOW).as_effect()
    assert stopping.restore(effect, workspace=maria.workspace, now=NOW)
    maria.refresh_from_db()
    assert (maria.status, maria.held_until, maria.stop_reason) == ("held", until, "out_of_office")


def test_restore_refuses_another_workspace_and_a_closed_address(maria, stranger):
    effect = stopping.stop_enrollment(maria, "replied", now=NOW).as_effect()
    assert stopping.restore(effect, workspace=stranger.workspace, now=NOW) is False
    suppress(
        email=maria.contact.email,
        reason="manual",
        scope="workspace",
        workspace=maria.workspace,
        now=NOW,
    )
    assert stopping.restore(effect, workspace=maria.workspace, now=NOW) is False
    maria.refresh_from_db()
    assert maria.status == "stopped"


def test_stopping_an_application_stops_everyone_in_it_only(maria, package, profile, mailbox):
    piet = being_written_to(package, mailbox, email="piet@northwind.test")
    other = being_written_to(package_for(profile), mailbox, email="x@southwind.test")
    results = stopping.stop_for_application(package.application, "job_closed", now=NOW)
    assert {result.enrollment_id for result in results} == {maria.pk, piet.pk}
    other.refresh_from_db()
    assert other.status == "active"


@pytest.mark.parametrize(
    ("closed", "stopped"),
    [
        ({"email": "MARIA@northwind.test"}, ["maria"]),
        ({"domain": "northwind.test"}, ["maria", "sub"]),
        ({"domain": "wind.test"}, []),
    ],
)
def test_a_suppression_stops_whoever_it_covers_at_once(
    maria, package, mailbox, closed, stopped, django_capture_on_commit_callbacks
):
    """A-29 D6: opting out between two steps cancels the second."""
    sub = being_written_to(package, mailbox, email="maria@mail.northwind.test")
    with django_capture_on_commit_callbacks(execute=True):
        suppress(
            reason="manual",
            scope="workspace",
            workspace=maria.workspace,
            now=timezone.now(),
            **closed,
        )
    maria.refresh_from_db()
    sub.refresh_from_db()
    found = [name for name, row in (("maria", maria), ("sub", sub)) if row.status == "stopped"]
    assert found == stopped
    if stopped:
        assert statuses(maria) == ["sent", "cancelled", "cancelled", "cancelled"]
        assert maria.stop_reason == "suppressed"


def test_a_platform_row_reaches_every_workspace_and_a_workspace_row_one(maria, stranger):
    theirs = being_written_to(
        PackageFactory(application__profile__workspace=stranger.workspace),
        mailbox_for(stranger.workspace),
        email="maria@northwind.test",
    )
    closed = {"email": "maria@northwind.test", "now": NOW}
    row = suppress(reason="manual", scope="workspace", workspace=maria.workspace, **closed)
    stopping.stop_for_suppression(row, now=NOW)
    maria.refresh_from_db()
    theirs.refresh_from_db()
    assert [maria.status, theirs.status] == ["stopped", "active"]
    row = suppress(reason="complaint", scope="platform", **closed)
    stopping.stop_for_suppression(row, now=NOW)
    theirs.refresh_from_db()
    assert (theirs.status, theirs.stop_reason) == ("stopped", "complained")


def test_the_sweep_finds_a_suppression_whose_signal_was_lost(maria):
    suppress(
        email=maria.contact.email,
        reason="unsubscribed",
        scope="platform",
        now=timezone.now(),
    )
    maria.refresh_from_db()
    assert maria.status == "active"
    apply_mail_news()
    maria.refresh_from_db()
    assert (maria.status, maria.stop_reason) == ("stopped", "unsubscribed")
