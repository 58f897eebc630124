"""When a mail may go: working windows, working days, the wait between steps. Pure; the clock is always passed in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from accounts.models import Workspace

# Architecture section 7: people read mail at work from Monday to Friday, so that is when ours arrives.
WINDOW_OPENS = time(8, 30)
WINDOW_CLOSES = time(17, 30)
WORKING_DAYS = range(5)
# Architecture section 7: ten minutes to change one's mind after Approve.
HOLD = timedelta(minutes=10)
# Architecture section 7: one workspace writes to one company at most every four working hours.
COMPANY_SPACING_HOURS = 4
# Architecture section 7: more people than this at one employer about one opening is a campaign, not an application.
PEOPLE_PER_APPLICATION = 3
# Architecture section 6.6: older than this and a person decides, so that an outage never ends in a burst.
LATE_LIMIT = timedelta(hours=24)
# The practice pace shows the whole circle in about a minute, and only to the sandbox.
PRACTICE_HOLD = timedelta(seconds=5)
PRACTICE_WORKING_DAY = timedelta(seconds=10)


@dataclass(frozen=True)
class Pace:
    """How long things take: `hold` after approval, `working_day` (None: a real one), hours between mails to one company.

    `has_window` false means that mail goes at any hour; `people_limit` 0 that an application may write to anybody.
    """

    hold: timedelta
    working_day: timedelta | None
    has_window: bool
    spacing_hours: int
    people_limit: int


NORMAL = Pace(
    hold=HOLD,
    working_day=None,
    has_window=True,
    spacing_hours=COMPANY_SPACING_HOURS,
    people_limit=PEOPLE_PER_APPLICATION,
)
PRACTICE = Pace(
    hold=PRACTICE_HOLD,
    working_day=PRACTICE_WORKING_DAY,
    has_window=False,
    spacing_hours=0,
    people_limit=0,
)


class HasDelay(Protocol):
    """A step of a sequence: `delay_days` working days after the actual send of the step before."""

    @property
    def delay_days(self) -> int: ...


def choose_pace(workspace_pace: str, *, is_sample: bool) -> Pace:
    """Return PRACTICE only for sample mail of a workspace that practises; real mail always keeps NORMAL."""
    return PRACTICE if is_sample and workspace_pace == Workspace.Pace.PRACTICE else NORMAL


def pace_for(workspace: Workspace, is_sample: bool) -> Pace:
    """Return the pace of one message of this workspace."""
    return choose_pace(workspace.pace, is_sample=is_sample)


def zone_for(contact_zone: str, workspace_zone: str) -> ZoneInfo:
    """Return the recipient's time zone, else the workspace's, else UTC; a name nobody knows counts as none."""
    for name in (contact_zone, workspace_zone):
        try:
            if name:
                return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return ZoneInfo("UTC")


def is_sending_moment(moment: datetime, zone: ZoneInfo) -> bool:
    """Whether `moment` lies in the window Mon-Fri 08:30-17:30 of `zone`."""
    local = moment.astimezone(zone)
    return local.weekday() in WORKING_DAYS and WINDOW_OPENS <= local.time() < WINDOW_CLOSES


def next_sending_moment(after: datetime, zone: ZoneInfo) -> datetime:
    """Return the first moment at or after `after` inside the window of `zone`, in UTC."""
    if is_sending_moment(after, zone):
        return after.astimezone(UTC)
    local = after.astimezone(zone)
    day = local.date()
    if local.time() >= WINDOW_CLOSES or local.weekday() not in WORKING_DAYS:
        day = _next_working_date(day)
    return _at(day, WINDOW_OPENS, zone)


def add_working_days(moment: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Return the same local time `days` working days later (Friday + 1 is Monday), in UTC.

    From a weekend the first working day is Monday; 0 days changes nothing. The local clock time stays the same over a
    change to or from summer time.
    """
    local = moment.astimezone(zone)
    day = local.date()
    for _ in range(days):
        day = _next_working_date(day)
    return _at(day, local.time(), zone) if days else moment.astimezone(UTC)


def add_working_hours(moment: datetime, hours: int, zone: ZoneInfo) -> datetime:
    """Return the moment when `hours` hours inside the window have passed since `moment`, in UTC."""
    left = timedelta(hours=hours)
    start = next_sending_moment(moment, zone)
    while True:
        closes = _at(start.astimezone(zone).date(), WINDOW_CLOSES, zone)
        if left < closes - start or not left:
            return start + left
        left -= closes - start
        start = next_sending_moment(closes, zone)


def next_due(previous: datetime, delay_days: int, pace: Pace, zone: ZoneInfo) -> datetime:
    """Return when a step is due that waits `delay_days` working days after `previous`, in UTC, inside the window."""
    if pace.working_day is not None:
        return (previous + delay_days * pace.working_day).astimezone(UTC)
    # In UTC, because two moments of the hour that a clock repeats are equal in their own zone.
    return _working_due(previous.astimezone(UTC), delay_days, zone)


# Of many people approved at once most share zone, delay and moment; a thousand such triples are a few 100 kB.
@lru_cache(maxsize=1024)
def _working_due(previous: datetime, delay_days: int, zone: ZoneInfo) -> datetime:
    return next_sending_moment(add_working_days(previous, delay_days, zone), zone)


def first_due(approved_at: datetime, delay_days: int, pace: Pace, zone: ZoneInfo) -> datetime:
    """Return when the first step is due: after the hold, then its own delay, then inside the window; in UTC."""
    return next_due(approved_at + pace.hold, delay_days, pace, zone)


def plan_dates(
    steps: Iterable[HasDelay], start: datetime, pace: Pace, zone: ZoneInfo
) -> list[datetime]:
    """Return when each step is due if `start` is the approval and every mail leaves on time, in UTC.

    Previews, approval and the scheduler all come here, so what is shown is what happens.
    """
    dates: list[datetime] = []
    for step in steps:
        if dates:
            dates.append(next_due(dates[-1], step.delay_days, pace, zone))
        else:
            dates.append(first_due(start, step.delay_days, pace, zone))
    return dates


def _next_working_date(day: date) -> date:
    day += timedelta(days=1)
    while day.weekday() not in WORKING_DAYS:
        day += timedelta(days=1)
    return day


def _at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)
