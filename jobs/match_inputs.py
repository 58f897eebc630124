"""What a match compares, the candidate and the opening, and the findings it is told in."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from jobs.facts import DONE_KINDS, FactView
from jobs.requirements import LineKind, PostingRequirements, Quote, read_requirements
from jobs.skills import find_skills, skill_names, skills_within

# A skill that is only listed is a claim; one that a role, project or degree shows is evidence.
LISTED_CREDIT = 0.5
# Beyond this many listed skills without evidence the list says less and less about each.
LISTED_LIMIT = 40


@dataclass(frozen=True)
class ProfileForMatch:
    """What matching may know of a candidate: work facts and wishes, nothing else.

    `locations` are places as the person writes them, `countries` ISO 3166 codes; `minimum_pay` is
    per year in `currency`; `needs_sponsorship` is the person's own answer (None: not asked).
    """

    facts: tuple[FactView, ...]
    wanted_titles: tuple[str, ...] = ()
    seniority: str = ""
    years_experience: float | None = None
    locations: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    remote_ok: bool | None = None
    minimum_pay: float | None = None
    currency: str = ""
    needs_sponsorship: bool | None = None

    @cached_property
    def shown_skills(self) -> dict[str, FactView]:
        """Map each skill shown in work, study or a certificate to the first fact that shows it."""
        proving = DONE_KINDS | {"education", "certification", "language"}
        return _by_skill(fact for fact in self.facts if fact.kind in proving)

    @cached_property
    def listed_skills(self) -> dict[str, FactView]:
        """Map each skill that is only listed to the fact that lists it."""
        listed = _by_skill(fact for fact in self.facts if fact.kind == "skill")
        return {name: fact for name, fact in listed.items() if name not in self.shown_skills}

    @cached_property
    def embedding_text(self) -> str:
        """Return what to embed for the similarity: work and study, never the list of skills."""
        told = [fact.text for fact in self.facts if fact.kind in DONE_KINDS | {"education"}]
        return "\n".join(told)

    def credit(self, skill: str) -> float:
        """Return 1 for a skill shown in use, at most 0.5 for one only listed, 0 for neither."""
        if skill in self.shown_skills:
            return 1.0
        if skill not in self.listed_skills:
            return 0.0
        return LISTED_CREDIT * min(1.0, LISTED_LIMIT / len(self.listed_skills))

    def fact_for(self, skill: str) -> FactView | None:
        """Return the best fact for a skill, or None."""
        return self.shown_skills.get(skill) or self.listed_skills.get(skill)


@dataclass(frozen=True)
class JobForMatch:
    """What matching knows of an opening. Empty means not stated; pay is per year in `currency`."""

    title: str
    text: str
    seniority: str = ""
    locations: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    remote_policy: str = ""
    pay_min: float | None = None
    pay_max: float | None = None
    currency: str = ""

    @cached_property
    def requirements(self) -> PostingRequirements:
        """Return what the text asks for."""
        return read_requirements(self.text)

    @cached_property
    def embedding_text(self) -> str:
        """Return what to embed: the title with what is asked and done; all text if nothing is marked."""
        kinds = {LineKind.MUST, LineKind.RESPONSIBILITY, LineKind.NICE}
        lines = [line.quote.text for line in self.requirements.lines if line.kind in kinds]
        return "\n".join([self.title, *(lines or [self.text])])

    @cached_property
    def must_lines(self) -> tuple[Quote, ...]:
        """Return the must lines that name skills; in a posting without any, its other lines that do."""
        for kinds in ({LineKind.MUST}, {LineKind.RESPONSIBILITY, LineKind.OTHER}):
            quotes = [line.quote for line in self.requirements.lines if line.kind in kinds]
            named = tuple(quote for quote in quotes if skill_names(quote.text))
            if named:
                return named
        return ()


@dataclass(frozen=True)
class Finding:
    """One point for or against: a sentence, the posting's words and the candidate's fact.

    `start` and `end` are offsets into the posting's field `source` ("description", "title",
    "location", "pay"). `fact_id` is empty where the profile holds nothing about it, and begins with
    "preferences." where a wish and not a fact decides. `kind` is met, missing, blocks or check.
    """

    kind: str
    label: str
    sentence: str
    quote: str
    source: str
    start: int
    end: int
    fact_id: str
    fact_text: str

    def as_json(self) -> dict[str, Any]:
        """Return the finding as a plain dict."""
        return asdict(self)


def _by_skill(facts: Iterable[FactView]) -> dict[str, FactView]:
    found: dict[str, FactView] = {}
    for fact in facts:
        for hit in find_skills(fact.all_text):
            found.setdefault(hit.skill, fact)
            for name in skills_within(hit.surface):
                found.setdefault(name, fact)
    return found
