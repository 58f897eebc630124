"""Gaps and overlaps in a career, said as sentences (ux.md: “gaps and overlaps in dates flagged”)."""

from collections.abc import Iterable
from datetime import date
from itertools import pairwise

from accounts.models import ProfileFact

GAP_MONTHS = 6  # shorter pauses between roles are ordinary and nobody asks about them


def date_findings_of(facts: Iterable[ProfileFact], *, today: date) -> list[str]:
    """Return one sentence for each gap over six months and each overlap over one month between dated roles."""
    roles = [
        fact
        for fact in facts
        if fact.kind == ProfileFact.Kind.ROLE
        and fact.start_date
        and (fact.end_date or fact.is_current)
    ]
    found: list[str] = []
    ordered = sorted(roles, key=lambda role: role.start_date)
    for earlier, later in pairwise(ordered):
        end = today if earlier.is_current else earlier.end_date
        months = (later.start_date.year - end.year) * 12 + later.start_date.month - end.month
        if months > GAP_MONTHS:
            found.append(
                f"{months - 1} months between {_name(earlier)} and {_name(later)} have no role. Add one if something is missing."
            )
        elif months < -1:
            found.append(
                f"{_name(earlier)} and {_name(later)} overlap by {-months} months. Check the dates if that is not so."
            )
    return found


def _name(role: ProfileFact) -> str:
    return role.organization or role.title or role.text[:40]
