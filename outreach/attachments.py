"""The file that travels with a first mail: the tailored resume as PDF, made once and kept exactly as it was approved."""

import copy
import hashlib
import re
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from jobs.documents import current_document
from jobs.models import Document
from jobs.rendering.pdf import render_pdf
from jobs.rendering.sheets import RenderingError, sheet_of
from outreach.models import Attachment, Message, Package
from outreach.models.attachment import ATTACHMENT_BYTES_LIMIT
from outreach.planning import chosen_enrollments, first_mail_of

PDF_TYPE = "application/pdf"
# Room for a name and what the file is; longer names are cut by mail readers.
FILENAME_CHARACTERS = 60
_UNFIT_FOR_FILENAME = re.compile(r"[^\w .()-]+")


def is_wanted(package: Package) -> bool:
    """Whether the resume goes with the first mails; it does unless a person said no."""
    return bool(_sequence(package).get("attach_resume", True))


def problem_of(package: Package) -> str:
    """Return why the file could not be made the last time, or nothing."""
    return str(_sequence(package).get("attach_problem", ""))


def keep_choice(package: Package, *, is_wanted: bool) -> None:
    """Keep whether the resume goes with the first mails; attach_resume then does it."""
    _note(package, attach_resume=is_wanted)


@transaction.atomic
def attach_resume(package: Package) -> Attachment | None:
    """Put the resume in force, as PDF, with the first mail to each chosen person, or take it off; return the file.

    Only drafts change. When the file cannot be made the drafts carry none, which outreach.checks then blocks.
    """
    problem, file = "", None
    try:
        file = _current_file(package) if is_wanted(package) else None
    except RenderingError as error:
        problem = str(error)
    if problem != problem_of(package):
        _note(package, attach_problem=problem)
    firsts = [first_mail_of(enrollment) for enrollment in chosen_enrollments(package)]
    drafts = Message.objects.filter(pk__in=[mail.pk for mail in firsts if mail], status="draft")
    if file is None:
        drafts.exclude(attachment=None).update(attachment=None, attachment_hash="")
    else:
        drafts.exclude(attachment=file).update(attachment=file, attachment_hash=file.sha256)
    return file


def filename_of(document: Document, suffix: str) -> str:
    """Return a name for a document's file, like "Jane Doe - Resume.pdf", of letters, digits and plain signs only."""
    name = str(document.content.get("name") or document.content.get("signature") or "")
    who = " ".join(_UNFIT_FOR_FILENAME.sub(" ", name).split())[:FILENAME_CHARACTERS].strip(" .-")
    return f"{' - '.join(filter(None, [who, document.get_kind_display()]))}.{suffix}"


def _current_file(package: Package) -> Attachment | None:
    """Return the PDF of the resume in force, made now unless it lies in the store; None while there is no resume."""
    resume = current_document(package.application, Document.Kind.RESUME)
    if resume is None:
        return None
    made: Attachment | None = (
        Attachment.objects.filter(package=package, document=resume).order_by("-pk").first()
    )
    if made is not None and default_storage.exists(str(made.content.name)):
        return made
    content = render_pdf(sheet_of(resume), made_at=resume.created_at)
    if len(content) > ATTACHMENT_BYTES_LIMIT:
        limit = ATTACHMENT_BYTES_LIMIT // 1024**2
        raise RenderingError(f"The PDF of your resume is larger than {limit} MB. Shorten it.")
    filename = filename_of(resume, "pdf")
    fresh: Attachment = Attachment.objects.create(
        workspace=package.workspace,
        package=package,
        document=resume,
        filename=filename,
        content_type=PDF_TYPE,
        content=ContentFile(content, name=filename),
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    return fresh


def _sequence(package: Package) -> dict[str, Any]:
    step: dict[str, Any] = package.steps.get("sequence", {})
    return step


@transaction.atomic
def _note(package: Package, **fields: Any) -> None:
    locked = Package.objects.select_for_update(no_key=True).get(pk=package.pk)
    steps = copy.deepcopy(locked.steps)
    steps.setdefault("sequence", {}).update(fields)
    Package.objects.filter(pk=package.pk).update(steps=steps)
    package.steps = steps
