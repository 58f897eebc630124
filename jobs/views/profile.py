"""The review page: what the resume says, and what we understood, side by side."""

from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import profiles
from accounts.decorators import editor_required, member_required
from accounts.http import MemberRequest, toast
from accounts.models import Profile, ProfileFact, Resume
from jobs.dating import date_findings_of
from jobs.forms import FactForm, PersonForm
from jobs.resumes.facts import NEEDS_A_LOOK

KIND_TITLES = {
    "role": "Roles",
    "accomplishment": "Accomplishments",
    "metric": "Metrics",
    "project": "Projects",
    "education": "Education",
    "skill": "Skills",
    "language": "Languages",
    "certification": "Certificates",
}


@dataclass(frozen=True)
class Piece:
    """A stretch of the resume's text; with `fact` it is the evidence for that fact."""

    text: str
    fact: ProfileFact | None = None


def marked_text(text: str, facts: Iterable[ProfileFact]) -> list[Piece]:
    """Cut the text into plain and marked pieces; of overlapping spans the first and shorter one is shown."""
    pieces: list[Piece] = []
    at = 0
    spans = [
        (fact.span_start, fact.span_end, fact)
        for fact in facts
        # A metric is part of the bullet that tells it; marking both would cut the bullet in two.
        if fact.span_start is not None
        and fact.span_end is not None
        and fact.kind != ProfileFact.Kind.METRIC
    ]
    for start, end, fact in sorted(spans, key=itemgetter(0, 1)):
        if start < at or end > len(text):
            continue
        pieces += [Piece(text[at:start]), Piece(text[start:end], fact)]
        at = end
    pieces.append(Piece(text[at:]))
    return [piece for piece in pieces if piece.text]


@require_safe
@member_required
def profile_detail(request: MemberRequest) -> HttpResponse:
    """Show the resume's text beside the facts found in it, those that need a look first."""
    profile = profiles.primary_profile(request.workspace)
    facts = list(ProfileFact.objects.filter(profile=profile).alive())
    resume = Resume.objects.filter(profile=profile, is_primary=True, deleted_at=None).first()
    groups = [
        (title, [f for f in facts if f.kind == kind], kind) for kind, title in KIND_TITLES.items()
    ]
    doubtful = [f for f in facts if f.confidence < NEEDS_A_LOOK]
    context = {
        "profile": profile,
        "resume": resume,
        "pieces": marked_text(resume.raw_text, [f for f in facts if f.resume_id == resume.pk])
        if resume
        else [],
        "groups": [
            group for group in groups if group[1] or group[2] in {"role", "skill", "education"}
        ],
        "doubtful": doubtful,
        "date_findings": date_findings_of(facts, today=timezone.localdate()),
        "needs_a_look": NEEDS_A_LOOK,
        "counts": {kind: len(found) for _title, found, kind in groups},
    }
    return render(request, "jobs/profile_detail.html", context)


@require_http_methods(["GET", "POST"])
@editor_required
def person_edit(request: MemberRequest) -> HttpResponse:
    """Edit name and contact data."""
    profile = profiles.primary_profile(request.workspace)
    form = PersonForm(request.POST or None, instance=profile)
    if request.method == "POST" and form.is_valid():
        form.save()
        profiles.touch_profile(Profile.objects.get(pk=profile.pk))
        toast(request, "Saved")
        return redirect("jobs:profile-detail")
    return render(
        request, "jobs/person_edit.html", {"form": form}, status=422 if form.errors else 200
    )


@require_http_methods(["GET", "POST"])
@editor_required
def fact_add(request: MemberRequest) -> HttpResponse:
    """Add a fact by hand."""
    form = FactForm(
        request.POST or None, initial={"kind": request.GET.get("kind", "accomplishment")}
    )
    if request.method == "POST" and form.is_valid():
        fact = profiles.add_fact(profiles.primary_profile(request.workspace), **form.cleaned_data)
        toast(request, "Added", undo_url=reverse("jobs:fact-delete", args=[fact.public_id]))
        return redirect("jobs:profile-detail")
    return render(
        request,
        "jobs/fact_edit.html",
        {"form": form, "adding": True},
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "POST"])
@editor_required
def fact_edit(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Edit one fact; with HTMX the row becomes a form in place."""
    fact = get_object_or_404(
        ProfileFact.objects.for_workspace(request.workspace).alive().select_related("profile"),
        public_id=pk,
    )
    form = FactForm(request.POST or None, instance=fact)
    if request.method == "POST" and form.is_valid():
        fact = profiles.edit_fact(fact, **form.cleaned_data)
        if request.htmx:
            return render(
                request,
                "jobs/profile_detail.html#fact",
                {"fact": fact, "needs_a_look": NEEDS_A_LOOK, "focus": True},
            )
        toast(request, "Saved")
        return redirect("jobs:profile-detail")
    template = "jobs/fact_edit.html#form" if request.htmx else "jobs/fact_edit.html"
    return render(
        request, template, {"form": form, "fact": fact}, status=422 if form.errors else 200
    )


@require_safe
@member_required
def fact_row(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Show one fact's row again (Cancel of the form in place)."""
    fact = get_object_or_404(
        ProfileFact.objects.for_workspace(request.workspace).alive(), public_id=pk
    )
    if not request.htmx:
        return redirect("jobs:profile-detail")
    return render(
        request,
        "jobs/profile_detail.html#fact",
        {"fact": fact, "needs_a_look": NEEDS_A_LOOK, "focus": True},
    )


@require_POST
@editor_required
def fact_delete(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Delete a fact and what stands under it; the toast brings both back."""
    fact = get_object_or_404(
        ProfileFact.objects.for_workspace(request.workspace).alive().select_related("profile"),
        public_id=pk,
    )
    profiles.delete_fact(fact, now=timezone.now())
    toast(
        request,
        f"Deleted: {fact.text[:60]}",
        undo_url=reverse("jobs:fact-restore", args=[fact.public_id]),
    )
    return redirect("jobs:profile-detail")


@require_POST
@editor_required
def fact_restore(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Undo a deletion."""
    fact = get_object_or_404(
        ProfileFact.objects.for_workspace(request.workspace).select_related("profile"),
        public_id=pk,
        deleted_at__isnull=False,
    )
    profiles.restore_fact(fact)
    toast(request, f"Back again: {fact.text[:60]}")
    return redirect("jobs:profile-detail")
