"""The first page: what waits for a person."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.decorators import member_required
from accounts.http import MemberRequest
from outreach.first_leaving import next_leaving
from outreach.first_steps import first_steps_of
from outreach.models import Reply
from outreach.standing import Standing, standing_of
from outreach.waiting import queue_of


@require_safe
@never_cache
@member_required
def today(request: MemberRequest) -> HttpResponse:
    """List what waits; a poll with `?since=` answers 204 as long as the same things wait."""
    now = timezone.now()
    standing = standing_of(request.workspace, now=now)
    queue = queue_of(request.workspace, standing, now=now)
    is_fragment = bool(request.htmx) and not request.htmx.boosted
    if is_fragment and "since" in request.GET:
        if request.GET["since"] == queue.token:
            return HttpResponse(status=204)
        return render(request, "outreach/today.html#news", {"queue": queue, "is_new": True})
    context: dict[str, Any] = {
        "queue": queue,
        "standing": standing,
        "first_steps": first_steps_of(standing) if request.membership.can_edit else [],
        "done": done_today(standing),
        "next_send_at": None
        if queue.groups or standing.next_send_at is None
        else next_leaving(request.workspace, now=now),
        "kinds": Reply.Kind.choices,
    }
    template = "outreach/today.html#queue" if is_fragment else "outreach/today.html"
    return render(request, template, context)


def done_today(standing: Standing) -> list[str]:
    """Return what was done since midnight, in words."""
    counts = [
        (standing.approved_today, "package approved", "packages approved"),
        (standing.sent_today, "mail sent", "mails sent"),
        (standing.handled_today, "answer dealt with", "answers dealt with"),
    ]
    return [f"{count} {one if count == 1 else many}" for count, one, many in counts if count]
