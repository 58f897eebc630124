"""How much a mailbox may send: the ramp, the cap of a day, exact slots, the gap between two mails, which mailbox next.

The statements are plain SQL, because both Django and the dispatcher's own connections run them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from mailboxes.models import Mailbox

# Architecture section 7. (last day of the stage, mails a day): a new mailbox earns trust slowly.
RAMP = ((3, 5), (7, 10), (14, 20), (21, 30), (30, 40))
# Architecture section 7: below this health a mailbox is not chosen.
HEALTH_TO_SEND = 70
# Architecture section 7: a person does not send two mails in the same minute. The jitter only lengthens the gap.
GAP_SECONDS = 90
GAP_JITTER_SECONDS = 30

# The gap in SQL for the mailbox row `b`; the jitter follows from the last send, so every sender computes the same.
GAP_SQL = f"""make_interval(secs => {GAP_SECONDS}
    + mod(abs(hashint8(extract(epoch FROM b.last_sent_at)::bigint # b.id)::bigint), {GAP_JITTER_SECONDS + 1}))"""

# A lowered cap takes effect at once but never below what is already reserved. today: the UTC day.
OPEN_DAYS = """
INSERT INTO mailboxes_mailboxday
    (public_id, created_at, updated_at, workspace_id, mailbox_id, day, cap, reserved, sent)
SELECT gen_random_uuid(), now(), now(), b.workspace_id, b.id, (now() AT TIME ZONE 'UTC')::date, v.cap, 0, 0
FROM unnest(%(mailboxes)s::bigint[], %(caps)s::int[]) AS v (mailbox, cap)
JOIN mailboxes_mailbox b ON b.id = v.mailbox
ORDER BY b.id
ON CONFLICT (mailbox_id, day) DO UPDATE
    SET cap = greatest(excluded.cap, mailboxes_mailboxday.reserved), updated_at = now()
    WHERE mailboxes_mailboxday.cap <> greatest(excluded.cap, mailboxes_mailboxday.reserved)
"""

# Held until the transaction ends: senders of one mailbox pass here one after another.
LOCK_DAYS = """
SELECT d.mailbox_id, d.day, d.cap - d.reserved AS room
FROM mailboxes_mailboxday d
WHERE d.mailbox_id = ANY(%(mailboxes)s) AND d.day = (now() AT TIME ZONE 'UTC')::date
ORDER BY d.mailbox_id FOR UPDATE
"""

RESERVE = """
UPDATE mailboxes_mailboxday d SET reserved = d.reserved + v.slots, updated_at = now()
FROM unnest(%(mailboxes)s::bigint[], %(slots)s::int[]) AS v (mailbox, slots)
WHERE d.mailbox_id = v.mailbox AND d.day = %(day)s AND d.reserved + v.slots <= d.cap
RETURNING d.mailbox_id
"""


class CapReachedError(Exception):
    """A reservation would have passed the cap of a mailbox's day; nothing of the transaction may be kept."""


@dataclass
class Room:
    """One mailbox as the chooser sees it; `taken` and `free_at` move on as messages are given to it.

    `reserved` slots are used for certain; `taken` ones belong to messages that some sender holds and may give back.
    """

    id: int
    workspace_id: int
    address: str
    is_sandbox: bool
    cap: int
    reserved: int
    taken: int
    free_at: datetime
    # How many more this sender wants to carry for it at the same time.
    quota: int

    @property
    def has_room(self) -> bool:
        """Whether the day's cap leaves a slot."""
        return self.reserved + self.taken < self.cap

    @property
    def is_spent(self) -> bool:
        """Whether the day's cap is used for certain."""
        return self.reserved >= self.cap

    @property
    def share(self) -> float:
        """How much of the day's cap is used, 0 to 1."""
        return (self.reserved + self.taken) / self.cap if self.cap else 1.0


def ramp_cap(
    *, is_sandbox: bool, is_warming_up: bool, daily_cap: int, started: date | None, day: date
) -> int:
    """Return how many mails a mailbox may send on `day` (architecture section 7), never above `daily_cap`.

    Days count from `started`, which is day 1. A mailbox that warms up without a date stands at day 1; the sandbox and
    a mailbox without a warm-up are not ramped.
    """
    if is_sandbox or (started is None and not is_warming_up):
        return daily_cap
    number = (day - started).days + 1 if started else 1
    for last_day, cap in RAMP:
        if number <= last_day:
            return min(cap, daily_cap)
    return daily_cap


def cap_for(mailbox: Mailbox, day: date) -> int:
    """Return how many mails the mailbox may send on the UTC day."""
    return ramp_cap(
        is_sandbox=mailbox.is_sandbox,
        is_warming_up=mailbox.status == Mailbox.Status.WARMUP,
        daily_cap=mailbox.daily_cap,
        started=mailbox.warmup_started_on,
        day=day,
    )


def may_send(mailbox: Mailbox) -> bool:
    """Whether status and health let the mailbox send."""
    return mailbox.status in Mailbox.SENDING and mailbox.health >= HEALTH_TO_SEND


def gap_after_send() -> timedelta:
    """Return the longest gap kept between two mails of a real mailbox."""
    return timedelta(seconds=GAP_SECONDS + GAP_JITTER_SECONDS)


def choose_mailbox(rooms: Iterable[Room], now: datetime) -> Room | None:
    """Return the mailbox with the least used share that may send now, or None. Ties go to the oldest."""
    ready = [room for room in rooms if room.has_room and room.free_at <= now and room.quota > 0]
    return min(ready, key=lambda room: (room.share, room.id), default=None)
