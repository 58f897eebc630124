"""One application: where it stands, what is next, everything that happened, and what was sent."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import editor_required, member_required
from accounts.http import MemberRequest
from jobs.applications import add_event
from jobs.models import Application, Document
from jobs.rendering.sheets import RenderingError
from outreach import outbox_page
from outreach.application_forms import (
    CLOSED_CHOICES,
    STAGES,
    InterviewForm,
    NextActionForm,
    NotesForm,
    fingerprint,
)
from outreach.dossier import documents_of, people_of
from outreach.interviews import interviews_of
from outreach.models import Package
from outreach.timeline import timeline_of
from outreach.views.files import document_download

EDITABLE = {"notes", "next", "interview"}


def find_application(request: MemberRequest, pk: UUID) -> Application:
    """Return the workspace's application or answer 404."""
    application: Application = get_object_or_404(
        Application.objects.for_workspace(request.workspace)
        .select_related("job__source", "workspace")
        .defer("job__description_html", "job__description_text", "job__embedding", "job__search"),
        public_id=pk,
    )
    return application


@require_safe
@never_cache
@member_required
def application_detail(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Show one application; `?edit=` opens a part for editing, `?before=` shows earlier history."""
    application = find_application(request, pk)
    before = _moment(request.GET.get("before", ""))
    is_fragment = bool(request.htmx) and not request.htmx.boosted
    if is_fragment and before is not None:
        context = {"application": application, "timeline": timeline_of(application, before=before)}
        return render(request, "outreach/application_detail.html#more", context)
    edit = request.GET.get("edit", "") if request.membership.can_edit else ""
    if is_fragment and (edit in EDITABLE or "show" in request.GET):
        part = edit or request.GET["show"]
        if part in EDITABLE:
            return _part(request, application, part, edit=edit)
    return render(
        request,
        "outreach/application_detail.html",
        {**_page(application), **_forms(application), "edit": edit, "before": before}
        | {"timeline": timeline_of(application, before=before)},
    )


def _moment(text: str) -> Any:
    try:
        moment = parse_datetime(text.replace(" ", "+"))
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _page(application: Application) -> dict[str, Any]:
    people = people_of(application)
    return {
        "application": application,
        "job": application.job,
        "stages": STAGES,
        "outcomes": CLOSED_CHOICES,
        "package": Package.objects.filter(application=application).first(),
        "people": people,
        "documents": documents_of(application),
        "interviews": interviews_of(application),
        "mail_tones": outbox_page.TONES,
        "days": (timezone.now() - application.status_changed_at).days,
    }


def _forms(application: Application) -> dict[str, Any]:
    return {
        "notes_form": NotesForm(
            initial={"notes": application.notes, "seen": fingerprint(application.notes)}
        ),
        "next_form": NextActionForm(
            initial={
                "next_action": application.next_action,
                "next_action_date": application.next_action_date,
            }
        ),
        "interview_form": InterviewForm(),
    }


def _part(
    request: MemberRequest,
    application: Application,
    part: str,
    *,
    edit: str = "",
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """Answer one editable part: as a fragment for HTMX, else the whole page."""
    shared = {**_forms(application), "application": application, "edit": edit, **context}
    if request.htmx and not request.htmx.boosted:
        shared["interviews"] = interviews_of(application)
        shared["swapped"] = True
        return render(request, f"outreach/application_detail.html#{part}", shared, status=status)
    page = {**_page(application), "timeline": timeline_of(application)}
    return render(request, "outreach/application_detail.html", {**page, **shared}, status=status)


def saved_part(request: MemberRequest, application: Application, part: str) -> HttpResponse:
    """Answer after a part was saved: its fragment for HTMX, else back to the page at its place."""
    if request.htmx and not request.htmx.boosted:
        return _part(request, application, part)
    path = reverse("outreach:application-detail", args=[application.public_id])
    return redirect(f"{path}#application-{part}")


@require_POST
@editor_required
def application_notes(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Save the notes; when somebody else saved meanwhile, show both texts (409)."""
    application = find_application(request, pk)
    form = NotesForm(request.POST)
    if not form.is_valid():
        return _part(request, application, "notes", edit="notes", status=422, notes_form=form)
    text = form.cleaned_data["notes"]
    theirs = application.notes
    rows = Application.objects.filter(pk=application.pk, notes=theirs)
    is_stale = theirs != text and form.cleaned_data["seen"] != fingerprint(theirs)
    if is_stale or not rows.update(notes=text, last_action_at=timezone.now()):
        application.refresh_from_db(fields=["notes"])
        again = NotesForm(initial={"notes": text, "seen": fingerprint(application.notes)})
        return _part(
            request,
            application,
            "notes",
            edit="notes",
            status=409,
            notes_form=again,
            theirs=application.notes,
            is_conflict=True,
        )
    application.notes = text
    return saved_part(request, application, "notes")


@require_POST
@editor_required
def application_next(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Save the next step and its day; both empty clears them."""
    application = find_application(request, pk)
    form = NextActionForm(request.POST)
    if not form.is_valid():
        return _part(request, application, "next", edit="next", status=422, next_form=form)
    now = timezone.now()
    values = form.cleaned_data
    Application.objects.filter(pk=application.pk).update(
        next_action=values["next_action"],
        next_action_date=values["next_action_date"],
        last_action_at=now,
    )
    if values["next_action"] and values["next_action"] != application.next_action:
        text = f"Next step: {values['next_action']}"
        add_event(application, "next_step", text, now=now, actor=request.user)
    application.next_action = values["next_action"]
    application.next_action_date = values["next_action_date"]
    return saved_part(request, application, "next")


@require_safe
@never_cache
@member_required
def application_document(request: MemberRequest, pk: UUID, document: UUID) -> HttpResponse:
    """Show one version of a document as it was written; `?download=` pdf, docx or txt gives it as a file."""
    application = find_application(request, pk)
    found: Document = get_object_or_404(
        Document.objects.for_workspace(request.workspace).select_related("application__profile"),
        application=application,
        public_id=document,
    )
    problem = ""
    if kind := request.GET.get("download"):
        try:
            return document_download(found, kind)
        except RenderingError as error:
            problem = str(error)
    context = {"application": application, "document": found, "problem": problem}
    status = 422 if problem else 200
    return render(request, "outreach/application_document.html", context, status=status)


def interview_problem(
    request: MemberRequest, application: Application, form: InterviewForm
) -> HttpResponse:
    """Show the interview form again with what is wrong."""
    return _part(
        request, application, "interview", edit="interview", status=422, interview_form=form
    )
