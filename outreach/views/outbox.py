"""What goes when and why not; later, cancel, bring back."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import editor_required, member_required
from accounts.http import MemberRequest, toast
from outreach import outbox_page
from outreach.application_forms import LaterForm
from outreach.models import Message
from outreach.outbox import (
    OutboxError,
    cancel_message,
    dismiss_failure,
    restore_message,
    send_later,
    undismiss_failure,
)
from outreach.views.returning import go_back

JUST_LEFT = 8


@require_safe
@never_cache
@member_required
def outbox(request: MemberRequest) -> HttpResponse:
    """List what is scheduled by day and mailbox; `?show=left` lists what left, `?since=` polls for changes."""
    is_fragment = bool(request.htmx) and not request.htmx.boosted
    if is_fragment and "since" in request.GET:
        token = outbox_page.token_of(request.workspace)
        if request.GET["since"] == token:
            return HttpResponse(status=204)
        return render(request, "outreach/outbox.html#news", {"token": token, "is_new": True})
    cursor = request.GET.get("after", "")
    show_left = request.GET.get("show") == "left"
    context = _left(request, cursor) if show_left else _scheduled(request, cursor)
    template = "outreach/outbox.html"
    if is_fragment:
        template += ("#left" if show_left else "#more") if cursor else "#list"
    elif not show_left:
        context["just_left"] = outbox_page.left(request.workspace, cursor="", size=JUST_LEFT).rows
    return render(request, template, context)


def _scheduled(request: MemberRequest, cursor: str) -> dict[str, Any]:
    now = timezone.now()
    page = outbox_page.scheduled(request.workspace, cursor=cursor)
    return {
        "show": "scheduled",
        "batches": outbox_page.batches(request.workspace, page.rows, now=now),
        "next_url": f"?{urlencode({'after': page.next_cursor})}" if page.next_cursor else "",
        "token": outbox_page.token_of(request.workspace),
        "tones": outbox_page.TONES,
        "is_continued": bool(cursor),
    }


def _left(request: MemberRequest, cursor: str) -> dict[str, Any]:
    page = outbox_page.left(request.workspace, cursor=cursor)
    query = urlencode({"show": "left", "after": page.next_cursor})
    return {
        "show": "left",
        "rows": page.rows,
        "next_url": f"?{query}" if page.next_cursor else "",
        "token": outbox_page.token_of(request.workspace),
        "tones": outbox_page.TONES,
    }


@require_safe
@never_cache
@member_required
def outbox_message(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Show one mail with every condition for leaving."""
    return _page(request, _find(request, pk))


def _page(
    request: MemberRequest, message: Message, *, form: LaterForm | None = None, status: int = 200
) -> HttpResponse:
    row = outbox_page.plan(message, now=timezone.now(), ask=True)
    links = {check.name: outbox_page.fix_url(check, message) for check in row.checks}
    context = {
        "row": row,
        "message": message,
        "form": form or LaterForm(initial={"at": _local(message)}),
        "checks": [(check, links[check.name]) for check in row.checks],
        "can_move": message.status in {Message.Status.SCHEDULED, Message.Status.HELD},
        "can_cancel": message.status in Message.PENDING,
        "tones": outbox_page.TONES,
    }
    return render(request, "outreach/outbox_message.html", context, status=status)


def _local(message: Message) -> Any:
    return timezone.localtime(max(message.due_at or timezone.now(), timezone.now()))


@require_POST
@editor_required
def message_cancel(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Cancel a mail that has not begun to leave."""
    message = _find(request, pk)
    try:
        if cancel_message(message):
            undo = reverse("outreach:message-restore", args=[message.public_id])
            toast(request, f"Cancelled: the mail to {message.enrollment.contact}", undo_url=undo)
    except OutboxError as error:
        messages.error(request, str(error))
    return go_back(request, reverse("outreach:outbox"))


@require_POST
@editor_required
def message_restore(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Bring a cancelled mail back."""
    message = _find(request, pk)
    try:
        if restore_message(message, now=timezone.now()):
            toast(request, f"Back: the mail to {message.enrollment.contact}")
    except OutboxError as error:
        messages.error(request, str(error))
    return go_back(request, reverse("outreach:outbox"))


@require_POST
@editor_required
def message_dismiss(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Take the news of a failed mail off the first page; the mail stays in the list of what left."""
    message = _find(request, pk)
    if dismiss_failure(message, now=timezone.now()):
        undo = reverse("outreach:message-undismiss", args=[message.public_id])
        toast(request, f"Put away: the mail to {message.enrollment.contact}", undo_url=undo)
    return go_back(request, reverse("outreach:today"))


@require_POST
@editor_required
def message_undismiss(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Undo that."""
    message = _find(request, pk)
    if undismiss_failure(message):
        toast(request, f"Back on the list: the mail to {message.enrollment.contact}")
    return go_back(request, reverse("outreach:today"))


@require_POST
@editor_required
def message_later(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Move a waiting mail to another time; `?at=` (the undo) names it in the address."""
    message = _find(request, pk)
    before, now = message.due_at, timezone.now()
    wanted = parse_datetime(request.GET.get("at", "").replace(" ", "+"))
    if wanted is None or wanted.tzinfo is None:
        form = LaterForm(request.POST)
        if not form.is_valid():
            return _page(request, message, form=form, status=422)
        wanted = form.cleaned_data["at"]
    was_held = message.status == Message.Status.HELD
    try:
        due_at = send_later(message, wanted, now=now)
    except OutboxError as error:
        messages.error(request, str(error))
        return go_back(request, reverse("outreach:outbox"))
    here = reverse("outreach:message-later", args=[message.public_id])
    undo = f"{here}?{urlencode({'at': before.isoformat()})}" if before and not was_held else ""
    words = f"{timezone.localtime(due_at):%a %-d %b, %H:%M}"
    toast(request, f"The mail to {message.enrollment.contact} goes {words}", undo_url=undo)
    return go_back(request, reverse("outreach:outbox"))


def _find(request: MemberRequest, pk: UUID) -> Message:
    message: Message = get_object_or_404(
        outbox_page.mails_of(request.workspace).defer(None), public_id=pk
    )
    return message
