"""Showing openings: money, places, marked posting text."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from jobs.models import Job
from jobs.sanitizing import sanitize_html

register = template.Library()

PERIOD_WORDS = {
    "hour": "an hour",
    "day": "a day",
    "week": "a week",
    "month": "a month",
    "year": "a year",
}


@register.filter
def pay(job: Job) -> str:
    """Return the pay as people write it, or “pay not stated”."""
    if job.salary_min is None and job.salary_max is None:
        return job.salary_text or "pay not stated"
    amounts = [_short(amount) for amount in (job.salary_min, job.salary_max) if amount is not None]
    span = "–".join(dict.fromkeys(amounts))
    period = PERIOD_WORDS.get(job.salary_period, "")
    return f"{span} {job.salary_currency} {period}".strip()


def _short(amount: Decimal) -> str:
    if amount >= 1000 and amount % 100 == 0:
        return f"{(amount / 1000).normalize():f}k"
    return f"{amount.normalize():f}" if amount == amount.to_integral() else f"{amount:.2f}"


@register.filter
def places(job: Job) -> str:
    """Return where the work is, in one line."""
    named = list(job.locations[:3]) + (["…"] if len(job.locations) > 3 else [])
    policy = job.get_remote_policy_display() if job.remote_policy else ""
    if policy and not any(policy.lower() in place.lower() for place in named):
        named.insert(0, policy)
    return " · ".join(named) or "Place not stated"


@register.filter
def labels(findings: Sequence[dict[str, Any]], limit: int = 3) -> str:
    """Return the first few different labels of findings, in one line."""
    return ", ".join(list(dict.fromkeys(finding["label"] for finding in findings))[:limit])


@register.filter
def published(html: str) -> SafeString:
    """Return a posting's HTML, sanitised once more on the way out; what was stored is never trusted."""
    return mark_safe(sanitize_html(html))  # noqa: S308 - nh3's output is the sanitised form


@register.simple_tag
def marked_posting(text: str, findings: Sequence[dict[str, Any]]) -> SafeString:
    """Return the posting's text, escaped, with the lines that findings quote marked and reachable as #quote-N."""
    spans = sorted(
        {
            (f["start"], f["end"])
            for f in findings
            if f.get("source") == "description" and f["end"] > f["start"]
        }
    )
    parts, at = [], 0
    for start, end in spans:
        if start < at or end > len(text):
            continue
        parts.append(escape(text[at:start]))
        parts.append(format_html('<mark id="quote-{}">{}</mark>', start, text[start:end]))
        at = end
    parts.append(escape(text[at:]))
    return mark_safe("".join(parts))  # noqa: S308 - every piece above is escaped
