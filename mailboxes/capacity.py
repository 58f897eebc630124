"""How much a mailbox may send: the ramp, the cap of a day, exact slots, the gap between two mails, which mailbox next.

The statements are plain SQL, because both Django and the dispatcher's own connections run them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from accounts.plans import limits_of, share_out
from mailboxes.models import Mailbox
from mailboxes.models.mailbox import DAILY_CAP_CEILING

# Architecture section 7. (last day of the stage, mails a day): a new mailbox earns trust slowly. Only days that count
# (mailboxes.ramp) move it on.
RAMP = ((3, 5), (7, 10), (14, 20), (21, 30), (30, 40))
# Architecture section 7: below this health a mailbox is not chosen.
HEALTH_TO_SEND = 70
# Architecture section 7: a person does not send two mails in the same minute. The jitter only lengthens the gap.
GAP_SECONDS = 90
GAP_JITTER_SECONDS = 30

# The gap in SQL for the mailbox row `b`; the jitter follows from the second of the last send, so that every sender and
# every forecast (gap_of) computes the same.
GAP_SQL = f"""make_interval(secs => {GAP_SECONDS} + mod(
    mod(floor(extract(epoch FROM b.last_sent_at))::bigint, 100003)
    * mod(floor(extract(epoch FROM b.last_sent_at))::bigint, 99991) + b.id * 7919, {GAP_JITTER_SECONDS + 1}))"""

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
    *, is_sandbox: bool, is_warming_up: bool, daily_cap: int, started: date | None, clean_days: int
) -> int:
    """Return how many mails a mailbox may send on the day after `clean_days` days that counted, never above `daily_cap`.

    Architecture section 7; which days count is mailboxes.ramp's. The sandbox is not ramped, nor a mailbox that never
    began a warm-up (`started`).
    """
    if is_sandbox or (started is None and not is_warming_up):
        return daily_cap
    for last_day, cap in RAMP:
        if clean_days < last_day:
            return min(cap, daily_cap)
    return daily_cap


def cap_for(mailbox: Mailbox, day: date) -> int:
    """Return how many mails the mailbox may send on the UTC day: the least of its cap, its plan's and its ramp's.

    A later day than today stands as today does, because nobody knows yet which days will count. Reads the workspace's
    plan: select it with the mailbox.
    """
    plan_cap = DAILY_CAP_CEILING
    if not mailbox.is_sandbox:
        plan_cap = limits_of(mailbox.workspace.plan).mailbox_cap
    return ramp_cap(
        is_sandbox=mailbox.is_sandbox,
        is_warming_up=mailbox.status == Mailbox.Status.WARMUP,
        daily_cap=min(mailbox.daily_cap, plan_cap),
        started=mailbox.warmup_started_on,
        clean_days=mailbox.ramp_days,
    )


def caps_today(rows: Iterable[Mapping[str, Any]]) -> dict[int, int]:
    """Return today's cap of each mailbox, by id, with what its workspace's plan leaves for all of them together.

    `rows`: all sending mailboxes of their workspaces, with id, workspace_id, plan, is_sandbox, status, daily_cap,
    warmup_started_on, ramp_days, reserved (today) and elsewhere (reserved today by real mailboxes not among them).
    """
    caps: dict[int, int] = {}
    real: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        limits = limits_of(row["plan"])
        plan_cap = DAILY_CAP_CEILING if row["is_sandbox"] else limits.mailbox_cap
        caps[row["id"]] = ramp_cap(
            is_sandbox=row["is_sandbox"],
            is_warming_up=row["status"] == Mailbox.Status.WARMUP,
            daily_cap=min(row["daily_cap"], plan_cap),
            started=row["warmup_started_on"],
            clean_days=row["ramp_days"],
        )
        if not row["is_sandbox"]:
            real[row["workspace_id"]].append(row)
    for of_workspace in real.values():
        mails = limits_of(of_workspace[0]["plan"]).mails_a_day - of_workspace[0]["elsewhere"]
        wishes = {row["id"]: caps[row["id"]] for row in of_workspace}
        caps |= share_out(mails, wishes, {row["id"]: row["reserved"] for row in of_workspace})
    return caps


def may_send(mailbox: Mailbox) -> bool:
    """Whether status and health let the mailbox send."""
    return mailbox.status in Mailbox.SENDING and mailbox.health >= HEALTH_TO_SEND


def gap_of(mailbox_id: int, last_sent_at: datetime) -> timedelta:
    """Return the gap that a real mailbox keeps after its mail of `last_sent_at`; GAP_SQL says the same."""
    second = int(last_sent_at.timestamp() // 1)
    jitter = (second % 100_003 * (second % 99_991) + mailbox_id * 7919) % (GAP_JITTER_SECONDS + 1)
    return timedelta(seconds=GAP_SECONDS + jitter)


def gap_after_send() -> timedelta:
    """Return the longest gap kept between two mails of a real mailbox."""
    return timedelta(seconds=GAP_SECONDS + GAP_JITTER_SECONDS)


def choose_mailbox(rooms: Iterable[Room], now: datetime) -> Room | None:
    """Return the mailbox with the least used share that may send now, or None. Ties go to the oldest."""
    ready = [room for room in rooms if room.has_room and room.free_at <= now and room.quota > 0]
    return min(ready, key=lambda room: (room.share, room.id), default=None)
