"""Interviews of an application: when, which round, with whom; and the calendar file of one.

They live in `Application.interviews` as {"id", "at" (ISO 8601, UTC), "stage", "interviewer", "removed"}; a removed one
stays, so that an undo brings back exactly what was there.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.models import User
from jobs.applications import add_event
from jobs.models import Application

# Longer series than this are a mistake or an attack on the row's size.
MOST_INTERVIEWS = 50
LENGTH = timedelta(hours=1)
# RFC 5545 section 3.1: content lines are folded after 75 octets.
FOLD_OCTETS = 75


class InterviewError(Exception):
    """The interview cannot be kept; the text is a sentence for the person."""


@dataclass(frozen=True, kw_only=True)
class Interview:
    """One interview; `at` is aware, in UTC."""

    id: str
    at: datetime
    stage: str
    interviewer: str


def interviews_of(application: Application) -> list[Interview]:
    """Return the interviews that were not removed, earliest first; rows that nobody can read are left out."""
    read = (_read(row) for row in application.interviews if isinstance(row, dict))
    return sorted((row for row in read if row is not None), key=lambda row: (row.at, row.id))


def _read(row: dict[str, Any]) -> Interview | None:
    try:
        at = datetime.fromisoformat(str(row.get("at", "")))
    except ValueError:
        return None
    if row.get("removed") or at.tzinfo is None:
        return None
    return Interview(
        id=str(row.get("id", "")),
        at=at.astimezone(UTC),
        stage=str(row.get("stage", "")),
        interviewer=str(row.get("interviewer", "")),
    )


def upcoming(
    applications: Iterable[Application], *, now: datetime, within: timedelta
) -> list[tuple[Application, Interview]]:
    """Return the interviews that begin between `now` and `now + within`, earliest first."""
    found = [
        (application, interview)
        for application in applications
        for interview in interviews_of(application)
        if now <= interview.at <= now + within
    ]
    return sorted(found, key=lambda pair: (pair[1].at, pair[0].pk))


@transaction.atomic
def add_interview(
    application: Application,
    *,
    at: datetime,
    stage: str,
    interviewer: str,
    actor: User,
    now: datetime,
) -> Interview:
    """Keep one more interview and note it in the history. Raises InterviewError when there are too many."""
    row = _locked(application)
    if len(row.interviews) >= MOST_INTERVIEWS:
        raise InterviewError(f"An application holds at most {MOST_INTERVIEWS} interviews.")
    entry = {
        "id": uuid.uuid4().hex,
        "at": at.astimezone(UTC).isoformat(),
        "stage": stage,
        "interviewer": interviewer,
    }
    _keep(application, [*row.interviews, entry], now=now)
    words = f"Interview added: {stage or 'interview'}" + (
        f" with {interviewer}" if interviewer else ""
    )
    add_event(
        application, "interview_added", words, now=now, actor=actor, data={"interview": entry["id"]}
    )
    return Interview(id=entry["id"], at=at.astimezone(UTC), stage=stage, interviewer=interviewer)


@transaction.atomic
def set_removed(
    application: Application, interview_id: str, removed: bool, *, actor: User, now: datetime
) -> bool:
    """Remove an interview or bring it back; return whether anything changed."""
    rows = _locked(application).interviews
    changed = False
    for row in rows:
        if row.get("id") == interview_id and bool(row.get("removed")) != removed:
            row["removed"], changed = removed, True
    if changed:
        _keep(application, rows, now=now)
        kind, words = ("removed", "removed") if removed else ("restored", "brought back")
        add_event(application, f"interview_{kind}", f"Interview {words}", now=now, actor=actor)
    return changed


def _locked(application: Application) -> Application:
    row: Application = Application.objects.select_for_update(of=("self",), no_key=True).get(
        pk=application.pk
    )
    return row


def _keep(application: Application, rows: list[dict[str, Any]], *, now: datetime) -> None:
    Application.objects.filter(pk=application.pk).update(interviews=rows, last_action_at=now)
    application.interviews = rows


def as_calendar(application: Application, interview: Interview, *, now: datetime) -> str:
    """Return an iCalendar file (RFC 5545) with this interview; an hour long, because none says its length."""
    job = application.job
    title = f"{interview.stage or 'Interview'}: {job.title} at {job.company_name}"
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//RoleFerry//Interviews//EN",
        "BEGIN:VEVENT",
        f"UID:{_escape(interview.id)}@roleferry",
        f"DTSTAMP:{_stamp(now)}",
        f"DTSTART:{_stamp(interview.at)}",
        f"DTEND:{_stamp(interview.at + LENGTH)}",
        f"SUMMARY:{_escape(title)}",
    ]
    if interview.interviewer:
        lines.append(f"DESCRIPTION:{_escape(f'With {interview.interviewer}')}")
    lines += ["END:VEVENT", "END:VCALENDAR"]
    return "".join(f"{_fold(line)}\r\n" for line in lines)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _escape(text: str) -> str:
    """Escape a text value (RFC 5545 section 3.3.11); other control characters are not allowed at all."""
    text = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    text = text.replace("\r\n", "\\n").replace("\n", "\\n")
    return "".join(ch for ch in text if ch >= " " and ch != "\x7f")


def _fold(line: str) -> str:
    pieces, piece, size = [], "", 0
    for ch in line:
        width = len(ch.encode())
        if size + width > FOLD_OCTETS:
            pieces.append(piece)
            piece, size = " ", 1
        piece, size = piece + ch, size + width
    return "\r\n".join([*pieces, piece])
