"""One application's page: history, people, papers, interviews, notes (acceptance APP-2, APP-6)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from jobs.applications import add_event
from jobs.models import Application, ApplicationEvent, Document
from outreach.application_forms import fingerprint
from outreach.interviews import Interview, add_interview, as_calendar, interviews_of
from outreach.models import Approval, Enrollment, Message
from outreach.timeline import ENTRIES_A_PAGE, timeline_of
from tests.factories.answers import answered
from tests.factories.jobs import ApplicationFactory
from tests.factories.scenes import being_written_to, mailbox_for, package_for, statuses

pytestmark = pytest.mark.django_db

# session, user, memberships, walls (up, down), savepoints (2 × 2); application, package, people, mails, approvals,
# documents, timeline (4), answers' correctors; nav counts
PAGE_QUERIES = 20
HTMX = {"headers": {"HX-Request": "true"}}


@pytest.fixture
def person(profile, workspace):
    return being_written_to(package_for(profile, is_sample=True), mailbox_for(workspace))


@pytest.fixture
def application(person):
    return person.application


def url(name, row, *more):
    return reverse(f"outreach:{name}", args=[row.public_id, *more])


def page(client, application, query=""):
    return client.get(url("application-detail", application) + query)


def test_the_history_is_one_line_of_time(owner_client, owner, person, application):
    now = timezone.now()
    Approval.objects.update(
        user=owner.user,
        approved_at=now - timedelta(days=3),
        items=[{"name": "Maria Marin", "recipient": "m@x.test"}],
    )
    Message.objects.filter(enrollment=person, step_number=1).update(
        sent_at=now - timedelta(days=2), delivered_at=now - timedelta(days=2) + timedelta(minutes=1)
    )
    add_event(application, "saved", "Saved", now=now - timedelta(days=4), actor=owner.user)
    answered(person, "Yes, let us talk next week.")
    titles = [entry.title for entry in timeline_of(application).entries]
    assert titles[-4:] == [
        "Mail 1 delivered to Maria Marin",
        "Mail 1 sent to Maria Marin",
        "Approved 1 mail",
        "Saved",
    ]
    assert titles.count("Maria Marin answered") == 1
    assert "Moved from Applied to Replied: they answered" in titles
    html = page(owner_client, application).content.decode()
    assert "Yes, let us talk next week." in html
    assert "Pat Person" in html


def test_a_bounce_and_a_complaint_stand_in_the_history(person, application):
    now = timezone.now()
    Message.objects.filter(enrollment=person, step_number=1).update(
        status="complained", bounced_at=now, complained_at=now, last_error="550 5.1.1 unknown"
    )
    found = {entry.title: entry.text for entry in timeline_of(application).entries}
    assert found["Mail 1 to Maria Marin came back"] == "550 5.1.1 unknown"
    assert "Maria Marin reported mail 1 as spam" in found


def test_long_histories_go_on_without_repeats(owner_client, application):
    start = timezone.now()
    for number in range(ENTRIES_A_PAGE + 10):
        add_event(application, "note", f"Line {number}", now=start + timedelta(minutes=number))
    first = timeline_of(application)
    assert len(first.entries) == ENTRIES_A_PAGE
    link = f"?before={first.before.replace('+', '%2B')}"
    html = owner_client.get(url("application-detail", application) + link, **HTMX).content.decode()
    assert "Line 9<" in html
    assert "Line 10<" not in html
    assert "<html" not in html
    plain = page(owner_client, application, link).content.decode()
    assert "Back to the newest" in plain


def test_entries_of_one_moment_stay_together(application):
    now = timezone.now()
    for number in range(ENTRIES_A_PAGE + 5):
        add_event(application, "note", f"Line {number}", now=now)
    found = timeline_of(application)
    assert len([entry for entry in found.entries if entry.at == now]) >= ENTRIES_A_PAGE


def test_the_page_costs_the_same_with_more_history(
    owner_client, person, application, django_assert_num_queries
):
    answered(person)
    with django_assert_num_queries(PAGE_QUERIES):
        page(owner_client, application)
    for number in range(20):
        add_event(application, "note", f"Line {number}", now=timezone.now())
    being_written_to(person.package, person.mailbox, first_name="Ida")
    with django_assert_num_queries(PAGE_QUERIES):
        page(owner_client, application)


def test_stop_and_its_undo(owner_client, person):
    done = owner_client.post(url("enrollment-stop", person), follow=True)
    person.refresh_from_db()
    assert (person.status, person.stop_reason) == ("stopped", "by_person")
    assert statuses(person) == ["sent", "cancelled", "cancelled"]
    assert f'action="{url("enrollment-unstop", person)}"' in done.content.decode()
    owner_client.post(url("enrollment-unstop", person))
    person.refresh_from_db()
    assert (person.status, person.stop_reason) == ("active", "")
    assert statuses(person) == ["sent", "scheduled", "approved"]


def test_a_stop_that_an_answer_made_is_not_undone_by_hand(owner_client, person):
    answered(person)
    done = owner_client.post(url("enrollment-unstop", person), follow=True)
    person.refresh_from_db()
    assert (person.status, person.stop_reason) == ("stopped", "replied")
    assert "stays stopped" in done.content.decode()


def test_a_person_on_hold_goes_on(owner_client, person):
    Enrollment.objects.filter(pk=person.pk).update(status="held", stop_reason="colleague_replied")
    assert "Go on<" in page(owner_client, person.application).content.decode()
    owner_client.post(url("enrollment-resume", person))
    person.refresh_from_db()
    assert (person.status, person.stop_reason) == ("active", "")


def test_papers_as_approved_are_kept_apart_from_drafts(owner_client, profile, application):
    for version, is_current in ((1, False), (2, False), (3, True)):
        Document.objects.create(
            workspace=profile.workspace,
            application=application,
            kind="letter",
            version=version,
            is_current=is_current,
            text=f"Dear <b>team</b>, version {version}",
            text_hash="0" * 64,
        )
    Approval.objects.update(items=[{"kind": "letter", "version": 1, "text_hash": "0" * 64}])
    papers = page(owner_client, application).context["documents"]
    assert [(paper.document.version, paper.was_sent) for paper in papers] == [(3, False), (1, True)]
    sent = papers[1].document
    shown = owner_client.get(url("application-document", application, sent.public_id))
    assert "Dear &lt;b&gt;team&lt;/b&gt;, version 1" in shown.content.decode()
    file = owner_client.get(
        url("application-document", application, sent.public_id) + "?download=1"
    )
    assert file["Content-Disposition"] == 'attachment; filename="letter-v1.txt"'
    assert file.content.decode() == "Dear <b>team</b>, version 1"


def test_notes_are_edited_in_place(owner_client, application):
    address = url("application-detail", application)
    form = owner_client.get(f"{address}?edit=notes", **HTMX).content.decode()
    assert '<textarea name="notes"' in form
    assert "<html" not in form
    saved = owner_client.post(
        url("application-notes", application),
        {"notes": "Ask about <on-call>", "seen": fingerprint("")},
        **HTMX,
    )
    html = saved.content.decode()
    assert "Ask about &lt;on-call&gt;" in html
    assert "data-focus" in html
    assert "<html" not in html
    application.refresh_from_db()
    assert application.notes == "Ask about <on-call>"


def test_notes_without_javascript_come_back_to_their_place(owner_client, application):
    form = page(owner_client, application, "?edit=notes").content.decode()
    assert '<textarea name="notes"' in form
    done = owner_client.post(
        url("application-notes", application), {"notes": "One", "seen": fingerprint("")}
    )
    assert done.url == url("application-detail", application) + "#application-notes"


def test_notes_that_somebody_else_saved_meanwhile_are_both_shown(owner_client, application):
    Application.objects.filter(pk=application.pk).update(notes="Theirs")
    late = owner_client.post(
        url("application-notes", application), {"notes": "Mine", "seen": fingerprint("")}
    )
    html = late.content.decode()
    assert late.status_code == 409
    assert "Theirs" in html
    assert "Mine</textarea>" in html
    application.refresh_from_db()
    assert application.notes == "Theirs"
    owner_client.post(
        url("application-notes", application), {"notes": "Mine", "seen": fingerprint("Theirs")}
    )
    application.refresh_from_db()
    assert application.notes == "Mine"


def test_the_next_step_is_kept_and_told(owner_client, application):
    address = url("application-next", application)
    owner_client.post(address, {"next_action": "Call Ida", "next_action_date": "2026-12-01"})
    application.refresh_from_db()
    assert (application.next_action, str(application.next_action_date)) == (
        "Call Ida",
        "2026-12-01",
    )
    assert ApplicationEvent.objects.get(kind="next_step").text == "Next step: Call Ida"
    wrong = owner_client.post(
        address, {"next_action": "", "next_action_date": "2026-12-02"}, **HTMX
    )
    assert wrong.status_code == 422
    assert 'value="2026-12-02"' in wrong.content.decode()
    bad = owner_client.post(address, {"next_action": "Kept words", "next_action_date": "soon"})
    assert bad.status_code == 422
    assert "Kept words" in bad.content.decode()
    application.refresh_from_db()
    assert application.next_action == "Call Ida"
    owner_client.post(address, {"next_action": "", "next_action_date": ""})
    application.refresh_from_db()
    assert (application.next_action, application.next_action_date) == ("", None)


def test_interviews_come_go_and_come_back(owner_client, workspace, application):
    workspace.time_zone = "Europe/Berlin"
    workspace.save()
    owner_client.post(
        url("interview-add", application),
        {"at": "2026-12-01T09:40", "stage": "First call", "interviewer": "Ida"},
    )
    application.refresh_from_db()
    (kept,) = interviews_of(application)
    assert (kept.at, kept.stage, kept.interviewer) == (
        datetime(2026, 12, 1, 8, 40, tzinfo=UTC),
        "First call",
        "Ida",
    )
    done = owner_client.post(url("interview-remove", application, kept.id), follow=True)
    application.refresh_from_db()
    assert interviews_of(application) == []
    undo = url("interview-restore", application, kept.id)
    assert f'action="{undo}"' in done.content.decode()
    owner_client.post(undo)
    application.refresh_from_db()
    assert interviews_of(application) == [kept]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"at": "", "stage": "Call"}, "Enter a day and a time."),
        ({"at": "2199-01-01T10:00", "stage": "Call"}, "more than two years away"),
        ({"at": "2026-12-01T09:40", "stage": ""}, "Say which round it is."),
    ],
)
def test_an_interview_that_cannot_be_meant_is_asked_again(owner_client, application, data, words):
    response = owner_client.post(url("interview-add", application), data, **HTMX)
    assert response.status_code == 422
    assert words in response.content.decode()
    application.refresh_from_db()
    assert application.interviews == []


def test_the_calendar_file_is_valid_and_escapes(owner_client, owner, application):
    kept = add_interview(
        application,
        at=datetime(2026, 12, 1, 8, 40, tzinfo=UTC),
        stage="Panel; part 2, \\ long\nEND:VCALENDAR" + "ü" * 60,
        interviewer="Ida",
        actor=owner.user,
        now=timezone.now(),
    )
    response = owner_client.get(url("interview-calendar", application, kept.id))
    text = response.content.decode()
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert "DTSTART:20261201T084000Z\r\nDTEND:20261201T094000Z\r\n" in text
    assert "SUMMARY:Panel\\; part 2\\, \\\\ long\\nEND:VCALENDAR" in text
    assert text.count("\r\nEND:VCALENDAR\r\n") == 1
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    unfolded = text.replace("\r\n ", "")
    assert "ü" * 60 + ": Backend Engineer at" in unfolded
    assert owner_client.get(url("interview-calendar", application, "nope")).status_code == 404


def test_a_calendar_line_needs_no_interviewer(application):
    plain = Interview(id="a", at=timezone.now(), stage="", interviewer="")
    text = as_calendar(application, plain, now=timezone.now())
    assert "SUMMARY:Interview: Backend Engineer" in text
    assert "DESCRIPTION" not in text


def test_a_stranger_finds_nothing(stranger_client, person, application):
    kept = {"id": "a", "at": timezone.now().isoformat(), "stage": "Call"}
    Application.objects.filter(pk=application.pk).update(interviews=[kept])
    assert page(stranger_client, application).status_code == 404
    assert stranger_client.get(url("interview-calendar", application, "a")).status_code == 404
    for name in ("application-notes", "application-next", "interview-add"):
        assert stranger_client.post(url(name, application)).status_code == 404
    for name in ("interview-remove", "interview-restore"):
        assert stranger_client.post(url(name, application, "a")).status_code == 404
    for name in ("enrollment-stop", "enrollment-unstop", "enrollment-resume"):
        assert stranger_client.post(url(name, person)).status_code == 404
    person.refresh_from_db()
    assert person.status == "active"


def test_a_viewer_looks_but_changes_nothing(viewer_client, person, application):
    html = page(viewer_client, application, "?edit=notes").content.decode()
    assert "Backend Engineer" in html
    assert "<textarea" not in html
    assert ">Stop<" not in html
    for name in ("application-notes", "application-next", "interview-add"):
        assert viewer_client.post(url(name, application), {"notes": "x"}).status_code == 403
    for name in ("enrollment-stop", "enrollment-unstop", "enrollment-resume"):
        assert viewer_client.post(url(name, person)).status_code == 403
    person.refresh_from_db()
    application.refresh_from_db()
    assert (person.status, application.notes, application.interviews) == ("active", "", [])


def test_an_application_without_a_package_has_a_page(owner_client, profile):
    application = ApplicationFactory(profile=profile)
    html = page(owner_client, application).content.decode()
    assert "Nobody is written to for this role yet." in html
    assert "Nothing yet." in html
