"""One answer: what was said, what we made of it, what it changed, and how to take that back."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import editor_required, member_required
from accounts.http import MemberRequest, toast
from outreach.application_forms import KindForm
from outreach.correcting import correct_kind, set_handled
from outreach.models import Reply
from outreach.replies import kind_of, undo_reply
from outreach.reply_effects import described_effects, proposal_of
from outreach.views.returning import go_back


@require_safe
@never_cache
@member_required
def reply_detail(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Show an answer with everything that follows from it."""
    reply = _find(request, pk)
    context: dict[str, Any] = {
        "reply": reply,
        "application": reply.enrollment.application,
        "kind": kind_of(reply),
        "kinds": Reply.Kind.choices,
        "effects": described_effects(reply),
        "proposal": proposal_of(reply),
        "percent": round(reply.confidence * 100),
    }
    return render(request, "outreach/reply_detail.html", context)


@require_POST
@editor_required
def reply_handle(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Mark an answer as dealt with."""
    reply = _find(request, pk)
    if set_handled(reply, True, now=timezone.now()):
        undo = reverse("outreach:reply-unhandle", args=[reply.public_id])
        toast(request, f"Done with the answer of {reply.enrollment.contact}", undo_url=undo)
    return go_back(request, reverse("outreach:today"))


@require_POST
@editor_required
def reply_unhandle(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Put an answer back into the queue."""
    reply = _find(request, pk)
    if set_handled(reply, False, now=timezone.now()):
        toast(request, f"The answer of {reply.enrollment.contact} waits again")
    return go_back(request, reverse("outreach:today"))


@require_POST
@editor_required
def reply_classify(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Say what an answer really is, or (the undo) what it was said to be before."""
    reply = _find(request, pk)
    form = KindForm(request.POST if "kind" in request.POST else request.GET)
    if not form.is_valid():
        return HttpResponseBadRequest("Choose one of the classes that the page offers.")
    before = reply.corrected_kind
    if correct_kind(reply, form.cleaned_data["kind"], actor=request.user, now=timezone.now()):
        here = reverse("outreach:reply-classify", args=[reply.public_id])
        label = Reply.Kind(kind_of(reply)).label
        toast(request, f"Classed as “{label}”", undo_url=f"{here}?kind={before}")
    return go_back(request, reverse("outreach:reply-detail", args=[reply.public_id]))


@require_POST
@editor_required
def reply_undo(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Put back everything the answer had changed."""
    reply = _find(request, pk)
    if undo_reply(reply, actor=request.user, now=timezone.now()):
        toast(request, f"Undone: what the answer of {reply.enrollment.contact} had changed")
    return go_back(request, reverse("outreach:reply-detail", args=[reply.public_id]))


def _find(request: MemberRequest, pk: UUID) -> Reply:
    reply: Reply = get_object_or_404(
        Reply.objects.for_workspace(request.workspace)
        .select_related(
            "inbound",
            "message",
            "corrected_by",
            "workspace",
            "enrollment__contact",
            "enrollment__application__job",
        )
        .defer("inbound__raw"),
        public_id=pk,
    )
    return reply
