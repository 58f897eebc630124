"""Which facts speak to which lines of a posting, and how loudly."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from jobs.facts import FactView
from jobs.requirements import LineKind, PostingRequirements, Quote, read_requirements
from jobs.skills import find_skills, skill_names
from jobs.writing.claims import numbers_in, stem, words_in
from jobs.writing.common_words import COMMON_WORDS

# What must be there counts most, then what will be done, then what would be nice.
_LINE_WEIGHTS = {LineKind.MUST: 3.0, LineKind.RESPONSIBILITY: 2.0, LineKind.NICE: 1.0}
_SKILL_POINTS = 2.0
_WORD_POINTS = 0.5
_MOST_WORDS = 4
# A result with a number convinces more than one without, all else equal.
_NUMBER_POINTS = 1.0


@dataclass(frozen=True)
class JobForWriting:
    """The opening written for: its title, employer and plain text."""

    title: str
    company: str
    text: str

    @cached_property
    def requirements(self) -> PostingRequirements:
        """Return what the text asks for."""
        return read_requirements(self.text)

    @cached_property
    def asked_skills(self) -> dict[str, Quote]:
        """Map each skill asked for to the line that asks, musts first."""
        asked: dict[str, Quote] = {}
        for kind in _LINE_WEIGHTS:
            for quote in self.requirements.of_kind(kind):
                for name in skill_names(quote.text):
                    asked.setdefault(name, quote)
        if not asked:
            for hit in find_skills(self.text):
                asked.setdefault(hit.skill, Quote(hit.surface, hit.start, hit.end))
        return asked


@dataclass(frozen=True)
class Relevance:
    """How much a text speaks to a posting, and to which line most (None: to none)."""

    points: float
    line: Quote | None
    shared_skills: tuple[str, ...]


def relevance(text: str, job: JobForWriting) -> Relevance:
    """Weigh a text against every line of a posting; higher is nearer, 0 is unrelated."""
    skills, stems = set(skill_names(text)), content_stems(text)
    total, best, best_line = 0.0, 0.0, None
    for line in job.requirements.lines:
        weight = _LINE_WEIGHTS.get(line.kind, 0.0)
        if not weight:
            continue
        shared = len(skills & set(skill_names(line.quote.text)))
        words = min(_MOST_WORDS, len(stems & content_stems(line.quote.text)))
        points = weight * (_SKILL_POINTS * shared + _WORD_POINTS * words)
        total += points
        if points > best:
            best, best_line = points, line.quote
    if total and numbers_in(text):
        total += _NUMBER_POINTS
    return Relevance(total, best_line, tuple(name for name in job.asked_skills if name in skills))


def content_stems(text: str) -> set[str]:
    """Return the stems of the words that carry meaning."""
    return {stem(word) for word in words_in(text) if len(word) > 2 and word not in COMMON_WORDS}


def as_of(facts: Iterable[FactView], *, today: date) -> list[FactView]:
    """Return the facts with `today` as the end of what is still going on, so that years can be counted."""
    return [
        replace(fact, end_date=today) if fact.is_current and fact.start_date else fact
        for fact in facts
    ]


def roles_of(facts: Sequence[FactView]) -> list[FactView]:
    """Return the roles, the current and the latest first; without dates in the order given."""

    def latest(role: FactView) -> tuple[bool, date, date]:
        return (
            role.is_current,
            role.end_date or role.start_date or date.min,
            role.start_date or date.min,
        )

    return sorted((fact for fact in facts if fact.kind == "role"), key=latest, reverse=True)


def bullets_of(role: FactView, facts: Sequence[FactView]) -> list[FactView]:
    """Return the accomplishments and metrics that belong to a role, in their order.

    A line of a resume that is known as both is one bullet, which the accomplishment speaks for.
    """
    own = [fact for fact in facts if fact.parent_id == role.id]
    told = {_words(fact) for fact in own if fact.kind == "accomplishment"}
    return [fact for fact in own if fact.kind != "metric" or _words(fact) not in told]


def _words(fact: FactView) -> str:
    return " ".join(fact.text.casefold().split())
