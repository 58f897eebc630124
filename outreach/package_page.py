"""What the package page shows: each text with its evidence, each person with their state, each mail with its date."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from jobs.documents import pieces_of
from jobs.facts import FactView
from jobs.matching import fact_views
from jobs.models import Document
from mailboxes.models import Mailbox, Suppression
from outreach.approving import content_hash
from outreach.attachments import is_wanted, problem_of
from outreach.checks import Check, ask_all, blockers, look_at
from outreach.contacts import suppressions_of, why_this_person
from outreach.mail_drafts import edit_key, edits_of
from outreach.models import Approval, Contact, Enrollment, Message, Package
from outreach.packages import (
    FAILED,
    INTERRUPTED,
    OPEN,
    RUNNING,
    STEPS,
    WAITING,
    is_at_work,
    known_contacts,
)
from outreach.planning import PlannedMail, chosen_enrollments, plan_package
from outreach.scheduling import PEOPLE_PER_APPLICATION

STEP_CLASSES = {"done": "done", "failed": "failed"}
PIECE_STATES = {
    "kept": ("Kept", ""),
    "moved": ("Moved", "info"),
    "left_out": ("Left out", "warn"),
    "written": ("Written", "accent"),
}


@dataclass(frozen=True)
class StepRow:
    """One named step of the preparation."""

    key: str
    label: str
    state: str
    error: str

    @property
    def css(self) -> str:
        """The class of the stepper."""
        return STEP_CLASSES.get(self.state, "")


@dataclass(frozen=True)
class Piece:
    """One changeable line of the resume with the facts it rests on; `number` names it in addresses."""

    number: int
    text: str
    original: str
    status: str
    label: str
    tone: str
    reason: str
    requirement: str
    evidence: tuple[str, ...]
    findings: tuple[str, ...] = ()
    is_yours: bool = False

    @property
    def is_shown(self) -> bool:
        """Whether it stands in the resume that goes out."""
        return self.status != "left_out"

    @property
    def is_verbatim(self) -> bool:
        """Whether it is, word for word, one of the facts."""
        return self.text.rstrip(".") in {line.rstrip(".") for line in self.evidence}

    @property
    def is_reworded(self) -> bool:
        """Whether the master resume says it in other words."""
        return bool(self.original) and self.original.rstrip(".") != self.text.rstrip(".")


@dataclass(frozen=True)
class Entry:
    """One role with its lines."""

    title: str
    organization: str
    period: str
    bullets: tuple[Piece, ...]


@dataclass(frozen=True)
class Section:
    """One section of the resume."""

    key: str
    title: str
    entries: tuple[Entry, ...]
    items: tuple[Piece, ...]


@dataclass(frozen=True)
class ResumeView:
    """The tailored resume as the page shows it."""

    document: Document
    headline: Piece
    summary: tuple[Piece, ...]
    sections: tuple[Section, ...]


@dataclass(frozen=True)
class LetterSentence:
    """One sentence of the letter with what it rests on."""

    text: str
    about: str
    requirement: str
    evidence: tuple[str, ...]
    findings: tuple[str, ...]


@dataclass(frozen=True)
class PersonRow:
    """Someone at the company: whether they are chosen, and whether they may be."""

    contact: Contact
    why: str
    enrollment: Enrollment | None
    suppressions: Sequence[Suppression]

    @property
    def is_chosen(self) -> bool:
        """Whether the package writes to them."""
        return self.enrollment is not None

    @property
    def obstacle(self) -> str:
        """Why nobody may write to them, or nothing."""
        if self.suppressions:
            return f"Do not contact: {self.suppressions[0].get_reason_display().lower()}."
        if not self.contact.email:
            return "There is no e-mail address."
        return "The address is invalid." if self.contact.verdict == "invalid" else ""


@dataclass(frozen=True)
class PersonPlan:
    """The mails to one person."""

    enrollment: Enrollment
    mails: tuple["MailRow", ...]


@dataclass(frozen=True)
class MailRow:
    """One mail with its date and whether a person wrote it."""

    message: Message
    at: datetime | None
    is_edited: bool

    @property
    def can_edit(self) -> bool:
        """Whether its text can still change (which withdraws an approval)."""
        return self.message.status in {"draft", "approved", "scheduled", "held"}


@dataclass
class PackagePage:
    """Everything on the page."""

    package: Package
    steps: list[StepRow]
    is_at_work: bool
    resume: ResumeView | None = None
    letter: Document | None = None
    paragraphs: list[list[LetterSentence]] = field(default_factory=list)
    people: list[PersonRow] = field(default_factory=list)
    plans: list[PersonPlan] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    approval: Approval | None = None
    mailboxes: list[Mailbox] = field(default_factory=list)
    digest: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it can still be changed."""
        return self.package.status in OPEN

    @property
    def blockers(self) -> list[Check]:
        """What forbids approval."""
        return blockers(self.checks)

    @property
    def can_undo(self) -> bool:
        """Whether an approval is in force and nothing of it has left."""
        if self.approval is None:
            return False
        mails = [row.message for plan in self.plans for row in plan.mails]
        return all(mail.sent_at is None and mail.status != "sending" for mail in mails)

    @property
    def planned(self) -> list[MailRow]:
        """Every mail that will go, the first one first."""
        rows = [row for plan in self.plans for row in plan.mails]
        dated = [
            (row.at, row.message.pk, row) for row in rows if row.at and not row.message.sent_at
        ]
        return [row for _at, _pk, row in sorted(dated, key=lambda item: item[:2])]

    @property
    def attaches_resume(self) -> bool:
        """Whether the resume goes with the first mails."""
        return is_wanted(self.package)

    @property
    def attachment_problem(self) -> str:
        """Why the file could not be made, or nothing."""
        return problem_of(self.package)

    @property
    def max_people(self) -> int:
        """How many people may be chosen."""
        return PEOPLE_PER_APPLICATION


def step_rows(package: Package, *, at_work: bool) -> list[StepRow]:
    """Return the five steps with where they stand; one that nobody works on any more has failed."""
    found = []
    for key, label in STEPS.items():
        step = package.steps.get(key, {})
        state = str(step.get("state", "waiting"))
        error = str(step.get("error", ""))
        if state in {WAITING, RUNNING} and not at_work:
            state, error = FAILED, INTERRUPTED
        found.append(StepRow(key, label, state, error))
    return found


def load_page(package: Package, *, now: datetime) -> PackagePage:
    """Load the page of a package (select workspace, application, job and profile with it)."""
    enrollments = chosen_enrollments(package)
    at_work = is_at_work(package, now=now)
    page = PackagePage(package, step_rows(package, at_work=at_work), at_work)
    situation = look_at(package, now=now, enrollments=enrollments)
    facts = {fact.id: fact for fact in fact_views(package.application.profile)}
    resume = situation.documents[Document.Kind.RESUME]
    page.resume = resume_view(resume, facts) if resume else None
    page.letter = situation.documents[Document.Kind.LETTER]
    page.paragraphs = letter_view(page.letter, facts) if page.letter else []
    page.people = _people(package, enrollments, now=now)
    page.approval = package.approvals.filter(voided_at=None).select_related("user").first()
    page.plans = _plans(package, enrollments, now=now)
    page.mailboxes = situation.mailboxes
    page.checks = ask_all(situation)
    page.digest = content_hash(package, enrollments)
    return page


def resume_view(document: Document, facts: Mapping[str, FactView]) -> ResumeView:
    """Return the resume's pieces, numbered as jobs.documents numbers them."""
    content = document.content
    broken: dict[str, list[str]] = {}
    for finding in document.findings:
        broken.setdefault(finding["text"], []).append(finding["sentence"])
    written = pieces_of(document.original_content)
    numbered = [
        replace(_piece(number, piece, facts, broken), is_yours=piece != before)
        for number, (piece, before) in enumerate(zip(pieces_of(content), written, strict=True))
    ]
    take = iter(numbered)
    headline = next(take)
    summary = tuple(next(take) for _ in content["summary"])
    sections = []
    for section in content["sections"]:
        entries = tuple(
            Entry(
                entry["title"] or entry["text"],
                entry["organization"],
                _period(entry),
                tuple(next(take) for _ in entry["bullets"]),
            )
            for entry in section["entries"]
        )
        items = tuple(next(take) for _ in section["items"])
        sections.append(Section(section["key"], section["title"], entries, items))
    return ResumeView(document, headline, summary, tuple(sections))


def _piece(
    number: int,
    piece: Mapping[str, Any],
    facts: Mapping[str, FactView],
    broken: Mapping[str, list[str]],
) -> Piece:
    label, tone = PIECE_STATES[piece["status"]]
    return Piece(
        number=number,
        text=piece["text"],
        original=piece.get("original") or "",
        status=piece["status"],
        label=label,
        tone=tone,
        reason=piece["reason"],
        requirement=(piece.get("requirement") or {}).get("text", ""),
        evidence=_evidence(piece["fact_ids"], facts),
        findings=tuple(broken.get(piece["text"], ())) if piece["status"] != "left_out" else (),
    )


def _evidence(fact_ids: Iterable[str], facts: Mapping[str, FactView]) -> tuple[str, ...]:
    return tuple(facts[fact_id].text for fact_id in fact_ids if fact_id in facts)


def _period(entry: Mapping[str, Any]) -> str:
    start, end = (entry["start"] or "")[:7], (entry["end"] or "")[:7]
    return " to ".join(filter(None, [start, "now" if entry["is_current"] else end]))


def letter_view(document: Document, facts: Mapping[str, FactView]) -> list[list[LetterSentence]]:
    """Return the letter's paragraphs, each sentence with its evidence."""
    broken: dict[str, list[str]] = {}
    for finding in document.findings:
        broken.setdefault(finding["text"], []).append(finding["sentence"])
    return [
        [
            LetterSentence(
                text=sentence["text"],
                about=sentence["about"],
                requirement=(sentence.get("requirement") or {}).get("text", ""),
                evidence=_evidence(sentence["fact_ids"], facts),
                findings=tuple(broken.get(sentence["text"], ())),
            )
            for sentence in group
        ]
        for group in document.content["paragraphs"]
    ]


def _people(package: Package, enrollments: list[Enrollment], *, now: datetime) -> list[PersonRow]:
    chosen = {enrollment.contact_id: enrollment for enrollment in enrollments}
    people = known_contacts(package.application)
    listed = {contact.pk for contact in people}
    people += [e.contact for e in enrollments if e.contact_id not in listed]
    closed = suppressions_of(package.workspace, people, now=now)
    return [
        PersonRow(c, why_this_person(c), chosen.get(c.pk), closed.get(c.pk, ())) for c in people
    ]


def _plans(package: Package, enrollments: list[Enrollment], *, now: datetime) -> list[PersonPlan]:
    edits = edits_of(package)
    plan: dict[int, list[PlannedMail]] = {}
    for planned in plan_package(enrollments, now):
        plan.setdefault(planned.enrollment.pk, []).append(planned)
    return [
        PersonPlan(
            enrollment,
            tuple(
                MailRow(
                    planned.message,
                    planned.at,
                    edit_key(enrollment.contact, planned.message.step_number) in edits,
                )
                for planned in plan.get(enrollment.pk, [])
            ),
        )
        for enrollment in enrollments
    ]
