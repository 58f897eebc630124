"""schema.org JobPosting in a saved or pasted web page.

Reads the properties of https://schema.org/JobPosting as search engines ask for them, in JSON-LD,
Microdata or RDFa.
"""

from __future__ import annotations

import hashlib
import re
from decimal import Decimal
from html import unescape
from typing import Any

from jobs.salary import LOWEST_PER_YEAR, Salary, parse_salary
from jobs.sanitizing import html_to_text, text_to_html
from jobs.sources.base import (
    BoardResult,
    BoardStatus,
    NormalizedJob,
    RowError,
    amount_of,
    dict_of,
    finish_job,
    instant_of,
    read_rows,
    text_of,
    unique_texts,
    web_address,
)
from jobs.sources.structured import UnreadablePageError, find_items, parse_page

KIND = "jsonld"
UNITS = {
    "HOUR": "hour",
    "HOURLY": "hour",
    "HUR": "hour",
    "DAY": "day",
    "DAILY": "day",
    "WEEK": "week",
    "WEEKLY": "week",
    "MONTH": "month",
    "MONTHLY": "month",
    "MON": "month",
    "YEAR": "year",
    "YEARLY": "year",
    "ANN": "year",
    "ANNUAL": "year",
    "ANNUALLY": "year",
}
SECTIONS = {
    "responsibilities": "Responsibilities",
    "qualifications": "Qualifications",
    "skills": "Skills",
    "experienceRequirements": "Experience",
    "educationRequirements": "Education",
    "jobBenefits": "Benefits",
    "incentiveCompensation": "Incentives",
    "physicalRequirement": "Physical requirements",
    "employerOverview": "About the employer",
}


def parse_structured_page(html: str | bytes, *, url: str = "") -> BoardResult:
    """Return every JobPosting a page marks up; status EMPTY when it marks up none.

    `url` is where the page was saved from, if known; a posting's own or canonical address comes
    first. Never raises for a hostile page.
    """
    try:
        tree = parse_page(html)
    except UnreadablePageError as error:
        return BoardResult(BoardStatus.UNAVAILABLE, message=str(error))
    canonical = tree.css_first('link[rel="canonical"]')
    fallback = web_address(canonical.attributes.get("href")) if canonical else ""
    fallback = web_address(url) or fallback
    items = find_items(tree, "JobPosting")
    # A canonical address of a page with several postings names none of them.
    return read_rows(items, lambda item: _read_item(item, fallback if len(items) == 1 else ""))


def _read_item(item: dict[str, Any], fallback_url: str) -> NormalizedJob:
    title = text_of(item.get("title")) or text_of(item.get("name"))
    if not title:
        raise RowError("The posting has no title, so it cannot be shown.")
    company = _name(item.get("hiringOrganization"))
    locations = unique_texts(_place(place) for place in _list(item.get("jobLocation")))
    url = web_address(_first(item.get("url"))) or fallback_url
    identifier = _identifier(item.get("identifier"))
    is_remote = "TELECOMMUTE" in str(item.get("jobLocationType") or "").upper()
    if is_remote and not locations:
        required = _list(item.get("applicantLocationRequirements"))
        locations = unique_texts(_name(place) for place in required)
    job = NormalizedJob(
        source_kind=KIND,
        board_token="",
        external_id=identifier or _fingerprint(url, title, company, *locations),
        title=title,
        company_name=company,
        url=url,
        apply_url=url,
        location=locations[0] if locations else "",
        locations=locations,
        is_remote=True if is_remote else None,
        remote_policy="remote" if is_remote else "",
        employment_type=", ".join(unique_texts(_list(item.get("employmentType")))),
        requisition_id=identifier,
        posted_at=instant_of(_first(item.get("datePosted"))),
        updated_at=instant_of(_first(item.get("dateModified"))),
        expires_at=instant_of(_first(item.get("validThrough"))),
        salary_text=_salary_text(item.get("baseSalary")),
        raw=item,
    )
    return finish_job(job.with_salary(_salary(item)), html=_description(item), needs_url=False)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value] if value is not None else []


def _first(value: object) -> object:
    return next(iter(_list(value)), None)


def _name(value: object) -> str:
    """Return the name of an organisation or place given as text, object or list."""
    first = _first(value)
    return text_of(dict_of(first).get("name")) if isinstance(first, dict) else text_of(first)


def _identifier(value: object) -> str:
    first = _first(value)
    return text_of(dict_of(first).get("value")) if isinstance(first, dict) else text_of(first)


def _fingerprint(*parts: str) -> str:
    """Return a stable id for a posting that states none."""
    return hashlib.sha256("\n".join(parts).casefold().encode()).hexdigest()[:32]


def _place(place: object) -> str:
    """Return "Locality, Region, Country" of a Place, a PostalAddress or a plain text."""
    if not isinstance(place, dict):
        return text_of(place)
    address = _first(place.get("address")) or place
    if not isinstance(address, dict):
        return text_of(address)
    country = address.get("addressCountry")
    pieces = unique_texts(
        [
            _first(address.get("addressLocality")),
            _first(address.get("addressRegion")),
            _name(country),
        ]
    )
    return ", ".join(pieces) or text_of(place.get("name"))


def _salary(item: dict[str, Any]) -> Salary | None:
    stated = _first(item.get("baseSalary"))
    currency = text_of(item.get("salaryCurrency")).upper()
    if isinstance(stated, dict):
        currency = text_of(stated.get("currency")).upper() or currency
        value = _first(stated.get("value"))
        amounts = value if isinstance(value, dict) else {**stated, "value": value}
        unit = text_of(amounts.get("unitText") or amounts.get("unitCode") or stated.get("unitText"))
        low = amount_of(amounts.get("minValue")) or amount_of(amounts.get("value"))
        high = amount_of(amounts.get("maxValue"))
        return _checked(low, high, currency, UNITS.get(unit.upper(), "" if unit else "year"))
    single = amount_of(stated)
    if single is not None:
        return _checked(single, None, currency, "year")
    return parse_salary(text_of(stated), is_salary_field=True, default_currency=currency or "USD")


def _checked(
    low: Decimal | None, high: Decimal | None, currency: str, period: str
) -> Salary | None:
    """Return the pay unless its currency or period is unknown, or zero stands for "not stated"."""
    if (low is None and high is None) or not period or not re.fullmatch(r"[A-Z]{3}", currency):
        return None
    if period == "year" and (high or low or Decimal(0)) < LOWEST_PER_YEAR / 10:
        return None
    return Salary(low, None if low == high else high, currency, period)


def _salary_text(stated: object) -> str:
    first = _first(stated)
    return "" if isinstance(first, dict) else text_of(first)


def _description(item: dict[str, Any]) -> str:
    """Return the description followed by the sections it does not already contain."""
    main = _passage(item.get("description"))
    written = html_to_text(main)
    pieces = [main]
    for key, heading in SECTIONS.items():
        section = _passage(item.get(key))
        text = html_to_text(section)
        if text and text not in written:
            pieces.append(f"<h4>{heading}</h4>\n{section}")
    return "\n".join(filter(None, pieces))


def _passage(value: object) -> str:
    """Return a passage as HTML, whether it came as text, encoded HTML, HTML, object or list."""
    if isinstance(value, list):
        items = [_passage(entry) for entry in value]
        return "<ul>" + "".join(f"<li>{entry}</li>" for entry in items if entry) + "</ul>"
    if isinstance(value, dict):
        return _passage(value.get("description") or value.get("name"))
    if not isinstance(value, str):
        return ""
    if "<" not in value and re.search(r"&lt;/?[a-z]", value, re.IGNORECASE):
        value = unescape(value)
    if re.search(r"</?[a-z][^>]*>", value, re.IGNORECASE):
        return value if not re.match(r"\s*<li\b", value) else f"<ul>{value}</ul>"
    return text_to_html(unescape(value))
