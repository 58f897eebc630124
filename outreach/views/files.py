"""Files that a person may take along: a document as PDF or Word, and the very file that travels with a mail."""

from uuid import UUID

from django.core.files.storage import default_storage
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import editor_required, member_required
from accounts.http import MemberRequest, toast
from jobs.models import Document
from jobs.rendering.docx import DOCX_TYPE, render_docx
from jobs.rendering.pdf import render_pdf
from jobs.rendering.sheets import sheet_of
from outreach import packages
from outreach.attachments import PDF_TYPE, filename_of
from outreach.models import Attachment
from outreach.views.packages import back_to, find_package

TEXT_TYPE = "text/plain; charset=utf-8"


def as_download(content: bytes, *, filename: str, content_type: str) -> HttpResponse:
    """Return bytes as a file to keep, which no browser runs inside our pages and no cache keeps."""
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(True, filename)
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def document_download(document: Document, kind: str) -> HttpResponse:
    """Return a document as a file: "pdf", "docx" or (anything else) text. Raises RenderingError."""
    if kind == "pdf":
        content = render_pdf(sheet_of(document), made_at=document.created_at)
        return as_download(content, filename=filename_of(document, "pdf"), content_type=PDF_TYPE)
    if kind == "docx":
        content = render_docx(sheet_of(document))
        return as_download(content, filename=filename_of(document, "docx"), content_type=DOCX_TYPE)
    name = f"{document.kind}-v{document.version}.txt"
    return as_download(document.text.encode(), filename=name, content_type=TEXT_TYPE)


@require_POST
@editor_required
def package_attach(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Let the resume go with the first mails as PDF, or not; this withdraws an approval."""
    package = find_package(request, pk)
    is_wanted = "attach" in request.POST
    try:
        packages.choose_attachment(
            package, is_wanted=is_wanted, user=request.user, now=timezone.now()
        )
    except packages.PackageClosedError as error:
        toast(request, str(error))
        return back_to(package)
    toast(request, "The resume goes along" if is_wanted else "No file goes along")
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return back_to(package, "attachment")


@require_safe
@member_required
def package_file(request: MemberRequest, pk: UUID, file: UUID) -> HttpResponse:
    """Hand out a file of the package, byte for byte what the recipient gets."""
    package = find_package(request, pk)
    found: Attachment = get_object_or_404(
        Attachment.objects.for_workspace(request.workspace), package=package, public_id=file
    )
    try:
        with default_storage.open(str(found.content.name), "rb") as stored:
            content = stored.read()
    except FileNotFoundError as error:
        raise Http404("That file is no longer in the file store.") from error
    return as_download(content, filename=found.filename, content_type=found.content_type)
