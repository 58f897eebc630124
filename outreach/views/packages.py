"""The ferry: beginning a package, watching it being prepared, approving it and taking that back."""

from uuid import UUID

from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import progress
from accounts.decorators import editor_required, member_required
from accounts.http import MemberRequest, toast
from accounts.models import BackgroundTask
from accounts.profiles import primary_profile
from jobs.applications import open_application
from jobs.models import Job
from outreach import approving, packages, tasks
from outreach.first_leaving import first_if_approved, first_of
from outreach.forms import PersonForm, ToneForm
from outreach.models import Package
from outreach.package_page import load_page, step_rows
from outreach.paging import page_of

PACKAGES_A_PAGE = 25
SLOW_AFTER_SECONDS = 15  # ux.md H4: poll every second at first, every three after this


def packages_of(request: MemberRequest) -> QuerySet[Package]:
    """Return this workspace's packages with what their page needs."""
    rows: QuerySet[Package] = Package.objects.for_workspace(request.workspace).select_related(
        "workspace",
        "task",
        "version",
        "application__workspace",
        "application__job__company",
        "application__job__source",
        "application__profile__user",
    )
    return rows


def find_package(request: MemberRequest, pk: UUID) -> Package:
    """Return one package of this workspace, or answer 404."""
    return get_object_or_404(packages_of(request), public_id=pk)


def back_to(package: Package, anchor: str = "") -> HttpResponse:
    """Return to the package page, at one of its parts."""
    url = reverse("outreach:package-detail", args=[package.public_id])
    return redirect(f"{url}#{anchor}" if anchor else url)


@require_POST
@editor_required
def job_ferry(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Make the application and its package, once; a second click leads to the same package."""
    job = get_object_or_404(Job.objects.for_workspace(request.workspace), public_id=pk)
    profile = primary_profile(request.workspace)
    now = timezone.now()
    application = open_application(profile, job, actor=request.user, now=now)
    package, is_new = packages.open_package(application, now=now)
    if is_new:
        begin_steps(request, package, list(packages.STEPS))
    return back_to(package)


def begin_steps(
    request: MemberRequest, package: Package, keys: list[str], *, tone: str = ""
) -> BackgroundTask:
    """Begin preparing the named steps in the background."""
    for key in keys:
        packages.set_step(package, key, state=packages.WAITING, error="")
    task = progress.begin(
        request.workspace,
        kind="ferry",
        title=f"Preparing {package.application.job}"[:200],
        steps=[packages.STEPS[key] for key in keys],
        user=request.user,
        subject=package,
        enqueue=lambda task_id: tasks.assemble_package.delay(package.pk, task_id, keys, tone),
    )
    Package.objects.filter(pk=package.pk).update(task=task)
    return task


@require_safe
@member_required
def package_detail(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Show everything the package will send, with the work behind it."""
    return render_page(request, find_package(request, pk))


def render_page(
    request: MemberRequest,
    package: Package,
    *,
    person_form: PersonForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """Return the package page, with a form that could not be used if there is one."""
    page = load_page(package, now=timezone.now())
    letter = page.letter
    context = {
        "page": page,
        "package": package,
        "job": package.application.job,
        "can_change": request.membership.can_edit and page.is_open,
        "person_form": person_form or PersonForm(),
        "has_errors": person_form is not None,
        "tone_form": ToneForm(initial={"tone": letter.content["tone"]} if letter else None),
        **_polling(package),
    }
    response = render(request, "outreach/package_detail.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _polling(package: Package) -> dict[str, object]:
    task = package.task
    age = (timezone.now() - task.created_at).total_seconds() if task else 0
    return {"delay": 1 if age < SLOW_AFTER_SECONDS else 3}


@require_safe
@member_required
def package_progress(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Answer the stepper while a task is at work, and the whole page once it is over."""
    package = find_package(request, pk)
    if not request.htmx:
        return back_to(package)
    at_work = packages.is_at_work(package, now=timezone.now())
    context = {
        "package": package,
        "steps": step_rows(package, at_work=at_work),
        "is_at_work": at_work,
        "can_change": request.membership.can_edit,
        **_polling(package),
    }
    response = render(request, "outreach/package_stepper.html", context)
    response["Cache-Control"] = "no-store"
    if not at_work:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@editor_required
def package_step_retry(request: MemberRequest, pk: UUID, key: str) -> HttpResponse:
    """Run one step again, alone; the checks follow."""
    package = find_package(request, pk)
    if key not in packages.STEPS:
        return HttpResponse(status=404)
    tone_form = ToneForm(request.POST)
    tone = tone_form.cleaned_data["tone"] if tone_form.is_valid() else ""
    if packages.is_at_work(package, now=timezone.now()):
        toast(request, "It is being prepared already.")
        return back_to(package, "stepper")
    try:
        label = packages.STEPS[key]
        packages.begin_change(
            package, f"{label} was written again.", user=request.user, now=timezone.now()
        )
    except packages.PackageClosedError as error:
        toast(request, str(error))
        return back_to(package)
    begin_steps(request, package, list(dict.fromkeys([key, "checks"])), tone=tone)
    return back_to(package, "stepper")


@require_safe
@member_required
def package_list(request: MemberRequest) -> HttpResponse:
    """List packages by state, the newest first."""
    state = request.GET.get("state", "")
    state = state if state in Package.Status.values else ""
    rows = Package.objects.for_workspace(request.workspace).select_related(
        "application__job__company"
    )
    found = page_of(
        rows.filter(status=state) if state else rows.exclude(status=Package.Status.DISCARDED),
        by="created_at",
        size=PACKAGES_A_PAGE,
        cursor=request.GET.get("after", ""),
        newest_first=True,
    )
    context: dict[str, object] = {
        "found": found,
        "state": state,
        "rows": _with_people(found.rows),
        "can_change": request.membership.can_edit,
    }
    if request.htmx and not request.htmx.boosted and request.GET.get("after"):
        return render(request, "outreach/package_list.html#more", context)
    counts = dict(
        Package.objects.for_workspace(request.workspace)
        .values_list("status")
        .annotate(count=Count("pk"))
    )
    context["states"] = [
        (value, label, counts.get(value, 0)) for value, label in Package.Status.choices
    ]
    context["has_clear"] = any(_is_clear(package) for package in found.rows)
    context["total"] = sum(n for value, n in counts.items() if value != Package.Status.DISCARDED)
    return render(request, "outreach/package_list.html", context)


def _is_clear(package: Package) -> bool:
    blocking = any(check["state"] == "block" for check in package.checks)
    return package.status == Package.Status.READY and not blocking


def _with_people(found: list[Package]) -> list[tuple[Package, int]]:
    return [
        (package, sum(check["state"] == "block" for check in package.checks)) for package in found
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@editor_required
def package_approve(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Say what exactly will be sent, and take the yes to it."""
    package = find_package(request, pk)
    if request.method == "POST":
        return _approve(request, package)
    return _approve_page(request, package)


def _approve_page(
    request: MemberRequest, package: Package, *, problem: str = "", status: int = 200
) -> HttpResponse:
    now = timezone.now()
    page = load_page(package, now=now)
    people = [plan.enrollment for plan in page.plans]
    hold = approving.hold_of(people) if people else None
    first = None
    if hold is not None and page.approval is None and not page.blockers:
        first = first_if_approved(package, people, hold_until=now + hold, now=now)
    context = {
        "page": page,
        "package": package,
        "job": package.application.job,
        "planned": page.planned[0] if page.planned else None,
        "first": first,
        "senders": [
            box for box in page.mailboxes if box.is_sandbox in {e.is_sample for e in people}
        ],
        "hold": hold,
        "problem": problem,
        "has_errors": bool(problem),
    }
    template = "outreach/package_approve.html"
    is_dialog = request.htmx and request.method != "POST"
    return render(request, f"{template}#dialog" if is_dialog else template, context, status=status)


def _approve(request: MemberRequest, package: Package) -> HttpResponse:
    now = timezone.now()
    seen = request.POST.get("content_hash")
    try:
        approved = approving.approve(package, request.user, now=now, seen_hash=seen)
    except approving.PackageChangedError as error:
        return _approve_page(request, package, problem=str(error), status=409)
    except approving.ApprovalError as error:
        package.refresh_from_db()
        return _approve_page(request, package, problem=str(error), status=422)
    if approved.is_new:
        first = first_of(package, now=now)
        words = first.reason
        if first.at is not None:
            words = f"First mail {date_format(timezone.localtime(first.at), 'D j M, H:i')}."
        toast(
            request,
            f"Queued. {words}",
            undo_url=reverse("outreach:package-undo", args=[package.public_id]),
        )
    return back_to(package)


@require_POST
@editor_required
def package_undo(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Take an approval back while nothing has left."""
    package = find_package(request, pk)
    try:
        recalled = approving.undo_approval(package, request.user, now=timezone.now())
    except approving.ApprovalError as error:
        toast(request, str(error))
        return back_to(package)
    toast(request, f"Undone. {recalled} mails are drafts again; nothing was sent.")
    return back_to(package)


@require_POST
@editor_required
def package_discard(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Put the package aside; the toast brings it back."""
    package = find_package(request, pk)
    try:
        packages.discard(package, user=request.user, now=timezone.now())
    except packages.PackageClosedError as error:
        toast(request, str(error))
        return back_to(package)
    undo = reverse("outreach:package-restore", args=[package.public_id])
    toast(request, f"Discarded: {package.application.job}"[:160], undo_url=undo)
    return redirect("outreach:package-list")


@require_POST
@editor_required
def package_restore(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Bring a discarded package back."""
    package = find_package(request, pk)
    if packages.restore(package, now=timezone.now()):
        toast(request, f"Back again: {package.application.job}"[:160])
    return back_to(package)
