"""Moving an application on the board: closing it stops the mail as well, and an undo brings both back."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from jobs.applications import CLOSED, add_event, move_application, restore_status
from jobs.models import Application, ApplicationEvent
from outreach import stopping
from outreach.models import Enrollment

# Keeps what closing an application stopped, for the undo.
STOPPED_WITH_MOVE = "writing_stopped"


class MovedMeanwhileError(Exception):
    """Somebody or something moved the application since the person looked; `application` is as it stands now."""

    def __init__(self, application: Application) -> None:
        """Keep the application."""
        self.application = application
        super().__init__(f"It now stands in “{application.get_status_display()}”.")


@transaction.atomic
def move(
    application: Application,
    status: str,
    *,
    seen: str,
    actor: User,
    now: datetime,
    reason: str = "",
) -> bool:
    """Move to `status` if the application still stands in `seen`; return False when it is there already.

    Closing it stops everyone who is written to for it. Raises MovedMeanwhileError, and ReasonNeededError (from
    jobs.applications) for a move back without `reason`.
    """
    application.refresh_from_db(fields=["status", "status_changed_at"])
    if application.status == status:
        return False
    if application.status != seen:
        raise MovedMeanwhileError(application)
    if not move_application(application, status, now=now, actor=actor, reason=reason):
        application.refresh_from_db(fields=["status", "status_changed_at"])
        raise MovedMeanwhileError(application)
    if status in CLOSED:
        stopped = stopping.stop_for_application(
            application, Enrollment.StopReason.BY_PERSON, now=now
        )
        if stopped:
            add_event(
                application,
                STOPPED_WITH_MOVE,
                "Writing stopped, because the application was closed",
                now=now,
                actor=actor,
                data={"effects": [result.as_effect() for result in stopped]},
            )
    return True


@transaction.atomic
def undo_move(
    application: Application, *, back_to: str, moved_to: str, actor: User, now: datetime
) -> bool:
    """Put an application back where it stood before a move, with the mail that the move stopped.

    Returns False when it stands there already; raises MovedMeanwhileError when it went on since.
    """
    application.refresh_from_db(fields=["status", "status_changed_at"])
    if application.status == back_to:
        return False
    if application.status != moved_to:
        raise MovedMeanwhileError(application)
    moved_at = application.status_changed_at
    if not restore_status(application, back_to, now=now, actor=actor, text="the move was undone"):
        raise MovedMeanwhileError(application)
    event = ApplicationEvent.objects.filter(
        application=application, kind=STOPPED_WITH_MOVE, at__gte=moved_at
    ).first()
    for effect in event.data["effects"] if event else []:
        stopping.restore(effect, workspace=application.workspace, now=now)
    return True


@transaction.atomic
def stop_writing(enrollment: Enrollment, *, actor: User, now: datetime) -> bool:
    """Stop writing to one person; return whether anything ran. `undo_stop` brings it back."""
    result = stopping.stop_enrollment(enrollment, Enrollment.StopReason.BY_PERSON, now=now)
    if result is None:
        return False
    add_event(
        enrollment.application,
        "stopped",
        f"Stopped writing to {enrollment.contact}",
        now=now,
        actor=actor,
        data={"effects": [result.as_effect()]},
    )
    return True


@transaction.atomic
def undo_stop(enrollment: Enrollment, *, actor: User, now: datetime) -> bool:
    """Undo `stop_writing` as far as nothing graver came since; return whether it came back."""
    events = ApplicationEvent.objects.filter(
        application=enrollment.application_id, kind__in=["stopped", STOPPED_WITH_MOVE]
    )
    effects = (effect for event in events for effect in event.data.get("effects", []))
    effect = next((row for row in effects if row["enrollment"] == enrollment.pk), None)
    if effect is None or not stopping.restore(effect, workspace=enrollment.workspace, now=now):
        return False
    text = f"Went on writing to {enrollment.contact}"
    add_event(enrollment.application, "resumed", text, now=now, actor=actor)
    return True
