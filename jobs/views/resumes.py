"""Resumes: upload or paste, watch them being read, choose the primary one."""

from uuid import UUID

from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import progress
from accounts.decorators import editor_required, member_required
from accounts.http import MemberRequest, toast
from accounts.models import BackgroundTask, Resume
from accounts.profiles import primary_profile
from jobs import tasks
from jobs.forms import ResumeForm
from jobs.resumes import storing


@require_http_methods(["GET", "POST"])
@member_required
def resume_list(request: MemberRequest) -> HttpResponseBase:
    """List resumes and take a new one."""
    if request.method == "POST":
        return _upload(request)
    return render(request, "jobs/resume_list.html", _context(request, ResumeForm()))


@editor_required
def _upload(request: MemberRequest) -> HttpResponse:
    form = ResumeForm(request.POST, request.FILES)
    if not form.is_valid():
        return render(request, "jobs/resume_list.html", _context(request, form), status=422)
    profile = primary_profile(request.workspace)
    file = form.cleaned_data["file"]
    if file:
        resume = storing.keep_upload(profile, data=file.read(), filename=file.name)
    else:
        resume = storing.keep_pasted(profile, text=form.cleaned_data["text"])
    return redirect("accounts:task-detail", _read(request, resume).public_id)


def _read(request: MemberRequest, resume: Resume) -> BackgroundTask:
    if resume.status == Resume.Status.READING:
        # A reading whose worker was killed would stand there for ever.
        resume.move_to(Resume.Status.UPLOADED)
    return progress.begin(
        request.workspace,
        kind="read_resume",
        title=f"Reading {resume}",
        steps=tasks.READ_STEPS,
        user=request.user,
        subject=resume,
        enqueue=lambda task_id: tasks.read_resume.delay(resume.pk, task_id),
    )


def _context(request: MemberRequest, form: ResumeForm) -> dict[str, object]:
    resumes = (
        Resume.objects.for_workspace(request.workspace)
        .filter(deleted_at=None)
        .order_by("-is_primary", "-pk")
    )
    return {"form": form, "resumes": resumes}


@require_POST
@editor_required
def resume_retry(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Read a kept file again."""
    resume = get_object_or_404(
        Resume.objects.for_workspace(request.workspace), public_id=pk, deleted_at=None
    )
    return redirect("accounts:task-detail", _read(request, resume).public_id)


@require_POST
@editor_required
def resume_make_primary(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Let this resume fill the profile; the toast leads back to the one before."""
    resume = get_object_or_404(
        Resume.objects.for_workspace(request.workspace).select_related(
            "profile__preferences", "profile__user"
        ),
        public_id=pk,
        deleted_at=None,
    )
    before = Resume.objects.filter(profile=resume.profile, is_primary=True, deleted_at=None).first()
    storing.make_primary(resume, now=timezone.now())
    undo = (
        reverse("jobs:resume-make-primary", args=[before.public_id])
        if before and before != resume
        else ""
    )
    toast(request, f"{resume} now fills your profile", undo_url=undo)
    return redirect("jobs:resume-list")


@require_POST
@editor_required
def resume_delete(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Put a resume away; its facts stay in the profile."""
    resume = get_object_or_404(
        Resume.objects.for_workspace(request.workspace), public_id=pk, deleted_at=None
    )
    Resume.objects.filter(pk=resume.pk).update(deleted_at=timezone.now(), is_primary=False)
    undo = reverse("jobs:resume-restore", args=[resume.public_id])
    toast(request, f"{resume} deleted", undo_url=f"{undo}?primary=1" if resume.is_primary else undo)
    return redirect("jobs:resume-list")


@require_POST
@editor_required
def resume_restore(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Bring a deleted resume back, as the primary one if it was that and nothing took its place."""
    resume = get_object_or_404(
        Resume.objects.for_workspace(request.workspace), public_id=pk, deleted_at__isnull=False
    )
    taken = Resume.objects.filter(profile=resume.profile, is_primary=True, deleted_at=None).exists()
    wants = bool(request.GET.get("primary")) and not taken
    Resume.objects.filter(pk=resume.pk).update(deleted_at=None, is_primary=wants)
    toast(request, f"{resume} is back")
    return redirect("jobs:resume-list")


@require_safe
@member_required
def resume_file(request: MemberRequest, pk: UUID) -> HttpResponseBase:
    """Hand out the stored file: a short-lived private link on S3, else an attachment that no browser runs in the page."""
    resume = get_object_or_404(
        Resume.objects.for_workspace(request.workspace), public_id=pk, deleted_at=None
    )
    name = resume.original_filename or "resume"
    if hasattr(resume.file.storage, "bucket_name"):
        parameters = {
            "ResponseContentDisposition": "attachment",
            "ResponseContentType": "application/octet-stream",
        }
        return redirect(resume.file.storage.url(resume.file.name, parameters=parameters))  # type: ignore[call-arg]
    response = FileResponse(
        resume.file.open("rb"),
        as_attachment=True,
        filename=name,
        content_type="application/octet-stream",
    )
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response
