"""The library of sequences, everybody in one, and its pause."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import editor_required, member_required
from accounts.http import MemberRequest, toast
from outreach import campaign_brake, sequences
from outreach.models import Sequence
from outreach.sequence_pages import library, lines_of, participants, steps_of
from outreach.views.returning import go_back


@require_safe
@member_required
def sequence_list(request: MemberRequest) -> HttpResponse:
    """List the sequences with what came of each; `?show=archived` those that were put away."""
    show = "archived" if request.GET.get("show") == "archived" else ""
    cursor = request.GET.get("after", "")
    found = library(request.workspace, cursor=cursor, is_archived=bool(show))
    context = {"found": found, "lines": found.rows, "show": show}
    is_more = request.htmx and not request.htmx.boosted and cursor
    template = "outreach/sequence_list.html" + ("#more" if is_more else "")
    return render(request, template, context)


@require_safe
@member_required
def sequence_detail(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Show one sequence: its mails, and everybody in it with when they hear next."""
    sequence = _find(request, pk)
    cursor = request.GET.get("after", "")
    found = participants(sequence, cursor=cursor, now=timezone.now())
    context: dict[str, Any] = {"sequence": sequence, "found": found, "people": found.rows}
    context["sequence_url"] = reverse("outreach:sequence-detail", args=[sequence.public_id])
    if request.htmx and not request.htmx.boosted and cursor:
        return render(request, "outreach/sequence_detail.html#more", context)
    context |= {"steps": steps_of(sequence), "line": lines_of([sequence])[0]}
    return render(request, "outreach/sequence_detail.html", context)


@require_POST
@editor_required
def sequence_pause(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Let none of its mail leave; what is scheduled waits."""
    sequence = _find(request, pk)
    reason = f"Paused by {request.user}."
    if campaign_brake.pause_sequence(sequence, reason=reason, now=timezone.now()):
        undo = reverse("outreach:sequence-resume", args=[sequence.public_id])
        toast(request, f"Paused: {sequence}. What is scheduled waits.", undo_url=undo)
    return _back(request, sequence)


@require_POST
@editor_required
def sequence_resume(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Let its mail leave again, whoever or whatever paused it."""
    sequence = _find(request, pk)
    if campaign_brake.resume_sequence(sequence, now=timezone.now()):
        undo = reverse("outreach:sequence-pause", args=[sequence.public_id])
        toast(request, f"Goes on: {sequence}", undo_url=undo)
    return _back(request, sequence)


@require_POST
@editor_required
def sequence_copy(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Make a copy that nobody is in yet."""
    copy = sequences.duplicate(_find(request, pk))
    undo = reverse("outreach:sequence-archive", args=[copy.public_id])
    toast(request, f"Copied: {copy}", undo_url=undo)
    return redirect("outreach:sequence-list")


@require_POST
@editor_required
def sequence_archive(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Put a sequence away that nobody is in any more."""
    sequence = _find(request, pk)
    try:
        if sequences.archive(sequence, now=timezone.now()):
            undo = reverse("outreach:sequence-restore", args=[sequence.public_id])
            toast(request, f"Archived: {sequence}", undo_url=undo)
    except sequences.SequenceError as error:
        messages.error(request, str(error))
    return redirect("outreach:sequence-list")


@require_POST
@editor_required
def sequence_restore(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Put it on the list again."""
    sequence = _find(request, pk)
    if sequences.bring_back(sequence):
        toast(request, f"Back: {sequence}")
    return redirect("outreach:sequence-list")


def _back(request: MemberRequest, sequence: Sequence) -> HttpResponse:
    return go_back(request, reverse("outreach:sequence-detail", args=[sequence.public_id]))


def _find(request: MemberRequest, pk: UUID) -> Sequence:
    rows = Sequence.objects.for_workspace(request.workspace).select_related("workspace")
    sequence: Sequence = get_object_or_404(rows, public_id=pk)
    return sequence
