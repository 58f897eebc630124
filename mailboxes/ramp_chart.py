"""The warm-up as a drawing: what the plan allows each day as a line, what was really sent as bars.

Units are those of the viewBox, so that text of 11 units stays readable on a phone (ux.md section C).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from mailboxes.capacity import ramp_cap
from mailboxes.figures import Day

WIDTH, HEIGHT, FLOOR, TOP = 420, 190, 160, 18
LEFT = 26
LABELS = 6
# A count that is not zero is always visible.
LEAST = 2.0


@dataclass(frozen=True)
class RampDay:
    """One day of the ramp: what the plan allows, what held and happened, and why it did not count ("" if it did)."""

    day: date
    planned: int
    cap: int
    sent: int
    why_not: str = ""
    is_future: bool = False


@dataclass(frozen=True)
class Bar:
    """A day's mails; `is_clean` picks its colour, `label` stands under it where there is room."""

    x: str
    y: str
    width: str
    height: str
    middle: str
    sent: int
    is_clean: bool
    label: str


@dataclass(frozen=True)
class RampDrawing:
    """What the template draws, and the finding in one sentence."""

    finding: str
    bars: Sequence[Bar]
    plan: str
    grid: Sequence[tuple[str, int]]
    today_x: str = ""


def planned_cap(clean_days: int, daily_cap: int) -> int:
    """Return what the plan allows on the day after `clean_days` days that counted."""
    return ramp_cap(
        is_sandbox=False,
        is_warming_up=True,
        daily_cap=daily_cap,
        started=None,
        clean_days=clean_days,
    )


def days_to_full(clean_days: int, daily_cap: int) -> int:
    """Return how many more days have to count until the plan allows `daily_cap`."""
    days = 0
    while planned_cap(clean_days + days, daily_cap) < daily_cap:
        days += 1
    return days


def ramp_days(
    days: Sequence[Day],
    *,
    why_not: Sequence[str],
    clean_days: int,
    daily_cap: int,
    ahead: Sequence[date] = (),
    frozen_until: date | None = None,
) -> list[RampDay]:
    """Return the days so far (oldest first, the last is today) and the ones ahead, with the plan's figure for each.

    `clean_days` count today. Looking back, a day that counted stands one lower in the plan than the day after it;
    ahead, every day after `frozen_until` is taken to count.
    """
    numbers, number = [], clean_days
    for place in range(len(days) - 1, -1, -1):
        is_past = place < len(days) - 1
        number = max(0, number - 1) if is_past and not why_not[place] else number
        numbers.append(number)
    numbers.reverse()
    past = [
        RampDay(day.day, planned_cap(number, daily_cap), day.cap, day.sent, reason)
        for day, number, reason in zip(days, numbers, why_not, strict=True)
    ]
    future, counted = [], clean_days
    for before, moment in zip([days[-1].day, *ahead], ahead, strict=False):
        counted += frozen_until is None or before > frozen_until
        future.append(RampDay(moment, planned_cap(counted, daily_cap), 0, 0, is_future=True))
    return past + future


def draw(days: Sequence[RampDay]) -> RampDrawing:
    """Return the drawing of some days, oldest first."""
    most = max([max(day.planned, day.sent) for day in days], default=0) or 1
    scale = (FLOOR - TOP) / most
    step = (WIDTH - LEFT) / max(len(days), 1)
    every = max(1, -(-len(days) // LABELS))
    bars, points = [], []
    for number, day in enumerate(days):
        x, height = LEFT + number * step, max(LEAST, day.sent * scale) if day.sent else 0.0
        top = f"{FLOOR - day.planned * scale:.1f}"
        points += [f"{x:.1f},{top}", f"{x + step:.1f},{top}"]
        bars.append(
            Bar(
                x=f"{x + step * 0.15:.1f}",
                y=f"{FLOOR - height:.1f}",
                width=f"{step * 0.7:.1f}",
                height=f"{height:.1f}",
                middle=f"{x + step / 2:.1f}",
                sent=day.sent,
                is_clean=not day.why_not,
                label=f"{day.day:%-d %b}" if number % every == 0 else "",
            )
        )
    past = sum(not day.is_future for day in days)
    grid = [(f"{FLOOR - share * most * scale:.1f}", round(share * most)) for share in (0.5, 1)]
    today_x = f"{LEFT + past * step:.1f}" if past < len(days) else ""
    return RampDrawing(_finding(days), bars, " ".join(points), grid, today_x)


def _finding(days: Sequence[RampDay]) -> str:
    past = [day for day in days if not day.is_future]
    sent = sum(day.sent for day in past)
    if not sent:
        return "Nothing was sent yet; the line shows what the plan allows."
    best = max(past, key=lambda day: day.sent)
    return (
        f"{sent} mails in {len(past)} days, at most {best.sent} on one day ({best.day:%-d %B}); "
        f"the plan allows {past[-1].planned} today."
    )
