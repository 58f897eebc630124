"""Moving an application along, with a history that is only ever added to."""

from datetime import datetime
from typing import Any

from django.db import transaction

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
        line = f"Moved from {Status(old).label} to {Status(status).label}"
        add_event(
            application,
            "moved",
            f"{line}: {text}" if text else line,
            now=now,
            actor=actor,
            from_status=old,
            to_status=status,
        )
    return True


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
    return ApplicationEvent.objects.create(
        workspace_id=application.workspace_id,
        application=application,
        at=now,
        kind=kind,
        text=text[:500],
        actor=actor,
        **fields,
    )
