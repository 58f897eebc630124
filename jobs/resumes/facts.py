"""The shapes a parsed resume has: plain values, no database, no model."""

from dataclasses import dataclass
from datetime import date

ROLE, METRIC, ACCOMPLISHMENT, SKILL = "role", "metric", "accomplishment", "skill"
EDUCATION, PROJECT, LANGUAGE, CERTIFICATION = "education", "project", "language", "certification"
KINDS = (ROLE, METRIC, ACCOMPLISHMENT, SKILL, EDUCATION, PROJECT, LANGUAGE, CERTIFICATION)


@dataclass(frozen=True, slots=True)
class ParsedFact:
    """One thing a resume says, with the place where it says it.

    `start` and `end` are offsets into `ParsedResume.text`; the characters between them contain the
    evidence: the whole `text` of bullets, skills, languages and certificates, and title, organisation,
    degree and field of the entries (role, education, project), whose `text` is put together from these.
    Dates are the first day of the month ("month" precision) or of the year ("year"); the precision is ""
    where no date was stated. `end_date` is None for what still goes on (`is_current`). `parent` is the
    index in `ParsedResume.facts` of the entry a bullet stands under. `confidence` runs from 0 to 1; facts
    below `NEEDS_A_LOOK` should be shown to the person first. `category` is the label of a skill list, the
    level of a language, the tools of a project or the numbers of a metric; `grade` the mark of an education.
    """

    kind: str
    text: str
    start: int
    end: int
    title: str = ""
    organization: str = ""
    location: str = ""
    start_date: date | None = None
    end_date: date | None = None
    start_precision: str = ""
    end_precision: str = ""
    is_current: bool = False
    degree: str = ""
    field_of_study: str = ""
    grade: str = ""
    category: str = ""
    parent: int | None = None
    confidence: float = 0.5


NEEDS_A_LOOK = 0.7


@dataclass(frozen=True, slots=True)
class ParsedResume:
    """A resume as facts. `text` is the tidied text that every fact's offsets point into.

    `emails`, `phones` (E.164 where valid) and `links` (https addresses) are in the order they appear;
    `warnings` are sentences for the person about what was not found.
    """

    text: str
    name: str = ""
    headline: str = ""
    summary: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    location: str = ""
    links: tuple[str, ...] = ()
    facts: tuple[ParsedFact, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def email(self) -> str:
        """The first e-mail address, or an empty string."""
        return self.emails[0] if self.emails else ""

    @property
    def phone(self) -> str:
        """The first telephone number, or an empty string."""
        return self.phones[0] if self.phones else ""

    def of_kind(self, kind: str) -> tuple[ParsedFact, ...]:
        """Return the facts of one kind in the order of the resume."""
        return tuple(fact for fact in self.facts if fact.kind == kind)
