"""The queue of the first page: what waits, why, one thing to do about it, and nothing else."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import switches
from accounts.braking import pause_sending
from accounts.models import Preferences
from jobs.models import ApplicationEvent
from outreach.campaign_brake import pause_sequence
from outreach.context_processors import counts_of
from outreach.first_leaving import next_leaving
from outreach.models import Enrollment, Message, Reply, Sequence
from outreach.standing import standing_of
from outreach.waiting import ROWS_A_GROUP, queue_of
from tests.factories.accounts import ResumeFactory
from tests.factories.answers import answered
from tests.factories.jobs import ApplicationFactory, JobMatchFactory, SourceFactory
from tests.factories.outreach import (
    ApprovalFactory,
    EnrollmentFactory,
    MailboxFactory,
    MessageFactory,
    PackageFactory,
)
from tests.factories.scenes import being_written_to, mailbox_for, package_for

pytestmark = pytest.mark.django_db

# session, user, memberships, walls (up, down), savepoints (2 × 2); standing, packages, answers, interviews; nav counts
PAGE_QUERIES = 14
TODAY = "/today/"


@pytest.fixture
def mailbox(workspace):
    return mailbox_for(workspace)


def groups(workspace, now=None):
    now = now or timezone.now()
    queue = queue_of(workspace, standing_of(workspace, now=now), now=now)
    return {group.name: [row.title for row in group.rows] for group in queue.groups}


def ready(profile, **fields):
    return PackageFactory(
        application__profile=profile, application__status="ready", status="ready", **fields
    )


def set_up(profile, mailbox):
    """Everything a newcomer does once is done."""
    ResumeFactory(profile=profile)
    Preferences.objects.update(is_prefilled=False)
    ApprovalFactory(package=package_for(profile, is_sample=True))


def test_a_newcomer_sees_four_tasks_with_their_states(owner_client, profile):
    ResumeFactory(profile=profile, status="uploaded")
    html = owner_client.get(TODAY).content.decode()
    steps = owner_client.get(TODAY).context["first_steps"]
    assert [(step.title, step.state) for step in steps] == [
        ("Resume", "In progress"),
        ("Preferences", "Not started"),
        ("Mailbox", "Not started"),
        ("First role", "Not started"),
    ]
    assert "All clear" not in html


def test_all_clear_says_what_comes_next(owner_client, profile, mailbox, workspace):
    set_up(profile, mailbox)
    due = timezone.now() + timedelta(days=2)
    person = being_written_to(package_for(profile, is_sample=True), mailbox, sent=0, mails=1)
    Message.objects.filter(enrollment=person).update(due_at=due)
    JobMatchFactory(profile=profile, score=90)
    JobMatchFactory(profile=profile, score=30)
    html = owner_client.get(TODAY).content.decode()
    assert "All clear" in html
    at = next_leaving(workspace, now=timezone.now())
    assert at >= due  # the recipient's working hours come first
    assert f"{at:%H:%M}" in html
    assert f"{at.day}" in html
    assert "1 new match today" in html
    assert "Four things to set up" not in html


def test_all_clear_promises_no_mail_that_does_not_go(owner_client, profile, mailbox):
    set_up(profile, mailbox)
    person = being_written_to(package_for(profile, is_sample=True), mailbox, sent=0, mails=1)
    person.application.job.liveness, person.application.job.closed_at = "closed", timezone.now()
    person.application.job.save()
    html = owner_client.get(TODAY).content.decode()
    assert "All clear" in html
    assert "Nothing leaves as things stand" in html
    assert "Next send" not in html


def test_a_ready_package_waits_with_its_size(owner_client, profile, workspace):
    package = ready(profile)
    person = EnrollmentFactory(package=package, status="draft")
    MessageFactory(enrollment=person)
    response = owner_client.get(TODAY)
    html = response.content.decode()
    assert groups(workspace) == {"approve": ["Backend Engineer"]}
    assert "1 mail to 1 person" in html
    assert reverse("outreach:package-detail", args=[package.public_id]) in html


def test_a_blocked_package_says_what_is_open(owner_client, profile):
    ready(profile, checks=[{"state": "block", "sentence": "The letter names no address."}])
    html = owner_client.get(TODAY).content.decode()
    assert "1 check open: The letter names no address." in html


def test_an_answer_waits_until_it_is_handled_and_comes_back_by_undo(
    owner_client, profile, mailbox, workspace
):
    reply = answered(being_written_to(package_for(profile), mailbox), "Could you talk on Thursday?")
    html = owner_client.get(TODAY).content.decode()
    assert "Could you talk on Thursday?" in html
    assert groups(workspace)["reply"] == ["Maria Marin"]
    done = owner_client.post(reverse("outreach:reply-handle", args=[reply.public_id]), follow=True)
    assert "reply" not in groups(workspace)
    undo = reverse("outreach:reply-unhandle", args=[reply.public_id])
    assert f'action="{undo}"' in done.content.decode()
    owner_client.post(undo)
    reply.refresh_from_db()
    assert reply.handled_at is None
    assert groups(workspace)["reply"] == ["Maria Marin"]


def test_an_automatic_answer_does_not_wait(profile, mailbox, workspace):
    person = being_written_to(package_for(profile), mailbox)
    answered(person, "I am out of the office.", auto_submitted="auto-replied")
    assert "reply" not in groups(workspace)


def test_everything_broken_is_a_line_with_its_reason(owner_client, profile, workspace):
    now = timezone.now()
    workspace.sending_paused_at, workspace.sending_paused_reason = now, "Holidays."
    workspace.save()
    box = MailboxFactory(workspace=workspace, status="broken", status_reason="Password refused.")
    package = package_for(profile, is_sample=True)
    held = being_written_to(package, box, sent=0, mails=1, first_name="Ida", last_name="Held")
    Message.objects.filter(enrollment=held).update(status="held", status_reason="Too late.")
    Enrollment.objects.filter(pk=held.pk).update(status="held", stop_reason="colleague_replied")
    SourceFactory(workspace=workspace, name="Gone board", health="dead", last_error="Answered 404.")
    SourceFactory(workspace=workspace, name="Paused board", health="dead", paused_at=now)
    ResumeFactory(profile=profile, status="failed", error_sentence="It is a scan without text.")
    PackageFactory(
        application__profile=profile,
        status="drafting",
        steps={"letter": {"state": "failed", "error": "No facts."}},
    )
    rows = groups(workspace)["fix"]
    assert rows == [
        "Sending is paused",
        f"{box.address} cannot send",
        "The mail to Ida Held is held for you",
        "Go on writing to Ida Held?",
        "The package for Backend Engineer is not finished",
        "Gone board: board is gone",
        "olga.txt could not be read",
    ]
    html = owner_client.get(TODAY).content.decode()
    for why in ("Holidays.", "Password refused.", "Too late.", "A colleague answered".lower()):
        assert why in html


def test_an_approved_package_without_a_mailbox_waits(profile, workspace):
    package_for(profile)
    PackageFactory(application__profile=profile, is_sample=True)
    MailboxFactory(workspace=workspace)  # a practice mailbox carries only practice mail
    assert groups(workspace) == {"fix": ["Backend Engineer waits for a mailbox"]}


def test_a_failed_mail_is_news_for_three_days(profile, mailbox, workspace):
    person = being_written_to(package_for(profile, is_sample=True), mailbox, sent=0, mails=1)
    Message.objects.filter(enrollment=person).update(status="failed", last_error="550 No such user")
    assert groups(workspace)["fix"] == ["The mail to Maria Marin could not be delivered"]
    assert groups(workspace, now=timezone.now() + timedelta(days=4)) == {}


def test_a_failed_mail_is_put_away_and_stays_in_the_outbox(
    owner_client, profile, mailbox, workspace
):
    person = being_written_to(package_for(profile, is_sample=True), mailbox, sent=0, mails=1)
    message = person.mails.get()
    dismiss = reverse("outreach:message-dismiss", args=[message.public_id])
    owner_client.post(dismiss)
    message.refresh_from_db()
    assert message.dismissed_at is None  # only what failed is mere news
    Message.objects.filter(pk=message.pk).update(status="failed", last_error="550 No such user")
    assert f'action="{dismiss}"' in owner_client.get(TODAY).content.decode()
    done = owner_client.post(dismiss, follow=True)
    undo = reverse("outreach:message-undismiss", args=[message.public_id])
    assert f'action="{undo}"' in done.content.decode()
    assert groups(workspace) == {}
    left = owner_client.get("/outbox/?show=left").content.decode()
    assert "550 No such user" in left
    owner_client.post(undo)
    assert groups(workspace)["fix"] == ["The mail to Maria Marin could not be delivered"]


def test_only_editors_of_the_workspace_put_news_away(
    viewer_client, stranger_client, profile, mailbox
):
    person = being_written_to(package_for(profile, is_sample=True), mailbox, sent=0, mails=1)
    Message.objects.update(status="failed")
    for name in ("message-dismiss", "message-undismiss"):
        url = reverse(f"outreach:{name}", args=[person.mails.get().public_id])
        assert viewer_client.post(url).status_code == 403
        assert stranger_client.post(url).status_code == 404
    assert person.mails.get().dismissed_at is None
    assert "Dismiss<" not in viewer_client.get(TODAY).content.decode()


def test_brakes_say_what_they_stopped_and_what_to_do(owner_client, profile, mailbox, workspace):
    now = timezone.now()
    person = being_written_to(package_for(profile, is_sample=True), mailbox, sent=1, mails=2)
    pause_sequence(person.version.sequence, reason="3 of 50 bounced.", now=now, by_brake=True)
    pause_sending(workspace, reason="Of all 9 bounced.", now=now, by_brake=True)
    switches.turn_off("sending", by=None, reason="An outage.", now=now)
    real = {"workspace": workspace, "provider": "smtp", "is_sandbox": False}
    MailboxFactory(**real, address="a@quay.com", warned_at=now)
    MailboxFactory(
        **real,
        address="b@quay.com",
        status="paused",
        braked_at=now,
        status_reason="It rests for 24 hours.",
    )
    MailboxFactory(
        **real,
        address="c@quay.com",
        status="paused",
        status_reason="Disconnected.",
        disconnected_at=now,
    )
    assert groups(workspace)["fix"] == [
        "RoleFerry has stopped all sending for now",
        "A brake stopped all your sending",
        f"A brake stopped the sequence “{person.version.sequence}”",
        "a@quay.com gets close to its brake",
        "b@quay.com was stopped by its brake",
    ]
    html = owner_client.get(TODAY).content.decode()
    for words in ("An outage. Nothing to do", "let mail go again", "stops by itself", "rests for"):
        assert words in html
    detail = reverse("outreach:sequence-detail", args=[person.version.sequence.public_id])
    assert f'href="{detail}"' in html


def test_operations_pause_says_that_they_lift_it(workspace, profile):
    pause_sending(workspace, reason="Complaints rise.", now=timezone.now(), by_staff=True)
    assert groups(workspace)["fix"] == ["Operations paused your sending"]


def test_a_paused_sequence_without_people_troubles_nobody(workspace, profile):
    Sequence.objects.create(
        workspace=workspace, name="Spare", paused_at=timezone.now(), paused_reason="Paused."
    )
    assert groups(workspace) == {}


def test_interviews_within_three_days_are_to_be_prepared(profile, workspace):
    now = timezone.now()
    soon, later, past = (now + timedelta(hours=hours) for hours in (20, 90, -2))
    row = {"stage": "First call", "interviewer": "Ida"}
    ApplicationFactory(
        profile=profile,
        interviews=[
            {"id": "a", "at": soon.isoformat(), **row},
            {"id": "b", "at": later.isoformat(), **row},
            {"id": "c", "at": past.isoformat(), **row},
            {"id": "d", "at": soon.isoformat(), "removed": True, **row},
            {"id": "e", "at": "nonsense", **row},
        ],
    )
    ApplicationFactory(
        profile=profile, status="rejected", interviews=[{"id": "f", "at": soon.isoformat(), **row}]
    )
    assert groups(workspace) == {"prepare": ["First call with Ida"]}


def test_done_today_counts_since_midnight_of_the_workspace(owner_client, profile, mailbox):
    reply = answered(being_written_to(package_for(profile), mailbox))
    Reply.objects.filter(pk=reply.pk).update(handled_at=timezone.now() - timedelta(days=2))
    assert "answer dealt with" not in owner_client.get(TODAY).content.decode()
    Reply.objects.filter(pk=reply.pk).update(handled_at=timezone.now())
    assert "1 answer dealt with" in owner_client.get(TODAY).content.decode()


def test_a_long_group_is_cut_and_counted(owner_client, profile, workspace):
    for _ in range(ROWS_A_GROUP + 3):
        ready(profile)
    html = owner_client.get(TODAY).content.decode()
    assert html.count("data-item") == ROWS_A_GROUP
    assert "And 3 more" in html


def test_the_page_costs_the_same_with_more_rows(
    owner_client, profile, mailbox, django_assert_num_queries
):
    ready(profile)
    answered(being_written_to(package_for(profile, is_sample=True), mailbox))
    with django_assert_num_queries(PAGE_QUERIES):
        owner_client.get(TODAY)
    for _ in range(5):
        ready(profile)
    answered(being_written_to(package_for(profile, is_sample=True), mailbox, first_name="Piet"))
    with django_assert_num_queries(PAGE_QUERIES):
        owner_client.get(TODAY)


def test_a_poll_answers_204_until_something_new_waits(owner_client, profile):
    ready(profile)
    token = owner_client.get(TODAY).context["queue"].token
    poll = {"headers": {"HX-Request": "true"}}
    same = owner_client.get(f"{TODAY}?since={token}", **poll)
    assert (same.status_code, same.content) == (204, b"")
    ready(profile)
    news = owner_client.get(f"{TODAY}?since={token}", **poll)
    html = news.content.decode()
    assert news.status_code == 200
    assert "New – show" in html
    assert "hx-trigger" not in html
    assert "<html" not in html


def test_htmx_gets_the_queue_alone(owner_client, profile):
    ready(profile)
    html = owner_client.get(TODAY, headers={"HX-Request": "true"}).content.decode()
    assert 'id="today-queue"' in html
    assert "<html" not in html


def test_a_stranger_sees_none_of_it(stranger_client, profile, mailbox, stranger):
    reply = answered(being_written_to(package_for(profile), mailbox))
    ready(profile)
    assert groups(stranger.workspace) == {}
    assert counts_of(stranger.workspace) == {"today": 0, "inbox": 0}
    for name in ("handle", "unhandle", "classify", "undo"):
        url = reverse(f"outreach:reply-{name}", args=[reply.public_id])
        assert stranger_client.post(url, {"kind": "rejected"}).status_code == 404
    assert stranger_client.get(f"/replies/{reply.public_id}/").status_code == 404
    reply.refresh_from_db()
    assert (reply.handled_at, reply.corrected_kind, reply.undone_at) == (None, "", None)


def test_a_viewer_looks_but_changes_nothing(viewer_client, profile, mailbox):
    reply = answered(being_written_to(package_for(profile), mailbox))
    before = ApplicationEvent.objects.count()
    html = viewer_client.get(TODAY).content.decode()
    assert "Maria Marin" in html
    assert "reply-handle" not in html
    assert "Handled<" not in html
    for name in ("handle", "unhandle", "classify", "undo"):
        url = reverse(f"outreach:reply-{name}", args=[reply.public_id])
        assert viewer_client.post(url, {"kind": "rejected"}).status_code == 403
    reply.refresh_from_db()
    assert (reply.handled_at, reply.corrected_kind, reply.undone_at) == (None, "", None)
    assert ApplicationEvent.objects.count() == before


def test_visitors_log_in_first(client, db):
    assert client.get(TODAY).status_code == 302


def test_the_navigation_counts_packages_and_answers(owner_client, profile, mailbox, workspace):
    ready(profile)
    answered(being_written_to(package_for(profile), mailbox))
    assert counts_of(workspace) == {"today": 2, "inbox": 1}
    html = owner_client.get(TODAY).content.decode()
    assert '<span class="count">2<span class="sr"> waiting</span></span>' in html
