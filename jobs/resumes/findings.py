"""Check the dates of a parsed resume: gaps, overlaps and years of experience."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from jobs.resumes.facts import EDUCATION, ROLE, ParsedFact, ParsedResume

GAP_MONTHS = 6  # recruiters ask about breaks longer than half a year
OVERLAP_MONTHS = 1  # changing jobs within a month is no overlap
MONTHS_PER_YEAR = 12


@dataclass(frozen=True, slots=True)
class DateFinding:
    """Something about the dates a person should look at.

    `kind` is "gap" or "overlap"; `months` its length; `first` and `second` are indices of facts in
    `ParsedResume.facts`; `sentence` says it in words.
    """

    kind: str
    months: int
    start: date
    end: date
    first: int
    second: int
    sentence: str


@dataclass(frozen=True, slots=True)
class DateFindings:
    """All findings, and the years worked: months covered by at least one role, in years to one decimal."""

    findings: tuple[DateFinding, ...]
    years_of_experience: float


@dataclass(frozen=True, slots=True)
class _Period:
    """Months counted from year 0, both ends included; earliest and latest reading of imprecise dates."""

    index: int
    fact: ParsedFact
    first: int
    last: int
    latest_first: int
    earliest_last: int


def date_findings(parsed: ParsedResume, *, today: date) -> DateFindings:
    """Return gaps of more than six months between roles, overlaps of roles, and the years of experience.

    Dates known only by year are read kindly: a gap counts by its shortest possible length, an overlap by
    its surest months. Studying is no gap. Roles without a start, or a time that is over but has no end,
    are left out.
    """
    roles = _periods(parsed, ROLE, today)
    studies = _periods(parsed, EDUCATION, today)
    findings = (*_gaps(roles, studies), *_overlaps(roles))
    ordered = tuple(sorted(findings, key=lambda finding: finding.start))
    return DateFindings(ordered, round(_covered_months(roles) / MONTHS_PER_YEAR, 1))


def _periods(parsed: ParsedResume, kind: str, today: date) -> list[_Period]:
    periods: list[_Period] = []
    for index, fact in enumerate(parsed.facts):
        end = today if fact.is_current else fact.end_date
        if fact.kind != kind or fact.start_date is None or end is None:
            continue
        first = _month(fact.start_date)
        last = _month(end)
        by_year = fact.end_precision == "year" and not fact.is_current
        latest_first = first + 11 if fact.start_precision == "year" else first
        widest_last = last + 11 if by_year else last
        periods.append(_Period(index, fact, first, max(widest_last, first), latest_first, last))
    return sorted(periods, key=lambda period: (period.first, period.last))


def _month(day: date) -> int:
    return day.year * MONTHS_PER_YEAR + day.month - 1


def _first_day(month: int) -> date:
    return date(month // MONTHS_PER_YEAR, month % MONTHS_PER_YEAR + 1, 1)


def _gaps(roles: Sequence[_Period], studies: Sequence[_Period]) -> list[DateFinding]:
    found: list[DateFinding] = []
    reached: _Period | None = None
    for role in roles:
        if reached is not None:
            first, last = reached.last + 1, role.first - 1
            months = last - first + 1
            if months - _studied(first, last, studies) > GAP_MONTHS:
                found.append(_gap(reached, role, first, last))
        if reached is None or role.last > reached.last:
            reached = role
    return found


def _studied(first: int, last: int, studies: Sequence[_Period]) -> int:
    months = {
        month
        for item in studies
        for month in range(max(item.first, first), min(item.last, last) + 1)
    }
    return len(months)


def _gap(before: _Period, after: _Period, first: int, last: int) -> DateFinding:
    months = last - first + 1
    return DateFinding(
        "gap", months, _first_day(first), _first_day(last), before.index, after.index,
        f"There are {months} months between {_name(before.fact)} and {_name(after.fact)}. "
        "Add what you did, or be ready to explain it.",
    )  # fmt: skip


def _overlaps(roles: Sequence[_Period]) -> list[DateFinding]:
    found: list[DateFinding] = []
    for position, earlier in enumerate(roles):
        for later in roles[position + 1 :]:
            first = max(earlier.latest_first, later.latest_first)
            last = min(earlier.earliest_last, later.earliest_last)
            if last - first + 1 > OVERLAP_MONTHS:
                found.append(_overlap(earlier, later, first, last))
    return found


def _overlap(earlier: _Period, later: _Period, first: int, last: int) -> DateFinding:
    months = last - first + 1
    return DateFinding(
        "overlap", months, _first_day(first), _first_day(last), earlier.index, later.index,
        f"{_name(earlier.fact)} and {_name(later.fact)} overlap by {months} months. "
        "Check the dates, or say that one was part-time.",
    )  # fmt: skip


def _name(fact: ParsedFact) -> str:
    return fact.organization or fact.title or "this role"


def _covered_months(roles: Sequence[_Period]) -> int:
    """Count the months in which at least one role ran; a bare year counts as a whole one only at its ends."""
    covered: set[int] = set()
    for role in roles:
        last = (
            role.last if role.fact.end_precision != "year" else max(role.earliest_last, role.first)
        )
        covered.update(range(role.first, last + 1))
    return len(covered)
