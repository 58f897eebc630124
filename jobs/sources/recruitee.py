"""Recruitee careers sites (public Careers Site API, {company}.recruitee.com/api/offers)."""

from __future__ import annotations

import re
from typing import Any

from jobs.salary import Salary
from jobs.sources.base import (
    BoardRef,
    BoardResult,
    NormalizedJob,
    amount_of,
    dict_of,
    finish_job,
    instant_of,
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

_HOST = re.compile(r"([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\.recruitee\.com")
# Recruitee's own hosts that are no company's careers site.
_OWN_HOSTS = {"www", "api", "app", "docs", "support", "careers", "auth", "status", "blog", "help"}
_MAILBOX = re.compile(r"@([a-z0-9-]+)\.recruitee\.com$")
PERIODS = {name: name for name in ("year", "month", "week", "day", "hour")}


class RecruiteeAdapter:
    """Reads `GET /api/offers/`: {"offers": [...]}."""

    kind = "recruitee"
    name = "Recruitee"
    terms_url = "https://docs.recruitee.com/reference/intro-to-careers-site-api"

    def board_from_url(self, url: str) -> BoardRef | None:
        """Recognise {company}.recruitee.com; a company's own domain does not tell."""
        parts = parse_address(url)
        host = _HOST.fullmatch(parts.netloc) if parts else None
        if parts is None or host is None or host.group(1) in _OWN_HOSTS:
            return None
        segments = path_segments(parts)
        job_id = segments[1] if segments[:1] == ["o"] and len(segments) > 1 else ""
        return BoardRef(self.kind, host.group(1), "", job_id)

    def api_url(self, ref: BoardRef) -> str:
        """Return the address of all published offers."""
        return f"https://{ref.token}.recruitee.com/api/offers/"

    def recognises(self, document: object) -> BoardRef | None:
        """Recognise {"offers": [...]}."""
        rows = dict_of(document).get("offers")
        if not isinstance(rows, list):
            return None
        first = next((row for row in rows if isinstance(row, dict)), {})
        mailbox = _MAILBOX.search(text_of(first.get("mailbox_email")))
        return BoardRef(self.kind, mailbox.group(1) if mailbox else "")

    def parse(self, body: bytes, status: int, content_type: str, ref: BoardRef) -> BoardResult:
        """Read {"offers": [...]}; offers that are not published are hidden."""
        document = open_answer(body, status, name=self.name)
        if isinstance(document, BoardResult):
            return document
        rows = dict_of(document).get("offers")
        if not isinstance(rows, list):
            return unavailable(self.name, "its answer has no list of offers")
        return read_rows(rows, lambda row: self._read_job(row, ref))

    def _read_job(self, row: dict[str, Any], ref: BoardRef) -> NormalizedJob | None:
        if text_of(row.get("status")) not in ("", "published"):
            return None
        location = text_of(row.get("location"))
        named = [_place(dict_of(place)) for place in list_of(row.get("locations"))]
        places = unique_texts(named) if len(named) > 1 else unique_texts([location, *named][:1])
        is_remote = row.get("remote") if isinstance(row.get("remote"), bool) else None
        department = text_of(row.get("department"))
        job = NormalizedJob(
            source_kind=self.kind,
            board_token=ref.token,
            external_id=text_of(row.get("id")),
            title=text_of(row.get("title")),
            company_name=text_of(row.get("company_name")),
            url=web_address(row.get("careers_url")),
            apply_url=web_address(row.get("careers_apply_url")),
            location=location or (places[0] if places else ""),
            locations=places or unique_texts(named),
            is_remote=is_remote,
            remote_policy=_remote_policy(row),
            employment_type=text_of(row.get("employment_type_code")),
            department=department,
            departments=(department,) if department else (),
            posted_at=instant_of(row.get("published_at")) or instant_of(row.get("created_at")),
            updated_at=instant_of(row.get("updated_at")),
            expires_at=instant_of(row.get("close_at")),
            raw=row,
        )
        parts = [row.get("description"), row.get("requirements")]
        html = "\n".join(part for part in parts if isinstance(part, str))
        return finish_job(job.with_salary(_pay_of(row)), html=html)


def _place(place: dict[str, Any]) -> str:
    """Return "City, State, Country", or the place's own name."""
    pieces = unique_texts(place.get(key) for key in ("city", "state", "country"))
    return ", ".join(pieces) or text_of(place.get("name"))


def _remote_policy(row: dict[str, Any]) -> str:
    """Return the policy of the three flags, of which several may be set; the freest wins."""
    for flag, policy in (("remote", "remote"), ("hybrid", "hybrid"), ("on_site", "onsite")):
        if row.get(flag) is True:
            return policy
    return remote_policy_of("", is_remote=None, locations=[text_of(row.get("location"))])


def _pay_of(row: dict[str, Any]) -> Salary | None:
    stated = dict_of(row.get("salary"))
    period = PERIODS.get(text_of(stated.get("period")))
    currency = text_of(stated.get("currency")).upper()
    low, high = amount_of(stated.get("min")), amount_of(stated.get("max"))
    if period is None or not re.fullmatch(r"[A-Z]{3}", currency) or (low is None and high is None):
        return None
    return Salary(low, high, currency, period)
