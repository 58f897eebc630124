"""Conditions of a posting that no amount of skill makes up for, each quoted for the person to check."""

from collections.abc import Iterator

from jobs.facts import FactView
from jobs.match_inputs import Finding, JobForMatch, ProfileForMatch
from jobs.requirements import DEGREE_RANKS, Condition, ConditionKind, DegreeAsked, degree_in
from jobs.scoring_factors import finding, judge_pay

# Someone a year short of what is asked is commonly still considered.
YEARS_OF_GRACE = 1.0

_SENTENCES = {
    ConditionKind.VISA: "The posting names a condition on the right to work. Check that you meet it.",
    ConditionKind.CITIZENSHIP: "The posting asks for a citizenship. Check that you meet it.",
    ConditionKind.CLEARANCE: "The posting asks for a clearance or a background check.",
    ConditionKind.ON_SITE: "The work is on site. Check that you can be there.",
    ConditionKind.LICENCE: "The posting asks for a licence that your profile does not show.",
    ConditionKind.TRAVEL: "The role includes travel. Check that it suits you.",
    ConditionKind.SHIFTS: "The role includes shifts or duty hours. Check that they suit you.",
}
_FACT_WORDS = {ConditionKind.CLEARANCE: "clearance", ConditionKind.LICENCE: "licen"}


def find_blockers(profile: ProfileForMatch, job: JobForMatch) -> list[Finding]:
    """Return what rules the candidate out (kind "blocks") or must be checked by hand (kind "check")."""
    found = [
        *_condition_blockers(profile, job),
        *_years_blocker(profile, job),
        *_degree_blocker(profile, job),
        *_pay_blocker(profile, job),
    ]
    return sorted(found, key=lambda blocker: blocker.kind != "blocks")


def _condition_blockers(profile: ProfileForMatch, job: JobForMatch) -> Iterator[Finding]:
    for condition in job.requirements.conditions:
        if condition.kind == ConditionKind.LANGUAGE:
            yield from _language_blocker(profile, condition)
        elif condition.kind == ConditionKind.VISA:
            yield from _visa_blocker(profile, condition)
        elif condition.kind == ConditionKind.ON_SITE and _is_nearby(profile, job):
            continue
        elif not _fact_with(profile, _FACT_WORDS.get(condition.kind, "")):
            label = condition.kind.value.replace("_", " ").capitalize()
            yield finding("check", label, _SENTENCES[condition.kind], condition.quote, None)


def _language_blocker(profile: ProfileForMatch, condition: Condition) -> Iterator[Finding]:
    """A language counts as missing only if the profile names some languages at all."""
    spoken = [fact for fact in profile.facts if fact.kind == "language"]
    if any(condition.detail.lower() in fact.all_text.lower() for fact in spoken):
        return
    if spoken:
        sentence = f"The posting asks for {condition.detail}; your languages do not include it."
        yield finding("blocks", "Language", sentence, condition.quote, spoken[0])
    elif condition.detail != "English":
        sentence = f"The posting asks for {condition.detail}; your profile names no languages."
        yield finding("check", "Language", sentence, condition.quote, None)


def _visa_blocker(profile: ProfileForMatch, condition: Condition) -> Iterator[Finding]:
    if profile.needs_sponsorship:
        sentence = "You need sponsorship, and the posting sets a condition on the right to work."
        wish = ("preferences.needs_sponsorship", "Needs sponsorship")
        yield finding("blocks", "Visa", sentence, condition.quote, wish)
    elif profile.needs_sponsorship is None:
        yield finding("check", "Visa", _SENTENCES[condition.kind], condition.quote, None)


def _is_nearby(profile: ProfileForMatch, job: JobForMatch) -> bool:
    offered = " ".join(job.locations).lower()
    return any(place.split(",")[0].strip().lower() in offered for place in profile.locations)


def _fact_with(profile: ProfileForMatch, word: str) -> FactView | None:
    if not word:
        return None
    return next((fact for fact in profile.facts if word in fact.all_text.lower()), None)


def _years_blocker(profile: ProfileForMatch, job: JobForMatch) -> Iterator[Finding]:
    asked, held = job.requirements.years, profile.years_experience
    if asked and held is not None and held + YEARS_OF_GRACE < asked.least:
        sentence = f"The posting asks for {asked.least:g} years; your roles add up to {held:g}."
        role = next((fact for fact in profile.facts if fact.kind == "role"), None)
        yield finding(
            "blocks", "Years", sentence, asked.quote, role or ("profile.years", f"{held:g} years")
        )


def _degree_blocker(profile: ProfileForMatch, job: JobForMatch) -> Iterator[Finding]:
    asked: DegreeAsked | None = job.requirements.degree
    if asked is None or not asked.is_required:
        return
    schooling = [fact for fact in profile.facts if fact.kind == "education"]
    ranks = [(DEGREE_RANKS.get(degree_in(fact.all_text), 0), fact) for fact in schooling]
    rank, fact = max(ranks, key=lambda pair: pair[0], default=(0, None))
    if rank >= DEGREE_RANKS[asked.level]:
        return
    sentence = f"The posting requires a {asked.level}; your profile does not show one."
    yield finding("blocks" if rank else "check", "Degree", sentence, asked.quote, fact)


def _pay_blocker(profile: ProfileForMatch, job: JobForMatch) -> Iterator[Finding]:
    pay = judge_pay(profile, job)
    if pay.value is not None and pay.value < 1:
        shortfall = pay.missing[0]
        yield Finding(
            "blocks", shortfall.label, shortfall.sentence, shortfall.quote, shortfall.source,
            shortfall.start, shortfall.end, shortfall.fact_id, shortfall.fact_text,
        )  # fmt: skip
