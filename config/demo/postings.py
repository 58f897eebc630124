"""The sample openings in the shapes in which Greenhouse, Lever and Ashby answer.

They are written down in postings.txt, one block each: a line "[board] title | company | place | remote policy | pay | days
since it was published | closed", the introduction, and three lists (do, must, nice).
"""

import html
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("postings.txt")
HEADINGS = {"do": "What you will do", "must": "Requirements", "nice": "Nice to have"}
# One id for each posting for ever, whatever its place in the file.
NAMESPACE = uuid.UUID("6f0d2c1a-7a53-4a0e-9d0b-5a0c1b7e0007")


@dataclass(frozen=True)
class Posting:
    """One opening. `pay` is (least, most) in EUR a year, `days` its age, `lists` its bullets by HEADINGS' keys."""

    board: str
    title: str
    company: str
    place: str
    remote: str
    pay: tuple[int, int]
    days: int
    is_closed: bool
    introduction: str
    lists: dict[str, list[str]] = field(default_factory=dict)

    @property
    def id(self) -> uuid.UUID:
        """Its id at the board."""
        return uuid.uuid5(NAMESPACE, f"{self.board} {self.company} {self.title}")

    @property
    def url(self) -> str:
        """Where it would be listed; example domains lead nowhere (RFC 2606)."""
        return f"https://jobs.{self.board}.example/{self.id}"


def load_postings() -> list[Posting]:
    """Return every sample opening in the order of the file."""
    return [_read(block) for block in FILE.read_text(encoding="utf-8").strip().split("\n\n")]


def _read(block: str) -> Posting:
    head, introduction, *lists = block.splitlines()
    board, _, rest = head.removeprefix("[").partition("] ")
    title, company, place, remote, pay, days, *closed = rest.split(" | ")
    least, _, most = pay.removesuffix(" EUR").partition("-")
    return Posting(
        board=board,
        title=title,
        company=company,
        place=place,
        remote=remote,
        pay=(int(least), int(most)),
        days=int(days),
        is_closed=closed == ["closed"],
        introduction=introduction,
        lists={
            key: bullets.split(" | ")
            for key, _, bullets in (line.partition(": ") for line in lists)
        },
    )


def answer_of(board: str, postings: Iterable[Posting], *, now: datetime) -> bytes:
    """Return what the board would answer if it listed these openings; ages count from `now`."""
    rows = [_ROWS[board](posting, now - timedelta(days=posting.days)) for posting in postings]
    document: Any = rows
    if board == "greenhouse":
        document = {"jobs": rows, "meta": {"total": len(rows)}}
    elif board == "ashby":
        document = {"apiVersion": "1", "jobs": rows}
    return json.dumps(document).encode()


def _greenhouse(posting: Posting, published: datetime) -> dict[str, Any]:
    least, most = posting.pay
    pay = {
        "title": "Salary range",
        "min_cents": least * 100,
        "max_cents": most * 100,
        "currency_type": "EUR",
    }
    return {
        "id": posting.id.int % 10**9,
        "title": posting.title,
        "company_name": posting.company,
        "absolute_url": posting.url,
        "location": {"name": _place(posting)},
        "first_published": published.isoformat(),
        "updated_at": published.isoformat(),
        "pay_input_ranges": [pay],
        "content": html.escape(_html(posting)),
    }


def _lever(posting: Posting, published: datetime) -> dict[str, Any]:
    least, most = posting.pay
    lists = [
        {"text": HEADINGS[key], "content": "".join(f"<li>{html.escape(b)}</li>" for b in bullets)}
        for key, bullets in posting.lists.items()
    ]
    return {
        "id": str(posting.id),
        "text": posting.title,
        "hostedUrl": posting.url,
        "applyUrl": f"{posting.url}/apply",
        "createdAt": int(published.timestamp() * 1000),
        "categories": {"commitment": "Full-time", "location": posting.place},
        "workplaceType": posting.remote,
        "salaryRange": {
            "interval": "per-year-salary",
            "currency": "EUR",
            "min": least,
            "max": most,
        },
        "description": f"<p>{html.escape(posting.introduction)}</p>",
        "lists": lists,
    }


def _ashby(posting: Posting, published: datetime) -> dict[str, Any]:
    least, most = posting.pay
    salary = {
        "compensationType": "Salary",
        "interval": "1 YEAR",
        "currencyCode": "EUR",
        "minValue": least,
        "maxValue": most,
    }
    return {
        "id": str(posting.id),
        "title": posting.title,
        "employmentType": "FullTime",
        "location": posting.place,
        "publishedAt": published.isoformat(),
        "isListed": True,
        "isRemote": posting.remote == "remote",
        "workplaceType": {"remote": "Remote", "hybrid": "Hybrid", "onsite": "OnSite"}[
            posting.remote
        ],
        "jobUrl": posting.url,
        "applyUrl": f"{posting.url}/application",
        "descriptionHtml": _html(posting),
        "compensation": {
            "compensationTierSummary": f"€{least:,} – €{most:,}",
            "compensationTiers": [{"components": [salary]}],
        },
    }


_ROWS = {"greenhouse": _greenhouse, "lever": _lever, "ashby": _ashby}


def _place(posting: Posting) -> str:
    """Greenhouse has one field for place and policy."""
    return f"Remote, {posting.place}" if posting.remote == "remote" else posting.place


def _html(posting: Posting) -> str:
    parts = [f"<p>{html.escape(posting.introduction)}</p>"]
    for key, bullets in posting.lists.items():
        parts.append(f"<h3>{HEADINGS[key]}</h3>")
        parts.append(f"<ul>{''.join(f'<li>{html.escape(b)}</li>' for b in bullets)}</ul>")
    return "".join(parts)
