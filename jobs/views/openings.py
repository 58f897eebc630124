"""The list of openings and one opening."""

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import editor_required, member_required
from accounts.http import MemberRequest, toast
from accounts.models import Profile
from accounts.profiles import primary_profile
from jobs.applications import open_application
from jobs.models import Application, Job, JobMatch, Source
from jobs.search import COUNT_LIMIT, JobFilters, Page, find_jobs

FILTER_NAMES = {"text": "q", "remote": "remote", "place": "place", "pay": "pay", "source": "source"}


def read_filters(query: QueryDict) -> JobFilters:
    """Return what the address asks for; nonsense is ignored rather than an error."""
    pay = "".join(ch for ch in query.get("pay", "") if ch.isdigit())[:9]
    source = query.get("source", "")
    try:
        source = str(UUID(source)) if source else ""
    except ValueError:
        source = ""
    remote = query.get("remote", "")
    return JobFilters(
        text=query.get("q", "").strip()[:200].replace("\x00", ""),
        remote=remote if remote in {"remote", "hybrid", "onsite"} else "",
        place=query.get("place", "").strip()[:100].replace("\x00", ""),
        pay=int(pay) if pay else None,
        source=source,
        closed=query.get("closed") == "1",
        sort="newest" if query.get("sort") == "newest" else "best",
    )


@require_safe
@member_required
def job_list(request: MemberRequest) -> HttpResponse:
    """List openings, best first; typing in the search replaces only the results."""
    profile = primary_profile(request.workspace)
    filters = read_filters(request.GET)
    cursor = request.GET.get("after", "")
    page = find_jobs(profile, filters, cursor=cursor)
    context = _list_context(request, filters, page)
    if request.htmx and not request.htmx.boosted:
        fragment = "more" if cursor else "results"
        return render(request, f"jobs/job_list.html#{fragment}", context)
    context["sources"] = Source.objects.for_workspace(request.workspace).order_by("name")
    context["has_resume"] = profile.facts.filter(deleted_at=None).exists()
    return render(request, "jobs/job_list.html", context)


def _list_context(request: MemberRequest, filters: JobFilters, page: Page) -> dict[str, object]:
    query = {key: value for key, value in request.GET.items() if key != "after" and value}
    loosen = [
        (
            label,
            count,
            urlencode({key: value for key, value in query.items() if key != FILTER_NAMES[name]}),
        )
        for name, label, count in page.loosen
    ]
    return {
        "filters": filters,
        "page": page,
        "loosen": loosen,
        "count": f"{COUNT_LIMIT:,}+" if page.total > COUNT_LIMIT else f"{page.total:,}",
        "next_url": f"?{urlencode({**query, 'after': page.next_cursor})}"
        if page.next_cursor
        else "",
        "query": urlencode(query),
    }


@require_safe
@member_required
def job_detail(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Show one opening: the score with its work, the posting with the lines it rests on."""
    job = get_object_or_404(
        Job.objects.for_workspace(request.workspace)
        .select_related("source", "company", "duplicate_of")
        .defer("embedding", "search"),
        public_id=pk,
    )
    profile = primary_profile(request.workspace)
    match = JobMatch.objects.filter(profile=profile, job=job).first()
    findings = (
        [finding for part in match.parts for finding in part["met"]] + match.blockers
        if match
        else []
    )
    application = Application.objects.filter(profile=profile, job=job).first()
    context = {
        "job": job,
        "match": match,
        "findings": findings,
        "application": application,
        # Ferrying begins it once; from then on the application and its package are the place to go.
        "is_under_way": application is not None
        and application.status not in {Application.Status.DISCOVERED, Application.Status.SAVED},
    }
    return render(request, "jobs/job_detail.html", context)


def _job_and_profile(request: MemberRequest, pk: UUID) -> tuple[Job, Profile]:
    return get_object_or_404(
        Job.objects.for_workspace(request.workspace), public_id=pk
    ), primary_profile(request.workspace)


@require_POST
@editor_required
def job_save(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Put the opening on the board as saved."""
    job, profile = _job_and_profile(request, pk)
    open_application(profile, job, actor=request.user, now=timezone.now())
    toast(request, f"Saved: {job}")
    return redirect("jobs:job-detail", job.public_id)


@require_POST
@editor_required
def job_hide(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Take the opening off the list (“Not for me”), with an optional reason."""
    job, profile = _job_and_profile(request, pk)
    match = get_object_or_404(JobMatch, profile=profile, job=job)
    JobMatch.objects.filter(pk=match.pk).update(
        hidden_at=timezone.now(), hidden_reason=request.POST.get("reason", "")[:200]
    )
    toast(request, f"Hidden: {job}", undo_url=reverse("jobs:job-unhide", args=[job.public_id]))
    return redirect("jobs:job-list")


@require_POST
@editor_required
def job_unhide(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Undo “Not for me”."""
    job, profile = _job_and_profile(request, pk)
    JobMatch.objects.filter(profile=profile, job=job).update(hidden_at=None, hidden_reason="")
    toast(request, f"Back on the list: {job}")
    return redirect("jobs:job-detail", job.public_id)
