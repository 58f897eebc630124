"""One role carried from sign-up to the answer, in Chromium, with the real mail, worker, sender and practice server."""

import email
import email.policy
import json
import time
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import ProfileFact, User, Workspace
from config.demo.making import RESUME
from config.demo.postings import answer_of, load_postings
from jobs.models import Application, Job
from outreach.models import Approval, Enrollment, Message, Reply
from tests.e2e.checks import check_page
from tests.e2e.journey import Traveller
from tests.e2e.running import everything_but_the_sender, sender
from tests.jobs.resumes.files import typst_pdf

pytestmark = pytest.mark.timeout(400)

EMAIL = "anna.keller@roleferry.example"


@pytest.fixture
def practice(transactional_db, live_server, settings, tmp_path):
    """Everything that runs beside the web server, except the sender. The folder holds the mail that arrived."""
    settings.SITE_URL = live_server.url
    folder = tmp_path / "sandbox"
    with everything_but_the_sender(live_server.url, folder) as port:
        settings.SANDBOX_SMTP_PORT = port
        yield folder


def resume_pdf(folder: Path) -> dict[str, object]:
    """The sample resume as Typst sets it: headings, bold heads, lists."""
    lines = ["= Anna Keller", "anna.keller\\@roleferry.example | Hamburg, Germany", ""]
    for line in RESUME.read_text(encoding="utf-8").splitlines()[4:]:
        text = line.replace("@", "\\@").replace("#", "\\#")
        is_heading = text.isupper() and " " not in text
        lines.append(f"== {text.title()}" if is_heading else text)
        if not text.startswith("-"):
            lines.append("")
    data = typst_pdf("\n".join(lines), folder)
    return {"name": "anna.pdf", "mimeType": "application/pdf", "buffer": data}


def board_answer() -> dict[str, object]:
    postings = [posting for posting in load_postings() if posting.board == "greenhouse"]
    body = answer_of("greenhouse", postings, now=timezone.now())
    return {"name": "board.json", "mimeType": "application/json", "buffer": body}


def wait_until(condition, what: str, seconds: float = 40.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen"
        time.sleep(0.2)


def arrived(folder: Path) -> list[email.message.EmailMessage]:
    return [
        email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        for file in sorted(folder.glob("*.eml"))
    ]


def test_the_whole_way(page, live_server, practice, tmp_path):
    anna = Traveller(page, live_server.url)
    anna.sign_up(EMAIL)

    anna.visit("jobs:resume-list")
    anna.upload(resume_pdf(tmp_path), "Resume file", "Read my resume")
    anna.visit("jobs:profile-detail")
    expect(page.get_by_role("heading", level=1)).to_have_text("Anna Keller")
    mend_the_profile(anna)
    anna.visit("accounts:preferences-edit")
    page.get_by_label("Minimum salary").fill("70000")
    anna.press("Save preferences")

    anna.visit("jobs:job-import")
    anna.upload(board_answer(), "Saved board answer", "Import the file")
    assert Job.objects.count() == 26
    title = anna.open_best_match()
    assert title == best_title()
    anna.connect_practice()
    anna.open_best_match()
    anna.ferry()
    package_url = page.url
    anna.add_person("Lena Sommer", "Head of Engineering", "lena.reply@sturmfeld.test")
    anna.add_person("Tobias Wendt", "Engineering Manager", "tobias.ooo@sturmfeld.test")

    # Blocked until every mail says from where it comes.
    expect(page.get_by_role("button", name="Approve and queue")).to_be_disabled()
    anna.follow("Add it", within=page.locator("#checks li", has_text="no postal address"))
    anna.note()
    anna.sign_mails()
    page.goto(package_url)
    anna.approve()
    assert Message.objects.filter(status="scheduled").count() == 2
    anna.undo()
    assert set(Message.objects.values_list("status", flat=True)) == {"draft"}
    assert arrived(practice) == []

    with sender():
        anna.approve()
        anna.visit("outreach:outbox")
        expect(page.get_by_role("main").get_by_text("Lena Sommer").first).to_be_visible()
        wait_until(lambda: Reply.objects.count() == 2, "the two answers")
        application = Application.objects.get()
        anna.visit("outreach:application-detail", application.public_id)
        anna.reload_until("Lena Sommer answered")

    check_what_happened(application, practice)
    anna.visit("outreach:reply-detail", Reply.objects.get(is_human=True).public_id)
    for name in ("today", "pipeline", "outbox", "package-list", "contact-list"):
        anna.visit(f"outreach:{name}")
    anna.visit("jobs:source-list")
    anna.visit("analytics:funnel")
    page.problems.clear()
    for path in anna.met:
        page.goto(live_server.url + path)
        check_page(page)


def best_title() -> str:
    """The list begins with the highest score."""
    return Job.objects.order_by("-matches__score", "-pk").first().title


def mend_the_profile(anna: Traveller) -> None:
    """Correct one fact, delete another and take that back."""
    page = anna.page
    skill = ProfileFact.objects.alive().get(kind="skill", text="Grafana")
    row = page.locator(f"#fact-{skill.public_id}")
    anna.follow("Edit", within=row)
    page.get_by_label("What is true").fill("Grafana and Loki")
    anna.press("Save", exact=True)
    expect(row.get_by_text("Grafana and Loki").first).to_be_visible()
    other = ProfileFact.objects.alive().get(kind="skill", text="Terraform")
    gone = page.locator(f"#fact-{other.public_id}")
    anna.press("Delete", within=gone)
    expect(gone).to_have_count(0)
    assert not ProfileFact.objects.alive().filter(pk=other.pk).exists()
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(gone).to_have_count(1)
    assert ProfileFact.objects.alive().filter(pk=other.pk).exists()


def check_what_happened(application: Application, folder: Path) -> None:
    """The answer stopped its sequence and held the colleague; the absence notice moved nothing."""
    application.refresh_from_db()
    assert (application.status, application.reply_status) == ("replied", "replied")
    lena = Enrollment.objects.get(contact__email="lena.reply@sturmfeld.test")
    tobias = Enrollment.objects.get(contact__email="tobias.ooo@sturmfeld.test")
    assert (lena.status, lena.stop_reason) == ("stopped", "replied")
    assert tobias.status == "held"
    assert [mail.status for mail in lena.mails.order_by("step_number")] == [
        "delivered",
        "cancelled",
        "cancelled",
    ]
    absence = Reply.objects.get(enrollment=tobias)
    assert (absence.kind, absence.is_human) == ("out_of_office", False)
    assert "moved" not in json.dumps(absence.effects)
    (move,) = application.events.filter(to_status="replied")
    assert move.text.endswith("to Replied: they answered")
    assert Approval.objects.filter(voided_at=None).count() == 1
    mails = arrived(folder)
    first = [mail for mail in mails if "lena.reply" in str(mail["To"])]
    assert len(first) == 1
    assert first[0]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "20459 Hamburg" in first[0].get_body(("plain",)).get_content()
    assert Workspace.objects.get().pace == "practice"
    assert User.objects.get().email == EMAIL


def test_the_core_without_javascript(plain_page, live_server, practice):
    anna = Traveller(plain_page, live_server.url)
    anna.sign_up(EMAIL)
    anna.visit("jobs:resume-list")
    plain_page.get_by_label("Or paste the text").fill(RESUME.read_text(encoding="utf-8"))
    anna.press("Read my resume")
    anna.wait_for_task()
    anna.visit("jobs:job-import")
    anna.upload(board_answer(), "Saved board answer", "Import the file")
    anna.connect_practice()
    anna.visit("accounts:workspace-edit")
    anna.sign_mails()
    anna.open_best_match()
    anna.ferry()
    anna.add_person("Lena Sommer", "Head of Engineering", "lena.reply@sturmfeld.test")
    anna.approve()
    anna.undo()

    with sender():
        anna.approve()
        application = Application.objects.get()
        anna.visit("outreach:application-detail", application.public_id)
        anna.reload_until("Lena Sommer answered")

    application.refresh_from_db()
    assert application.status == "replied"
    assert len(arrived(practice)) == 1
    assert Message.objects.filter(status="delivered").count() == 1
