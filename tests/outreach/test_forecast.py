"""The forecast says what will go, when, from which mailbox, or the one reason why not (acceptance B-5 D12)."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from mailboxes.capacity import GAP_SQL, gap_of
from mailboxes.models import Mailbox
from outreach.claiming import DueMessage
from outreach.forecast import AFTER_THE_ONE_BEFORE, NONE_ABLE, forecast
from outreach.judging import is_crowd
from outreach.models import Enrollment
from outreach.scheduling import WINDOW_OPENS
from tests.factories.outreach import (
    ContactFactory,
    EnrollmentFactory,
    MailboxFactory,
    MessageFactory,
    StepFactory,
)
from tests.factories.scenes import package_for

pytestmark = pytest.mark.django_db

# A Tuesday morning inside everybody's window.
NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def mailbox(workspace):
    return MailboxFactory(
        workspace=workspace, provider="smtp", is_sandbox=False, address="anna@keller.dev"
    )


def person(profile, number, *, mails=2, delay_days=1):
    """Somebody real at a company of their own whose first mail is due at `number` seconds after NOW."""
    enrollment = real_person(profile, number)
    for step_number in range(1, mails + 1):
        MessageFactory(
            enrollment=enrollment,
            step=StepFactory(
                version=enrollment.version,
                number=step_number,
                delay_days=delay_days if step_number > 1 else 0,
            ),
            step_number=step_number,
            is_sample=False,
            scheduled=True,
            due_at=NOW + timedelta(days=step_number - 1, seconds=number),
            **({"status": "approved"} if step_number > 1 else {}),
        )
    return enrollment


def real_person(profile, number):
    package = package_for(profile, is_sample=False)
    contact = ContactFactory(
        workspace=package.workspace,
        company=package.application.job.company,
        email=f"maria@hiring{number}.dev",
        is_sample=False,
    )
    return EnrollmentFactory(package=package, contact=contact, is_sample=False)


def mails_of(enrollment):
    return list(enrollment.mails.order_by("step_number"))


def test_the_gap_of_a_mailbox_is_the_same_in_python_and_in_the_database(mailbox):
    moments = [NOW + timedelta(seconds=7919 * n, microseconds=n) for n in range(200)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {GAP_SQL} FROM unnest(%s::timestamptz[]) AS t (at), "
            "LATERAL (SELECT at AS last_sent_at, %s::bigint AS id) b ORDER BY at",
            [moments, mailbox.pk],
        )
        said = [row[0] for row in cursor.fetchall()]
    assert said == [gap_of(mailbox.pk, moment) for moment in moments]
    assert {gap.seconds for gap in said} <= set(range(90, 121))
    assert len(set(said)) > 20


def test_mails_of_one_mailbox_leave_one_after_another(workspace, profile, mailbox):
    people = [person(profile, number) for number in range(3)]
    outlook = forecast(workspace, now=NOW + timedelta(minutes=1))
    firsts = [outlook.mails[mails_of(one)[0].pk] for one in people]
    assert [mail.mailbox_id for mail in firsts] == [mailbox.pk] * 3
    gaps = [later.at - sooner.at for sooner, later in pairwise(firsts)]
    assert firsts[0].at == NOW + timedelta(minutes=1)
    assert gaps == [timedelta(seconds=120)] * 2
    assert "at least 90 seconds" in firsts[1].reason


def test_a_follow_up_counts_from_when_the_mail_before_it_will_leave(workspace, profile, mailbox):
    one = person(profile, 0, delay_days=3)
    second = mails_of(one)[1]
    outlook = forecast(workspace, now=NOW)
    assert outlook.mails[second.pk].at == NOW + timedelta(days=3)
    assert outlook.mails[second.pk].mailbox_id == mailbox.pk


def test_a_full_day_moves_the_rest_to_the_next_morning_of_the_recipient(
    workspace, profile, mailbox
):
    Mailbox.objects.update(daily_cap=1)
    first, second = person(profile, 0), person(profile, 1)
    outlook = forecast(workspace, now=NOW + timedelta(seconds=5))
    zone = ZoneInfo(workspace.time_zone)
    morning = datetime.combine(NOW.date() + timedelta(days=1), WINDOW_OPENS, tzinfo=zone)
    assert outlook.mails[mails_of(first)[0].pk].at == NOW + timedelta(seconds=5)
    later = outlook.mails[mails_of(second)[0].pk]
    assert later.at >= morning
    assert "used its room" in later.reason


@pytest.mark.parametrize("what", ["workspace", "mailbox", "job", "person", "health"])
def test_what_will_not_go_says_the_one_reason(workspace, profile, mailbox, what):
    one = person(profile, 0)
    first, second = mails_of(one)
    match what:
        case "workspace":
            workspace.sending_paused_at, workspace.sending_paused_reason = NOW, "Rest"
            workspace.save()
            reason = "Sending is paused for this workspace."
        case "mailbox":
            Mailbox.objects.update(status="paused", status_reason="You paused it.")
            reason = NONE_ABLE
        case "health":
            Mailbox.objects.update(health=40)
            reason = NONE_ABLE
        case "job":
            one.application.job.liveness, one.application.job.closed_at = "closed", NOW
            one.application.job.save()
            reason = "The opening closed before the mail left."
        case "person":
            Enrollment.objects.update(status="held")
            reason = "Writing to this person is on hold."
    outlook = forecast(workspace, now=NOW)
    assert [outlook.mails[mail.pk].will_go for mail in (first, second)] == [False, False]
    assert {outlook.mails[mail.pk].reason for mail in (first, second)} <= {
        reason,
        AFTER_THE_ONE_BEFORE,
    }
    assert outlook.mails[first.pk].reason == reason


def test_another_workspace_is_not_looked_at(workspace, profile, mailbox):
    one = person(profile, 0)
    outlook = forecast(workspace, now=NOW)
    assert set(outlook.mails) == {mail.pk for mail in mails_of(one)}
    assert outlook.addresses == {mailbox.pk: "anna@keller.dev"}


@pytest.mark.parametrize(("pace", "is_crowd_then"), [("normal", True), ("practice", False)])
def test_the_forecast_and_the_sender_ask_the_same_of_a_fourth_person(pace, is_crowd_then):
    due = DueMessage(
        id=1,
        workspace_id=1,
        is_sample=True,
        attempts=0,
        mailbox_id=None,
        company_id=1,
        contact_zone="UTC",
        workspace_zone="UTC",
        pace=pace,
        application_id=1,
        contact_id=4,
        domain="corp.test",
    )
    assert is_crowd(due, {1, 2, 3}) is is_crowd_then
    assert not is_crowd(due, {1, 2, 4})
    assert not is_crowd(due, {1, 2})
