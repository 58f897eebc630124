"""Rows in the shapes the boards answer with, about a company that does not exist."""

from __future__ import annotations

import json
from typing import Any


def greenhouse_row(**changes: Any) -> dict[str, Any]:
    return {
        "id": 4100001,
        "internal_job_id": 4000001,
        "title": "Senior Ferry Engineer ",
        "company_name": "Acme Lines ",
        "absolute_url": "https://job-boards.greenhouse.io/acmelines/jobs/4100001",
        "location": {"name": "Remote, Norway"},
        "updated_at": "2026-05-04T08:00:00-04:00",
        "first_published": "2026-05-01T08:00:00-04:00",
        "application_deadline": None,
        "requisition_id": "R-17",
        "metadata": [{"name": "Employment Type", "value": "Regular"}],
        "departments": [{"id": 1, "name": "Engines"}, {"id": 2, "name": "Fleet"}],
        "offices": [{"id": 1, "name": "Oslo"}],
        "content": "&lt;h2&gt;You&lt;/h2&gt;&lt;p&gt;Know &amp;amp; love C&amp;lt;T&amp;gt;.&lt;/p&gt;",
        **changes,
    }


def lever_row(**changes: Any) -> dict[str, Any]:
    return {
        "id": "0d0f7c1e-1111-4222-8333-000000000001",
        "text": "Harbour Pilot",
        "hostedUrl": "https://jobs.lever.co/acmelines/0d0f7c1e-1111-4222-8333-000000000001",
        "applyUrl": "https://jobs.lever.co/acmelines/0d0f7c1e-1111-4222-8333-000000000001/apply",
        "createdAt": 1767596368549,
        "categories": {
            "commitment": "Full-time",
            "department": "Operations",
            "location": "Bergen",
            "team": "Pilots",
            "allLocations": ["Bergen", "Oslo"],
        },
        "workplaceType": "hybrid",
        "salaryRange": {
            "interval": "per-year-salary",
            "currency": "NOK",
            "min": 600000,
            "max": 700000,
        },
        "description": "<div>Steer.</div><div>Dock.</div>",
        "lists": [{"text": "You have", "content": "<li>A licence</li><li>Calm</li>"}],
        "additional": "<p>Earn $5,000 extra.</p>",
        **changes,
    }


def ashby_salary(**changes: Any) -> dict[str, Any]:
    return {
        "compensationType": "Salary",
        "interval": "1 YEAR",
        "currencyCode": "CAD",
        "minValue": 102800,
        "maxValue": 137000,
        **changes,
    }


def ashby_tiers(*tiers: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "compensationTierSummary": "CA$102.8K – CA$137K",
        "compensationTiers": [{"components": list(tier)} for tier in tiers],
    }


def ashby_row(**changes: Any) -> dict[str, Any]:
    return {
        "id": "5a5a5a5a-0000-4000-8000-000000000001",
        "title": "Sonar Analyst",
        "department": "Data",
        "team": "Signals",
        "employmentType": "FullTime",
        "location": "Toronto",
        "secondaryLocations": [{"location": "Halifax"}],
        "publishedAt": "2026-04-20T22:43:56.531+00:00",
        "isListed": True,
        "isRemote": True,
        "workplaceType": "Hybrid",
        "jobUrl": "https://jobs.ashbyhq.com/Acme%20Lines/5a5a5a5a-0000-4000-8000-000000000001",
        "applyUrl": "https://jobs.ashbyhq.com/Acme%20Lines/5a5a5a5a-0000-4000-8000-000000000001/application",
        "descriptionHtml": "<p>Listen.</p>",
        "descriptionPlain": "Listen.",
        "compensation": ashby_tiers([ashby_salary()]),
        **changes,
    }


def recruitee_row(**changes: Any) -> dict[str, Any]:
    return {
        "id": 2700001,
        "title": "Buchhalter (m/w/d)",
        "company_name": "Acme Lines",
        "careers_url": "https://jobs.acmelines.example/o/buchhalter",
        "careers_apply_url": "https://jobs.acmelines.example/o/buchhalter/c/new",
        "location": "Berlin, Berlin, Germany",
        "locations": [{"name": "HQ", "city": "Berlin", "state": "Berlin", "country": "Germany"}],
        "remote": False,
        "hybrid": True,
        "on_site": False,
        "status": "published",
        "department": "Finance",
        "employment_type_code": "fulltime_permanent",
        "salary": {"min": "60000", "max": "75000", "period": "year", "currency": "EUR"},
        "published_at": "2026-05-05 10:10:39 UTC",
        "updated_at": "2026-05-06 11:45:30 UTC",
        "close_at": None,
        "description": "<p>Count.</p>",
        "requirements": "<ul><li>Numbers</li></ul>",
        "mailbox_email": "job.abc@acmelines.recruitee.com",
        **changes,
    }


def greenhouse_answer(*rows: Any) -> bytes:
    return json.dumps({"jobs": rows, "meta": {"total": len(rows)}}).encode()


def lever_answer(*rows: Any) -> bytes:
    return json.dumps(rows).encode()


def ashby_answer(*rows: Any) -> bytes:
    return json.dumps({"apiVersion": "1", "jobs": rows}).encode()


def recruitee_answer(*rows: Any) -> bytes:
    return json.dumps({"offers": rows}).encode()


ROWS = {
    "greenhouse": (greenhouse_row, greenhouse_answer),
    "lever": (lever_row, lever_answer),
    "ashby": (ashby_row, ashby_answer),
    "recruitee": (recruitee_row, recruitee_answer),
}
