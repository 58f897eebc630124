"""What we know about a candidate, as plain values for code that needs no database."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

# Facts that tell of something done, as against something listed.
DONE_KINDS = frozenset(["role", "metric", "accomplishment", "project"])


@dataclass(frozen=True)
class FactView:
    """One profile fact; `id` is its public id, `parent_id` that of the role a bullet belongs to."""

    id: str
    kind: str
    text: str
    title: str = ""
    organization: str = ""
    location: str = ""
    degree: str = ""
    field_of_study: str = ""
    start_date: date | None = None
    end_date: date | None = None
    is_current: bool = False
    parent_id: str | None = None

    @cached_property
    def all_text(self) -> str:
        """Return every word the fact holds, its dates included."""
        parts = [self.text, self.title, self.organization, self.location, self.degree]
        parts += [self.field_of_study, month_name(self.start_date), month_name(self.end_date)]
        return "\n".join(part for part in parts if part)


def month_name(day: date | None) -> str:
    """Return "March 2021" for a date of that month, or nothing."""
    return f"{day:%B %Y}" if day else ""


def role_months(roles: list[FactView], *, today: date) -> int:
    """Return the months covered by the roles, overlaps counted once, open ends until `today`."""
    months: set[int] = set()
    for role in roles:
        end = today if role.is_current else role.end_date
        if role.start_date and end:
            first = role.start_date.year * 12 + role.start_date.month
            months.update(range(first, max(first, end.year * 12 + end.month) + 1))
    return len(months)
