"""What operations can stop for everybody at once: turned off and on with a reason that is kept."""

from datetime import datetime

from django.db import transaction

from accounts.auditing import ReasonMissingError, record
from accounts.models import PlatformSwitch, User

SENDING = PlatformSwitch.Key.SENDING


def turn_off(
    key: str, *, by: User | None, reason: str, now: datetime, actor_ip: str | None = None
) -> bool:
    """Stop `key` for every workspace, audited; False when it was off already (its reason then stays).

    `by` None means that the product itself did it. Raises accounts.auditing.ReasonMissingError for a blank reason.
    """
    return _turn(key, is_off=True, by=by, reason=reason, now=now, actor_ip=actor_ip)


def turn_on(
    key: str, *, by: User | None, reason: str, now: datetime, actor_ip: str | None = None
) -> bool:
    """Let `key` run again, audited; False when it ran already.

    Raises accounts.auditing.ReasonMissingError for a blank reason.
    """
    return _turn(key, is_off=False, by=by, reason=reason, now=now, actor_ip=actor_ip)


def is_off(key: str) -> bool:
    """Whether `key` is stopped for everybody."""
    return PlatformSwitch.objects.filter(key=key, is_off=True).exists()


def switch_of(key: str) -> PlatformSwitch | None:
    """Return the switch with its reason if it is off, else None."""
    return PlatformSwitch.objects.filter(key=key, is_off=True).first()


@transaction.atomic
def _turn(
    key: str, *, is_off: bool, by: User | None, reason: str, now: datetime, actor_ip: str | None
) -> bool:
    if not reason.strip():
        raise ReasonMissingError("Say why: a switch for everybody is kept with its reason.")
    PlatformSwitch.objects.bulk_create(
        [PlatformSwitch(key=key, is_off=False, changed_at=now)], ignore_conflicts=True
    )
    # Of two at the same moment the second waits here, finds it done and changes nothing.
    row = PlatformSwitch.objects.select_for_update(of=("self",)).get(key=key)
    if row.is_off == is_off:
        return False
    before = {"is_off": row.is_off, "reason": row.reason}
    row.is_off, row.reason = is_off, reason.strip()[:300]
    row.changed_at, row.changed_by = now, by
    row.save(update_fields=["is_off", "reason", "changed_at", "changed_by"])
    record(
        "switch.turn_off" if is_off else "switch.turn_on",
        row,
        actor=by,
        actor_ip=actor_ip,
        reason=reason,
        before=before,
        after={"is_off": is_off, "reason": row.reason},
    )
    return True
