"""Greenhouse job boards (public Job Board API, boards-api.greenhouse.io/v1)."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import Any
from urllib.parse import parse_qs, quote

from jobs.salary import Salary
from jobs.sources.base import (
    BoardRef,
    BoardResult,
    NormalizedJob,
    amount_of,
    dict_of,
    finish_job,
    instant_of,
    is_token,
    judge_answer,
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

_BOARD_HOST = re.compile(r"(?:boards|job-boards)(?:\.(eu))?\.greenhouse\.io")
_API_HOST = re.compile(r"(?:boards-api|api)(?:\.(eu))?\.greenhouse\.io")
# Below this a lone pay range without a stated period may be monthly, so it is not written.
_LEAST_YEARLY_PAY = 10_000


class GreenhouseAdapter:
    """Reads `GET /v1/boards/{token}/jobs?content=true`."""

    kind = "greenhouse"
    name = "Greenhouse"
    terms_url = "https://developers.greenhouse.io/job-board.html"

    def board_from_url(self, url: str) -> BoardRef | None:
        """Recognise board pages, job pages, embedded boards (?for=) and API addresses."""
        parts = parse_address(url)
        if parts is None:
            return None
        board = _BOARD_HOST.fullmatch(parts.netloc)
        api = _API_HOST.fullmatch(parts.netloc)
        segments = path_segments(parts)
        if board and segments[:1] == ["embed"]:
            query = parse_qs(parts.query)
            segments = [*query.get("for", []), "jobs", *query.get("token", [])]
        elif api:
            segments = segments[2:] if segments[1:2] == ["boards"] else []
        elif not board:
            return None
        if not segments or segments[0] == "jobs" or not is_token(segments[0]):
            return None
        job_id = segments[2] if segments[1:2] == ["jobs"] and len(segments) > 2 else ""
        region = (board or api).group(1) or ""  # type: ignore[union-attr]
        return BoardRef(self.kind, segments[0].lower(), region, job_id)

    def api_url(self, ref: BoardRef) -> str:
        """Return the address of all jobs with their descriptions.

        The API of the European data centre answers for its boards on the same host.
        """
        return f"https://boards-api.greenhouse.io/v1/boards/{quote(ref.token, safe='')}/jobs?content=true"

    def recognises(self, document: object) -> BoardRef | None:
        """Recognise {"jobs": [{"absolute_url": ...}]}, its empty form and its 404 body."""
        body = dict_of(document)
        if body.get("error") in ("Job not found", "Board not found") and "status" in body:
            return BoardRef(self.kind, "")
        rows = body.get("jobs")
        if not isinstance(rows, list):
            return None
        first = next((row for row in rows if isinstance(row, dict)), None)
        if first is None:
            return BoardRef(self.kind, "") if "meta" in body else None
        if "absolute_url" not in first:
            return None
        found = self.board_from_url(text_of(first.get("absolute_url")))
        return BoardRef(self.kind, found.token if found else "")

    def parse(self, body: bytes, status: int, content_type: str, ref: BoardRef) -> BoardResult:
        """Read {"jobs": [...]}; a 404 is a dead board."""
        answer = open_answer(body, status, name=self.name)
        if isinstance(answer, BoardResult):
            return answer
        document = dict_of(answer)
        if document.get("status") == 404:
            return judge_answer(body, 404, name=self.name) or unavailable(self.name, "no board")
        rows = document.get("jobs")
        if not isinstance(rows, list):
            return unavailable(self.name, "its answer has no list of jobs")
        total = dict_of(document.get("meta")).get("total")
        result = read_rows(rows, lambda row: self._read_job(row, ref))
        return replace(result, announced=total if isinstance(total, int) else None)

    def _read_job(self, row: dict[str, Any], ref: BoardRef) -> NormalizedJob:
        location = text_of(dict_of(row.get("location")).get("name"))
        offices = [dict_of(office) for office in list_of(row.get("offices"))]
        departments = unique_texts(dict_of(d).get("name") for d in list_of(row.get("departments")))
        job = NormalizedJob(
            source_kind=self.kind,
            board_token=ref.token,
            external_id=text_of(row.get("id")),
            title=text_of(row.get("title")),
            company_name=text_of(row.get("company_name")),
            url=web_address(row.get("absolute_url")),
            apply_url=web_address(row.get("absolute_url")),
            location=location,
            locations=(location,) if location else unique_texts(o.get("name") for o in offices),
            remote_policy=remote_policy_of("", is_remote=None, locations=(location,)),
            employment_type=_employment_type(row),
            department=departments[0] if departments else "",
            departments=departments,
            requisition_id=text_of(row.get("requisition_id")),
            posted_at=instant_of(row.get("first_published")),
            updated_at=instant_of(row.get("updated_at")),
            expires_at=instant_of(row.get("application_deadline")),
            salary_text=_pay_text(row),
            raw=row,
        )
        content = row.get("content")
        # The API entity-encodes the HTML once; decoding again would revive text that was meant
        # to be read as "<b>".
        html = unescape(content) if isinstance(content, str) else ""
        return finish_job(job.with_salary(_pay_of(row)), html=html)


def _employment_type(row: dict[str, Any]) -> str:
    """Return the company's own "Employment Type" field where it publishes one."""
    for entry in map(dict_of, list_of(row.get("metadata"))):
        if "employment type" in text_of(entry.get("name")).casefold():
            return text_of(entry.get("value"))
    return ""


def _pay_of(row: dict[str, Any]) -> Salary | None:
    """Return the pay of a job with exactly one published range; several zones name no one pay."""
    ranges = [dict_of(entry) for entry in list_of(row.get("pay_input_ranges"))]
    if len(ranges) != 1:
        return None
    low, high = amount_of(ranges[0].get("min_cents")), amount_of(ranges[0].get("max_cents"))
    currency = text_of(ranges[0].get("currency_type")).upper()
    if low is None or high is None or not re.fullmatch(r"[A-Z]{3}", currency):
        return None
    words = f"{text_of(ranges[0].get('title'))} {text_of(ranges[0].get('blurb'))}".casefold()
    is_hourly = "hourly" in words or "per hour" in words
    if not is_hourly and low / 100 < _LEAST_YEARLY_PAY:
        return None
    return Salary(low / 100, high / 100, currency, "hour" if is_hourly else "year")


def _pay_text(row: dict[str, Any]) -> str:
    """Return every published range in one line."""
    written = []
    for entry in map(dict_of, list_of(row.get("pay_input_ranges"))):
        low, high = amount_of(entry.get("min_cents")), amount_of(entry.get("max_cents"))
        if low is None or high is None:
            continue
        title = text_of(entry.get("title"))
        span = f"{text_of(entry.get('currency_type'))} {low / 100:,.0f}–{high / 100:,.0f}".strip()
        written.append(f"{span} ({title})" if title else span)
    return "; ".join(written)
