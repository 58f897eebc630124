"""Moving an application along, with a history that is only ever added to."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Profile, User
from jobs.models import Application, ApplicationEvent, Job, JobMatch

Status = Application.Status

# The order in which automation may push an application; it never pulls one back (acceptance C14, ux.md: "only forward").
FORWARD = [
    Status.DISCOVERED,
    Status.SAVED,
    Status.DRAFTING,
    Status.READY,
    Status.APPLIED,
    Status.REPLIED,
    Status.INTERVIEWING,
    Status.OFFER,
]
CLOSED = frozenset({Status.ACCEPTED, Status.REJECTED, Status.WITHDRAWN, Status.GHOSTED})


class ReasonNeededError(ValueError):
    """A move back (or out of a closed state) was asked for without a reason."""


def open_application(
    profile: Profile, job: Job, *, actor: User | None, now: datetime
) -> Application:
    """Return the profile's application for the job, creating it as saved. Safe to call twice."""
    match = JobMatch.objects.filter(profile=profile, job=job).first()
    with transaction.atomic():
        application, created = Application.objects.get_or_create(
            profile=profile,
            job=job,
            defaults={
                "workspace": profile.workspace,
                "match_score": match.score if match else None,
                "last_action_at": now,
                "status_changed_at": now,
                "is_sample": job.is_sample,
            },
        )
        if created:
            found_at = min(job.created_at, now)
            add_event(
                application, "found", f"Found {found_at:%-d %b %Y} in {job.source}", now=found_at
            )
            add_event(application, "saved", "Saved", now=now, actor=actor)
    return application


def is_forward(old: str, new: str) -> bool:
    """Whether the move needs no reason: along FORWARD, or closing an open application."""
    if old in CLOSED:
        return False
    return new in CLOSED or FORWARD.index(Status(new)) > FORWARD.index(Status(old))


def move_application(
    application: Application,
    status: str,
    *,
    now: datetime,
    actor: User | None = None,
    reason: str = "",
) -> bool:
    """Move as a person asked; return False when the application already stands there or another request was first.

    Raises ReasonNeededError for a move back without `reason`.
    """
    old = application.status
    if old == status:
        return False
    if not is_forward(old, status) and not reason.strip():
        label = Status(status).label
        raise ReasonNeededError(
            f"Moving back to “{label}” needs a reason, because the history keeps it. Say why in a few words."
        )
    return _move(application, status, now=now, actor=actor, text=reason.strip())


def advance_application(
    application: Application, status: str, *, now: datetime, text: str = ""
) -> bool:
    """Move as automation may: forward only, never out of a closed state; return whether it moved."""
    if application.status == status or not is_forward(application.status, status):
        return False
    return _move(application, status, now=now, actor=None, text=text)


@transaction.atomic
def advance_all(
    rows: "QuerySet[Application]", status: str, *, now: datetime, text: str = ""
) -> int:
    """Move each application of `rows` as advance_application does, in a few queries; return how many moved.

    Rows that another transaction holds are left for the next call.
    """
    locked = rows.select_for_update(of=("self",), skip_locked=True, no_key=True)
    moving = [row for row in locked if row.status != status and is_forward(row.status, status)]
    chosen = Application.objects.filter(pk__in=[row.pk for row in moving])
    if status == Status.APPLIED:
        chosen.filter(applied_at=None).update(applied_at=now)
    moved = chosen.update(status=status, last_action_at=now, status_changed_at=now)
    ApplicationEvent.objects.bulk_create(
        _event(
            row,
            "moved",
            _moved_line(row.status, status, text),
            now=now,
            from_status=row.status,
            to_status=status,
        )
        for row in moving
    )
    return moved


def restore_status(
    application: Application, status: str, *, now: datetime, actor: User | None, text: str
) -> bool:
    """Put back the status that an undone move had changed."""
    return application.status != status and _move(
        application, status, now=now, actor=actor, text=text
    )


def _move(
    application: Application, status: str, *, now: datetime, actor: User | None, text: str
) -> bool:
    old = application.status
    fields: dict[str, Any] = {"last_action_at": now, "status_changed_at": now}
    if status == Status.APPLIED and application.applied_at is None:
        fields["applied_at"] = now
    with transaction.atomic():
        if not application.move_to(status, **fields):
            return False
        add_event(
            application,
            "moved",
            _moved_line(old, status, text),
            now=now,
            actor=actor,
            from_status=old,
            to_status=status,
        )
    return True


def _moved_line(old: str, status: str, text: str) -> str:
    line = f"Moved from {Status(old).label} to {Status(status).label}"
    return f"{line}: {text}" if text else line


def add_event(
    application: Application,
    kind: str,
    text: str,
    *,
    now: datetime,
    actor: User | None = None,
    **fields: Any,
) -> ApplicationEvent:
    """Add one line to the history. `fields`: from_status, to_status, data (JSON-able)."""
    event = _event(application, kind, text, now=now, actor=actor, **fields)
    event.save(force_insert=True)
    return event


def add_events(
    lines: Mapping[Application, str], kind: str, *, now: datetime, actor: User | None = None
) -> None:
    """Add one line to the history of each application, together."""
    ApplicationEvent.objects.bulk_create(
        _event(application, kind, text, now=now, actor=actor) for application, text in lines.items()
    )


def _event(
    application: Application,
    kind: str,
    text: str,
    *,
    now: datetime,
    actor: User | None = None,
    **fields: Any,
) -> ApplicationEvent:
    return ApplicationEvent(
        workspace_id=application.workspace_id,
        application=application,
        at=now,
        kind=kind,
        text=text[:500],
        actor=actor,
        **fields,
    )
