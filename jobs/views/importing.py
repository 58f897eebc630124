"""Bringing openings in: a board's address, a saved answer, a pasted posting; and the boards one follows."""

from uuid import UUID, uuid4

from django.core.files.storage import default_storage
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import progress
from accounts.decorators import editor_required, member_required
from accounts.http import MemberRequest, toast
from accounts.models import BackgroundTask
from accounts.profiles import primary_profile
from jobs import importing, tasks
from jobs.forms import BoardForm, PastedJobForm, SavedAnswerForm
from jobs.models import Job, Source
from jobs.sources.base import RowError, UnlistedSourceError
from jobs.sources.pasted import parse_pasted


@require_http_methods(["GET", "POST"])
@editor_required
def job_import(request: MemberRequest) -> HttpResponse:
    """Follow a public board, or import a saved answer of one (`kind` tells which form was sent)."""
    board, saved = BoardForm(), SavedAnswerForm()
    if request.method == "POST":
        is_saved = request.POST.get("kind") == "saved"
        if is_saved:
            saved = SavedAnswerForm(request.POST, request.FILES)
        else:
            board = BoardForm(request.POST)
        task = _begin_saved(request, saved) if is_saved else _begin_board(request, board)
        if task:
            return redirect("accounts:task-detail", task.public_id)
    bad = board.errors or saved.errors
    context = {"board_form": board, "saved_form": saved, "has_errors": bool(bad)}
    return render(request, "jobs/job_import.html", context, status=422 if bad else 200)


def _begin_board(request: MemberRequest, form: BoardForm) -> BackgroundTask | None:
    if not form.is_valid():
        return None
    try:
        source = importing.follow_board(
            request.workspace, form.cleaned_data["url"], now=timezone.now()
        )
    except UnlistedSourceError as error:
        form.add_error("url", str(error))
        return None
    return _begin_reading(request, source)


def _begin_reading(request: MemberRequest, source: Source) -> BackgroundTask:
    return progress.begin(
        request.workspace,
        kind="import_board",
        title=f"Reading {source}",
        steps=tasks.IMPORT_STEPS,
        user=request.user,
        subject=source,
        enqueue=lambda task_id: tasks.import_source.delay(source.pk, task_id),
    )


def _begin_saved(request: MemberRequest, form: SavedAnswerForm) -> BackgroundTask | None:
    if not form.is_valid():
        return None
    path = default_storage.save(
        f"imports/{request.workspace.public_id}/{uuid4()}", form.cleaned_data["file"]
    )
    return progress.begin(
        request.workspace,
        kind="import_saved",
        title="Importing the saved answer",
        steps=tasks.IMPORT_STEPS,
        user=request.user,
        enqueue=lambda task_id: tasks.import_saved_answer.delay(path, task_id),
    )


@require_http_methods(["GET", "POST"])
@editor_required
def job_new(request: MemberRequest) -> HttpResponse:
    """Add one posting by its text."""
    form = PastedJobForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and (job := _store_pasted(request, form)):
        toast(request, f"Added: {job}")
        return redirect("jobs:job-detail", job.public_id)
    return render(request, "jobs/job_new.html", {"form": form}, status=422 if form.errors else 200)


def _store_pasted(request: MemberRequest, form: PastedJobForm) -> Job | None:
    data = form.cleaned_data
    try:
        normalized = parse_pasted(
            data["text"], url=data["url"], title=data["title"], company=data["company"]
        )
    except RowError as error:
        form.add_error("text", str(error))
        return None
    job = importing.add_pasted(
        request.workspace, normalized, location=data["location"], now=timezone.now()
    )
    profile = primary_profile(request.workspace)
    transaction.on_commit(lambda: tasks.refresh_matches.delay(profile.pk))
    return job


@require_safe
@member_required
def source_list(request: MemberRequest) -> HttpResponse:
    """List the boards the workspace follows, with what the last reading said."""
    sources = Source.objects.for_workspace(request.workspace).order_by("name")
    return render(request, "jobs/source_list.html", {"sources": sources})


@require_POST
@editor_required
def source_read(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Read a board now."""
    source = get_object_or_404(
        Source.objects.for_workspace(request.workspace).exclude(board_token=""), public_id=pk
    )
    return redirect("accounts:task-detail", _begin_reading(request, source).public_id)


@require_POST
@editor_required
def source_pause(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Stop or resume reading a board every six hours."""
    source = get_object_or_404(
        Source.objects.for_workspace(request.workspace).exclude(board_token=""), public_id=pk
    )
    pausing = source.paused_at is None
    Source.objects.filter(pk=source.pk).update(paused_at=timezone.now() if pausing else None)
    text = f"{source} is no longer read" if pausing else f"{source} is read again every six hours"
    toast(request, text, undo_url=reverse("jobs:source-pause", args=[source.public_id]))
    return redirect("jobs:source-list")
