"""The resume that goes with a first mail: the choice, the file, and what withdraws a yes to it."""

import hashlib
from io import BytesIO

import docx
import pypdf
import pytest
from django.core.files.storage import default_storage
from django.urls import reverse

from jobs import documents
from jobs.models import Document
from outreach import attachments, packages
from outreach.approving import approve, content_hash
from outreach.checks import BLOCK, OK, run_checks
from outreach.models import Approval, Attachment, Message, Package
from outreach.outbox import cancel_message, restore_message
from tests.factories.jobs import ApplicationFactory
from tests.outreach.package_cases import NOW, make_package

pytestmark = pytest.mark.django_db


def url(name, *args):
    return reverse(f"outreach:{name}", args=args)


def files_of(package):
    """Return, for each mail in order, its file and whether the hashes agree with it."""
    rows = Message.objects.filter(enrollment__package=package).order_by("step_number", "pk")
    return [
        (row.attachment and row.attachment.pk, row.attachment_hash, row.approved_attachment_hash)
        for row in rows
    ]


def attachment_check(package):
    (check,) = [check for check in run_checks(package, now=NOW) if check.key == "attachment"]
    return check


def edit_resume(package, user):
    resume = documents.current_document(package.application, Document.Kind.RESUME)
    packages.begin_change(package, "The resume was edited.", user=user, now=NOW)
    documents.show_piece(resume, 1, is_shown=False, today=NOW.date())
    packages.refresh_checks(package, now=NOW)


def test_the_first_mail_to_each_person_carries_the_resume(profile):
    package = make_package(profile, people=2)
    file = Attachment.objects.get()
    resume = documents.current_document(package.application, "resume")

    assert files_of(package) == [(file.pk, file.sha256, "")] * 2 + [(None, "", "")] * 4
    assert (file.document, file.package, file.workspace) == (resume, package, profile.workspace)
    assert file.filename == "Olga Owner - Resume.pdf"
    with file.content.open() as stored:
        content = stored.read()
    assert (len(content), hashlib.sha256(content).hexdigest()) == (file.size, file.sha256)
    assert "Olga" not in file.content.name
    check = attachment_check(package)
    assert check.state == OK
    assert "Olga Owner - Resume.pdf (" in check.sentence


def test_looking_again_makes_no_second_file(profile):
    package = make_package(profile)
    before = files_of(package)
    packages.refresh_checks(package, now=NOW)
    assert files_of(package) == before
    assert Attachment.objects.count() == 1


def test_a_file_that_is_lost_is_made_again(profile):
    package = make_package(profile)
    lost = Attachment.objects.get()
    default_storage.delete(lost.content.name)
    packages.refresh_checks(package, now=NOW)
    (file, digest, _), *_ = files_of(package)
    assert file != lost.pk
    assert digest == lost.sha256  # the same document gives the same bytes
    assert default_storage.exists(Attachment.objects.get(pk=file).content.name)


def test_approval_covers_the_file(profile, owner):
    package = make_package(profile)
    file = Attachment.objects.get()
    digest = content_hash(package)
    approval = approve(package, owner.user, now=NOW, seen_hash=digest).approval

    assert files_of(package)[0] == (file.pk, file.sha256, file.sha256)
    first = next(item for item in approval.items if item.get("step") == 1)
    assert (first["attachment"], first["attachment_hash"]) == (file.filename, file.sha256)
    Message.objects.filter(step_number=1).update(
        status="draft", attachment=None, attachment_hash="", approved_attachment_hash=""
    )
    assert content_hash(package) != digest


def test_editing_the_resume_makes_a_new_file_and_withdraws_the_yes(profile, owner):
    package = make_package(profile)
    old = Attachment.objects.get()
    approve(package, owner.user, now=NOW)

    edit_resume(package, owner.user)

    assert Approval.objects.filter(voided_at=None).count() == 0
    new = Attachment.objects.exclude(pk=old.pk).get()
    assert new.sha256 != old.sha256
    assert files_of(package)[0] == (new.pk, new.sha256, "")
    assert default_storage.exists(old.content.name)  # what was sent or approved once is kept
    approve(package, owner.user, now=NOW)
    assert files_of(package)[0] == (new.pk, new.sha256, new.sha256)


def test_saying_no_takes_the_file_off_and_withdraws_the_yes(profile, owner):
    package = make_package(profile)
    file = Attachment.objects.get()
    approve(package, owner.user, now=NOW)

    packages.choose_attachment(package, is_wanted=False, user=owner.user, now=NOW)

    package.refresh_from_db()
    assert package.status == Package.Status.READY
    assert files_of(package) == [(None, "", "")] * 3
    assert attachment_check(package).sentence == "No file goes with the mails, as you chose."
    packages.assemble(package, now=NOW)  # a new resume does not forget the choice
    assert files_of(package) == [(None, "", "")] * 3
    packages.choose_attachment(package, is_wanted=True, user=owner.user, now=NOW)
    assert files_of(package)[0][0] not in {None, file.pk}


def test_a_cancelled_mail_comes_back_with_its_file(profile, owner):
    package = make_package(profile)
    approve(package, owner.user, now=NOW)
    mail = Message.objects.get(step_number=1)
    before = files_of(package)

    cancel_message(mail)
    restore_message(mail, now=NOW)

    mail.refresh_from_db()
    assert mail.status == "scheduled"
    assert files_of(package) == before


def test_a_file_that_cannot_be_made_blocks_and_says_why(profile, owner):
    package = make_package(profile)
    resume = documents.current_document(package.application, "resume")
    documents.edit_piece(resume, 0, text="Engineer 𒀀", today=NOW.date())
    packages.refresh_checks(package, now=NOW)

    assert files_of(package)[0] == (None, "", "")
    check = attachment_check(package)
    assert check.state == BLOCK
    assert "no font here has it" in check.sentence
    packages.choose_attachment(package, is_wanted=False, user=owner.user, now=NOW)
    assert attachment_check(package).state == OK
    assert attachments.problem_of(package) == ""


def test_a_file_of_an_older_resume_blocks(profile):
    package = make_package(profile)
    resume = documents.current_document(package.application, "resume")
    documents.show_piece(resume, 1, is_shown=False, today=NOW.date())
    check = attachment_check(package)
    assert (check.state, check.sentence) == (
        BLOCK,
        "The PDF of the resume in force is not made yet.",
    )


def test_what_has_left_keeps_its_file(profile, owner):
    package = make_package(profile)
    approve(package, owner.user, now=NOW)
    Message.objects.filter(step_number=1).update(
        status="sent", sent_at=NOW, reserved_day=NOW.date()
    )
    before = files_of(package)[0]
    packages.choose_attachment(package, is_wanted=False, user=owner.user, now=NOW)
    assert files_of(package)[0] == before


def test_the_page_offers_the_choice_and_the_file(owner_client, viewer_client, profile):
    package = make_package(profile)
    file = Attachment.objects.get()
    page, address = (
        url("package-detail", package.public_id),
        url("package-attach", package.public_id),
    )
    link = url("package-file", package.public_id, file.public_id)
    text = owner_client.get(page).content.decode()
    assert 'name="attach" checked' in text
    assert f'href="{link}"' in text
    assert 'name="attach"' not in viewer_client.get(page).content.decode()

    assert viewer_client.post(address, {}).status_code == 403
    assert owner_client.get(address).status_code == 405
    assert files_of(package)[0][0] == file.pk
    assert owner_client.post(address, {}).status_code == 302
    assert files_of(package)[0][0] is None
    text = owner_client.get(page).content.decode()
    assert 'name="attach">' in text
    assert link not in text
    owner_client.post(address, {"attach": "on"})
    assert files_of(package)[0][0] == file.pk


def test_the_preview_names_the_file_and_the_headers(owner_client, profile):
    package = make_package(profile)
    first, second, _ = Message.objects.order_by("step_number")
    text = owner_client.get(
        url("package-preview", package.public_id, first.public_id)
    ).content.decode()
    assert "Olga Owner - Resume.pdf</a> (" in text
    assert f"+rf-{first.public_id.hex}@sandbox.test" in text
    assert "In-Reply-To" not in text
    text = owner_client.get(
        url("package-preview", package.public_id, second.public_id)
    ).content.decode()
    assert "Resume.pdf" not in text
    assert first.message_id.strip("<>") in text


def test_the_file_is_handed_out_byte_for_byte(owner_client, stranger_client, profile):
    package = make_package(profile)
    elsewhere = ApplicationFactory(profile=profile, job__title="Other")
    other, _ = packages.open_package(elsewhere, now=NOW)
    file = Attachment.objects.get(package=package)
    answer = owner_client.get(url("package-file", package.public_id, file.public_id))

    assert hashlib.sha256(answer.content).hexdigest() == file.sha256
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="Olga Owner - Resume.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    for client, pk in ((stranger_client, package), (owner_client, other)):
        assert client.get(url("package-file", pk.public_id, file.public_id)).status_code == 404
    default_storage.delete(file.content.name)
    assert (
        owner_client.get(url("package-file", package.public_id, file.public_id)).status_code == 404
    )


@pytest.mark.parametrize("kind", ["resume", "letter"])
def test_documents_are_taken_along_as_pdf_word_and_text(
    viewer_client, stranger_client, profile, kind
):
    package = make_package(profile)
    document = documents.current_document(package.application, kind)
    address = url("application-document", package.application.public_id, document.public_id)
    label = document.get_kind_display()

    pdf = viewer_client.get(address, {"download": "pdf"})
    assert pdf["Content-Disposition"] == f'attachment; filename="Olga Owner - {label}.pdf"'
    assert "Olga Owner" in pypdf.PdfReader(BytesIO(pdf.content)).pages[0].extract_text()
    word = viewer_client.get(address, {"download": "docx"})
    assert word["Content-Type"].endswith("wordprocessingml.document")
    assert docx.Document(BytesIO(word.content)).paragraphs[0].text == "Olga Owner"
    text = viewer_client.get(address, {"download": "txt"})
    assert text.content.decode() == document.text
    for answer in (pdf, word, text):
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Disposition"].startswith("attachment; ")
    for form in ("pdf", "docx", "txt"):
        assert stranger_client.get(address, {"download": form}).status_code == 404


def test_a_document_without_a_pdf_says_why(owner_client, profile):
    package = make_package(profile)
    resume = documents.current_document(package.application, "resume")
    bad = documents.edit_piece(resume, 0, text="Engineer 𒀀", today=NOW.date())
    address = url("application-document", package.application.public_id, bad.public_id)
    answer = owner_client.get(address, {"download": "pdf"})
    assert answer.status_code == 422
    assert "no font here has it" in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "filename"),
    [
        ("Jané Doe", "Jané Doe - Resume.pdf"),
        ('../../etc/"x"\r\nX: y', "etc x X y - Resume.pdf"),
        ("…", "Resume.pdf"),
        ("n" * 300, f"{'n' * 60} - Resume.pdf"),
        ("a;b=c%0d%0a|<>&'$`", "a b c 0d 0a - Resume.pdf"),
    ],
)
def test_file_names_are_plain(name, filename):
    document = Document(kind="resume", content={"name": name})
    assert attachments.filename_of(document, "pdf") == filename
