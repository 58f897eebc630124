"""What the sequence pages show: how each does, how it stands, and everybody in it with when they hear next."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q

from accounts.models import Workspace
from outreach.dossier import Person
from outreach.forecast import Forecast, forecast
from outreach.intervals import TOO_FEW, Share, wilson
from outreach.models import Enrollment, Message, Sequence, Step
from outreach.paging import Slice, page_of

SEQUENCES_A_PAGE = 25
PEOPLE_A_PAGE = 25
Status = Enrollment.Status


@dataclass(frozen=True)
class Tally:
    """What came of a sequence: people by state, mails that left, and how many of those written to answered."""

    active: int = 0
    held: int = 0
    sent: int = 0
    answers: Share = field(default_factory=lambda: wilson(0, 0))


@dataclass(frozen=True)
class Line:
    """One sequence of the library. `edited_at` is when its latest wording was made."""

    sequence: Sequence
    steps: int
    edited_at: datetime
    tally: Tally

    @property
    def too_few(self) -> int:
        """How many people a rate needs before it is worth reading."""
        return TOO_FEW


@dataclass(frozen=True)
class Participant:
    """One person in a sequence, with what happens to their next mail."""

    person: Person
    next_mail: Message | None
    forecast: Forecast | None

    @property
    def sent(self) -> int:
        """How many of the mails have left."""
        return sum(mail.status in Message.LEFT for mail in self.person.mails)


def library(workspace: Workspace, *, cursor: str, is_archived: bool = False) -> Slice:
    """Return a page of Lines, the newest sequence first; four queries however many there are."""
    rows = Sequence.objects.for_workspace(workspace).filter(archived_at__isnull=not is_archived)
    found = page_of(rows, by="created_at", size=SEQUENCES_A_PAGE, cursor=cursor, newest_first=True)
    return Slice(lines_of(found.rows), found.next_cursor)


def lines_of(sequences: list[Sequence]) -> list[Line]:
    """Return how some sequences stand; three queries."""
    latest = _latest(sequences)
    tallies = _tallies([sequence.pk for sequence in sequences])
    return [
        Line(
            sequence,
            latest.get(sequence.pk, {}).get("steps", 0),
            latest.get(sequence.pk, {}).get("edited_at") or sequence.created_at,
            tallies.get(sequence.pk, Tally()),
        )
        for sequence in sequences
    ]


def _latest(sequences: list[Sequence]) -> dict[int, dict[str, Any]]:
    """Return the number of steps of each latest version, and when it was last touched."""
    newer = Step.objects.filter(
        version__sequence=OuterRef("version__sequence"),
        version__number__gt=OuterRef("version__number"),
    )
    rows = (
        Step.objects.filter(~Exists(newer), version__sequence__in=sequences)
        .order_by()
        .values("version__sequence")
        .annotate(steps=Count("pk"), edited_at=Max("updated_at"))
    )
    return {row["version__sequence"]: dict(row) for row in rows}


def _tallies(sequences: Iterable[int]) -> dict[int, Tally]:
    people = Enrollment.objects.filter(version__sequence__in=list(sequences)).order_by()
    states = people.values("version__sequence").annotate(
        active=Count("pk", filter=Q(status=Status.ACTIVE)),
        held=Count("pk", filter=Q(status=Status.HELD)),
    )
    mails = Message.objects.filter(
        enrollment__version__sequence__in=list(sequences), sent_at__isnull=False
    ).order_by()
    counts = mails.values("enrollment__version__sequence").annotate(
        sent=Count("pk"),
        people=Count("enrollment", distinct=True),
        answered=Count("enrollment", distinct=True, filter=Q(replied_at__isnull=False)),
    )
    left = {row["enrollment__version__sequence"]: row for row in counts}
    none = {"sent": 0, "people": 0, "answered": 0}
    return {
        row["version__sequence"]: Tally(
            row["active"],
            row["held"],
            (done := left.get(row["version__sequence"], none))["sent"],
            wilson(done["answered"], done["people"]),
        )
        for row in states
    }


def steps_of(sequence: Sequence) -> list[Step]:
    """Return the steps of the latest wording that has any."""
    version = sequence.versions.filter(steps__isnull=False).order_by("-number").first()
    return list(version.steps.order_by("number")) if version is not None else []


def participants(sequence: Sequence, *, cursor: str, now: datetime) -> Slice:
    """Return a page of Participants, those who came last first."""
    rows = (
        Enrollment.objects.for_workspace(sequence.workspace)
        .filter(version__sequence=sequence)
        .exclude(status=Status.DRAFT)
        .select_related("contact", "application__job__company")
        .defer(
            "application__job__description_html",
            "application__job__description_text",
            "application__job__embedding",
            "application__job__search",
        )
    )
    found = page_of(rows, by="created_at", size=PEOPLE_A_PAGE, cursor=cursor, newest_first=True)
    people = {row.pk: Person(row) for row in found.rows}
    mails = Message.objects.filter(enrollment__in=people).defer("body").order_by("step_number")
    for mail in mails:
        people[mail.enrollment_id].mails.append(mail)
    waits = any(mail.status in Message.PENDING for p in people.values() for mail in p.mails)
    outlook = forecast(sequence.workspace, now=now).mails if waits else {}
    return Slice([_participant(person, outlook) for person in people.values()], found.next_cursor)


def _participant(person: Person, outlook: dict[int, Forecast]) -> Participant:
    mail = next((mail for mail in person.mails if mail.status in Message.PENDING), None)
    return Participant(person, mail, outlook.get(mail.pk) if mail is not None else None)
