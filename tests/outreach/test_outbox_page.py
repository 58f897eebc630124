"""The outbox: what goes when, from where, and why not (acceptance B-5 D12, ux E 18 to 24)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import switches
from mailboxes.models import DomainQuarantine, Mailbox
from mailboxes.suppression import suppress
from outreach.campaign_brake import pause_sequence, resume_sequence
from outreach.models import Approval, Message
from outreach.outbox_page import ASKED_AT_ONCE, ROWS_A_PAGE, plan
from tests.factories.scenes import being_written_to, mailbox_for, package_for, statuses

pytestmark = pytest.mark.django_db

# session, user, memberships, walls (up, down), savepoints (2 × 2); page, token, just left; nav counts; the forecast:
# mailboxes, waiting mails, those before them, companies, people, recipients' hours
PAGE_QUERIES = 19
OUTBOX = "/outbox/"
HTMX = {"headers": {"HX-Request": "true"}}


@pytest.fixture
def mailbox(workspace):
    return mailbox_for(workspace)


@pytest.fixture
def package(profile):
    return package_for(profile, is_sample=True)


@pytest.fixture
def person(package, mailbox):
    return being_written_to(package, mailbox, sent=1, mails=3)


def url(name, message):
    return reverse(f"outreach:{name}", args=[message.public_id])


def test_mails_stand_by_day_and_mailbox_at_absolute_times(owner_client, person, mailbox):
    response = owner_client.get(OUTBOX)
    batches = response.context["batches"]
    assert {batch.mailbox for batch in batches} == {mailbox.address}
    rows = [row for batch in batches for row in batch.rows]
    second, third = person.mails.filter(step_number__gte=2).order_by("step_number")
    assert [row.message for row in rows] == [second, third]
    assert [row.forecast.mailbox_id for row in rows] == [mailbox.pk, mailbox.pk]
    html = response.content.decode()
    for batch in batches:
        assert f"{batch.day:%A}" in html
        assert all(timezone.localtime(row.at).date() == batch.day for row in batch.rows)
        assert all(f"{timezone.localtime(row.at):%H:%M}" in html for row in batch.rows)
    assert "planned, counted from when mail 2 leaves" in html
    assert html.count("planned, counted from") == 1


def test_times_are_in_the_zone_of_the_workspace(owner_client, workspace, person):
    workspace.time_zone = "Asia/Tokyo"
    workspace.save()
    at = datetime(2026, 12, 2, 0, 15, tzinfo=UTC)
    Message.objects.filter(enrollment=person, step_number=2).update(due_at=at)
    html = owner_client.get(OUTBOX).content.decode()
    assert "<strong>09:15</strong>" in html
    assert "Wednesday 2 December 2026" in html


def test_a_hold_says_until_when_it_may_be_undone(owner_client, person):
    until = timezone.now() + timedelta(minutes=8)
    Approval.objects.update(hold_until=until)
    html = owner_client.get(OUTBOX).content.decode()
    assert "May be" in html
    assert f"{until:%H:%M}" in html
    assert reverse("outreach:package-detail", args=[person.package.public_id]) in html


def test_a_due_mail_says_its_one_cause_and_where_to_mend_it(owner_client, person, mailbox):
    Message.objects.filter(enrollment=person, step_number=2).update(due_at=timezone.now())
    Mailbox.objects.update(status="paused", status_reason="You paused it.")
    response = owner_client.get(OUTBOX)
    row = response.context["batches"][0].rows[0]
    assert sum(check.is_primary for check in row.checks) == 1
    assert row.cause.sentence == f"{mailbox.address} may not send now: You paused it."
    html = response.content.decode()
    assert row.cause.sentence in html
    assert f'<a href="{reverse("mailboxes:mailbox-list")}">Mend it' in html


def why(person):
    """The cause of the second mail and where it is mended."""
    message = person.mails.get(step_number=2)
    row = plan(message, now=timezone.now(), ask=True)
    return row.cause.name, row.fix_url


def test_each_cause_leads_to_its_own_place_or_says_that_waiting_is_all(
    owner_client, person, mailbox, workspace
):
    now, sequence = timezone.now(), person.version.sequence
    Message.objects.filter(enrollment=person, step_number=2).update(due_at=now)
    page = reverse("outreach:sequence-detail", args=[sequence.public_id])
    pause_sequence(sequence, reason="3 of 50 bounced.", now=now, by_brake=True)
    assert why(person) == ("Campaign", page)
    assert f'<a href="{page}">Mend it' in owner_client.get(OUTBOX).content.decode()
    resume_sequence(sequence, now=now)
    DomainQuarantine.objects.create(
        domain="sandbox.test", reason="A block list names it.", begun_at=now
    )
    assert why(person) == ("Mailbox", "")
    assert "Nothing to do: it goes by itself." in owner_client.get(OUTBOX).content.decode()
    switches.turn_off("sending", by=None, reason="An outage.", now=now)
    assert why(person) == ("Platform", "")
    message = person.mails.get(step_number=2)
    suppress(
        email=message.recipient, reason="manual", scope="workspace", workspace=workspace, now=now
    )
    name, place = why(person)
    assert (name, place.partition("?")[0]) == ("Do-not-contact list", "/suppressions/")
    html = owner_client.get(place).content.decode()
    assert f"Found for {message.recipient}" in html


def test_every_condition_stands_on_the_page_of_the_mail(owner_client, person):
    message = person.mails.get(step_number=2)
    Message.objects.filter(pk=message.pk).update(due_at=timezone.now())
    person.application.job.liveness, person.application.job.closed_at = "closed", timezone.now()
    person.application.job.save()
    html = owner_client.get(url("outbox-message", message)).content.decode()
    assert "Why isn’t this sending?" in html
    assert html.count("The opening has closed.") == 2
    assert html.count('class="danger"') == 1
    assert "You approved exactly this text." in html


def test_a_mail_whose_waiting_nobody_can_end_says_so(owner_client, person):
    Message.objects.filter(enrollment=person, step_number=2).update(due_at=timezone.now())
    Approval.objects.update(hold_until=timezone.now() + timedelta(minutes=5))
    html = owner_client.get(OUTBOX).content.decode()
    assert "Nothing to do: it goes by itself." in html


def test_cancel_and_its_undo(owner_client, person):
    message = person.mails.get(step_number=2)
    done = owner_client.post(url("message-cancel", message), follow=True)
    assert statuses(person) == ["sent", "cancelled", "approved"]
    assert f'action="{url("message-restore", message)}"' in done.content.decode()
    owner_client.post(url("message-restore", message))
    assert statuses(person) == ["sent", "scheduled", "approved"]


def test_what_has_left_cannot_be_cancelled_and_says_why(owner_client, person):
    message = person.mails.get(step_number=1)
    done = owner_client.post(url("message-cancel", message), follow=True)
    assert "cannot be cancelled" in done.content.decode()
    assert statuses(person)[0] == "sent"


def test_later_moves_the_mail_and_its_undo_puts_it_back(owner_client, person):
    message = person.mails.get(step_number=2)
    before = message.due_at
    wanted = before + timedelta(days=30)
    owner_client.post(url("message-later", message), {"at": f"{wanted:%Y-%m-%dT%H:%M}"})
    message.refresh_from_db()
    assert message.due_at >= wanted.replace(second=0, microsecond=0)
    page = owner_client.get(OUTBOX).content.decode()
    assert "?at=" in page
    owner_client.post(
        f"{url('message-later', message)}?at={before.isoformat().replace('+', '%2B')}"
    )
    message.refresh_from_db()
    assert message.due_at - before < timedelta(days=4)


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("", "Enter a day and a time."),
        ("soon", "Enter a day and a time, like"),
        ("2020-01-01T10:00", "That time has passed."),
        ("2199-01-01T10:00", "more than two years away"),
    ],
)
def test_a_time_that_cannot_be_meant_is_asked_again(owner_client, person, at, words):
    message = person.mails.get(step_number=2)
    before = message.due_at
    response = owner_client.post(url("message-later", message), {"at": at})
    assert response.status_code == 422
    assert words in response.content.decode()
    message.refresh_from_db()
    assert message.due_at == before


def test_a_follow_up_has_no_time_of_its_own(owner_client, person):
    message = person.mails.get(step_number=3)
    later = timezone.now() + timedelta(days=20)
    done = owner_client.post(
        url("message-later", message), {"at": f"{later:%Y-%m-%dT%H:%M}"}, follow=True
    )
    assert "counted from when that one leaves" in done.content.decode()


def test_what_left_says_how_it_went(owner_client, person):
    Message.objects.filter(enrollment=person, step_number=1).update(
        status="bounced", bounced_at=timezone.now(), last_error="550 no such user"
    )
    html = owner_client.get(f"{OUTBOX}?show=left").content.decode()
    assert "Bounced" in html
    assert "550 no such user" in html


def test_pages_go_on_by_keyset_and_cost_the_same(
    owner_client, package, mailbox, django_assert_num_queries
):
    for number in range(ROWS_A_PAGE // 2 + 3):
        being_written_to(package, mailbox, sent=0, mails=2, first_name=f"Person {number}")
    with django_assert_num_queries(PAGE_QUERIES):
        first = owner_client.get(OUTBOX)
    second = owner_client.get(OUTBOX + first.context["next_url"], **HTMX)
    rows = [
        row.message.pk
        for page in (first, second)
        for batch in page.context["batches"]
        for row in batch.rows
    ]
    assert len(rows) == len(set(rows)) == 2 * (ROWS_A_PAGE // 2 + 3)
    assert second.context["next_url"] == ""
    assert "<html" not in second.content.decode()


def test_only_some_late_mails_are_asked_at_once(owner_client, package, mailbox):
    for number in range(ASKED_AT_ONCE + 2):
        being_written_to(package, mailbox, sent=0, mails=1, first_name=f"Person {number}")
    Message.objects.update(due_at=timezone.now())
    response = owner_client.get(OUTBOX)
    rows = [row for batch in response.context["batches"] for row in batch.rows]
    assert sum(bool(row.checks) for row in rows) == ASKED_AT_ONCE
    assert response.content.decode().count("Why isn’t this sending?") == 2


def test_a_poll_answers_204_until_something_changes(owner_client, person):
    token = owner_client.get(OUTBOX).context["token"]
    assert owner_client.get(f"{OUTBOX}?since={token}", **HTMX).status_code == 204
    owner_client.post(url("message-cancel", person.mails.get(step_number=2)))
    news = owner_client.get(f"{OUTBOX}?since={token}", **HTMX)
    assert (news.status_code, "New – show" in news.content.decode()) == (200, True)
    assert "<html" not in news.content.decode()


def test_an_empty_outbox_says_what_to_do(owner_client, profile):
    assert "Nothing is scheduled" in owner_client.get(OUTBOX).content.decode()
    assert "Nothing has left yet" in owner_client.get(f"{OUTBOX}?show=left").content.decode()


def test_a_stranger_finds_nothing_and_a_viewer_changes_nothing(
    stranger_client, viewer_client, person
):
    message = person.mails.get(step_number=2)
    assert stranger_client.get(OUTBOX).context["batches"] == []
    assert stranger_client.get(url("outbox-message", message)).status_code == 404
    for name in ("message-cancel", "message-restore", "message-later"):
        assert stranger_client.post(url(name, message)).status_code == 404
        assert viewer_client.post(url(name, message)).status_code == 403
    html = viewer_client.get(OUTBOX).content.decode()
    assert message.subject in html
    assert "Cancel<" not in html
    assert viewer_client.get(url("outbox-message", message)).status_code == 200
    message.refresh_from_db()
    assert message.status == "scheduled"


def test_mail_pages_are_never_kept_by_a_cache(owner_client, person):
    assert "no-store" in owner_client.get(OUTBOX)["Cache-Control"]
