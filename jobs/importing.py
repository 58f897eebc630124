"""Bringing openings in: from a board, a saved answer or a pasted posting, each through the same upsert."""

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from accounts.models import Workspace
from jobs.companies import companies_by_name
from jobs.geography import countries_of
from jobs.models import Job, Source
from jobs.salary import parse_salary
from jobs.sources.base import BoardRef, BoardResult, BoardStatus, NormalizedJob
from jobs.sources.registry import adapter_for, board_from_url
from jobs.titles import normalize_title

logger = logging.getLogger(__name__)

READ_EVERY = timedelta(hours=6)  # JOB-11
RETRY_AFTER = timedelta(
    minutes=30
)  # a board that did not answer is asked again well before its next turn
UPSERT_BATCH = 500
FROM_THE_TEXT = "read from the posting's text"

# What an import may change on a job that it has seen before.
CONTENT_FIELDS = [
    "title",
    "normalized_title",
    "seniority",
    "function",
    "department",
    "team",
    "url",
    "apply_url",
    "locations",
    "countries",
    "remote_policy",
    "employment_type",
    "requisition_id",
    "salary_min",
    "salary_max",
    "salary_currency",
    "salary_period",
    "salary_text",
    "posted_at",
    "expires_at",
    "description_html",
    "description_text",
    "hidden_text",
    "content_hash",
    "fingerprint",
    "company",
    "company_name",
]


@dataclass
class ImportReport:
    """What one reading changed: counts, and a sentence for each row that could not be read."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    closed: int = 0
    hidden: int = 0
    errors: list[tuple[int, str]] = field(default_factory=list)

    def __str__(self) -> str:
        """Return the counts as one sentence."""
        text = f"{self.created} new, {self.updated} changed, {self.unchanged} as before, {self.closed} closed"
        return f"{text}, {len(self.errors)} could not be read" if self.errors else text


def follow_board(workspace: Workspace, url: str, *, now: datetime) -> Source:
    """Return the workspace's source for a board address, creating it due at once.

    Raises UnlistedSourceError (its message is for the person) when RoleFerry may not read that site.
    """
    return source_for(workspace, board_from_url(url), url=url, now=now)


def source_for(workspace: Workspace, ref: BoardRef, *, now: datetime, url: str = "") -> Source:
    """Return the workspace's source for a board, creating it; a board without a token cannot be fetched again."""
    adapter = adapter_for(ref.kind)
    source, _ = Source.objects.get_or_create(
        workspace=workspace,
        kind=ref.kind,
        board_token=f"{ref.region}:{ref.token}" if ref.region else ref.token,
        defaults={
            "name": f"{adapter.name}: {ref.token}" if ref.token else adapter.name,
            "url": url[:500],
            "terms_url": adapter.terms_url,
            "next_due_at": now if ref.token else None,
        },
    )
    return source


def board_of(source: Source) -> BoardRef:
    """Return the board a source follows."""
    region, _, token = source.board_token.rpartition(":")
    return BoardRef(source.kind, token, region=region)


def apply_result(
    source: Source, result: BoardResult, *, now: datetime, fetched: bool
) -> ImportReport:
    """Store what a board said and what it means for the source. Safe to run twice: the second run adds nothing.

    With `fetched` the source's health, ETag and next turn follow; openings that a complete answer no longer lists are
    closed. A saved answer only adds and changes. Raises nothing for bad rows: they are in the report.
    """
    report = ImportReport(hidden=result.hidden, errors=list(result.errors))
    with transaction.atomic():
        Source.objects.select_for_update().get(pk=source.pk)
        if result.jobs:
            _upsert(source, result.jobs, now=now, report=report)
        if fetched:
            if result.is_complete or result.status == BoardStatus.DEAD:
                report.closed = _close_missing(
                    source, [job.external_id for job in result.jobs], now=now
                )
            _note_health(source, result, now=now)
        elif result.jobs:
            Source.objects.filter(pk=source.pk).update(last_ok_at=now, health=Source.Health.LIVE)
    logger.info(
        "board imported",
        extra={"source": source.pk, "created_count": report.created, "closed_count": report.closed},
    )
    return report


def _note_health(source: Source, result: BoardResult, *, now: datetime) -> None:
    answered = result.status not in {BoardStatus.UNAVAILABLE, BoardStatus.DEAD}
    fields: dict[str, Any] = {
        "last_tried_at": now,
        "last_error": result.message[:400],
        "next_due_at": now
        + (RETRY_AFTER if result.status == BoardStatus.UNAVAILABLE else READ_EVERY),
    }
    if result.robots:
        fields |= {"robots": result.robots, "checked_on": now.date()}
    if result.robots == "disallowed":
        # The site's own word; it is asked again at the next turn, in case it changes.
        fields |= {"health": Source.Health.REFUSED, "next_due_at": now + READ_EVERY}
    elif result.status != BoardStatus.UNCHANGED:
        fields["health"] = Source.Health(result.status.value)
    if answered:
        fields |= {"last_ok_at": now, "etag": result.etag[:300], "last_error": ""}
    Source.objects.filter(pk=source.pk).update(**fields)
    if result.status == BoardStatus.UNCHANGED:
        Job.objects.filter(source=source, liveness=Job.Liveness.LIVE).update(last_seen_at=now)


def _close_missing(source: Source, seen: Sequence[str], *, now: datetime) -> int:
    gone = (
        Job.objects.filter(source=source)
        .exclude(external_id__in=seen)
        .exclude(liveness=Job.Liveness.CLOSED)
    )
    return gone.update(liveness=Job.Liveness.CLOSED, closed_at=now)


def _upsert(
    source: Source, found: Sequence[NormalizedJob], *, now: datetime, report: ImportReport
) -> None:
    fallback = (
        (source.board_token.rpartition(":")[2] or source.name or "Unknown company")
        .replace("-", " ")
        .title()
    )
    companies = companies_by_name(source.workspace, [job.company_name or fallback for job in found])
    by_id = {job.external_id: job for job in found}
    existing = {
        job.external_id: job for job in Job.objects.filter(source=source, external_id__in=by_id)
    }
    new: list[Job] = []
    changed: list[Job] = []
    for external_id, normalized in by_id.items():
        fields = job_fields(normalized)
        company = companies[normalized.company_name or fallback]
        fields |= {"company": company, "company_name": normalized.company_name or fallback}
        fields["fingerprint"] = fingerprint(
            company.normalized_name, fields["normalized_title"], fields["locations"]
        )
        row = existing.get(external_id)
        if row is None:
            new.append(_new_job(source, external_id, fields, now=now))
        elif (
            row.content_hash != fields["content_hash"] or row.company_name != fields["company_name"]
        ):
            for name, value in fields.items():
                setattr(row, name, value)
            row.embedding = None
            changed.append(row)
    Job.objects.bulk_create(new, batch_size=UPSERT_BATCH)
    Job.objects.bulk_update(changed, [*CONTENT_FIELDS, "embedding"], batch_size=UPSERT_BATCH)
    Job.objects.filter(source=source, external_id__in=by_id).update(
        last_seen_at=now, liveness=Job.Liveness.LIVE, closed_at=None, updated_at=now
    )
    mark_duplicates(source.workspace, [job.fingerprint for job in new + changed])
    report.created, report.updated = len(new), len(changed)
    report.unchanged = len(by_id) - len(new) - len(changed)


def _new_job(source: Source, external_id: str, fields: dict[str, Any], *, now: datetime) -> Job:
    # The list is ordered by when the opening was published; a source without dates counts from today.
    listed_at = min(fields["posted_at"] or now, now)
    return Job(
        workspace=source.workspace,
        source=source,
        external_id=external_id[:200],
        listed_at=listed_at,
        last_seen_at=now,
        liveness=Job.Liveness.LIVE,
        is_sample=source.is_sample,
        **fields,
    )


def job_fields(job: NormalizedJob) -> dict[str, Any]:
    """Return the columns of a normalised opening, cut to their widths, with the hash of all it says."""
    if job.salary_min is None and job.salary_max is None and not job.salary_text:
        # Many postings state pay only in their text; the reader refuses whatever is not clearly pay.
        stated = parse_salary(job.description_text)
        job = replace(job.with_salary(stated), salary_text=FROM_THE_TEXT if stated else "")
    title = normalize_title(job.title)
    locations = [place[:200] for place in job.locations][:50]
    fields: dict[str, Any] = {
        "title": job.title[:300],
        "normalized_title": title.normalized[:300],
        "seniority": title.seniority,
        "function": title.function[:40],
        "department": job.department[:200],
        "team": job.team[:200],
        "url": job.url[:1000],
        "apply_url": job.apply_url[:1000],
        "locations": locations,
        "countries": countries_of(locations),
        "remote_policy": job.remote_policy,
        "employment_type": job.employment_type[:60],
        "requisition_id": job.requisition_id[:100],
        "salary_min": job.salary_min,
        "salary_max": job.salary_max,
        "salary_currency": job.salary_currency,
        "salary_period": job.salary_period,
        "salary_text": job.salary_text[:300],
        "posted_at": job.posted_at,
        "expires_at": job.expires_at,
        "description_html": job.description_html,
        "description_text": job.description_text,
        "hidden_text": list(job.hidden_text),
    }
    said = json.dumps(fields, sort_keys=True, default=str, ensure_ascii=False)
    fields["content_hash"] = hashlib.sha256(said.encode()).hexdigest()
    return fields


def fingerprint(company: str, title: str, locations: Sequence[str]) -> str:
    """Return one value for the same vacancy at the same employer and places, whichever board lists it (JOB-8)."""
    text = "\n".join([company, title.casefold(), *sorted(place.casefold() for place in locations)])
    return hashlib.sha256(text.encode()).hexdigest()


def mark_duplicates(workspace: Workspace, fingerprints: Sequence[str]) -> None:
    """Point later copies of a vacancy at the first one, so that it is listed once and never applied to twice."""
    jobs = (
        Job.objects.for_workspace(workspace)
        .filter(fingerprint__in=set(fingerprints))
        .order_by("listed_at", "pk")
    )
    first: dict[str, Job] = {}
    changed = []
    for job in jobs.only("pk", "fingerprint", "duplicate_of", "source", "liveness"):
        original = first.setdefault(job.fingerprint, job)
        # Two rows of one board are two vacancies with the same words; only another source repeats one.
        target = original.pk if original.source_id != job.source_id else None
        if job.duplicate_of_id != target:
            job.duplicate_of_id = target
            changed.append(job)
    Job.objects.bulk_update(changed, ["duplicate_of"], batch_size=UPSERT_BATCH)


def due_sources(now: datetime) -> list[int]:
    """Return the ids of sources whose turn it is, over all workspaces."""
    due = Q(next_due_at__lte=now, paused_at=None, allowed=True)
    return list(Source.objects.filter(due).order_by("next_due_at").values_list("pk", flat=True))


def pasted_source(workspace: Workspace) -> Source:
    """Return the workspace's own source for postings that people paste."""
    source, _ = Source.objects.get_or_create(
        workspace=workspace,
        kind="pasted",
        board_token="",
        defaults={"name": "Pasted by you"},
    )
    return source


def add_pasted(workspace: Workspace, job: NormalizedJob, *, location: str, now: datetime) -> Job:
    """Store one pasted posting; pasting the same text again returns the same opening."""
    if location:
        job = replace(job, location=location, locations=(location,))
    source = pasted_source(workspace)
    apply_result(source, BoardResult(BoardStatus.LIVE, jobs=(job,)), now=now, fetched=False)
    stored: Job = Job.objects.get(source=source, external_id=job.external_id[:200])
    return stored
