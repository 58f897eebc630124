"""Lever job sites (public Postings API, api.lever.co/v0 and api.eu.lever.co/v0)."""

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
    instant_of_millis,
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

_HOST = re.compile(r"(jobs|api)(?:\.(eu))?\.lever\.co")
# The API's own interval words. "bi-month-salary" may mean twice a month or every two months, and
# "one-time" is no salary: neither is written.
INTERVALS = {
    "per-year-salary": "year",
    "per-month-salary": "month",
    "semi-month-salary": "half_month",
    "bi-week-salary": "fortnight",
    "per-week-salary": "week",
    "per-day-wage": "day",
    "per-hour-wage": "hour",
}


class LeverAdapter:
    """Reads `GET /v0/postings/{token}?mode=json`: a top-level array."""

    kind = "lever"
    name = "Lever"
    terms_url = "https://github.com/lever/postings-api"

    def board_from_url(self, url: str) -> BoardRef | None:
        """Recognise job sites, job and application pages, and API addresses, also European."""
        parts = parse_address(url)
        host = _HOST.fullmatch(parts.netloc) if parts else None
        if parts is None or host is None:
            return None
        segments = path_segments(parts)
        if host.group(1) == "api":
            segments = segments[2:] if segments[1:2] == ["postings"] else []
        if not segments or not is_token(segments[0]):
            return None
        job_id = segments[1] if len(segments) > 1 else ""
        return BoardRef(self.kind, segments[0], host.group(2) or "", job_id)

    def api_url(self, ref: BoardRef) -> str:
        """Return the address of all postings in the board's region."""
        region = ".eu" if ref.region == "eu" else ""
        return f"https://api{region}.lever.co/v0/postings/{quote(ref.token, safe='')}?mode=json"

    def recognises(self, document: object) -> BoardRef | None:
        """Recognise an array of postings with hostedUrl, an empty array and the 404 body."""
        if isinstance(document, dict):
            is_gone = document.get("ok") is False and document.get("error") == "Document not found"
            return BoardRef(self.kind, "") if is_gone else None
        if not isinstance(document, list):
            return None
        first = next((row for row in document if isinstance(row, dict)), None)
        if first is None:
            return BoardRef(self.kind, "") if not document else None
        if "hostedUrl" not in first and not ("categories" in first and "text" in first):
            return None
        found = self.board_from_url(text_of(first.get("hostedUrl")))
        return BoardRef(self.kind, found.token if found else "", found.region if found else "")

    def parse(self, body: bytes, status: int, content_type: str, ref: BoardRef) -> BoardResult:
        """Read the array; {"ok": false, ...} means that the site does not exist."""
        document = open_answer(body, status, name=self.name)
        if isinstance(document, BoardResult):
            return document
        if isinstance(document, dict) and document.get("ok") is False:
            if "not found" in text_of(document.get("error")).casefold():
                return judge_answer(body, 404, name=self.name) or unavailable(self.name, "no site")
            return unavailable(self.name, "it reports an error of its own")
        if not isinstance(document, list):
            return unavailable(self.name, "its answer has no list of jobs")
        return read_rows(document, lambda row: self._read_job(row, ref))

    def _read_job(self, row: dict[str, Any], ref: BoardRef) -> NormalizedJob:
        categories = dict_of(row.get("categories"))
        location = text_of(categories.get("location"))
        places = unique_texts(list_of(categories.get("allLocations")))
        places = places or ((location,) if location else ())
        department = text_of(categories.get("department"))
        job = NormalizedJob(
            source_kind=self.kind,
            board_token=ref.token,
            external_id=text_of(row.get("id")),
            title=text_of(row.get("text")),
            url=web_address(row.get("hostedUrl")),
            apply_url=web_address(row.get("applyUrl")),
            location=location or (places[0] if places else ""),
            locations=places,
            remote_policy=remote_policy_of(
                row.get("workplaceType"), is_remote=None, locations=places
            ),
            employment_type=text_of(categories.get("commitment")),
            department=department,
            departments=(department,) if department else (),
            team=text_of(categories.get("team")),
            requisition_id=text_of(row.get("reqCode")),
            posted_at=instant_of_millis(row.get("createdAt")),
            updated_at=instant_of_millis(row.get("updatedAt")),
            salary_text=text_of(row.get("salaryDescriptionPlain")),
            raw=row,
        )
        return finish_job(job.with_salary(_pay_of(row)), html=_description(row))


def _pay_of(row: dict[str, Any]) -> Salary | None:
    """Return the structured salary range; amounts inside the prose are not the range."""
    stated = dict_of(row.get("salaryRange"))
    period = INTERVALS.get(text_of(stated.get("interval")))
    currency = text_of(stated.get("currency")).upper()
    low, high = amount_of(stated.get("min")), amount_of(stated.get("max"))
    if period is None or not re.fullmatch(r"[A-Z]{3}", currency) or (low is None and high is None):
        return None
    return Salary(low, high, currency, period)


def _description(row: dict[str, Any]) -> str:
    """Return the posting in page order: introduction, lists, closing, note on pay."""
    pieces = [_html_or_plain(row, "description")]
    for block in map(dict_of, list_of(row.get("lists"))):
        heading = text_to_html(text_of(block.get("text")))
        content = block.get("content")
        pieces.append(heading.replace("p>", "h4>"))
        pieces.append(f"<ul>{content}</ul>" if isinstance(content, str) else "")
    pieces.append(_html_or_plain(row, "additional"))
    pieces.append(_html_or_plain(row, "salaryDescription"))
    return "\n".join(filter(None, pieces))


def _html_or_plain(row: dict[str, Any], key: str) -> str:
    html, plain = row.get(key), row.get(f"{key}Plain")
    if isinstance(html, str) and html.strip():
        return html
    return text_to_html(plain) if isinstance(plain, str) else ""
