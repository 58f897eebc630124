"""Interviews of an application, and the people who are written to for it."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import editor_required, member_required
from accounts.http import MemberRequest, toast
from outreach.application_forms import InterviewForm
from outreach.interviews import (
    InterviewError,
    add_interview,
    as_calendar,
    interviews_of,
    set_removed,
)
from outreach.models import Enrollment
from outreach.moving import stop_writing, undo_stop
from outreach.stopping import resume_enrollment
from outreach.views.applications import find_application, interview_problem, saved_part
from outreach.views.returning import go_back


@require_POST
@editor_required
def interview_add(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Add an interview."""
    application = find_application(request, pk)
    form = InterviewForm(request.POST)
    if not form.is_valid():
        return interview_problem(request, application, form)
    try:
        add_interview(application, **form.cleaned_data, actor=request.user, now=timezone.now())
    except InterviewError as error:
        form.add_error(None, str(error))
        return interview_problem(request, application, form)
    return saved_part(request, application, "interview")


@require_POST
@editor_required
def interview_remove(request: MemberRequest, pk: UUID, interview: str) -> HttpResponse:
    """Take an interview off the list."""
    application = find_application(request, pk)
    if set_removed(application, interview, True, actor=request.user, now=timezone.now()):
        undo = reverse("outreach:interview-restore", args=[application.public_id, interview])
        toast(request, "Interview removed", undo_url=undo)
    return _people_page(application.public_id, "interview")


@require_POST
@editor_required
def interview_restore(request: MemberRequest, pk: UUID, interview: str) -> HttpResponse:
    """Bring a removed interview back."""
    application = find_application(request, pk)
    if set_removed(application, interview, False, actor=request.user, now=timezone.now()):
        toast(request, "The interview is back")
    return _people_page(application.public_id, "interview")


@require_safe
@member_required
def interview_calendar(request: MemberRequest, pk: UUID, interview: str) -> HttpResponse:
    """Return one interview as a calendar file."""
    application = find_application(request, pk)
    found = next((row for row in interviews_of(application) if row.id == interview), None)
    if found is None:
        raise Http404("That interview is no longer here.")
    text = as_calendar(application, found, now=timezone.now())
    response = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="interview.ics"'
    return response


@require_POST
@editor_required
def enrollment_stop(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Stop writing to one person."""
    enrollment = _find(request, pk)
    if stop_writing(enrollment, actor=request.user, now=timezone.now()):
        undo = reverse("outreach:enrollment-unstop", args=[enrollment.public_id])
        toast(request, f"Stopped writing to {enrollment.contact}", undo_url=undo)
    return go_back(request, _people_path(enrollment.application.public_id, "people"))


@require_POST
@editor_required
def enrollment_unstop(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Undo a stop by hand."""
    enrollment = _find(request, pk)
    if undo_stop(enrollment, actor=request.user, now=timezone.now()):
        toast(request, f"Writing to {enrollment.contact} goes on")
    else:
        toast(
            request,
            f"Writing to {enrollment.contact} stays stopped: something graver came since, or nothing was stopped by you.",
        )
    return go_back(request, _people_path(enrollment.application.public_id, "people"))


@require_POST
@editor_required
def enrollment_resume(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Let writing to a person on hold go on."""
    enrollment = _find(request, pk)
    if resume_enrollment(enrollment, now=timezone.now(), actor=request.user):
        toast(request, f"Writing to {enrollment.contact} goes on")
    return go_back(request, _people_path(enrollment.application.public_id, "people"))


def _people_page(application_id: UUID, part: str) -> HttpResponse:
    return redirect(_people_path(application_id, part))


def _people_path(application_id: UUID, part: str) -> str:
    path = reverse("outreach:application-detail", args=[application_id])
    return f"{path}#application-{part}"


def _find(request: MemberRequest, pk: UUID) -> Enrollment:
    enrollment: Enrollment = get_object_or_404(
        Enrollment.objects.for_workspace(request.workspace).select_related(
            "contact", "application", "workspace"
        ),
        public_id=pk,
    )
    return enrollment
