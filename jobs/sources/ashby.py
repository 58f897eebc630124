"""Ashby job boards (public posting API, api.ashbyhq.com/posting-api)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from jobs.salary import Salary
from jobs.sanitizing import text_to_html
from jobs.sources.base import (
    BoardRef,
    BoardResult,
    NormalizedJob,
    amount_of,
    dict_of,
    finish_job,
    instant_of,
    is_token,
    list_of,
    open_answer,
    parse_address,
    path_segments,
    read_rows,
    remote_policy_of,
    text_of,
    unavailable,
    unique_texts,
    web_address,
)

# "1 YEAR", "1 MONTH", … as the API writes them; "NONE" and unknown intervals state no pay.
INTERVALS = {
    "1 YEAR": "year",
    "1 MONTH": "month",
    "2 WEEK": "fortnight",
    "2 WEEKS": "fortnight",
    "1 WEEK": "week",
    "1 DAY": "day",
    "1 HOUR": "hour",
}


class AshbyAdapter:
    """Reads `GET /posting-api/job-board/{token}?includeCompensation=true`."""

    kind = "ashby"
    name = "Ashby"
    terms_url = "https://developers.ashbyhq.com/docs/public-job-posting-api"

    def board_from_url(self, url: str) -> BoardRef | None:
        """Recognise board, job and application pages, and API addresses."""
        parts = parse_address(url)
        if parts is None or parts.netloc not in ("jobs.ashbyhq.com", "api.ashbyhq.com"):
            return None
        segments = path_segments(parts)
        if parts.netloc == "api.ashbyhq.com":
            segments = segments[2:] if segments[:2] == ["posting-api", "job-board"] else []
        if not segments or not is_token(segments[0]):
            return None
        return BoardRef(self.kind, segments[0], "", segments[1] if len(segments) > 1 else "")

    def api_url(self, ref: BoardRef) -> str:
        """Return the address of all postings with compensation. Tokens may hold spaces and case."""
        token = quote(ref.token, safe="")
        return f"https://api.ashbyhq.com/posting-api/job-board/{token}?includeCompensation=true"

    def recognises(self, document: object) -> BoardRef | None:
        """Recognise {"apiVersion", "jobs"} or jobs that carry a jobUrl."""
        body = dict_of(document)
        rows = body.get("jobs")
        if not isinstance(rows, list):
            return None
        first = next((row for row in rows if isinstance(row, dict)), {})
        if "apiVersion" not in body and "jobUrl" not in first:
            return None
        found = self.board_from_url(text_of(first.get("jobUrl")))
        return BoardRef(self.kind, found.token if found else "")

    def parse(self, body: bytes, status: int, content_type: str, ref: BoardRef) -> BoardResult:
        """Read {"jobs": [...]}; a board that does not exist answers "Not Found" as plain text."""
        document = open_answer(body, status, name=self.name)
        if isinstance(document, BoardResult):
            return document
        rows = dict_of(document).get("jobs")
        if not isinstance(rows, list):
            return unavailable(self.name, "its answer has no list of jobs")
        return read_rows(rows, lambda row: self._read_job(row, ref))

    def _read_job(self, row: dict[str, Any], ref: BoardRef) -> NormalizedJob | None:
        if row.get("isListed") is False:
            return None
        location = text_of(row.get("location"))
        secondary = [
            dict_of(entry).get("location") for entry in list_of(row.get("secondaryLocations"))
        ]
        places = unique_texts([location, *secondary])
        is_remote = row.get("isRemote") if isinstance(row.get("isRemote"), bool) else None
        compensation = dict_of(row.get("compensation"))
        department = text_of(row.get("department"))
        job = NormalizedJob(
            source_kind=self.kind,
            board_token=ref.token,
            external_id=text_of(row.get("id")),
            title=text_of(row.get("title")),
            url=web_address(row.get("jobUrl")),
            apply_url=web_address(row.get("applyUrl")),
            location=location,
            locations=places,
            is_remote=is_remote,
            remote_policy=remote_policy_of(
                row.get("workplaceType"), is_remote=is_remote, locations=places
            ),
            employment_type=text_of(row.get("employmentType")),
            department=department,
            departments=(department,) if department else (),
            team=text_of(row.get("team")),
            posted_at=instant_of(row.get("publishedAt")),
            updated_at=instant_of(row.get("updatedAt")),
            salary_text=text_of(compensation.get("compensationTierSummary")),
            raw=row,
        )
        html, plain = row.get("descriptionHtml"), row.get("descriptionPlain")
        if not isinstance(html, str) or not html.strip():
            html = text_to_html(plain) if isinstance(plain, str) else ""
        return finish_job(job.with_salary(_pay_of(compensation)), html=html)


def _pay_of(compensation: dict[str, Any]) -> Salary | None:
    """Return the pay when exactly one tier holds exactly one Salary component.

    Several tiers are several places or levels: which one applies is not ours to guess.
    """
    tiers = [dict_of(tier) for tier in list_of(compensation.get("compensationTiers"))]
    if len(tiers) != 1:
        return None
    components = [dict_of(part) for part in list_of(tiers[0].get("components"))]
    salaries = [part for part in components if part.get("compensationType") == "Salary"]
    if len(salaries) != 1:
        return None
    period = INTERVALS.get(text_of(salaries[0].get("interval")).upper())
    currency = text_of(salaries[0].get("currencyCode")).upper()
    low, high = amount_of(salaries[0].get("minValue")), amount_of(salaries[0].get("maxValue"))
    if period is None or not re.fullmatch(r"[A-Z]{3}", currency) or (low is None and high is None):
        return None
    return Salary(low, high, currency, period)
