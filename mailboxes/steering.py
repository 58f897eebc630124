"""What operations set on a mailbox by hand: its daily cap within the policy, and its ramp from the bottom."""

from datetime import date

from django.db import transaction

from mailboxes.models import Mailbox
from mailboxes.models.mailbox import DAILY_CAP_CEILING


class SteeringRefusedError(Exception):
    """The mailbox cannot be set that way; the message is a sentence for the operator."""


@transaction.atomic
def set_daily_cap(mailbox: Mailbox, cap: int) -> int:
    """Set how many mails a day the mailbox may send once its ramp is over; return the cap before.

    A lower one holds from the next mail on, though never below what is already on its way today. Raises
    SteeringRefusedError outside 1 to DAILY_CAP_CEILING, and when it is set so already.
    """
    if not 1 <= cap <= DAILY_CAP_CEILING:
        raise SteeringRefusedError(
            f"A mailbox may send 1 to {DAILY_CAP_CEILING} mails a day; nobody goes above that."
        )
    row = Mailbox.objects.select_for_update(no_key=True).get(pk=mailbox.pk)
    before: int = row.daily_cap
    if before == cap:
        raise SteeringRefusedError(f"Its cap is {cap} already.")
    Mailbox.objects.filter(pk=row.pk).update(daily_cap=cap)
    mailbox.refresh_from_db()
    return before


@transaction.atomic
def restart_ramp(mailbox: Mailbox, *, today: date) -> int:
    """Put the mailbox back to day 1 of its ramp; return how many clean days it had. A paused one stays paused.

    `today`, a UTC day, does not count: it began under the old ramp. Raises SteeringRefusedError for a practice mailbox,
    which has no ramp, and for one that stands at day 1 since today.
    """
    row = Mailbox.objects.select_for_update(no_key=True).get(pk=mailbox.pk)
    if row.is_sandbox:
        raise SteeringRefusedError("A practice mailbox has no ramp.")
    if row.warmup_started_on == today and row.ramp_days == 0:
        raise SteeringRefusedError("Its ramp began today already.")
    before: int = row.ramp_days
    fields = {"ramp_days": 0, "ramp_counted_on": today, "warmup_started_on": today}
    if row.status == Mailbox.Status.ACTIVE:
        row.move_to(Mailbox.Status.WARMUP, **fields)
    else:
        Mailbox.objects.filter(pk=row.pk).update(**fields)
    mailbox.refresh_from_db()
    return before
