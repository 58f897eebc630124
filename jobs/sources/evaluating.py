"""Scores the board readers on recorded answers with known truth."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from jobs.salary import Salary, parse_salary
from jobs.sources.ashby import INTERVALS as ASHBY_INTERVALS
from jobs.sources.base import BoardRef, NormalizedJob, dict_of, instant_of, instant_of_millis
from jobs.sources.lever import INTERVALS as LEVER_INTERVALS
from jobs.sources.registry import adapter_for, detect_saved_answer

Comparison = Callable[[NormalizedJob, Any], bool]


def evaluate_boards(folder: Path) -> dict[str, Any]:
    """Return how many truth rows of `folder`/truth.jsonl every stated field survives the import of.

    The result has `cases`, `right`, `wrong`, `crashed` and `details`, one line per row that is not
    right: file, index and the fields that differ with (expected, imported).
    """
    lines = (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines if line.strip()]
    details: list[dict[str, Any]] = []
    crashed = 0
    for row in rows:
        try:
            differences = _differences(row, _import_row(folder, row))
        except (LookupError, OSError, ValueError, TypeError, AttributeError) as error:
            crashed += 1
            differences = {"crash": repr(error)}
        if differences:
            details.append({"file": row["file"], "index": row["index"], "fields": differences})
    return {
        "cases": len(rows),
        "right": len(rows) - len(details),
        "wrong": len(details) - crashed,
        "crashed": crashed,
        "details": details,
    }


def _import_row(folder: Path, row: dict[str, Any]) -> NormalizedJob | None:
    """Return the job imported from one row of a recorded answer; None for a hidden one."""
    body = (folder / row["file"]).read_bytes()
    saved = detect_saved_answer(body)
    ref = saved.ref if saved and saved.ref.kind == row["ats"] else BoardRef(row["ats"], "")
    result = adapter_for(row["ats"]).parse(body, 200, "application/json", ref)
    return next((job for job in result.jobs if job.external_id == row["external_id"]), None)


def _differences(row: dict[str, Any], job: NormalizedJob | None) -> dict[str, Any]:
    if job is None:
        return {} if row.get("listed") is False else {"job": "not imported"}
    differences: dict[str, Any] = {}
    if row.get("listed") is False:
        differences["listed"] = "an unlisted job was imported"
    for name, value in row.items():
        comparison = COMPARISONS.get(name)
        if comparison is not None and not comparison(job, value):
            differences[name] = {"expected": value, "imported": _imported(job, name)}
    return differences


def _imported(job: NormalizedJob, name: str) -> str:
    shown = {
        "salary": (job.salary_min, job.salary_max, job.salary_currency, job.salary_period),
        "compensation": (job.salary_text, job.salary_min, job.salary_max, job.salary_currency),
        "all_locations": job.locations,
        "secondary": job.locations[1:],
        "workplace": job.remote_policy,
        "remote": job.is_remote,
    }
    return str(shown.get(name, getattr(job, name, "")))


def _same_workplace(job: NormalizedJob, value: Any) -> bool:
    """Whether the policy agrees; a board that says "unspecified" states none to compare."""
    stated = str(value or "").casefold().replace("-", "")
    return stated not in ("remote", "hybrid", "onsite") or job.remote_policy == stated


def _same_salary(job: NormalizedJob, value: Any) -> bool:
    """Whether a structured salary (Lever's range, Recruitee's salary) was imported as it is."""
    stated = dict_of(value)
    imported = (job.salary_min, job.salary_max, job.salary_currency, job.salary_period)
    if not stated.get("min") and not stated.get("max"):
        return imported == (None, None, "", "")
    period = stated.get("interval") or stated.get("period") or ""
    expected = (
        _decimal(stated.get("min")),
        _decimal(stated.get("max")),
        stated.get("currency"),
        LEVER_INTERVALS.get(period, period),
    )
    return imported == expected


def _same_compensation(job: NormalizedJob, value: Any) -> bool:
    """Whether the displayed text is kept and the single Salary component, if any, agrees with it."""
    if (job.salary_text or None) != (value or None):
        return False
    if job.salary_min is None and job.salary_max is None:
        return _single_salary(job) is None
    if _single_salary(job) is None:
        return False
    stated = (
        parse_salary(value, is_salary_field=True, default_currency=job.salary_currency)
        if value
        else None
    )
    return stated is None or _close(stated.minimum, job.salary_min)


def _single_salary(job: NormalizedJob) -> Salary | None:
    """Return the one Salary component of the raw row, read on its own for comparison."""
    tiers = dict_of(job.raw.get("compensation")).get("compensationTiers") or []
    parts = [part for tier in tiers for part in tier.get("components", [])]
    found = [part for part in parts if part.get("compensationType") == "Salary"]
    if len(tiers) != 1 or len(found) != 1 or found[0].get("interval") not in ASHBY_INTERVALS:
        return None
    if found[0].get("minValue") is None and found[0].get("maxValue") is None:
        return None
    return Salary(None, None, found[0].get("currencyCode") or "", "")


def _close(one: Decimal | None, other: Decimal | None) -> bool:
    """Whether two amounts agree to the three digits that a displayed "102.8K" keeps."""
    if one is None or other is None:
        return True
    return abs(one - other) <= max(one, other) / 100


def _decimal(value: Any) -> Decimal | None:
    return Decimal(str(value)) if value not in (None, "") else None


COMPARISONS: dict[str, Comparison] = {
    "external_id": lambda job, value: job.external_id == value,
    "title": lambda job, value: job.title == value,
    "url": lambda job, value: job.url == value,
    "apply_url": lambda job, value: job.apply_url == value,
    "location": lambda job, value: job.location == (value or ""),
    "all_locations": lambda job, value: not value or list(job.locations) == value,
    "secondary": lambda job, value: list(job.locations[1:]) == (value or []),
    "commitment": lambda job, value: job.employment_type == (value or ""),
    "employment": lambda job, value: job.employment_type == (value or ""),
    "team": lambda job, value: job.team == (value or ""),
    "departments": lambda job, value: list(job.departments) == (value or []),
    "company": lambda job, value: job.company_name == (value or ""),
    "remote": lambda job, value: job.is_remote == value,
    "workplace": _same_workplace,
    "salary": _same_salary,
    "compensation": _same_compensation,
    "created_ms": lambda job, value: job.posted_at == instant_of_millis(value),
    "published": lambda job, value: job.posted_at == instant_of(value),
    "updated": lambda job, value: job.updated_at == instant_of(value),
}
