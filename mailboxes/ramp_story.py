"""The warm-up in words: why a day did not count, what holds the ramp now, and what comes next."""

from datetime import date

from mailboxes.brakes import rests_until
from mailboxes.capacity import HEALTH_TO_SEND, RAMP
from mailboxes.figures import Day, as_percent
from mailboxes.models import Mailbox

# Architecture section 7: from this share of bounces on a day is not clean, so the ramp does not grow with it.
UNCLEAN_BOUNCES = 0.03
LAST_DAY = RAMP[-1][0]


def why_not_counted(day: Day) -> str:
    """Return why a day does not count for the ramp, or "" when it does."""
    if not day.sent:
        return "No mail left."
    if day.complained:
        return "Somebody reported a mail as spam."
    if day.bounced / day.sent >= UNCLEAN_BOUNCES:
        share = as_percent(day.bounced / day.sent)
        return f"{day.bounced} of {day.sent} mails bounced ({share})."
    return ""


def is_ramped(mailbox: Mailbox) -> bool:
    """Whether a mailbox goes through the ramp at all: practice and pool mailboxes that arrive warmed up do not."""
    return not mailbox.is_sandbox and (
        mailbox.status == Mailbox.Status.WARMUP or mailbox.warmup_started_on is not None
    )


def holds(mailbox: Mailbox, today: date) -> list[str]:
    """Return what keeps the ramp from growing at present, the gravest first; empty when nothing does."""
    found = []
    until = rests_until(mailbox)
    if until is not None:
        found.append(
            f"{mailbox.status_reason} Half of the days that counted are gone; "
            f"it is looked at again on {until:%-d %B at %H:%M} (UTC)."
        )
    elif mailbox.status not in Mailbox.SENDING:
        found.append(f"{mailbox.get_status_display()}: {mailbox.status_reason}")
    elif mailbox.health < HEALTH_TO_SEND:
        found.append(f"Its health is {mailbox.health}, and below {HEALTH_TO_SEND} nothing is sent.")
    if mailbox.warned_at is not None:
        found.append("A warning stands, and no day counts until it is over.")
    if mailbox.ramp_frozen_until is not None and mailbox.ramp_frozen_until >= today:
        found.append(f"You froze it until {mailbox.ramp_frozen_until:%-d %B %Y}.")
    return found
