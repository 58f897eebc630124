"""Which days count for the ramp of a mailbox (architecture section 7): only clean ones move it on.

A UTC day counts when something was sent, nobody complained, fewer than 3 % bounced, and neither a warning nor a person
froze the ramp. How many mails so many clean days allow is `capacity.ramp_cap`.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from mailboxes.capacity import RAMP
from mailboxes.figures import Day
from mailboxes.models import Mailbox, MailboxDay
from mailboxes.ramp_story import why_not_counted

# After so many clean days the ramp is over.
RAMP_DAYS = RAMP[-1][0]
# Receivers forget a sender who is silent for a month (quality.md section 2: SendGrid's warm-up begins again then).
IDLE = timedelta(days=30)


def count_days(*, now: datetime, limit: int = 5000) -> int:
    """Count every UTC day that is over and was not counted yet; return how many mailboxes were brought up to date.

    Safe to run at any time, any number at once: of two workers one counts a day.
    """
    yesterday = now.astimezone(UTC).date() - timedelta(days=1)
    due = (
        Mailbox.objects.filter(is_sandbox=False)
        .filter(Q(ramp_counted_on=None) | Q(ramp_counted_on__lt=yesterday))
        .order_by("pk")
        .values_list("pk", flat=True)[:limit]
    )
    return sum(count_for(mailbox_id, yesterday, now=now) for mailbox_id in list(due))


@transaction.atomic
def count_for(mailbox_id: int, yesterday: date, *, now: datetime) -> bool:
    """Count one mailbox's days up to and including `yesterday`; return whether this call did."""
    mailbox = (
        Mailbox.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
        .filter(pk=mailbox_id)
        .first()
    )
    if mailbox is None or (mailbox.ramp_counted_on or date.min) >= yesterday:
        return False
    mailbox.ramp_days = min(RAMP_DAYS, mailbox.ramp_days + len(_counting(mailbox, yesterday)))
    mailbox.ramp_counted_on = yesterday
    fields = ["ramp_days", "ramp_counted_on", "updated_at"]
    if _is_forgotten(mailbox, now):
        mailbox.ramp_days, mailbox.warmup_started_on = 0, now.astimezone(UTC).date()
        fields.append("warmup_started_on")
    mailbox.save(update_fields=fields)
    _follow(mailbox)
    return True


def days_that_count(days: Iterable[MailboxDay], *, frozen_until: date | None) -> list[date]:
    """Return the days on which the ramp moved on."""
    return [
        row.day
        for row in days
        if not (frozen_until is not None and row.day <= frozen_until)
        and not why_not_counted(Day(row.day, row.cap, row.sent, row.bounced, row.complained))
    ]


def _counting(mailbox: Mailbox, yesterday: date) -> list[date]:
    """Return the uncounted days that count; none while a warning stands."""
    if mailbox.warned_at is not None:
        return []
    rows = MailboxDay.objects.filter(mailbox=mailbox, day__lte=yesterday)
    if mailbox.ramp_counted_on is not None:
        rows = rows.filter(day__gt=mailbox.ramp_counted_on)
    elif mailbox.warmup_started_on is not None:
        rows = rows.filter(day__gte=mailbox.warmup_started_on)
    return days_that_count(rows.order_by("day"), frozen_until=mailbox.ramp_frozen_until)


def _is_forgotten(mailbox: Mailbox, now: datetime) -> bool:
    has_earned = mailbox.ramp_days > 0 or mailbox.status == Mailbox.Status.ACTIVE
    return has_earned and mailbox.last_sent_at is not None and mailbox.last_sent_at < now - IDLE


def _follow(mailbox: Mailbox) -> None:
    """Let the status say whether the ramp is over."""
    is_ramped = mailbox.warmup_started_on is not None
    if mailbox.status == Mailbox.Status.WARMUP and mailbox.ramp_days >= RAMP_DAYS:
        mailbox.move_to(Mailbox.Status.ACTIVE)
    elif mailbox.status == Mailbox.Status.ACTIVE and is_ramped and mailbox.ramp_days < RAMP_DAYS:
        mailbox.move_to(Mailbox.Status.WARMUP)
