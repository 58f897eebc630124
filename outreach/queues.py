"""The shape of a queue: lines that a person can end, in groups of one kind of work."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from outreach.models import Reply


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """One line of the queue. `why` says why now; `url` and `action` are its one primary thing to do.

    `dismiss_url` takes a post that puts mere news away.
    """

    key: str
    title: str
    why: str
    url: str
    action: str
    icon: str = ""
    place: str = ""
    at: datetime | None = None
    is_primary: bool = False
    reply: Reply | None = None
    dismiss_url: str = ""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Lines of one kind of work; `total` counts also those that are not shown."""

    name: str
    title: str
    rows: list[Waiting]
    total: int
    more_url: str = ""

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.total - len(self.rows)


@dataclass(frozen=True)
class Queue:
    """Everything that waits, in the order in which it is best done."""

    groups: list[Group] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How many things wait."""
        return sum(group.total for group in self.groups)

    @property
    def token(self) -> str:
        """A short text that changes whenever another thing waits, and only then."""
        keys = [f"{group.total} {row.key}" for group in self.groups for row in group.rows]
        return hashlib.sha256("\n".join(keys).encode()).hexdigest()[:16]
