"""How a mailbox did, out of its days: counts, rates against their two limits, and a small drawing of two weeks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from mailboxes import brakes
from mailboxes.health import Figures
from mailboxes.models import Mailbox, MailboxDay

# Providers look at a week; a month is what a person wants to look back on.
RATE_DAYS = 7
HISTORY_DAYS = 30
SPARK_DAYS = 14
SPARK_WIDTH, SPARK_HEIGHT = 96, 28


@dataclass(frozen=True)
class Day:
    """One UTC day of one mailbox, also where nothing was sent."""

    day: date
    cap: int
    sent: int
    bounced: int
    complained: int


@dataclass(frozen=True)
class Rate:
    """A share of the mails of some days, with the limits that warn and stop (shares, 0 to 1) and the brake's ruling.

    `tone` is ok, warn or danger, or "" while there are too few mails to judge.
    """

    name: str
    part: int
    whole: int
    warns_at: float
    stops_at: float
    tone: str

    @property
    def share(self) -> float:
        """0 to 1; 0 while nothing was sent."""
        return self.part / self.whole if self.whole else 0.0

    @property
    def scale(self) -> float:
        """Where a gauge ends: a little above the limit that stops."""
        return self.stops_at * 1.25

    @property
    def percent(self) -> str:
        """The share as people read it; complaints are so rare that they need a second decimal."""
        return as_percent(self.share)

    @property
    def limits(self) -> str:
        """Both limits in words."""
        return f"warns at {as_percent(self.warns_at)}, stops at {as_percent(self.stops_at)}"

    @property
    def word(self) -> str:
        """What the tone means."""
        words = {"ok": "Within limits", "warn": "Above the first limit", "danger": "Too many"}
        return words.get(self.tone, "Too few mails to judge") if self.whole else "Nothing sent"


def as_percent(share: float) -> str:
    """Return a share of 0 to 1 as "2 %", "0.3 %" or "1.25 %", with a space that does not break."""
    text = f"{share * 100:.2f}".rstrip("0").rstrip(".")
    return f"{text}\N{NO-BREAK SPACE}%"


def days_of(mailboxes: Sequence[Mailbox], *, today: date, count: int) -> dict[int, list[Day]]:
    """Return the last `count` days of each mailbox, oldest first and without gaps, by its id. One query."""
    first = today - timedelta(days=count - 1)
    rows = MailboxDay.objects.filter(mailbox__in=mailboxes, day__gte=first, day__lte=today)
    stored = {(row.mailbox_id, row.day): row for row in rows}
    moments = [first + timedelta(days=number) for number in range(count)]
    return {
        box.pk: [_day(stored.get((box.pk, moment)), moment) for moment in moments]
        for box in mailboxes
    }


def _day(row: MailboxDay | None, moment: date) -> Day:
    if row is None:
        return Day(moment, 0, 0, 0, 0)
    return Day(moment, row.cap, row.sent, row.bounced, row.complained)


def sent_in(days: Iterable[Day]) -> int:
    """Return how many mails left in some days."""
    return sum(day.sent for day in days)


def bounce_rate(days: Sequence[Day]) -> Rate:
    """Return the share of mails that bounced, judged as the brake would."""
    part = sum(day.bounced for day in days)
    figures = Figures(sent=sent_in(days), bounced=part)
    whole = max(figures.sent, part)
    tone = _tone(figures) if whole >= brakes.BOUNCES_SAMPLE else ""
    return Rate("Bounces", part, whole, brakes.BOUNCES_TO_WARN, brakes.BOUNCES_TO_PAUSE, tone)


def complaint_rate(days: Sequence[Day]) -> Rate:
    """Return the share of mails that were reported as spam, judged as the brake would."""
    part = sum(day.complained for day in days)
    figures = Figures(sent=sent_in(days), complained=part)
    return Rate(
        "Spam reports",
        part,
        max(figures.sent, part),
        brakes.COMPLAINTS_TO_WARN,
        brakes.COMPLAINTS_TO_PAUSE,
        _tone(figures),
    )


def _tone(figures: Figures) -> str:
    ruling = brakes.rule(figures)
    if ruling.pause:
        return "danger"
    return "warn" if ruling.warn else "ok"


def spark_points(days: Sequence[Day]) -> str:
    """Return the points of a line over mails a day, for a drawing of SPARK_WIDTH by SPARK_HEIGHT."""
    most = max([day.sent for day in days], default=0) or 1
    step = (SPARK_WIDTH - 4) / max(len(days) - 1, 1)
    floor = SPARK_HEIGHT - 4
    return " ".join(
        f"{2 + number * step:.1f},{2 + floor - floor * day.sent / most:.1f}"
        for number, day in enumerate(days)
    )


def spark_words(days: Sequence[Day]) -> str:
    """Return what the line shows, in one sentence."""
    total, half = sent_in(days), len(days) // 2
    if not total:
        return f"No mail in {len(days)} days"
    before, after = sent_in(days[:half]), sent_in(days[half:])
    way = "as many" if before == after else ("more" if after > before else "fewer")
    return f"{total} mails in {len(days)} days; {way} in the last {len(days) - half} than before"
