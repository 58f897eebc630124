"""The analytics page: exact numbers from rows, of this workspace and this period only."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from analytics import funnels
from jobs.applications import move_application
from mailboxes.models import InboundMessage
from outreach.models import Message, Reply
from tests.factories.jobs import ApplicationFactory
from tests.factories.outreach import ApprovalFactory
from tests.factories.scenes import being_written_to, first_mail, mailbox_for, package_for

ZONE = ZoneInfo("Europe/Berlin")


@pytest.fixture
def now():
    return timezone.now()


def answer(enrollment, *, at, is_human=True, number=0):
    inbound = InboundMessage.objects.create(
        workspace=enrollment.workspace,
        source="generic",
        raw=b"x",
        raw_sha256=f"{enrollment.pk}-{number}",
        received_at=at,
    )
    message = first_mail(enrollment)
    if is_human:
        Message.objects.filter(pk=message.pk).update(replied_at=at)
    return Reply.objects.create(
        workspace=enrollment.workspace,
        inbound=inbound,
        enrollment=enrollment,
        message=message,
        matched_by="references",
        kind="interested" if is_human else "out_of_office",
        confidence=0.9,
        is_human=is_human,
    )


@pytest.fixture
def busy(profile, now):
    """Two roles: one got two mails, an answer and an interview; the other one mail and an absence notice."""
    at = now - timedelta(days=3)
    mailbox = mailbox_for(profile.workspace)
    scenes = []
    for answered in (True, False):
        package = package_for(profile)
        ApprovalFactory(package=package, approved_at=at)
        enrollment = being_written_to(package, mailbox, sent=2 if answered else 1)
        Message.objects.filter(enrollment=enrollment, status="sent").update(
            status="delivered", sent_at=at, delivered_at=at
        )
        answer(enrollment, at=at + timedelta(hours=1), is_human=answered)
        scenes.append(enrollment)
    application = scenes[0].application
    move_application(application, "interviewing", now=at + timedelta(hours=2))
    for job in (scene.application.job for scene in scenes):
        type(job).objects.filter(pk=job.pk).update(listed_at=at)
    return scenes


def counts(workspace, days, now):
    period = funnels.period_of(days, now=now, zone=ZONE)
    return {step.label: step.count for step in funnels.funnel(workspace, period)}


def test_counts_roles_at_every_step(busy, profile, now):
    assert counts(profile.workspace, 7, now) == {
        "Discovered": 2,
        "Ferried": 0,
        "Approved": 2,
        "Sent": 2,
        "Delivered": 2,
        "Answered": 1,
        "Interview": 1,
        "Offer": 0,
    }


def test_a_role_moved_twice_counts_once(profile, now):
    application = ApplicationFactory(profile=profile, status="saved")
    at = now - timedelta(days=1)
    move_application(application, "drafting", now=at)
    move_application(application, "saved", now=at, reason="not yet")
    move_application(application, "drafting", now=at)

    assert counts(profile.workspace, 7, now)["Ferried"] == 1


def test_what_was_before_does_not_count(busy, profile, now):
    assert set(counts(profile.workspace, 2, now).values()) == {0}


def test_strangers_rows_do_not_count(busy, stranger, now):
    assert set(counts(stranger.workspace, 7, now).values()) == {0}
    period = funnels.period_of(7, now=now, zone=ZONE)
    assert funnels.answer_share(stranger.workspace, period).whole == 0


def test_an_undone_answer_does_not_count(busy, profile, now):
    Reply.objects.filter(is_human=True).update(undone_at=now)

    assert counts(profile.workspace, 7, now)["Answered"] == 0


def test_share_of_answers(busy, profile, now):
    share = funnels.answer_share(profile.workspace, funnels.period_of(7, now=now, zone=ZONE))

    assert (share.part, share.whole) == (1, 3)


def test_days_are_those_of_the_zone(profile):
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    enrollment = being_written_to(
        package_for(profile), mailbox_for(profile.workspace), sent=1, mails=1
    )
    # 23:30 in UTC is half past midnight of the next day in Berlin.
    Message.objects.filter(enrollment=enrollment).update(
        sent_at=datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    )

    period = funnels.period_of(3, now=now, zone=ZONE)
    found = funnels.sends_by_day(profile.workspace, period, ZONE)

    assert [(f"{day:%d}", count) for day, count in found] == [("20", 0), ("21", 1), ("22", 0)]


def test_a_period_begins_at_midnight():
    now = datetime(2026, 11, 22, 0, 30, tzinfo=UTC)

    assert funnels.period_of(1, now=now, zone=ZONE).start == datetime(2026, 11, 22, tzinfo=ZONE)


def test_page_says_too_few(owner_client, busy):
    response = owner_client.get(reverse("analytics:funnel"), {"days": "7"})

    text = response.content.decode()
    assert response.status_code == 200
    assert "Too few to tell" in text
    assert "Wilson" not in text
    assert 'aria-label="From opening to offer: 2 discovered, 0 ferried, 2 approved' in text
    assert "style=" not in text
    assert "<script>" not in text


def test_page_gives_the_interval_from_thirty_on(owner_client, profile, now):
    mailbox = mailbox_for(profile.workspace)
    package = package_for(profile)
    for number in range(10):
        enrollment = being_written_to(package, mailbox, sent=3, email=f"p{number}@northwind.test")
        if number < 3:
            answer(enrollment, at=now, number=number)
    Message.objects.update(status="delivered", sent_at=now, delivered_at=now - timedelta(minutes=1))

    text = owner_client.get(reverse("analytics:funnel")).content.decode()

    assert "10.0\N{NO-BREAK SPACE}%" in text
    assert "3 of 30" in text
    assert "3.5\N{NO-BREAK SPACE}%" in text
    assert "25.6\N{NO-BREAK SPACE}%" in text
    assert "Too few" not in text


@pytest.mark.parametrize("days", ["", "1", "abc", "-7", "9999999"])
def test_anything_else_means_thirty_days(owner_client, profile, days):
    response = owner_client.get(reverse("analytics:funnel"), {"days": days})

    assert response.status_code == 200
    assert response.context["days"] == 30


def test_more_rows_cost_no_more_queries(owner_client, profile, busy):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            owner_client.get(reverse("analytics:funnel"), {"days": "90"})
        return len(captured)

    before = queries()
    being_written_to(package_for(profile), mailbox_of(profile), sent=3)

    assert queries() == before


def mailbox_of(profile):
    return profile.workspace and Message.objects.exclude(mailbox=None).first().mailbox


def test_page_needs_a_member(client, db):
    response = client.get(reverse("analytics:funnel"))

    assert response.status_code == 302
    assert response.url.startswith("/login/")


def test_page_refuses_posts(owner_client, profile):
    assert owner_client.post(reverse("analytics:funnel")).status_code == 405


def test_a_viewer_may_look(viewer_client):
    assert viewer_client.get(reverse("analytics:funnel")).status_code == 200
