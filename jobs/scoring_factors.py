"""The factors of a match score, each judged alone and each showing both sides."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from jobs.facts import DONE_KINDS, FactView
from jobs.match_inputs import Finding, JobForMatch, ProfileForMatch
from jobs.requirements import LineKind, Quote
from jobs.skills import SkillHit, find_skills, skills_within
from jobs.title_likeness import title_likeness

# A compound ("SaaS sales") whose parts are held, though not by that name.
COMPOSED_CREDIT = 0.8
# Traits ("team player") cannot be shown by a fact, so they count neither for nor against.
TRAITS = "personal"

# Cosines of unrelated and of closely related profile and posting texts, measured on our own pairs.
SIMILARITY_FLOOR, SIMILARITY_CEILING = 0.15, 0.60

# Rungs of the ladder; management and expert tracks share rungs.
LEVELS = {
    "intern": 0, "internship": 0, "trainee": 0, "entry": 1, "junior": 1, "associate": 1, "mid": 2,
    "senior": 3, "lead": 4, "staff": 4, "manager": 4, "principal": 5, "head": 5, "director": 6,
    "vp": 7, "executive": 8, "c_level": 8,
}  # fmt: skip
# Years of experience at which people commonly stand on each rung.
_YEARS_FOR_LEVEL = ((1.0, 1), (2.5, 2), (5.0, 3), (9.0, 4))
# One rung apart is common and fine; two rungs are a different job.
_VALUE_BY_RUNGS = {0: 1.0, 1: 0.6, 2: 0.2}

_ALTERNATIVES = re.compile(
    r"\b(?:or|such as|like|e\.g\.?|for example|similar|equivalent|any of|one of)\b|/", re.IGNORECASE
)


@dataclass
class Factor:
    """A value of 0 to 1, or None where it is not stated, with what was met and what is missing."""

    value: float | None
    met: list[Finding] = field(default_factory=list)
    missing: list[Finding] = field(default_factory=list)


def finding(
    kind: str, label: str, sentence: str, quote: Quote, fact: FactView | tuple[str, str] | None,
    source: str = "description",
) -> Finding:  # fmt: skip
    """Return a finding with its quote and its fact (or a wish as id and text)."""
    fact_id, fact_text = ("", "Not in your profile")
    if isinstance(fact, FactView):
        fact_id, fact_text = fact.id, fact.text or fact.title
    elif fact is not None:
        fact_id, fact_text = fact
    return Finding(
        kind, label, sentence, quote.text, source, quote.start, quote.end, fact_id, fact_text
    )


def judge_musts(profile: ProfileForMatch, job: JobForMatch) -> Factor:
    """Judge the lines the posting calls required; each line counts the same."""
    return _judge_lines(profile, job.must_lines)


def judge_nices(profile: ProfileForMatch, job: JobForMatch) -> Factor:
    """Judge the lines the posting calls nice to have; each line counts the same."""
    return _judge_lines(profile, job.requirements.of_kind(LineKind.NICE))


def _judge_lines(profile: ProfileForMatch, quotes: Iterable[Quote]) -> Factor:
    factor = Factor(value=None)
    values: list[float] = []
    for quote in quotes:
        held = {
            hit.skill: _credit(profile, hit)
            for hit in find_skills(quote.text)
            if hit.category != TRAITS
        }
        if not held:
            continue
        is_either = len(held) > 1 and _ALTERNATIVES.search(quote.text)
        values.append(max(held.values()) if is_either else sum(held.values()) / len(held))
        _add_skill_findings(factor, profile, quote, held, is_met=bool(is_either))
    factor.value = sum(values) / len(values) if values else None
    return factor


def _credit(profile: ProfileForMatch, hit: SkillHit) -> float:
    """Return the credit for a skill asked for; "SaaS sales" may also rest on SaaS and on sales."""
    credit = profile.credit(hit.skill)
    parts = skills_within(hit.surface)
    if credit or len(parts) < 2:
        return credit
    return COMPOSED_CREDIT * min(profile.credit(part) for part in parts)


def _add_skill_findings(
    factor: Factor,
    profile: ProfileForMatch,
    quote: Quote,
    held: dict[str, float],
    *,
    is_met: bool,
) -> None:
    """Add a met finding for each skill held; a missing one for each other, unless one was enough."""
    has_any = any(held.values())
    for name, credit in held.items():
        fact = profile.fact_for(name)
        if credit and fact is None:
            sentence = f"Your profile shows the parts of {name}, though not by that name."
            part = next(part for part in skills_within(name) if profile.fact_for(part))
            factor.met.append(finding("met", name, sentence, quote, profile.fact_for(part)))
        elif credit >= 1:
            sentence = f"Your work shows {name}, which the posting asks for."
            factor.met.append(finding("met", name, sentence, quote, fact))
        elif credit:
            sentence = f"You list {name}, but no role or project shows it yet."
            factor.met.append(finding("met", name, sentence, quote, fact))
        elif not (is_met and has_any):
            sentence = f"The posting asks for {name}; your profile does not show it."
            factor.missing.append(finding("missing", name, sentence, quote, None))


def judge_title(profile: ProfileForMatch, job: JobForMatch) -> Factor:
    """Judge how near the job's function is to roles held (fully) and titles wished for (in part)."""
    roles = [fact for fact in profile.facts if fact.kind == "role" and fact.title]
    if not roles and not profile.wanted_titles:
        return Factor(value=None)
    quote = Quote(job.title, 0, len(job.title))
    # Older roles fade: what someone does now says most about what they can do next.
    held = [
        (_role_likeness(profile, role, job) * max(0.7, 1 - 0.1 * age), role)
        for age, role in enumerate(roles)
    ]
    best, role = max(held, key=lambda pair: pair[0], default=(0.0, None))
    wished = [(title_likeness(title, job.title), title) for title in profile.wanted_titles]
    wish, title = max(wished, default=(0.0, ""))
    # A wish without a role behind it carries a little over half.
    if role and best >= 0.6 * wish:
        value, fact, words = best, role, f"You worked as {role.title}"
    elif title:
        value, words = 0.6 * wish, f"You look for {title}"
        return _title_factor(value, words, quote, ("preferences.titles", title))
    else:
        return Factor(value=0.0, missing=[_other_function(quote, roles)])
    return _title_factor(value, words, quote, fact)


def _role_likeness(profile: ProfileForMatch, role: FactView, job: JobForMatch) -> float:
    """Return the likeness of titles; "Python" in the opening's title counts if work shows Python."""
    plain = title_likeness(role.title, job.title)
    shown = [hit.surface for hit in find_skills(job.title) if hit.skill in profile.shown_skills]
    return title_likeness(" ".join([role.title, *shown]), job.title) if plain else 0.0


def _title_factor(
    value: float, words: str, quote: Quote, fact: FactView | tuple[str, str]
) -> Factor:
    if value >= 0.4:
        return Factor(
            value,
            met=[finding("met", "Title", f"{words}; this is a like role.", quote, fact, "title")],
        )
    sentence = f"{words}; this title names another function."
    return Factor(value, missing=[finding("missing", "Title", sentence, quote, fact, "title")])


def _other_function(quote: Quote, roles: list[FactView]) -> Finding:
    sentence = "No role of yours carries a title like this one."
    return finding("missing", "Title", sentence, quote, roles[0] if roles else None, "title")


def judge_seniority(profile: ProfileForMatch, job: JobForMatch) -> Factor:
    """Judge level against level and years against years asked; what is not stated is left out."""
    role = next((fact for fact in profile.facts if fact.kind == "role"), None)
    factor, values = Factor(value=None), []
    own, asked = _own_level(profile), LEVELS.get(job.seniority)
    if own is not None and asked is not None:
        value = _VALUE_BY_RUNGS.get(abs(own - asked), 0.0)
        values.append(value)
        quote = Quote(job.title, 0, len(job.title))
        is_met = value >= 0.6
        words = "fits your level" if is_met else "is at another level than your last role"
        sentence = f"The opening ({job.seniority}) {words}."
        target, kind = (factor.met, "met") if is_met else (factor.missing, "missing")
        target.append(finding(kind, "Level", sentence, quote, role, "title"))
    years = job.requirements.years
    if years and profile.years_experience is not None:
        value = min(1.0, profile.years_experience / years.least)
        values.append(value)
        held = f"{profile.years_experience:g} years"
        target, kind = (factor.met, "met") if value >= 1 else (factor.missing, "missing")
        sentence = f"The posting asks for {years.least:g} years; your roles add up to {held}."
        target.append(
            finding(kind, "Years", sentence, years.quote, role or ("profile.years", held))
        )
    factor.value = sum(values) / len(values) if values else None
    return factor


def _own_level(profile: ProfileForMatch) -> int | None:
    if profile.seniority in LEVELS:
        return LEVELS[profile.seniority]
    if profile.years_experience is None:
        return None
    reached = [level for years, level in _YEARS_FOR_LEVEL if profile.years_experience >= years]
    return reached[-1] if reached else 1


def judge_similarity(profile: ProfileForMatch, job: JobForMatch, similarity: float) -> Factor:
    """Judge how near the texts are in meaning, between the floor and the ceiling we measured."""
    role = next((fact for fact in profile.facts if fact.kind in DONE_KINDS), None)
    if role is None or not job.text.strip():
        return Factor(value=None)
    span = SIMILARITY_CEILING - SIMILARITY_FLOOR
    value = min(1.0, max(0.0, (similarity - SIMILARITY_FLOOR) / span))
    lines = [
        *job.requirements.of_kind(LineKind.RESPONSIBILITY),
        *job.requirements.of_kind(LineKind.MUST),
    ]
    if not lines:
        return Factor(value=value)
    if value >= 0.5:
        sentence = "The work described reads much like what you have done."
        return Factor(value, met=[finding("met", "Work", sentence, lines[0], role)])
    sentence = "The work described reads unlike what you have done so far."
    return Factor(value, missing=[finding("missing", "Work", sentence, lines[0], role)])


def judge_place(profile: ProfileForMatch, job: JobForMatch) -> Factor:
    """Judge the place; remote work fits whoever accepts it, unless it is tied to other countries."""
    quote = _place_quote(job)
    if quote is None or (not profile.locations and not profile.countries and not profile.remote_ok):
        return Factor(value=None)
    near, wish = _shared_place(profile, job)
    is_remote = job.remote_policy == "remote" and bool(profile.remote_ok)
    same_country = bool(set(profile.countries) & set(job.countries))
    if near:
        sentence = f"The place fits: {wish} is one you named."
        found = finding(
            "met", "Place", sentence, quote, ("preferences.locations", wish), "location"
        )
        return Factor(1.0, met=[found])
    if is_remote and (same_country or not job.countries or not profile.countries):
        found = finding(
            "met", "Place", "The role is remote, which you accept.", quote,
            ("preferences.remote_ok", "Remote work is fine"), "location",
        )  # fmt: skip
        return Factor(1.0, met=[found])
    wishes = ", ".join(profile.locations) or "remote work"
    sentence = f"The role is in {quote.text}; you named {wishes}."
    found = finding(
        "missing", "Place", sentence, quote, ("preferences.locations", wishes), "location"
    )
    # Another town of the same country may be a move or a commute; another country is more.
    return Factor(0.4 if same_country else 0.0, missing=[found])


def _place_quote(job: JobForMatch) -> Quote | None:
    words = ", ".join(job.locations) or ("Remote" if job.remote_policy == "remote" else "")
    return Quote(words, 0, len(words)) if words else None


def _shared_place(profile: ProfileForMatch, job: JobForMatch) -> tuple[bool, str]:
    offered = [part.strip().lower() for place in job.locations for part in place.split(",")]
    for wish in profile.locations:
        if wish.split(",")[0].strip().lower() in offered:
            return True, wish
    return False, ""


def judge_pay(profile: ProfileForMatch, job: JobForMatch) -> Factor:
    """Judge the top of the range against the least the person wants; other currencies are not compared."""
    top = job.pay_max or job.pay_min
    is_comparable = bool(profile.currency) and profile.currency == job.currency
    if not top or not profile.minimum_pay or not is_comparable:
        return Factor(value=None)
    words = f"{job.pay_min or top:,.0f} to {top:,.0f} {job.currency}"
    wish = f"at least {profile.minimum_pay:,.0f} {profile.currency}"
    quote, wanted = Quote(words, 0, len(words)), ("preferences.minimum_salary", wish)
    if top >= profile.minimum_pay:
        sentence = f"The pay reaches what you want ({wish})."
        return Factor(1.0, met=[finding("met", "Pay", sentence, quote, wanted, "pay")])
    sentence = f"The pay stays below what you want ({wish})."
    # A quarter below the wish is out of reach; closer than that may be talked about.
    value = max(0.0, 1 - 4 * (1 - top / profile.minimum_pay))
    return Factor(value, missing=[finding("missing", "Pay", sentence, quote, wanted, "pay")])


def nothing_stated(job: JobForMatch) -> Finding:
    """Return the reason given when neither side says anything that can be compared."""
    sentence = "The posting says too little to compare it with your profile."
    return finding(
        "check", "Not stated", sentence, Quote(job.title, 0, len(job.title)), None, "title"
    )
