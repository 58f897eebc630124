"""Moving sequences on: follow-ups become due from the actual send before them, holds end, finished things are closed.

Safe to run twice and at the same time: every change is a compare-and-set or made under a row lock that others skip.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from jobs.applications import FORWARD, advance_all
from jobs.models import Application
from outreach.models import Enrollment, Message, Package
from outreach.scheduling import choose_pace, next_due, zone_for
from outreach.stopping import resume_enrollment

Status = Message.Status

# How many rows one look takes; the rest comes with the next look. Ended holds are taken one by one, the rest together.
HOLDS_A_LOOK = 500
ROWS_A_LOOK = 5_000
# Follow-ups: a thousand are one short transaction, and a look ends after ten, so that it never holds up the next chore.
FOLLOW_UPS_AT_ONCE = 1000
FOLLOW_UPS_A_LOOK = 10_000
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
    rows = over.select_related("contact").order_by("held_until")[:HOLDS_A_LOOK]
    return sum(resume_enrollment(row, now=now) for row in rows)


def schedule_follow_ups() -> tuple[int, int]:
    """Schedule approved follow-ups whose previous mail was sent; cancel those whose previous mail never can be.

    Due: the actual send of the previous step plus the delay in working days, moved into the window. The delay of a
    cancelled step in between counts as well. Returns (scheduled, cancelled); more than FOLLOW_UPS_A_LOOK wait for the
    next look.
    """
    scheduled = cancelled = 0
    after = None
    for _ in range(FOLLOW_UPS_A_LOOK // FOLLOW_UPS_AT_ONCE):
        with transaction.atomic():
            waiting = _waiting_follow_ups(after)
            dues, dead = _judge(waiting)
            scheduled += _schedule(dues)
            cancelled += Message.objects.filter(pk__in=dead, status=Status.APPROVED).update(
                status=Status.CANCELLED, status_reason=NOT_SENT_REASON
            )
        if len(waiting) < FOLLOW_UPS_AT_ONCE:
            break
        after = (waiting[-1]["due_at"], waiting[-1]["pk"])
    return scheduled, cancelled


def _waiting_follow_ups(after: tuple[datetime, int] | None) -> list[dict[str, Any]]:
    """Lock and return the next follow-ups that may move, in the order of their dates; none that another look holds."""
    earlier = Message.objects.filter(
        enrollment=OuterRef("enrollment"), step_number__lt=OuterRef("step_number")
    )
    rows = Message.objects.select_for_update(skip_locked=True, of=("self",), no_key=True).filter(
        Exists(earlier.filter(Q(sent_at__isnull=False) | Q(status__in=DEAD_ENDS))),
        ~Exists(earlier.filter(status__in=OPEN)),
        status=Status.APPROVED,
        enrollment__status=Enrollment.Status.ACTIVE,
        approval__voided_at=None,
    )
    if after is not None:
        rows = rows.filter(due_at__gte=after[0]).exclude(due_at=after[0], pk__lte=after[1])
    found = rows.order_by("due_at", "pk").values(
        "pk",
        "due_at",
        "enrollment_id",
        "step_number",
        "is_sample",
        "step__delay_days",
        "enrollment__contact__time_zone",
        "workspace__time_zone",
        "workspace__pace",
    )
    return [dict(row) for row in found[:FOLLOW_UPS_AT_ONCE]]


def _judge(waiting: list[dict[str, Any]]) -> tuple[dict[int, datetime], list[int]]:
    """Return when each is due whose previous mail was sent, and those whose previous mail never will be."""
    before: dict[int, list[dict[str, Any]]] = {}
    for mail in (
        Message.objects.filter(enrollment__in={row["enrollment_id"] for row in waiting})
        .exclude(status=Status.APPROVED)
        .order_by("-step_number")
        .values("enrollment_id", "step_number", "status", "sent_at", "step__delay_days")
    ):
        before.setdefault(mail["enrollment_id"], []).append(dict(mail))
    dues: dict[int, datetime] = {}
    dead = []
    for row in waiting:
        delay_days = row["step__delay_days"]
        for previous in before.get(row["enrollment_id"], ()):
            if previous["step_number"] >= row["step_number"]:
                continue
            if previous["status"] == Status.CANCELLED:
                delay_days += previous["step__delay_days"]
                continue
            if previous["status"] in DEAD_ENDS:
                dead.append(row["pk"])
            elif previous["sent_at"] is not None:
                dues[row["pk"]] = _due_at(row, previous["sent_at"], delay_days)
            break
    return dues, dead


def _due_at(row: dict[str, Any], sent_at: datetime, delay_days: int) -> datetime:
    return next_due(
        sent_at,
        delay_days,
        choose_pace(row["workspace__pace"], is_sample=row["is_sample"]),
        zone_for(row["enrollment__contact__time_zone"], row["workspace__time_zone"]),
    )


# Message.move_to for many: the old status stands in the WHERE.
SCHEDULE = f"""
UPDATE outreach_message m SET status = '{Status.SCHEDULED}', due_at = v.due_at, status_reason = ''
FROM unnest(%s::bigint[], %s::timestamptz[]) AS v (id, due_at)
WHERE m.id = v.id AND m.status = '{Status.APPROVED}'
"""  # noqa: S608 - only our own constants are written in


def _schedule(dues: dict[int, datetime]) -> int:
    if not dues:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(SCHEDULE, [list(dues), list(dues.values())])
        return cursor.rowcount


def finish_enrollments() -> int:
    """Finish enrollments in which nothing is left to send; return how many."""
    mails = Message.objects.filter(enrollment=OuterRef("pk"))
    rows = Enrollment.objects.filter(
        Exists(mails), ~Exists(mails.filter(status__in=OPEN)), status=Enrollment.Status.ACTIVE
    )
    over = list(rows.values_list("pk", flat=True)[:ROWS_A_LOOK])
    # Asked again by the statement that writes: a person may have brought a mail back meanwhile.
    return rows.filter(pk__in=over).update(status=Enrollment.Status.FINISHED) if over else 0


def finish_packages() -> int:
    """Close approved packages in which every sequence is over; return how many."""
    enrollments = Enrollment.objects.filter(package=OuterRef("pk"))
    over = (Enrollment.Status.FINISHED, Enrollment.Status.STOPPED)
    rows = Package.objects.filter(
        Exists(enrollments),
        ~Exists(enrollments.exclude(status__in=over)),
        status=Package.Status.APPROVED,
    )
    done = list(rows.values_list("pk", flat=True)[:ROWS_A_LOOK])
    return rows.filter(pk__in=done).update(status=Package.Status.DONE) if done else 0


def mark_applied(now: datetime) -> int:
    """Move applications forward to Applied once a mail has left; return how many."""
    before = FORWARD[: FORWARD.index(Application.Status.APPLIED)]
    sent = Message.objects.filter(enrollment__application=OuterRef("pk"), sent_at__isnull=False)
    rows = Application.objects.filter(Exists(sent), status__in=before)
    return advance_all(
        rows[:ROWS_A_LOOK], Application.Status.APPLIED, now=now, text="A mail was sent"
    )
