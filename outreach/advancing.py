"""Moving sequences on: follow-ups become due from the actual send before them, holds end, finished things are closed.

Safe to run twice and at the same time: every change is a compare-and-set or made under a row lock that others skip.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from jobs.applications import FORWARD, advance_application
from jobs.models import Application
from outreach.models import Enrollment, Message, Package
from outreach.scheduling import next_due, pace_for, zone_for
from outreach.stopping import resume_enrollment

Status = Message.Status

# How many rows one look takes; the rest comes with the next look.
BATCH = 500
# A follow-up to a mail that never arrived makes no sense to anybody.
NOT_SENT_REASON = "The mail before it could not be sent, so this one would have nothing to follow."
# States in which an earlier mail of the sequence means that no later one may follow.
DEAD_ENDS = (Status.FAILED, Status.BOUNCED, Status.COMPLAINED)
OPEN = (*Message.PENDING, Status.DRAFT, Status.SENDING, Status.UNKNOWN)


@dataclass(frozen=True)
class Advanced:
    """What one look changed, in rows."""

    resumed: int = 0
    scheduled: int = 0
    cancelled: int = 0
    finished: int = 0
    applied: int = 0


def advance_sequences(now: datetime) -> Advanced:
    """Do everything that the passing of time asks of sequences, once."""
    resumed = resume_held(now)
    scheduled, cancelled = schedule_follow_ups()
    finished = finish_enrollments()
    finish_packages()
    return Advanced(resumed, scheduled, cancelled, finished, mark_applied(now))


def resume_held(now: datetime) -> int:
    """Let the people be written to again whose hold is over; return how many."""
    over = Enrollment.objects.filter(status=Enrollment.Status.HELD, held_until__lte=now)
    rows = over.select_related("contact").order_by("held_until")[:BATCH]
    return sum(resume_enrollment(row, now=now) for row in rows)


def schedule_follow_ups() -> tuple[int, int]:
    """Schedule approved follow-ups whose previous mail was sent; cancel those whose previous mail never can be.

    Due: the actual send of the previous step plus the delay in working days, moved into the window. The delay of a
    cancelled step in between counts as well. Returns (scheduled, cancelled).
    """
    earlier = Message.objects.filter(
        enrollment=OuterRef("enrollment"), step_number__lt=OuterRef("step_number")
    )
    with transaction.atomic():
        waiting = list(
            Message.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(
                Exists(earlier.filter(Q(sent_at__isnull=False) | Q(status__in=DEAD_ENDS))),
                ~Exists(earlier.filter(status__in=OPEN)),
                status=Status.APPROVED,
                enrollment__status=Enrollment.Status.ACTIVE,
                approval__voided_at=None,
            )
            .select_related("enrollment__contact", "workspace", "step")
            .order_by("due_at", "pk")[:BATCH]
        )
        moves = [_advance(message) for message in waiting]
    return moves.count(Status.SCHEDULED), moves.count(Status.CANCELLED)


def _advance(message: Message) -> str:
    """Move one waiting follow-up on and return its new status, or "" when it stays."""
    before = list(
        message.enrollment.mails.filter(step_number__lt=message.step_number)
        .exclude(status=Status.APPROVED)
        .select_related("step")
        .order_by("-step_number")
    )
    skipped = _leading_cancelled(before)
    previous = before[len(skipped)]
    if previous.status in DEAD_ENDS:
        moved = message.move_to(Status.CANCELLED, status_reason=NOT_SENT_REASON)
        return str(Status.CANCELLED) if moved else ""
    if previous.sent_at is None:
        return ""
    due_at = next_due(
        previous.sent_at,
        message.step.delay_days + sum(mail.step.delay_days for mail in skipped),
        pace_for(message.workspace, message.is_sample),
        zone_for(message.enrollment.contact.time_zone, message.workspace.time_zone),
    )
    moved = message.move_to(Status.SCHEDULED, due_at=due_at, status_reason="")
    return str(Status.SCHEDULED) if moved else ""


def _leading_cancelled(mails: Sequence[Message]) -> list[Message]:
    found: list[Message] = []
    for mail in mails:
        if mail.status != Status.CANCELLED:
            break
        found.append(mail)
    return found


def finish_enrollments() -> int:
    """Finish enrollments in which nothing is left to send; return how many."""
    mails = Message.objects.filter(enrollment=OuterRef("pk"))
    rows = Enrollment.objects.filter(
        Exists(mails), ~Exists(mails.filter(status__in=OPEN)), status=Enrollment.Status.ACTIVE
    )
    return sum(row.move_to(Enrollment.Status.FINISHED) for row in rows[:BATCH])


def finish_packages() -> int:
    """Close approved packages in which every sequence is over; return how many."""
    enrollments = Enrollment.objects.filter(package=OuterRef("pk"))
    over = (Enrollment.Status.FINISHED, Enrollment.Status.STOPPED)
    rows = Package.objects.filter(
        Exists(enrollments),
        ~Exists(enrollments.exclude(status__in=over)),
        status=Package.Status.APPROVED,
    )
    return sum(row.move_to(Package.Status.DONE) for row in rows[:BATCH])


def mark_applied(now: datetime) -> int:
    """Move applications forward to Applied once a mail has left; return how many."""
    before = FORWARD[: FORWARD.index(Application.Status.APPLIED)]
    sent = Message.objects.filter(enrollment__application=OuterRef("pk"), sent_at__isnull=False)
    rows = Application.objects.filter(Exists(sent), status__in=before)
    return sum(
        advance_application(
            application, Application.Status.APPLIED, now=now, text="A mail was sent"
        )
        for application in rows[:BATCH]
    )
