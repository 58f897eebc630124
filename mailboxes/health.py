"""The health of a mailbox, 0 to 100, out of its last seven days, the records of its domain, and its age.

Architecture section 7: 100, less 6 for each percentage point of bounces above 2 (smoothed, at most 40), less 20 for each
complaint (at most 60), less 15 for each failed record (SPF, DKIM, DMARC), less 5 while younger than 14 days.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Sum

from mailboxes.dns_checks import verdicts_in_force
from mailboxes.models import DomainCheck, Mailbox, MailboxDay
from mailboxes.sending_services import own_domain_of

# The days that providers look at too; today is the last of them.
WEEK = 7
BOUNCES_ALLOWED = 0.02
POINTS_PER_BOUNCE_POINT, MOST_FOR_BOUNCES = 6, 40
POINTS_PER_COMPLAINT, MOST_FOR_COMPLAINTS = 20, 60
POINTS_PER_RECORD = 15
POINTS_FOR_YOUTH = 5
YOUNG = timedelta(days=14)
# Smoothing: as if this many more mails had been sent and bounced exactly as often as is allowed. One bounce in the first
# five mails then costs 10 points instead of 40, and over a hundred mails it changes little. The brakes, too, look at
# nothing below 50 mails (architecture section 7).
PRIOR_MAILS = 50

# A record that could not be asked, or that could be better, is not failed.
FAILED = frozenset({DomainCheck.Verdict.FAILED, DomainCheck.Verdict.MISSING})
RECORDS = (DomainCheck.Kind.SPF, DomainCheck.Kind.DKIM, DomainCheck.Kind.DMARC)


@dataclass(frozen=True)
class Figures:
    """Mails of some days, and what came of them whenever the news came."""

    sent: int = 0
    bounced: int = 0
    complained: int = 0

    @property
    def bounce_rate(self) -> float:
        """0 to 1. A refusal while sending counts as a bounce of a mail that is not among the sent."""
        return self.bounced / max(self.sent, self.bounced, 1)

    @property
    def complaint_rate(self) -> float:
        """0 to 1."""
        return self.complained / max(self.sent, self.complained, 1)


@dataclass(frozen=True)
class Assessment:
    """The score and what it lost: `reasons` as stored, [{"key", "points", "sentence"}] with the dearest first."""

    score: int
    reasons: list[dict[str, Any]]


def figures_since(mailbox: Mailbox, first: date) -> Figures:
    """Return a mailbox's mails from the UTC day `first` on. One query."""
    found = MailboxDay.objects.filter(mailbox=mailbox, day__gte=first).aggregate(
        sent=Sum("sent", default=0),
        bounced=Sum("bounced", default=0),
        complained=Sum("complained", default=0),
    )
    return Figures(**found)


def first_of_week(now: datetime) -> date:
    """Return the first of the seven UTC days that end with today."""
    return now.astimezone(UTC).date() - timedelta(days=WEEK - 1)


def failed_records(mailbox: Mailbox) -> list[str]:
    """Return the kinds of record ("spf") that DNS answered wrongly for a mailbox whose owner looks after its domain."""
    domain = own_domain_of(mailbox)
    if not domain:
        return []
    verdicts = verdicts_in_force(mailbox.workspace, domain)
    return [kind for kind in RECORDS if kind in verdicts and verdicts[kind].verdict in FAILED]


def assess(figures: Figures, *, failed: list[str], age: timedelta) -> Assessment:
    """Return the score with its reasons. `failed`: kinds of DNS records; `age`: since the mailbox was connected."""
    parts = [_bounces(figures), _complaints(figures), *map(_record, failed), _youth(age)]
    reasons = sorted((part for part in parts if part["points"]), key=lambda part: -part["points"])
    return Assessment(max(0, 100 - sum(part["points"] for part in reasons)), reasons)


def bounce_points(figures: Figures) -> int:
    """Return the points that bounces cost, rounded to the nearest whole one."""
    smoothed = (figures.bounced + BOUNCES_ALLOWED * PRIOR_MAILS) / (
        max(figures.sent, figures.bounced) + PRIOR_MAILS
    )
    above = max(0.0, smoothed - BOUNCES_ALLOWED) * 100
    return min(MOST_FOR_BOUNCES, round(POINTS_PER_BOUNCE_POINT * above))


def _part(key: str, points: int, sentence: str) -> dict[str, Any]:
    return {"key": key, "points": points, "sentence": sentence}


def _bounces(figures: Figures) -> dict[str, Any]:
    sentence = (
        f"{figures.bounced} of {max(figures.sent, figures.bounced)} mails of seven days bounced; "
        f"up to {BOUNCES_ALLOWED:.0%} is normal."
    )
    return _part("bounces", bounce_points(figures), sentence)


def _complaints(figures: Figures) -> dict[str, Any]:
    points = min(MOST_FOR_COMPLAINTS, POINTS_PER_COMPLAINT * figures.complained)
    who = "One recipient" if figures.complained == 1 else f"{figures.complained} recipients"
    return _part("complaints", points, f"{who} reported a mail of the last seven days as spam.")


def _record(kind: str) -> dict[str, Any]:
    label = DomainCheck.Kind(kind).label
    return _part(
        kind, POINTS_PER_RECORD, f"The {label} record of the mailbox's domain is wrong or missing."
    )


def _youth(age: timedelta) -> dict[str, Any]:
    points = POINTS_FOR_YOUTH if age < YOUNG else 0
    return _part("young", points, f"The mailbox was connected less than {YOUNG.days} days ago.")
