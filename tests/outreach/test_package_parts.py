"""Changing parts of a package on its page: lines, letter, mails, people."""

import pytest
from django.urls import reverse

from accounts.models import BackgroundTask
from jobs.documents import pieces_of
from jobs.models import Document
from outreach.approving import approve
from outreach.models import Approval, Contact, Enrollment, Message
from tests.factories.jobs import JobFactory
from tests.outreach.package_cases import (
    NOW,
    make_package,
    make_person,
)

pytestmark = pytest.mark.django_db


def url(name, *args):
    return reverse(f"outreach:{name}", args=args)


def page_of(package, anchor=""):
    return url("package-detail", package.public_id) + anchor


def test_a_line_of_the_resume_is_edited_left_out_and_reverted(owner_client, profile):
    package = make_package(profile)
    pieces = list(pieces_now(package))
    number = next(
        i
        for i, piece in enumerate(pieces)
        if piece["text"].startswith("Led a team") and piece["status"] != "written"
    )
    address = url("package-piece", package.public_id, number)

    empty = owner_client.post(address, {"text": ""})
    assert empty.status_code == 422
    owner_client.post(
        address, {"text": "Led a team of 50 engineers through the move to Kubernetes"}
    )
    document = Document.objects.get(kind="resume", is_current=True)
    assert (document.version, document.origin) == (2, "person")
    assert [finding["kind"] for finding in document.findings] == ["unsupported_number"]
    text = owner_client.get(page_of(package)).content.decode()
    assert "<ins>Led a team of 50 engineers" in text
    assert "to mend first" in text

    owner_client.post(address, {"action": "revert"})
    document = Document.objects.get(kind="resume", is_current=True)
    assert (document.version, document.origin, document.findings) == (3, "rule", [])

    owner_client.post(address, {"action": "leave_out"})
    document = Document.objects.get(kind="resume", is_current=True)
    text = "- Led a team of 5 engineers"
    assert text not in document.text
    owner_client.post(address, {"action": "put_back"})
    assert text in Document.objects.get(kind="resume", is_current=True).text
    assert owner_client.get(url("package-piece", package.public_id, 9999)).status_code == 404


def pieces_now(package):
    return pieces_of(Document.objects.get(kind="resume", is_current=True).content)


def test_an_invented_sentence_in_the_letter_blocks(owner_client, profile):
    package = make_package(profile)
    letter = Document.objects.get(kind="letter")
    body = "\n\n".join(" ".join(s["text"] for s in g) for g in letter.content["paragraphs"])
    fields = {name: letter.content[name] for name in ("greeting", "farewell", "signature")}
    address = url("package-letter", package.public_id)

    owner_client.post(address, {**fields, "body": f"{body}\n\nI won the Nobel Prize in 2020."})

    edited = Document.objects.get(kind="letter", is_current=True)
    assert edited.version == 2
    assert {finding["text"] for finding in edited.findings} == {"I won the Nobel Prize in 2020."}
    # sentences left alone keep what they rest on
    assert edited.content["paragraphs"][:-1] == letter.content["paragraphs"]
    page = owner_client.get(page_of(package)).content.decode()
    assert "unsupported" in page
    assert owner_client.post(url("package-approve", package.public_id)).status_code == 422

    owner_client.post(url("package-revert", package.public_id, "letter"))
    assert Document.objects.get(kind="letter", is_current=True).findings == []


def test_a_mail_is_edited_for_one_person(owner_client, owner, profile):
    package = make_package(profile, people=2)
    approve(package, owner.user, now=NOW)
    mail = Message.objects.filter(step_number=1).order_by("pk").first()
    address = url("package-mail", package.public_id, mail.public_id)

    wrong = owner_client.post(address, {"subject": "Hi", "body": "Dear {{nobody}}"})
    assert wrong.status_code == 422
    assert "Dear {{nobody}}" in wrong.content.decode()
    assert Approval.objects.filter(voided_at=None).count() == 1

    response = owner_client.post(
        address, {"subject": "Hi {{first_name}}", "body": "May I ask something?"}
    )
    assert response["Location"] == page_of(package, f"#mail-{mail.public_id}")
    mail.refresh_from_db()
    assert (mail.subject, mail.body, mail.status) == ("Hi Maria", "May I ask something?", "draft")
    assert not Approval.objects.filter(voided_at=None).exists()
    assert Message.objects.filter(subject="Hi Maria").count() == 1


def test_a_mail_cannot_forge_a_header(owner_client, profile):
    package = make_package(profile)
    mail = Message.objects.first()

    response = owner_client.post(
        url("package-mail", package.public_id, mail.public_id),
        {"subject": "Hello\nBcc: all@example.com", "body": "May I ask something?"},
    )

    assert response.status_code == 422
    mail.refresh_from_db()
    assert "Bcc" not in mail.subject


def test_a_preview_shows_footer_and_unsubscribe(viewer_client, profile):
    package = make_package(profile)
    mail = Message.objects.get(step_number=1)
    address = url("package-preview", package.public_id, mail.public_id)

    text = viewer_client.get(address).content.decode()
    dialog = viewer_client.get(address, headers={"HX-Request": "true"}).content.decode()

    assert "1 Quay Street, 20457 Hamburg, Germany" in text
    assert "List-Unsubscribe: on" in text
    assert "/u/" not in text
    assert dialog.strip().startswith("<dialog")


def test_people_are_chosen_and_added_on_the_page(
    owner_client, profile, django_capture_on_commit_callbacks
):
    package = make_package(profile, people=1)
    person = {
        "name": "Ada Adams",
        "title": "VP Engineering",
        "email": "Ada@HarborPay.test",
        "source": "met at a fair",
        "lawful_basis": "existing",
    }
    address = url("package-person-add", package.public_id)

    wrong = owner_client.post(address, {**person, "email": "ada at harborpay"})
    assert wrong.status_code == 422
    assert "ada at harborpay" in wrong.content.decode()
    assert "is not an e-mail address" in wrong.content.decode()

    with django_capture_on_commit_callbacks(execute=True):
        owner_client.post(address, person)
        owner_client.post(address, {**person, "title": "CEO"})
    ada = Contact.objects.get(first_name="Ada")
    assert (ada.email, ada.persona_rank, ada.verdict) == ("Ada@harborpay.test", 1, "valid")
    assert ada.verified_at is not None
    assert (ada.company, ada.source) == (package.application.job.company, "met at a fair")
    assert Enrollment.objects.filter(contact=ada).count() == 1
    assert Message.objects.filter(enrollment__contact=ada).count() == 3

    owner_client.post(url("package-people", package.public_id), {"contact": [ada.public_id]})
    assert list(Enrollment.objects.values_list("contact__first_name", flat=True)) == ["Ada"]
    owner_client.post(url("package-people", package.public_id), {})
    assert not Enrollment.objects.exists()
    assert "Nobody is chosen" in owner_client.get(page_of(package)).content.decode()


def test_a_stranger_s_contact_cannot_be_chosen(owner_client, profile, stranger):
    package = make_package(profile, people=1)
    foreign = make_person(stranger.workspace, JobFactory(workspace=stranger.workspace).company)

    owner_client.post(url("package-people", package.public_id), {"contact": [foreign.public_id]})

    assert not Enrollment.objects.filter(contact=foreign).exists()


def test_one_step_is_tried_again_alone(owner_client, profile, django_capture_on_commit_callbacks):
    package = make_package(profile)

    with django_capture_on_commit_callbacks(execute=True):
        owner_client.post(
            url("package-step-retry", package.public_id, "letter"), {"tone": "casual"}
        )

    letter = Document.objects.get(kind="letter", is_current=True)
    assert (letter.version, letter.content["tone"]) == (2, "casual")
    assert BackgroundTask.objects.get().steps == ["Letter", "Checks"]
    assert Document.objects.filter(kind="resume").count() == 1
    assert owner_client.post(url("package-step-retry", package.public_id, "x")).status_code == 404
