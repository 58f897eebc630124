"""A person's mailboxes: connecting, pausing."""

from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.decorators import editor_required
from accounts.http import MemberRequest, toast
from accounts.models import Workspace
from mailboxes import connecting
from mailboxes.brakes import rests_until
from mailboxes.models import Mailbox


@require_POST
@editor_required
def mailbox_connect_sandbox(request: MemberRequest) -> HttpResponse:
    """Connect the practice mailbox; with `pace=practice` its mail keeps seconds instead of days."""
    if not settings.SANDBOX_ENABLED:
        return render(request, "404.html", status=404)
    mailbox = connecting.connect_sandbox(request.workspace, now=timezone.now())
    if request.POST.get("pace") == Workspace.Pace.PRACTICE:
        Workspace.objects.filter(pk=request.workspace.pk).update(pace=Workspace.Pace.PRACTICE)
    toast(request, f"{mailbox} is ready. It writes to .test and .example addresses only.")
    return redirect("mailboxes:mailbox-list")


@require_POST
@editor_required
def pace_set(request: MemberRequest) -> HttpResponse:
    """Choose how fast practice mail goes; real mail is not touched by it."""
    pace = request.POST.get("pace", "")
    if pace in Workspace.Pace.values:
        Workspace.objects.filter(pk=request.workspace.pk).update(pace=pace)
        text = (
            "Practice mail now goes out in seconds"
            if pace == Workspace.Pace.PRACTICE
            else "Practice mail now keeps real hours and days"
        )
        toast(request, text)
    return redirect("mailboxes:mailbox-list")


@require_POST
@editor_required
def mailbox_pause(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Stop a mailbox; what is scheduled waits."""
    mailbox = get_object_or_404(Mailbox.objects.for_workspace(request.workspace), public_id=pk)
    if connecting.pause(mailbox, reason=f"Paused by {request.user}"):
        toast(
            request,
            f"{mailbox} is paused",
            undo_url=reverse("mailboxes:mailbox-resume", args=[mailbox.public_id]),
        )
    return _back(request, mailbox)


@require_POST
@editor_required
def mailbox_resume(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Let a paused mailbox send again."""
    mailbox = get_object_or_404(Mailbox.objects.for_workspace(request.workspace), public_id=pk)
    if connecting.resume(mailbox):
        toast(request, f"{mailbox} sends again")
    elif mailbox.paused_by_staff:
        toast(
            request,
            f"{mailbox} was paused by operations: {mailbox.status_reason}. Write to support to have it checked.",
        )
    elif (rests := rests_until(mailbox)) is not None:
        toast(
            request,
            f"{mailbox} rests until {rests:%-d %B, %H:%M} UTC and is then looked at again. "
            f"{mailbox.status_reason}",
        )
    return _back(request, mailbox)


def _back(request: MemberRequest, mailbox: Mailbox) -> HttpResponse:
    """Return to the page that was left: one of the mailbox's own, else the list."""
    place = request.POST.get("back", "")
    if place in {"health", "warmup"}:
        return redirect(f"mailboxes:mailbox-{place}", mailbox.public_id)
    return redirect("mailboxes:mailbox-list")
