"""Deciding which due messages a sender takes, on which mailbox, and until when the others wait. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from mailboxes.capacity import Room, choose_mailbox, gap_after_send
from mailboxes.throttle import WindowRoom, cap_for_domain, hour_of, why_full
from outreach.scheduling import (
    Pace,
    add_working_hours,
    choose_pace,
    is_sending_moment,
    next_sending_moment,
    zone_for,
)

# A sender that is lost with a message in hand may have been killed by it (fault F21). After so many losses before DATA
# a person looks at it: twice may be chance (a deploy, a host that ran out of memory), and each loss stops a sender.
LOST_CLAIMS_LIMIT = 3
# Spreads neighbouring numbers over an hour (Knuth's multiplicative hashing), the same way in every process.
_SPREAD = 2_654_435_761


@dataclass(frozen=True)
class DueMessage:
    """What a decision about one due message rests on; `mailbox_id` is the one its thread began on."""

    id: int
    workspace_id: int
    is_sample: bool
    attempts: int
    mailbox_id: int | None
    company_id: int
    contact_zone: str
    workspace_zone: str
    pace: str
    application_id: int
    contact_id: int
    # The recipient's, in lower case.
    domain: str
    lost_claims: int = 0

    @property
    def is_suspect(self) -> bool:
        """Whether a further loss would hold it: it then travels alone, so that no other mail pays for it."""
        return self.lost_claims >= LOST_CLAIMS_LIMIT - 1

    @property
    def zone(self) -> ZoneInfo:
        """The recipient's time zone."""
        return zone_for(self.contact_zone, self.workspace_zone)

    @property
    def timing(self) -> Pace:
        """The pace that holds for it."""
        return choose_pace(self.pace, is_sample=self.is_sample)


@dataclass
class Plan:
    """`claims`: message id to mailbox id. `delays`: message id to (new due time, why). Others are left as they are."""

    claims: dict[int, int] = field(default_factory=dict)
    delays: dict[int, tuple[datetime, str]] = field(default_factory=dict)


def plan_claims(
    due: Iterable[DueMessage],
    rooms: list[Room],
    last_written: Mapping[tuple[int, int], datetime],
    now: datetime,
    windows: dict[str, WindowRoom] | None = None,
) -> Plan:
    """Return what to do with each due message, earliest first.

    `last_written`: (workspace, company) to the last mail that left. `rooms` and `windows` (recipient domains; a missing
    one is unused) move on as messages are given to them.
    """
    plan, written = Plan(), dict(last_written)
    windows = {} if windows is None else windows
    for message in due:
        key = (message.workspace_id, message.company_id)
        window = windows.setdefault(message.domain, open_window(message.domain, used=0))
        wait = (
            wait_for_window(message, now)
            or wait_for_company(message, written.get(key), now)
            or _wait_for_domain(message, window, now)
        )
        if wait is None:
            wait = _give_mailbox(message, rooms, plan, now)
        if wait is not None:
            plan.delays[message.id] = wait
        elif message.id in plan.claims:
            written[key] = now
            window.left -= 1
    return plan


def open_window(domain: str, *, used: int) -> WindowRoom:
    """Return the room of a recipient domain's hour of which `used` slots are gone."""
    cap = cap_for_domain(domain)
    return WindowRoom(cap=cap, left=cap - used)


def travel_together(due: list[DueMessage]) -> list[DueMessage]:
    """Return the messages that may travel together: the first alone if it is suspect, else all that are not.

    Only for a sender with nothing in hand; what is left out is taken by a later claim.
    """
    if due and due[0].is_suspect:
        return due[:1]
    return [message for message in due if not message.is_suspect]


def wait_for_window(message: DueMessage, now: datetime) -> tuple[datetime, str] | None:
    """Return when the recipient's window opens, or None if the mail may go now.

    A second try does not wait for the window: it belongs to a first one made inside it, and must end within 24 hours.
    """
    zone = message.zone
    if not message.timing.has_window or message.attempts or is_sending_moment(now, zone):
        return None
    return next_sending_moment(now, zone), (
        f"It waits for working hours at the recipient (Mon to Fri, 08:30 to 17:30, {zone.key})."
    )


def wait_for_company(
    message: DueMessage, last: datetime | None, now: datetime
) -> tuple[datetime, str] | None:
    """Return when this workspace may write to the company again, or None if it may now."""
    hours = message.timing.spacing_hours
    if last is None or not hours:
        return None
    free_at = add_working_hours(last, hours, message.zone)
    if free_at <= now:
        return None
    return free_at, f"Another mail went to this company; {hours} working hours lie between two."


def wait_for_tomorrow(
    zone: ZoneInfo, timing: Pace, address: str, now: datetime
) -> tuple[datetime, str]:
    """Return the first moment of the next UTC day that the mailbox may be used in, and the sentence."""
    tomorrow = (now.astimezone(UTC) + timedelta(days=1)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    at = next_sending_moment(tomorrow, zone) if timing.has_window else tomorrow
    return at, f"{address} has used its room for today (UTC); the next day brings new room."


def wait_for_next_hour(
    message: DueMessage, now: datetime, *, hours: int = 1
) -> tuple[datetime, str]:
    """Return a moment `hours` UTC hours later, spread over that hour by the message's number, and the sentence."""
    hour = hour_of(now) + timedelta(hours=hours)
    at = hour + timedelta(seconds=message.id * _SPREAD % 3600)
    if message.timing.has_window:
        at = next_sending_moment(at, message.zone)
    return at, why_full(message.domain)


def _wait_for_domain(
    message: DueMessage, window: WindowRoom, now: datetime
) -> tuple[datetime, str] | None:
    if window.left > 0:
        return None
    return wait_for_next_hour(message, now, hours=window.hours_to_wait())


def _give_mailbox(
    message: DueMessage, rooms: list[Room], plan: Plan, now: datetime
) -> tuple[datetime, str] | None:
    """Claim the message for the best mailbox, or return until when none is free; neither when it is only our turn."""
    mine = [
        room
        for room in rooms
        if room.workspace_id == message.workspace_id
        and room.is_sandbox == message.is_sample
        and message.mailbox_id in {None, room.id}
    ]
    chosen = choose_mailbox(mine, now)
    if chosen is not None:
        plan.claims[message.id] = chosen.id
        chosen.taken += 1
        chosen.quota -= 1
        if not chosen.is_sandbox:
            chosen.free_at = now + gap_after_send()
        return None
    if mine and all(room.is_spent for room in mine):
        return wait_for_tomorrow(message.zone, message.timing, mine[0].address, now)
    roomy = [room for room in mine if room.has_room]
    if not roomy or any(room.free_at <= now for room in roomy):
        return None
    first = min(roomy, key=lambda room: room.free_at)
    free_at, first.free_at = first.free_at, first.free_at + gap_after_send()
    first.taken += 1
    return free_at, f"{first.address} leaves at least 90 seconds between two mails."
