"""Scoring openings for a profile and keeping the scores fresh."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

import numpy as np
from django.db import transaction
from django.db.models import F, Q, QuerySet

from accounts.models import Profile, ProfileFact
from jobs.companies import normalize_company
from jobs.facts import FactView, role_months
from jobs.geography import countries_of
from jobs.match_inputs import JobForMatch, ProfileForMatch
from jobs.models import Job, JobMatch
from jobs.scoring import score_match
from jobs.titles import normalize_title
from llm.embedding import MODEL_ID, cosine, embed

BATCH = 100
# Working time of a year in units of each pay period (52 weeks of 40 hours, 260 days).
PERIODS_A_YEAR = {
    "hour": 2080,
    "day": 260,
    "week": 52,
    "fortnight": 26,
    "half_month": 24,
    "month": 12,
    "year": 1,
}


def fact_views(profile: Profile) -> tuple[FactView, ...]:
    """Return the profile's living facts as plain values, in order."""
    facts = list(ProfileFact.objects.filter(profile=profile).alive())
    public = {fact.pk: str(fact.public_id) for fact in facts}
    return tuple(
        FactView(
            id=str(fact.public_id),
            kind=fact.kind,
            text=fact.text,
            title=fact.title,
            organization=fact.organization,
            location=fact.location,
            degree=fact.degree,
            field_of_study=fact.field_of_study,
            start_date=fact.start_date,
            end_date=fact.end_date,
            is_current=fact.is_current,
            parent_id=public.get(fact.parent_id),
        )
        for fact in facts
    )


def profile_for_match(profile: Profile, *, today: date) -> ProfileForMatch:
    """Return what matching may know of a candidate."""
    facts = fact_views(profile)
    wishes = profile.preferences
    roles = [fact for fact in facts if fact.kind == "role"]
    latest = max(
        roles,
        key=lambda role: (role.is_current, role.end_date or role.start_date or date.min),
        default=None,
    )
    wanted = tuple(wishes.titles) or ((latest.title,) if latest and latest.title else ())
    places = tuple(wishes.locations) or ((profile.location,) if profile.location else ())
    years = profile.years_experience
    return ProfileForMatch(
        facts=facts,
        wanted_titles=wanted,
        seniority=normalize_title(latest.title).seniority if latest else "",
        years_experience=float(years)
        if years is not None
        else round(role_months(roles, today=today) / 12, 1) or None,
        locations=places,
        countries=tuple(countries_of(places)),
        remote_ok=wishes.remote_ok,
        minimum_pay=float(wishes.minimum_salary) if wishes.minimum_salary else None,
        currency=wishes.salary_currency if wishes.minimum_salary else "",
    )


def job_for_match(job: Job) -> JobForMatch:
    """Return what matching knows of an opening; pay by the year."""
    return JobForMatch(
        title=job.title,
        text=job.description_text,
        seniority=job.seniority,
        locations=tuple(job.locations),
        countries=tuple(job.countries),
        remote_policy=job.remote_policy,
        pay_min=yearly(job.salary_min, job.salary_period),
        pay_max=yearly(job.salary_max, job.salary_period),
        currency=job.salary_currency,
    )


def yearly(amount: Decimal | None, period: str) -> float | None:
    """Return an amount by the year, or None when either is not stated."""
    factor = PERIODS_A_YEAR.get(period or "year")
    return float(amount * factor) if amount is not None and factor else None


def stale_jobs(profile: Profile) -> QuerySet[Job]:
    """Return the open openings that have no score, or one made from an older profile or posting."""
    fresh = JobMatch.objects.filter(
        profile=profile, profile_version=profile.version, job_content_hash=F("job__content_hash")
    )
    return (
        Job.objects.for_workspace(profile.workspace)
        .exclude(liveness=Job.Liveness.CLOSED)
        .exclude(pk__in=fresh.values("job"))
        .order_by("-listed_at", "-pk")
    )


def refresh_matches(profile: Profile, *, now: datetime) -> Iterator[int]:
    """Score every stale opening, yielding how many are done after each batch. Safe to run twice or at once."""
    candidate = profile_for_match(profile, today=now.date())
    vector = embed([candidate.embedding_text])[0]
    done = 0
    while jobs := list(stale_jobs(profile).defer("description_html", "search")[:BATCH]):
        ensure_embeddings(jobs)
        store_matches(profile, candidate, vector, jobs)
        done += len(jobs)
        yield done


def ensure_embeddings(jobs: Sequence[Job]) -> None:
    """Fill in the vectors of jobs that have none (or one of another model), in one batch."""
    missing = [job for job in jobs if job.embedding is None or job.embedding_model != MODEL_ID]
    if not missing:
        return
    vectors = embed([job_for_match(job).embedding_text for job in missing])
    for job, vector in zip(missing, vectors, strict=True):
        job.embedding, job.embedding_model = vector, MODEL_ID
    Job.objects.bulk_update(missing, ["embedding", "embedding_model"])


def store_matches(
    profile: Profile, candidate: ProfileForMatch, vector: np.ndarray, jobs: Sequence[Job]
) -> None:
    """Score the jobs and upsert the results; stars and hides of earlier scores stay."""
    rows = []
    for job in jobs:
        similarity = cosine(vector, np.asarray(job.embedding, dtype=np.float32))
        result = score_match(candidate, job_for_match(job), similarity).as_json()
        rows.append(
            JobMatch(
                workspace=profile.workspace,
                profile=profile,
                job=job,
                score=result["score"],
                parts=result["parts"],
                reasons=result["reasons"],
                blockers=result["blockers"],
                similarity=similarity,
                profile_version=profile.version,
                job_content_hash=job.content_hash,
            )
        )
    with transaction.atomic():
        JobMatch.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["profile", "job"],
            update_fields=[
                "score",
                "parts",
                "reasons",
                "blockers",
                "similarity",
                "profile_version",
                "job_content_hash",
                "updated_at",
            ],
        )


def hidden_by_wish(profile: Profile) -> Q:
    """Return the condition for companies that the person never wants to see."""
    names = [normalize_company(name) for name in profile.preferences.hidden_companies]
    return Q(normalized_name__in=names)
