"""The checker that keeps writing honest: every claim of a sentence must stand in what it cites."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from jobs.facts import FactView, role_months
from jobs.skills import find_skills, skills_within
from jobs.writing import claims
from jobs.writing.common_words import COMMON_WORDS, STARTERS

# Under this share of a sentence's own words in its facts, it tells of something else.
MIN_SUPPORTED_SHARE = 0.5


@dataclass(frozen=True)
class Sentence:
    """A sentence and what it rests on.

    `about` says what is claimed: "candidate" (facts only), "employer" (the posting only), "link"
    (a fact set beside the posting's own words, those in quotation marks) or "courtesy" (a greeting,
    a wish, a thank-you: no claim at all).
    """

    text: str
    fact_ids: tuple[str, ...] = ()
    about: str = "candidate"


@dataclass(frozen=True)
class Context:
    """Names any sentence may use: the employer, the role applied for, the people, and the posting."""

    company: str = ""
    role: str = ""
    people: tuple[str, ...] = ()
    posting: str = ""


@dataclass(frozen=True)
class Finding:
    """A claim without support: which sentence (index), what kind, the words, and what to tell the user."""

    index: int
    kind: str
    quote: str
    sentence: str


_ADVICE = {
    "no_fact": "This sentence rests on no fact of your profile. Add the fact or remove the sentence.",
    "unsupported_number": "“{quote}” does not stand in the facts of this sentence. Correct the number or add the fact.",
    "unsupported_date": "“{quote}” does not agree with the dates in your profile. Correct it or add the fact.",
    "unsupported_name": "“{quote}” is not named in the facts of this sentence. Remove it or add the fact.",
    "unsupported_skill": "No fact of this sentence shows {quote}. Remove it, or add where you used it.",
    "unsupported_title": "“{quote}” is not a title in the facts of this sentence. Use the title you held.",
    "unsupported_degree": "“{quote}” is not in the facts of this sentence. Use the degree in your profile.",
    "unsupported_claim": "“{quote}” says more than the facts of this sentence. Keep to what the facts say.",
}
_QUOTED = re.compile(r"“([^”]{2,})”")
_EMPLOYED_AT = re.compile(
    r"\b(?:worked|work|working|employed|hired|served|joined|led|built|spent|years?)\b[^.]{0,60}\b(?:at|for|by|with)\s+$",
    re.IGNORECASE,
)
_FIRST_PERSON_PAST = re.compile(
    r"\bI(?:\s+(?:have|had|also|personally|successfully))?\s+\w+ed\b|\bI (?:led|built|ran|won|grew|cut|wrote|sold|taught|made|brought|took|held)\b|\bmy (?:experience|years|degree|track record)\b",
    re.IGNORECASE,
)


def check_claims(
    sentences: Sequence[Sentence],
    facts: Mapping[str, FactView],
    context: Context | None = None,
) -> list[Finding]:
    """Return every claim that what its sentence cites does not hold; an empty list means honest.

    Numbers are compared with their unit (5 people are not 5 years), durations also against the
    dates of the cited facts, skills by canonical name, titles, degrees, names and claim-lifting
    verbs by their own families. Facts cited by a sentence but unknown count as not cited.
    """
    context = context or Context()
    findings: list[Finding] = []
    for index, sentence in enumerate(sentences):
        cited = [facts[fact_id] for fact_id in sentence.fact_ids if fact_id in facts]
        findings += [
            Finding(index, kind, quote, _ADVICE[kind].format(quote=quote))
            for kind, quote in dict.fromkeys(_faults(sentence, cited, context))
        ]
    return findings


def _faults(
    sentence: Sentence, cited: list[FactView], context: Context
) -> Iterator[tuple[str, str]]:
    text = _without_quotes(sentence, context)
    if sentence.about in {"candidate", "link"} and not cited:
        yield "no_fact", sentence.text
        return
    if sentence.about == "courtesy" and _FIRST_PERSON_PAST.search(text):
        yield "no_fact", sentence.text
    source = "\n".join(fact.all_text for fact in cited)
    if sentence.about == "employer":
        source = f"{context.posting}\n{context.company}\n{context.role}"
    yield from _name_faults(text, source, sentence, context)
    bare = _without_names(text, sentence, context)
    yield from _number_faults(bare, source, cited)
    yield from _skill_faults(bare, source)
    yield from _degree_and_title_faults(bare, source)
    if sentence.about == "candidate":
        yield from _strength_faults(bare, source, cited)


def _without_quotes(sentence: Sentence, context: Context) -> str:
    """Blank the posting's own words where they are quoted exactly; anything else stays to be checked."""
    if sentence.about not in {"link", "employer"}:
        return sentence.text
    posting = _squeezed(f"{context.posting}\n{context.role}")

    def blank(match: re.Match[str]) -> str:
        inner = _squeezed(match.group(1)).rstrip(".,;")
        return " " if inner in posting else match.group()

    return _QUOTED.sub(blank, sentence.text)


def _squeezed(text: str) -> str:
    return " ".join(text.lower().split())


def _without_names(text: str, sentence: Sentence, context: Context) -> str:
    """Blank the employer, the role applied for and the people, which are no claims about the past."""
    names = [context.company, *context.people]
    if sentence.about != "candidate":
        names.append(context.role)
    for name in sorted(filter(None, names), key=len, reverse=True):
        text = re.sub(
            re.escape(name), lambda found: " " * len(found.group()), text, flags=re.IGNORECASE
        )
    return text


def _number_faults(text: str, source: str, cited: list[FactView]) -> Iterator[tuple[str, str]]:
    known = claims.numbers_in(source)
    for number in claims.numbers_in(text):
        is_year = number.unit == "plain" and 1950 <= number.value <= 2100
        is_known = any(_same_number(number, other) for other in known)
        if not is_known and not _is_duration_of(number, cited):
            quote = text[number.start : number.end].strip()
            yield ("unsupported_date" if is_year else "unsupported_number"), quote
    known_rates = claims.rates_in(source)
    for unit, quote in claims.rates_in(text).items():
        if unit not in known_rates:
            yield "unsupported_number", quote
    months = set(claims.months_in(source)) | set(re.findall(claims.MONTHS, source))
    for month in claims.months_in(text):
        if month not in months:
            yield "unsupported_date", month


def _same_number(claimed: claims.Number, known: claims.Number) -> bool:
    if claimed.unit == known.unit:
        return abs(claimed.value - known.value) < 1e-6 * max(1.0, abs(known.value))
    # Two years are twenty-four months, nothing else changes its unit.
    in_months = {"year": 12, "month": 1}
    if claimed.unit in in_months and known.unit in in_months:
        return claimed.value * in_months[claimed.unit] == known.value * in_months[known.unit]
    return False


def _is_duration_of(number: claims.Number, cited: list[FactView]) -> bool:
    """Whether whole years (or months) are what the dates of the cited facts span, one by one or in all."""
    if number.unit not in {"year", "month"}:
        return False
    ended = [fact for fact in cited if fact.start_date and fact.end_date]
    today = max((fact.end_date for fact in ended if fact.end_date), default=date.min)
    months = [role_months([fact], today=today) for fact in ended]
    wanted = number.value * (12 if number.unit == "year" else 1)
    tolerance = 12 if number.unit == "year" else 1
    return any(
        0 <= span - wanted < tolerance
        for span in [*months, role_months(ended, today=today)]
        if span
    )


def _skill_faults(text: str, source: str) -> Iterator[tuple[str, str]]:
    known: set[str] = set()
    for hit in find_skills(source):
        known |= {hit.skill, *skills_within(hit.surface)}
    plain = _squeezed(source)
    stems = {claims.stem(word) for word in claims.words_in(source)}
    for hit in find_skills(text):
        parts = skills_within(hit.surface)
        is_known = hit.skill in known or hit.surface.lower() in plain
        is_known = is_known or (len(parts) > 1 and known.issuperset(parts))
        # "Mentoring" stands where the fact says "mentored"; names such as "Go" must match in full.
        words = claims.words_in(hit.surface)
        is_known = is_known or (
            len(hit.surface) > 5 and all(claims.stem(w) in stems for w in words)
        )
        if not is_known and hit.category != "personal":
            yield "unsupported_skill", hit.surface


def _without_skills(text: str) -> str:
    for hit in reversed(find_skills(text)):
        text = text[: hit.start] + text[hit.end :]
    return text


def _degree_and_title_faults(text: str, source: str) -> Iterator[tuple[str, str]]:
    known = claims.degrees_in(source)
    for degree, quote in claims.degrees_in(text).items():
        if degree not in known and not (degree == "degree" and known):
            yield "unsupported_degree", quote
    words = {claims.stem(word) for word in claims.words_in(source)}
    for title in claims.titles_in(text):
        if any(claims.stem(word) not in words for word in claims.words_in(title)):
            yield "unsupported_title", title


def _name_faults(
    text: str, source: str, sentence: Sentence, context: Context
) -> Iterator[tuple[str, str]]:
    """A capitalised word must be named by the source or the context, or be an ordinary first word."""
    known = {claims.stem(word) for word in claims.words_in(source)}
    allowed = " ".join([context.company, *context.people])
    if sentence.about != "candidate":
        allowed += f" {context.role}"
    named = known | {claims.stem(word) for word in claims.words_in(allowed)}
    # Names of skills are judged as skills, by whatever spelling.
    skills = [(hit.start, hit.end) for hit in find_skills(text)]
    for match in claims.word_matches(text):
        word = match.group()
        if not word[0].isupper() or claims.stem(word) in named:
            continue
        if any(start <= match.start() < end for start, end in skills):
            continue
        if word.lower() in COMMON_WORDS or all(
            claims.stem(part) in named for part in re.split(r"[-.&]", word)
        ):
            continue
        if _is_first_word(text, match.start()) and (
            word.lower() in STARTERS or word.endswith(("ing", "ly"))
        ):
            continue
        yield "unsupported_name", word
    if sentence.about in {"candidate", "courtesy"} and _claims_employer(text, source, context):
        yield "unsupported_name", context.company


def _claims_employer(text: str, source: str, context: Context) -> bool:
    """Whether a sentence says that the candidate worked at the company applied to."""
    if not context.company or context.company.lower() in source.lower():
        return False
    found = re.search(re.escape(context.company), text, re.IGNORECASE)
    return bool(found and _EMPLOYED_AT.search(text[: found.start()]))


def _is_first_word(text: str, start: int) -> bool:
    return not text[:start].strip(" “\"'(") or text[:start].rstrip(" “\"'(").endswith(
        (".", "!", "?", ":", "\n")
    )


def _strength_faults(text: str, source: str, cited: list[FactView]) -> Iterator[tuple[str, str]]:
    known = claims.strong_families_in(source)
    for family, quote in claims.strong_families_in(text).items():
        if family not in known:
            yield "unsupported_claim", quote
    stems = {claims.stem(word) for word in claims.words_in(source)}
    own = [
        claims.stem(word)
        for word in claims.words_in(_without_skills(text))
        if len(word) > 3 and word not in COMMON_WORDS and word not in STARTERS
    ]
    supported = sum(any(_akin(word, known) for known in stems) for word in own)
    if own and supported / len(own) < MIN_SUPPORTED_SHARE:
        yield "unsupported_claim", text.strip()


def _akin(left: str, right: str) -> bool:
    """Whether two stems are one word in two forms: equal, or alike in their first five letters."""
    return left == right or (min(len(left), len(right)) > 3 and left[:5] == right[:5])
