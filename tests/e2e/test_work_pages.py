"""The pages a person works on after approving: accessible, steady and usable by keyboard, with rows and without."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone

from jobs.applications import add_event
from jobs.models import Application
from mailboxes.models import Mailbox
from outreach.campaign_brake import pause_sequence
from outreach.models import Approval, Enrollment, Message, Reply
from tests.e2e.checks import check_page
from tests.factories.answers import answered
from tests.factories.jobs import ApplicationFactory, CompanyFactory, JobFactory
from tests.factories.outreach import (
    EnrollmentFactory,
    MailboxFactory,
    MessageFactory,
    PackageFactory,
)
from tests.factories.scenes import being_written_to, mailbox_for

ROLES = [
    ("Senior Backend Engineer", "Northwind Health", "saved"),
    ("Platform Engineer", "Acme Rail", "drafting"),
    ("Django Developer", "Harbour Analytics", "ready"),
    ("Data Engineer", "Lumen Grid", "applied"),
    ("Staff Engineer, Payments", "Quay Bank", "applied"),
    ("Python Engineer", "Tidewater", "interviewing"),
    ("Engineering Manager", "Isle Robotics", "offer"),
    ("Backend Engineer", "Fjord Foods", "rejected"),
]
PICTURES = os.environ.get("PAGE_PICTURES")


@pytest.fixture
def desk(profile, workspace):
    """A workspace in the middle of a search; returns one application that was answered, its answer and a due mail."""
    now = timezone.now()
    mailbox = mailbox_for(workspace)
    people = {}
    for number, (title, company, status) in enumerate(ROLES):
        job = JobFactory(
            workspace=workspace,
            title=title,
            company=CompanyFactory(workspace=workspace, name=company),
        )
        application = ApplicationFactory(
            profile=profile,
            job=job,
            status=status,
            match_score=90 - 4 * number,
            status_changed_at=now - timedelta(days=number),
            last_action_at=now - timedelta(hours=number),
        )
        add_event(application, "found", "Found on a public board", now=now - timedelta(days=9))
        if status in {"applied", "interviewing"}:
            package = PackageFactory(application=application, is_sample=True)
            people[title] = being_written_to(package, mailbox, last_name=f"Marin-{number}")
        if status == "ready":
            package = PackageFactory(application=application, status="ready", is_sample=True)
            MessageFactory(enrollment=EnrollmentFactory(package=package, status="draft"))
    Approval.objects.update(
        hold_until=now + timedelta(minutes=8),
        items=[{"name": "Maria Marin", "recipient": "maria@northwind.test"}] * 3,
    )
    reply = answered(
        people["Data Engineer"],
        "Hello Olga,\n\nthank you for writing. Your work on billing sounds very interesting.\n"
        "Could you talk on Thursday at ten?\n\nBest\nMaria",
    )
    application = reply.enrollment.application
    Application.objects.filter(job__title="Python Engineer").update(
        interviews=[
            {
                "id": "a",
                "at": (now + timedelta(hours=20)).isoformat(),
                "stage": "First call",
                "interviewer": "Ida Berg",
            }
        ],
        next_action="Read up on their ledger",
        next_action_date=now.date(),
        notes="Asks a lot about on-call.\nIda runs the team.",
    )
    MailboxFactory(
        workspace=workspace,
        address="olga.owner@sandbox.test",
        status="broken",
        status_reason="The server refused the password at 08:10.",
    )
    Enrollment.objects.filter(pk=people["Staff Engineer, Payments"].pk).update(
        status="held", stop_reason="colleague_replied"
    )
    due = Message.objects.get(enrollment=people["Python Engineer"], step_number=2)
    Message.objects.filter(pk=due.pk).update(due_at=now - timedelta(minutes=2))
    talk = Application.objects.get(job__title="Python Engineer")
    return {"application": application, "reply": reply, "due": due, "talk": talk}


def sequence_path(desk):
    sequence = desk["due"].enrollment.version.sequence
    return reverse("outreach:sequence-detail", args=[sequence.public_id])


def paths(desk):
    application = reverse("outreach:application-detail", args=[desk["application"].public_id])
    talk = reverse("outreach:application-detail", args=[desk["talk"].public_id])
    return {
        "today": "/today/",
        "pipeline": "/pipeline/",
        "list": "/pipeline/?view=table",
        "application": application,
        "application-edited": f"{talk}?edit=interview",
        "outbox": "/outbox/",
        "left": "/outbox/?show=left",
        "mail": reverse("outreach:outbox-message", args=[desk["due"].public_id]),
        "reply": reverse("outreach:reply-detail", args=[desk["reply"].public_id]),
        "sequences": "/sequences/",
        "sequence": sequence_path(desk),
    }


NAMES = [
    "today",
    "pipeline",
    "list",
    "application",
    "application-edited",
    "outbox",
    "left",
    "mail",
    "reply",
    "sequences",
    "sequence",
]


def picture(page, name):
    """Keep what a person sees, when PAGE_PICTURES names a folder."""
    if not PICTURES:
        return
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for theme in ("light", "dark"):
            page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
            page.screenshot(
                path=Path(PICTURES) / f"{name}-{width}-{theme}.png", full_page=width == 390
            )


@pytest.mark.parametrize("name", NAMES)
def test_page_with_rows_passes(name, page, live_server, log_in, owner, desk):
    log_in(page, owner.user)

    answer = page.goto(live_server.url + paths(desk)[name])

    assert answer.status == 200
    assert page.locator("h1").count() == 1
    picture(page, name)
    check_page(page)


def test_a_braked_sequence_goes_on_by_a_click(page, live_server, log_in, owner, desk):
    reason = "Of this sequence 3 of 50 mails bounced; sending stops at 5%."
    sequence = desk["due"].enrollment.version.sequence
    pause_sequence(sequence, reason=reason, now=timezone.now(), by_brake=True)
    left = Message.objects.filter(step_number=1, status="sent")
    left.update(status="failed", last_error="550 No such user")
    log_in(page, owner.user)
    for name in ("today", "sequences", "sequence"):
        page.goto(live_server.url + paths(desk)[name])
        picture(page, f"braked-{name}")
        check_page(page)

    page.get_by_role("button", name="Let it go on").click()

    page.get_by_text(f"Goes on: {sequence}").wait_for()
    page.get_by_role("button", name="Pause").wait_for()
    sequence.refresh_from_db()
    assert sequence.paused_at is None
    assert page.problems == []


@pytest.mark.parametrize("path", ["/today/", "/pipeline/", "/pipeline/?view=table", "/outbox/"])
def test_page_without_rows_passes(path, page, live_server, log_in, owner, profile):
    log_in(page, owner.user)

    page.goto(live_server.url + path)

    picture(page, "empty" + path.strip("/").replace("/?", "-"))
    check_page(page)


def test_a_card_moves_by_its_menu_and_back_by_undo(page, live_server, log_in, owner, desk):
    log_in(page, owner.user)
    page.goto(live_server.url + "/pipeline/")
    card = page.locator("li.card", has_text="Senior Backend Engineer")

    card.get_by_role("button", name="Move…").click()
    picture(page, "menu")
    card.get_by_role("button", name="Applied").click()

    page.get_by_text("Senior Backend Engineer moved to Applied").wait_for()
    applied = page.locator("section", has=page.locator("#stage-applied"))
    assert applied.locator("li.card", has_text="Senior Backend Engineer").count() == 1
    assert page.evaluate("document.activeElement.textContent") == "Senior Backend Engineer"
    page.locator(".toast").get_by_role("button", name="Undo").click()
    page.get_by_text("is back in Saved").wait_for()
    assert Application.objects.get(job__title="Senior Backend Engineer").status == "saved"
    assert page.problems == []


def test_a_card_is_dragged(page, live_server, log_in, owner, desk):
    log_in(page, owner.user)
    page.goto(live_server.url + "/pipeline/")

    page.locator("li.card", has_text="Senior Backend Engineer").drag_to(
        page.locator("section", has=page.locator("#stage-drafting"))
    )

    page.get_by_text("Senior Backend Engineer moved to Preparing").wait_for()
    assert Application.objects.get(job__title="Senior Backend Engineer").status == "drafting"


def test_moving_back_asks_why_in_a_dialog(page, live_server, log_in, owner, desk):
    log_in(page, owner.user)
    page.goto(live_server.url + "/pipeline/")
    card = page.locator("li.card", has_text="Engineering Manager")

    card.get_by_role("button", name="Move…").click()
    card.get_by_role("button", name="Applied").click()
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    picture(page, "dialog")
    dialog.get_by_label("Why?").fill("They withdrew the offer")
    dialog.get_by_role("button", name="Move back").click()

    page.get_by_text("Engineering Manager moved to Applied").wait_for()
    assert page.get_by_role("dialog").count() == 0
    assert Application.objects.get(job__title="Engineering Manager").status == "applied"


def test_a_conflict_shows_both_in_a_dialog(page, live_server, log_in, owner, desk):
    log_in(page, owner.user)
    page.goto(live_server.url + "/pipeline/")
    Application.objects.filter(job__title="Senior Backend Engineer").update(status="drafting")
    card = page.locator("li.card", has_text="Senior Backend Engineer")

    card.get_by_role("button", name="Move…").click()
    card.get_by_role("button", name="Applied").click()

    dialog = page.get_by_role("dialog")
    dialog.get_by_text("it now stands in “Preparing”").wait_for()
    dialog.get_by_role("button", name="Move it to “Applied” all the same").click()
    page.get_by_text("Senior Backend Engineer moved to Applied").wait_for()
    assert Application.objects.get(job__title="Senior Backend Engineer").status == "applied"


def test_an_answer_is_handled_from_the_queue_without_a_script(
    plain_page, live_server, log_in, owner, desk
):
    log_in(plain_page, owner.user)
    plain_page.goto(live_server.url + "/today/")

    plain_page.get_by_role("button", name="Handled").click()

    assert plain_page.locator("#group-reply").count() == 0
    assert Reply.objects.get().handled_at is not None
    plain_page.get_by_role("button", name="Undo").click()
    assert plain_page.locator("#group-reply").count() == 1


def test_a_card_moves_without_a_script(plain_page, live_server, log_in, owner, desk):
    log_in(plain_page, owner.user)
    plain_page.goto(live_server.url + "/pipeline/")
    card = plain_page.locator("li.card", has_text="Engineering Manager")

    card.get_by_role("button", name="Move…").click()
    card.get_by_role("button", name="Saved").click()
    plain_page.get_by_label("Why?").fill("A mistake")
    plain_page.get_by_role("button", name="Move back").click()

    saved = plain_page.locator("section", has=plain_page.locator("#stage-saved"))
    assert saved.locator("li.card", has_text="Engineering Manager").count() == 1


def test_notes_are_edited_in_place_and_focus_comes_back(page, live_server, log_in, owner, desk):
    log_in(page, owner.user)
    page.goto(live_server.url + paths(desk)["application"])
    notes = page.locator("#application-notes")

    notes.get_by_role("link", name="Edit").click()
    notes.get_by_role("textbox").fill("Ask about on-call")
    notes.get_by_role("button", name="Save").click()

    notes.get_by_text("Ask about on-call").wait_for()
    assert page.evaluate("document.activeElement.textContent") == "Edit the notes"
    assert page.problems == []


def test_a_mailbox_that_stops_shows_as_news_without_moving_anything(
    page, live_server, log_in, owner, desk
):
    log_in(page, owner.user)
    page.goto(live_server.url + "/today/")
    Mailbox.objects.filter(status="active").update(status="paused", status_reason="You paused it.")
    before = page.locator("#today-queue").bounding_box()

    page.evaluate(
        "htmx.ajax('GET', document.querySelector('#today-news').getAttribute('hx-get'), '#today-news')"
    )

    page.get_by_role("link", name="New – show").wait_for()
    assert page.locator("#today-queue").bounding_box()["y"] == before["y"]
