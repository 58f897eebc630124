"""The page of one answer: its words, its class, what it changed and how to take that back (acceptance B-5 D14)."""

import pytest
from django.urls import reverse

from jobs.models import Application, ApplicationEvent
from mailboxes.models import Suppression
from outreach.models import Enrollment, Reply
from tests.factories.answers import answered
from tests.factories.scenes import being_written_to, mailbox_for, package_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(profile, workspace):
    return being_written_to(package_for(profile, is_sample=True), mailbox_for(workspace))


def url(name, row):
    return reverse(f"outreach:{name}", args=[row.public_id])


def test_an_answer_shows_its_words_its_class_and_what_it_changed(owner_client, person):
    colleague = being_written_to(person.package, person.mailbox, first_name="Piet")
    reply = answered(person, "Thanks <script>alert(1)</script>! Could we schedule a call?")
    html = owner_client.get(url("reply-detail", reply)).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script>alert(1)" not in html
    for words in (
        "Meeting",
        "85 % sure",
        "Could we schedule a call?",
        "Stopped writing to Maria Marin; 2 mails cancelled",
        "Put writing to Piet Marin on hold",
        "Moved the application from Applied to Replied",
        "Move to Interview",
    ):
        assert words in html
    owner_client.post(url("reply-undo", reply))
    person.refresh_from_db()
    colleague.refresh_from_db()
    assert (person.status, colleague.status) == ("active", "active")
    assert Application.objects.get(pk=person.application_id).status == "applied"
    again = owner_client.get(url("reply-detail", reply)).content.decode()
    assert "was undone" in again
    assert "Undo all of this" not in again


def test_a_class_is_corrected_by_one_click_and_back_by_undo(owner_client, owner, person):
    reply = answered(person, "Could we schedule a call?")
    classify = url("reply-classify", reply)
    done = owner_client.post(classify, {"kind": "rejected"}, follow=True)
    reply.refresh_from_db()
    assert (reply.kind, reply.corrected_kind, reply.corrected_by) == (
        "meeting",
        "rejected",
        owner.user,
    )
    assert f'action="{classify}?kind="' in done.content.decode()
    assert "Move to Rejected" in done.content.decode()
    owner_client.post(f"{classify}?kind=")
    reply.refresh_from_db()
    assert (reply.corrected_kind, reply.corrected_by) == ("", None)
    assert ApplicationEvent.objects.filter(kind="classified").count() == 2


def test_an_answer_said_to_ask_us_to_stop_closes_the_address_and_back(owner_client, person):
    reply = answered(person, "Could we schedule a call?")
    classify = url("reply-classify", reply)
    done = owner_client.post(classify, {"kind": "unsubscribe"}, follow=True)
    closed = Suppression.objects.get()
    assert (closed.reason, closed.released_at) == ("asked", None)
    assert "Put the address on the do-not-contact list" in done.content.decode()
    owner_client.post(f"{classify}?kind=")
    closed.refresh_from_db()
    person.refresh_from_db()
    assert closed.released_at is not None
    assert (person.status, person.stop_reason) == ("stopped", "replied")
    owner_client.post(url("reply-undo", reply))
    person.refresh_from_db()
    assert person.status == "active"


def test_an_absence_said_to_be_an_answer_stops_the_sequence_and_back(owner_client, person):
    reply = answered(person, "I am away.", auto_submitted="auto-replied", subject="Out of office")
    assert not reply.is_human
    before = Enrollment.objects.get(pk=person.pk)
    classify = url("reply-classify", reply)
    owner_client.post(classify, {"kind": "interested"})
    person.refresh_from_db()
    assert (person.status, person.stop_reason) == ("stopped", "replied")
    owner_client.post(f"{classify}?kind=")
    person.refresh_from_db()
    assert (person.status, person.stop_reason, person.held_until) == (
        before.status,
        before.stop_reason,
        before.held_until,
    )
    reply.refresh_from_db()
    assert all(effect.get("by") != "correction" for effect in reply.effects)


def test_correcting_to_our_own_reading_is_no_correction(owner_client, person):
    reply = answered(person, "Could we schedule a call?")
    owner_client.post(url("reply-classify", reply), {"kind": "meeting"})
    reply.refresh_from_db()
    assert (reply.corrected_kind, reply.corrected_by) == ("", None)


def test_a_class_that_does_not_exist_changes_nothing(owner_client, person):
    reply = answered(person)
    assert owner_client.post(url("reply-classify", reply), {"kind": "nonsense"}).status_code == 400
    reply.refresh_from_db()
    assert reply.corrected_kind == ""


def test_a_form_never_leads_away_from_here(owner_client, person):
    reply = answered(person)
    done = owner_client.post(url("reply-handle", reply), {"next": "https://evil.test/"})
    assert done.url == "/today/"
    other = owner_client.post(url("reply-unhandle", reply), {"next": "//evil.test/"})
    assert other.url == "/today/"
    assert Reply.objects.get().handled_at is None
