"""Several packages on one page before one yes: whom each writes to, what it says first, and what still forbids it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from outreach.approving import content_hash
from outreach.checks import Check, ask_all, blockers, look_at_all
from outreach.models import Package
from outreach.planning import PlannedMail, chosen_in, plan_package

# ux.md: what is approved together must still be read; ten packages are at most thirty people.
MAX_AT_ONCE = 10


@dataclass(frozen=True)
class Candidate:
    """One package that a person chose. `firsts` opens the thread with each person, the earliest first."""

    package: Package
    firsts: list[PlannedMail]
    mails: int
    blockers: list[Check]
    digest: str
    problem: str = ""

    @property
    def can_go(self) -> bool:
        """Whether a yes would approve it, as things stand."""
        return not self.blockers and self.mails > 0 and self.package.status == "ready"

    @property
    def why_not(self) -> str:
        """Why it cannot be approved, unless something is to be mended, as a sentence."""
        if self.package.status != "ready":
            label = self.package.get_status_display().lower()
            return f"This package is not waiting for an approval: it is {label}."
        return "" if self.mails else "There is no mail left to approve in this package."


def load_batch(packages: Sequence[Package], *, now: datetime) -> list[Candidate]:
    """Return what a person must see of each package of one workspace, in as many queries as for one."""
    if not packages:
        return []
    chosen = chosen_in(packages)
    found = []
    for situation in look_at_all(packages, chosen, now=now):
        package, enrollments = situation.package, situation.enrollments
        drafts = [
            planned
            for planned in plan_package(enrollments, now)
            if planned.message.status == "draft" and planned.at is not None
        ]
        firsts: dict[int, PlannedMail] = {}
        for planned in drafts:
            firsts.setdefault(planned.enrollment.pk, planned)
        found.append(
            Candidate(
                package=package,
                firsts=sorted(firsts.values(), key=lambda mail: str(mail.at)),
                mails=len(drafts),
                blockers=blockers(ask_all(situation)),
                digest=content_hash(package, enrollments, situation.documents),
            )
        )
    return found
