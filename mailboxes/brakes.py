"""The mailbox's brake: it warns, stops a mailbox before its name is damaged, and lets it go on carefully a day later.

Thresholds of architecture section 7. They are those of the whole field: Gmail wants spam reports below 0.1 % and never at
0.3 %, Amazon SES reviews an account at 5 % of bounces (quality.md section 2).
"""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from accounts.models import Notification
from mailboxes.capacity import HEALTH_TO_SEND
from mailboxes.health import WEEK, Figures, assess, failed_records, figures_since, first_of_week
from mailboxes.models import Mailbox

logger = logging.getLogger(__name__)

HEALTH_TO_PAUSE = 50
BOUNCES_TO_WARN, BOUNCES_TO_PAUSE = 0.02, 0.05
COMPLAINTS_TO_WARN, COMPLAINTS_TO_PAUSE = 0.001, 0.003
# Architecture section 7: below this a rate of bounces says nothing; two unlucky addresses would be 10 % of twenty.
BOUNCES_SAMPLE = 50
# One complaint is 0.3 % or more of anything up to 333 mails, so alone it stops a mailbox only when there were as many
# mails as the field's own policies ask for (quality.md section 2: at least 100 in 7 days). Below that it warns, costs 20
# points of health and freezes the ramp, and a second one stops the mailbox: that is no accident any more.
COMPLAINTS_SAMPLE = 100
COMPLAINTS_BELOW_SAMPLE = 2
REST = timedelta(hours=24)
FALL, FALL_WITHIN = 10, timedelta(hours=24)
# The sweep comes every 15 minutes (architecture section 7) and leaves out what an event has just had looked at.
JUST_NOW = timedelta(minutes=5)


@dataclass(frozen=True)
class Ruling:
    """What figures ask for: `pause` and `warn` hold the reason as a sentence, or ""."""

    pause: str = ""
    warn: str = ""


def rule(figures: Figures, *, health: int | None = None) -> Ruling:
    """Return what some mails' bounces and complaints ask for; `health` belongs to mailboxes only."""
    bounces = f"{figures.bounced} of {max(figures.sent, figures.bounced)} mails bounced"
    complaints = f"{figures.complained} of {figures.sent} mails were reported as spam"
    if _too_many_complaints(figures):
        return Ruling(pause=f"{complaints}; sending stops at {COMPLAINTS_TO_PAUSE:.1%}.")
    if _bounces_reach(figures, BOUNCES_TO_PAUSE):
        return Ruling(pause=f"{bounces}; sending stops at {BOUNCES_TO_PAUSE:.0%}.")
    if health is not None and health < HEALTH_TO_PAUSE:
        return Ruling(pause=f"Its health fell to {health}; sending stops below {HEALTH_TO_PAUSE}.")
    if figures.complained and figures.complaint_rate >= COMPLAINTS_TO_WARN:
        return Ruling(warn=f"{complaints}.")
    if _bounces_reach(figures, BOUNCES_TO_WARN):
        return Ruling(warn=f"{bounces}.")
    return Ruling()


def _too_many_complaints(figures: Figures) -> bool:
    enough = (
        figures.sent >= COMPLAINTS_SAMPLE and figures.complained
    ) or figures.complained >= COMPLAINTS_BELOW_SAMPLE
    return bool(enough) and figures.complaint_rate >= COMPLAINTS_TO_PAUSE


def _bounces_reach(figures: Figures, limit: float) -> bool:
    mails = max(figures.sent, figures.bounced)
    return mails >= BOUNCES_SAMPLE and figures.bounce_rate >= limit


@transaction.atomic
def look_at(mailbox_id: int, *, now: datetime) -> str:
    """Compute a mailbox's health anew and apply the brake; return "paused", "resumed", "warned" or "". Safe to repeat.

    A practice mailbox has no name to lose and is left alone. Of two workers one waits for the other.
    """
    mailbox = (
        Mailbox.objects.select_for_update(of=("self",), no_key=True)
        .select_related("workspace")
        .filter(pk=mailbox_id, is_sandbox=False)
        .first()
    )
    if mailbox is None:
        return ""
    week = figures_since(mailbox, first_of_week(now))
    found = assess(week, failed=failed_records(mailbox), age=now - mailbox.created_at)
    _note_health(mailbox, found.score, found.reasons, now)
    if mailbox.status not in Mailbox.SENDING:
        return _look_again(mailbox, now)
    ruling = rule(_judged(mailbox, week, now), health=found.score)
    if ruling.pause:
        stop(mailbox, ruling.pause, now=now)
        return "paused"
    _note_warning(mailbox, ruling.warn, now)
    return "warned" if ruling.warn else ""


def look_at_all(*, now: datetime, limit: int = 10_000) -> int:
    """Look at every mailbox that was not looked at just now, the longest waiting first; return at how many."""
    due = (
        Mailbox.objects.filter(is_sandbox=False)
        .filter(Q(health_checked_at=None) | Q(health_checked_at__lte=now - JUST_NOW))
        .order_by(F("health_checked_at").asc(nulls_first=True), "pk")
        .values_list("pk", flat=True)[:limit]
    )
    looked = 0
    for mailbox_id in list(due):
        look_at(mailbox_id, now=now)
        looked += 1
    return looked


def stop(mailbox: Mailbox, reason: str, *, now: datetime) -> bool:
    """Stop a sending mailbox by the brake: half of its ramp is gone, and a day later it is looked at again."""
    if mailbox.status not in Mailbox.SENDING:
        return False
    sentence = f"{reason} It rests for 24 hours and then goes on with half of its ramp."
    stopped = mailbox.move_to(
        Mailbox.Status.PAUSED,
        status_reason=sentence[:300],
        braked_at=now,
        warned_at=None,
        ramp_days=F("ramp_days") / 2,
        # One that was never ramped now is, from the bottom: it has shown that it needs to be.
        warmup_started_on=mailbox.warmup_started_on or now.date(),
    )
    if stopped:
        logger.warning("A brake stopped a mailbox", extra={"mailbox": mailbox.pk})
        _tell(mailbox, "mailbox_braked", f"{mailbox.address} was stopped. {reason}")
    return stopped


def rests_until(mailbox: Mailbox) -> datetime | None:
    """Return until when a mailbox that the brake stopped must rest, or None when no brake stopped it."""
    if mailbox.status != Mailbox.Status.PAUSED or mailbox.braked_at is None:
        return None
    return mailbox.braked_at + REST


def _judged(mailbox: Mailbox, week: Figures, now: datetime) -> Figures:
    """Return the figures that may brake: on probation only those of the days after the brake, else the whole week."""
    if mailbox.braked_at is None:
        return week
    since = max((mailbox.braked_at + timedelta(days=1)).date(), first_of_week(now))
    return figures_since(mailbox, since)


def _look_again(mailbox: Mailbox, now: datetime) -> str:
    """Let a rested mailbox go on if its health allows; one that a person or operations stopped stays as it is."""
    until = rests_until(mailbox)
    if until is None or now < until or mailbox.paused_by_staff or mailbox.disconnected_at:
        return ""
    if mailbox.health < HEALTH_TO_SEND:
        return ""
    mailbox.move_to(Mailbox.Status.WARMUP, status_reason="")
    _tell(mailbox, "mailbox_resumed", f"{mailbox.address} sends again, with half of its ramp.")
    return "resumed"


def _note_warning(mailbox: Mailbox, warning: str, now: datetime) -> None:
    """A warning stands from its first moment on; probation ends when the week behind it is over."""
    fields = {"warned_at": (mailbox.warned_at or now) if warning else None}
    if mailbox.braked_at is not None and mailbox.braked_at < now - timedelta(days=WEEK):
        fields["braked_at"] = None
    changed = {key: value for key, value in fields.items() if getattr(mailbox, key) != value}
    if changed:
        Mailbox.objects.filter(pk=mailbox.pk).update(**changed)
        mailbox.refresh_from_db()


def _note_health(
    mailbox: Mailbox, score: int, reasons: list[dict[str, object]], now: datetime
) -> None:
    """Store the score, and call operations when it has fallen by FALL points within a day."""
    since = (now - FALL_WITHIN).astimezone(UTC).isoformat()
    trail = [[at, value] for at, value in (mailbox.health_trail or []) if at >= since]
    before = max([value for _, value in trail] + [mailbox.health])
    if score != mailbox.health:
        # What held until now held at this moment too.
        trail.append([now.astimezone(UTC).isoformat(), mailbox.health])
    fields = {
        "health": score,
        "health_reasons": reasons,
        "health_checked_at": now,
        "health_trail": trail,
    }
    is_told = mailbox.alerted_at is not None and mailbox.alerted_at > now - FALL_WITHIN
    if before - score >= FALL and not is_told:
        fields["alerted_at"] = now
        logger.error(
            "The health of a mailbox fell",
            extra={"mailbox": mailbox.pk, "before": before, "after": score},
        )
        _tell(mailbox, "mailbox_health", f"The health of {mailbox.address} fell to {score}.")
    Mailbox.objects.filter(pk=mailbox.pk).update(**fields)
    mailbox.refresh_from_db()


def _tell(mailbox: Mailbox, kind: str, text: str) -> None:
    Notification.objects.create(workspace=mailbox.workspace, kind=kind, text=text[:300])
