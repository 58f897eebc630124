"""Gaps and overlaps in a career, said as sentences (ux.md: “gaps and overlaps in dates flagged”)."""

from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from operator import itemgetter

from accounts.models import ProfileFact

GAP_MONTHS = 6  # shorter pauses between roles are ordinary and nobody asks about them


def date_findings_of(facts: Iterable[ProfileFact], *, today: date) -> list[str]:
    """Return one sentence for each gap over six months and each overlap over one month between dated roles."""
    spans = []
    for fact in facts:
        end = today if fact.is_current else fact.end_date
        if fact.kind == ProfileFact.Kind.ROLE and fact.start_date and end:
            spans.append((fact.start_date, end, fact))
    found: list[str] = []
    for (_, ended, earlier), (began, _, later) in pairwise(sorted(spans, key=itemgetter(0))):
        months = (began.year - ended.year) * 12 + began.month - ended.month
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
