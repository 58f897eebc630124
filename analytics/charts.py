"""Geometry of the charts; the templates under templates/analytics draw it as SVG with classes only (no style attributes).

Units are those of the drawing's viewBox, chosen so that text of 11 units stays readable on a phone (ux.md section C).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WIDTH = 420
BAR_HEIGHT, BAR_STEP, FIRST_BAR = 16, 42, 18
COLUMNS_HEIGHT, COLUMNS_FLOOR, COLUMNS_TOP = 170, 146, 16
# More columns than this are too thin to see; weeks are drawn instead.
MOST_COLUMNS = 31
LABELS = 7
# A count that is not zero is always visible.
LEAST = 2.0


@dataclass(frozen=True)
class Bar:
    """One horizontal bar: its label above it, its number at the right edge."""

    label: str
    count: int
    y: int
    width: float

    @property
    def text_y(self) -> int:
        """Where its words stand."""
        return self.y - 5


@dataclass(frozen=True)
class Column:
    """One vertical column. `label` is empty where the axis has no room for it."""

    name: str
    count: int
    x: float
    y: float
    width: float
    height: float
    label: str
    middle: float


@dataclass(frozen=True)
class Drawing:
    """What a template draws: its size, its marks and the finding in one sentence for those who cannot see it."""

    width: int
    height: int
    finding: str
    marks: Sequence[Bar | Column]
    most: int = 0


def funnel_bars(steps: Sequence[tuple[str, int]]) -> Drawing:
    """Return bars with a common left edge, in the order of the steps; the longest is the largest count."""
    most = max([count for _, count in steps], default=0)
    bars = [
        Bar(
            label,
            count,
            FIRST_BAR + number * BAR_STEP,
            max(LEAST, WIDTH * count / most) if count else 0.0,
        )
        for number, (label, count) in enumerate(steps)
    ]
    words = ", ".join(f"{count} {label.lower()}" for label, count in steps)
    return Drawing(WIDTH, len(steps) * BAR_STEP, f"From opening to offer: {words}.", bars, most)


def day_columns(days: Sequence[tuple[date, int]]) -> Drawing:
    """Return a column for each day, or for each week (from its first day) when there are more than MOST_COLUMNS days."""
    is_weekly = len(days) > MOST_COLUMNS
    groups = _weeks(days) if is_weekly else list(days)
    most = max([count for _, count in groups], default=0)
    step = WIDTH / max(len(groups), 1)
    every = max(1, -(-len(groups) // LABELS))
    columns = []
    for number, (day, count) in enumerate(groups):
        height = (COLUMNS_FLOOR - COLUMNS_TOP) * count / most if count else 0.0
        height = max(LEAST, height) if count else 0.0
        name = f"{day:%-d %b}"
        columns.append(
            Column(
                name=f"Week of {name}" if is_weekly else name,
                count=count,
                x=round(number * step + step * 0.1, 2),
                y=round(COLUMNS_FLOOR - height, 2),
                width=round(step * 0.8, 2),
                height=round(height, 2),
                label=name if number % every == 0 else "",
                middle=round(number * step + step / 2, 2),
            )
        )
    return Drawing(WIDTH, COLUMNS_HEIGHT, _finding(groups, most, is_weekly), columns, most)


def _weeks(days: Sequence[tuple[date, int]]) -> list[tuple[date, int]]:
    weeks: dict[date, int] = {}
    for day, count in days:
        monday = day - timedelta(days=day.weekday())
        weeks[monday] = weeks.get(monday, 0) + count
    return list(weeks.items())


def _finding(groups: Sequence[tuple[date, int]], most: int, is_weekly: bool) -> str:
    total = sum(count for _, count in groups)
    if not total:
        return "No mail left in this time."
    best = next(day for day, count in groups if count == most)
    when = f"the week of {best:%-d %B}" if is_weekly else f"{best:%-d %B}"
    return (
        f"{total} mail{'s' if total != 1 else ''} left; most, {most}, in {when}."
        if is_weekly
        else (f"{total} mail{'s' if total != 1 else ''} left; most, {most}, on {when}.")
    )
