"""One yes to several packages: each is shown with its people and first mails, and approved by itself."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_http_methods

from accounts.decorators import editor_required
from accounts.http import MemberRequest, toast
from outreach import approving
from outreach.approving import Outcome
from outreach.models import Package
from outreach.package_batch import MAX_AT_ONCE, Candidate, load_batch
from outreach.views.packages import packages_of


@require_http_methods(["GET", "HEAD", "POST"])
@editor_required
def packages_approve(request: MemberRequest) -> HttpResponse:
    """Say what exactly the chosen packages will send, and take the yes to it; answer 404 if one is not here."""
    wanted = request.POST if request.method == "POST" else request.GET
    chosen = _find(request, wanted.getlist("package"))
    if request.method == "POST":
        return _approve(request, chosen[:MAX_AT_ONCE])
    return _page(request, chosen)


def _find(request: MemberRequest, keys: list[str]) -> list[Package]:
    """Return the chosen packages of this workspace in the order they were chosen."""
    try:
        wanted = list(dict.fromkeys(UUID(key) for key in keys))
    except ValueError as error:
        raise Http404 from error
    rows = packages_of(request).filter(public_id__in=wanted)
    found = {package.public_id: package for package in rows}
    if len(found) != len(wanted):
        raise Http404
    return [found[key] for key in wanted]


def _page(
    request: MemberRequest,
    chosen: list[Package],
    *,
    problems: dict[int, str] | None = None,
    done: int = 0,
    status: int = 200,
) -> HttpResponse:
    shown, later = chosen[:MAX_AT_ONCE], chosen[MAX_AT_ONCE:]
    candidates = [
        replace(candidate, problem=(problems or {}).get(candidate.package.pk, ""))
        for candidate in load_batch(shown, now=timezone.now())
    ]
    going = [candidate for candidate in candidates if candidate.can_go]
    context = {
        "candidates": candidates,
        "going": going,
        "mails": sum(candidate.mails for candidate in going),
        "later": later,
        "limit": MAX_AT_ONCE,
        "hold": _hold(going),
        "done": done,
        "has_errors": bool(problems),
    }
    response = render(request, "outreach/packages_approve.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _hold(going: list[Candidate]) -> object:
    people = [mail.enrollment for candidate in going for mail in candidate.firsts]
    return approving.hold_of(people) if people else None


def _approve(request: MemberRequest, chosen: list[Package]) -> HttpResponse:
    # A package without its hash was not among those shown, so it is not approved.
    seen = {package.pk: request.POST.get(f"hash-{package.public_id}", "-") for package in chosen}
    outcomes = approving.approve_many(chosen, request.user, now=timezone.now(), seen=seen)
    approved = [outcome for outcome in outcomes if outcome.approved is not None]
    problems = {o.package_id: str(o.problem) for o in outcomes if o.problem is not None}
    if not problems:
        _say(request, approved)
        return redirect(f"{reverse('outreach:package-list')}?state=approved")
    failed = _find(request, [str(p.public_id) for p in chosen if p.pk in problems])
    return _page(request, failed, problems=problems, done=len(approved), status=409)


def _say(request: MemberRequest, approved: list[Outcome]) -> None:
    dates = [
        item["due_at"]
        for outcome in approved
        if outcome.approved is not None
        for item in outcome.approved.approval.items
        if item.get("due_at")
    ]
    if not dates:
        return
    first = timezone.localtime(min(map(datetime.fromisoformat, dates)))
    count = f"{len(approved)} package{'s' if len(approved) != 1 else ''}"
    toast(request, f"Queued {count}. First mail {date_format(first, 'D j M, H:i')}.")
