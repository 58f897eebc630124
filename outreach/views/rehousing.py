"""The page that moves queued mail to another mailbox: how much goes, how much stays and why, before anything is done."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.decorators import editor_required
from accounts.http import MemberRequest, toast
from mailboxes.models import Mailbox
from outreach import rehousing

MOVED_KEY = "moved_mail"
ANY = "any"


def _find(request: MemberRequest, pk: UUID) -> Mailbox:
    rows = Mailbox.objects.for_workspace(request.workspace)
    mailbox: Mailbox = get_object_or_404(rows, public_id=pk)
    return mailbox


@require_http_methods(["GET", "HEAD", "POST"])
@editor_required
def mailbox_move(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Show what waits and where it could go (GET), or move it (POST)."""
    mailbox = _find(request, pk)
    targets = rehousing.targets_for(mailbox)
    problem = ""
    if request.method == "POST":
        try:
            moved, name = _move(request, mailbox, targets)
        except rehousing.MoveRefusedError as error:
            problem = str(error)
        else:
            request.session[f"{MOVED_KEY}:{mailbox.public_id}"] = moved.effect
            undo = reverse("outreach:mailbox-move-undo", args=[mailbox.public_id])
            toast(
                request,
                f"{moved.mails} mail{'s' if moved.mails != 1 else ''} to {moved.people} "
                f"{'people' if moved.people != 1 else 'person'} will go from {name}",
                undo_url=undo if moved.people else "",
            )
            return redirect("mailboxes:mailbox-health", mailbox.public_id)
    context: dict[str, Any] = {
        "mailbox": mailbox,
        "queue": rehousing.queue_of(mailbox),
        "targets": targets,
        "any": ANY,
        "problem": problem,
        "has_errors": bool(problem),
        "place": "health",
    }
    template = "outreach/mailbox_move.html"
    return render(request, template, context, status=422 if problem else 200)


def _move(
    request: MemberRequest, mailbox: Mailbox, targets: list[Mailbox]
) -> tuple[rehousing.Moved, str]:
    chosen = request.POST.get("target", "")
    target = next((box for box in targets if str(box.public_id) == chosen), None)
    if target is None and chosen != ANY:
        raise rehousing.MoveRefusedError("Choose where the mail shall go.")
    with_free = "with_free" in request.POST
    moved = rehousing.move_queue(mailbox, target, with_free=with_free, now=timezone.now())
    return moved, str(target) if target else "the first mailbox that is free"


@require_POST
@editor_required
def mailbox_move_undo(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Give everybody who was moved last back to the mailbox they had."""
    mailbox = _find(request, pk)
    effect = request.session.pop(f"{MOVED_KEY}:{mailbox.public_id}", None)
    if effect is not None:
        people = rehousing.put_back(request.workspace, effect, now=timezone.now())
        toast(request, f"Moved back: mail to {people} {'people' if people != 1 else 'person'}")
    return redirect("mailboxes:mailbox-health", mailbox.public_id)
