"""The sentences of a letter: each tells one fact, or quotes one line, and says which."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from jobs.facts import FactView, role_months
from jobs.requirements import LineKind, Quote
from jobs.skills import find_skills
from jobs.writing.evidence import Context, Sentence, check_claims
from jobs.writing.phrasing import (
    clause,
    clean_phrase,
    count_words,
    listing,
    noun_clause,
    with_article,
    with_role_article,
    with_the,
)
from jobs.writing.relevance import JobForWriting, bullets_of, content_stems, relevance, roles_of
from jobs.writing.tailoring import Candidate
from jobs.writing.tones import Tone

# Requirements answered one by one; more would be a list and not a letter.
MAX_ANSWERS = 3
MAX_QUOTE_WORDS = 16

# A posting is material, never an instruction; lines that talk to a machine or carry addresses are not quoted.
_UNQUOTABLE = re.compile(
    r"https?:|www\.|@|\b(?:ignore|instruction\w*|prompt|system|assistant|language model|ai model|disregard)\b|[“”{}<>]"
    # A line that addresses the reader reads oddly as a quotation.
    r"|^(?:you|your|we|our|i)\b|\betc\b",
    re.IGNORECASE,
)
_GENDER_MARK = re.compile(
    r"\(?\b[mfwdxhi](?:\s?/\s?[mfwdxhi*]){1,3}\b\)?|\(all genders\)", re.IGNORECASE
)
MAX_TITLE_CHARACTERS = 100


@dataclass(frozen=True)
class LetterSentence:
    """One sentence, what it is about (see `evidence.Sentence`), its facts and the posting line it quotes."""

    text: str
    about: str
    fact_ids: tuple[str, ...] = ()
    requirement: Quote | None = None


class Draft:
    """The sentences of one letter; each bullet is used once."""

    def __init__(
        self,
        candidate: Candidate,
        job: JobForWriting,
        phrases: Tone,
        facts: Sequence[FactView],
        *,
        today: date,
        is_strict: bool,
    ) -> None:
        self.candidate, self.job, self.phrases = candidate, job, phrases
        self.facts, self.today, self.is_strict = facts, today, is_strict
        self.roles = roles_of(facts)
        self.by_id = {fact.id: fact for fact in facts}
        self.context = context_for(candidate, job)
        self.used: set[str] = set()

    def fixed_paragraphs(self) -> tuple[tuple[LetterSentence, ...], ...]:
        """Return the parts every letter has: opening, task and closing."""
        return tuple(group for group in (self._opening(), self._task(), self._closing()) if group)

    def paragraphs(self, *, room: int) -> tuple[tuple[LetterSentence, ...], ...]:
        """Return the whole body, with as many of the facts as `room` words hold."""
        groups: list[tuple[LetterSentence, ...]] = []
        answers, room = self._fitted(self._answers(), room)
        groups.append(answers)
        for number, role in enumerate(self.roles[:3]):
            story, room = self._fitted(self._story(role, number), room)
            # A sentence that only names the role leads nowhere without one that tells of it.
            groups.append(story if len(story) > 1 or number == 0 else ())
        background, room = self._fitted(self._background(), room)
        groups.append(background)
        body = [group for group in groups if group]
        return tuple(
            group for group in (self._opening(), *body, self._task(), self._closing()) if group
        )

    def _fitted(
        self, sentences: Iterator[tuple[LetterSentence, ...]], room: int
    ) -> tuple[tuple[LetterSentence, ...], int]:
        """Take groups of sentences that belong together while they fit and pass the checker."""
        taken: list[LetterSentence] = []
        for group in sentences:
            words = sum(count_words(sentence.text) for sentence in group)
            checked = [Sentence(s.text, s.fact_ids, s.about) for s in group]
            if words > room or check_claims(checked, self.by_id, self.context):
                continue
            taken += group
            room -= words
            self.used.update(fact_id for sentence in group for fact_id in sentence.fact_ids)
        return tuple(taken), room

    def _opening(self) -> tuple[LetterSentence, ...]:
        names = {"role": self.context.role, "company": self.job.company}
        return tuple(
            LetterSentence(text.format(**names), "courtesy") for text in self.phrases.opening
        )

    def _closing(self) -> tuple[LetterSentence, ...]:
        return tuple(LetterSentence(text, "courtesy") for text in self.phrases.closing)

    def _task(self) -> tuple[LetterSentence, ...]:
        """Quote the task of the posting that is nearest to the facts, if one can be quoted."""
        words = set().union(*(content_stems(fact.text) for fact in self.facts))
        quotes = [_short(quote) for quote in self.job.requirements.of_kind(LineKind.RESPONSIBILITY)]
        quotable = [quote for quote in quotes if quote]
        if not quotable:
            return ()
        best = max(quotable, key=lambda quote: len(words & content_stems(quote.text)))
        text = self.phrases.task.format(line=best.text)
        return (LetterSentence(text, "employer", requirement=best),)

    def _answers(self) -> Iterator[tuple[LetterSentence, ...]]:
        """Answer requirements one by one: their words, then the years or the nearest bullet."""
        leads = (
            "You ask for “{line}”.",
            "Your posting also names “{line}”.",
            "Another point on your list is “{line}”.",
        )
        given, last_place = 0, ""
        for quote in self.job.requirements.of_kind(LineKind.MUST):
            short = _short(quote)
            if short is None or given == MAX_ANSWERS:
                continue
            told, place = self._answer_to(quote, last_place)
            if not told:
                continue
            lead = leads[given % len(leads)].format(line=short.text)
            before = len(self.used)
            yield (LetterSentence(lead, "employer", requirement=short), *told)
            if len(self.used) > before:
                given, last_place = given + 1, place

    def _answer_to(self, quote: Quote, last_place: str) -> tuple[tuple[LetterSentence, ...], str]:
        """Return what answers a line, and where it happened."""
        years = self._years() if self.job.requirements.years else None
        asked = self.job.requirements.years
        counted = (years,) if years and asked and asked.quote == quote else ()
        best = self._nearest(quote)
        if best is None:
            return counted, last_place
        role = self._role_of(best)
        place = role.organization if role else ""
        opening = f"At {place}, " if place else ""
        if place and place == last_place:
            opening = "At the same company, "
        told = self._done(best, opening=opening, role=role)
        return (*counted, *((told,) if told else ())), place

    def _years(self) -> LetterSentence | None:
        dated = [role for role in self.roles if role.start_date and role.organization]
        years = role_months(dated, today=self.today) // 12
        if years < 1:
            return None
        places = list(dict.fromkeys(role.organization for role in dated))
        span = f"{_spelled(years)} year{'s' if years > 1 else ''}"
        text = f"My roles at {listing(places)} come to {span} in all."
        if len(places) == 1:
            text = f"My time at {places[0]} comes to {span}."
        elif len(places) > 3:
            text = f"My roles so far come to {span} in all."
        return LetterSentence(text, "candidate", tuple(role.id for role in dated))

    def _nearest(self, quote: Quote) -> FactView | None:
        """Return the unused bullet that shares a skill, or at least two words of meaning, with a line."""
        skills, words = {hit.skill for hit in find_skills(quote.text)}, content_stems(quote.text)

        def points(fact: FactView) -> float:
            shared = skills & {hit.skill for hit in find_skills(fact.text)}
            return 3 * len(shared) + len(words & content_stems(fact.text))

        bullets = [fact for fact in self._bullets() if fact.id not in self.used]
        best = max(bullets, key=points, default=None)
        return best if best is not None and points(best) >= 2 else None

    def _bullets(self) -> list[FactView]:
        return [fact for role in self.roles for fact in bullets_of(role, self.facts)]

    def _role_of(self, fact: FactView) -> FactView | None:
        return next((role for role in self.roles if role.id == fact.parent_id), None)

    def _done(
        self, fact: FactView, *, opening: str = "", role: FactView | None = None
    ) -> LetterSentence | None:
        """Tell a bullet in the first person, after an opening that may name its role's employer."""
        told = clause(fact.text, is_current=bool(role and role.is_current))
        ids = (fact.id, role.id) if role and opening else (fact.id,)
        if told is not None:
            return LetterSentence(_opened(told, opening) + ".", "candidate", ids)
        noun = noun_clause(fact.text)
        if noun is None:
            return None
        place = f" at {role.organization}" if role and opening else ""
        return LetterSentence(f"My work{place} included {noun}.", "candidate", ids)

    def _story(self, role: FactView, number: int) -> Iterator[tuple[LetterSentence, ...]]:
        """Name a role and tell its bullets, the most relevant first."""
        weighed = [
            (relevance(fact.text, self.job).points, fact)
            for fact in bullets_of(role, self.facts)
            if fact.id not in self.used
        ]
        bullets = [fact for points, fact in weighed if points or not self.is_strict]
        bullets.sort(key=lambda fact: -relevance(fact.text, self.job).points)
        intro = self._introduction(role, number)
        if intro is not None and (bullets or number == 0):
            yield (intro,)
        first = "Here, " if role.is_current else "There, "
        openings = (first, "In the same role, ", "I also ", "Beyond that, ", "Finally, ")
        for opening, fact in zip(openings, bullets, strict=False):
            told = self._done(fact, opening=opening)
            if told is not None:
                yield (told,)

    def _introduction(self, role: FactView, number: int) -> LetterSentence | None:
        if not role.title or not role.organization:
            return None
        place = f"{with_role_article(role.title)} at {role.organization}"
        years = role_months([role], today=self.today) // 12
        if role.is_current:
            since = f", a role I have held since {role.start_date:%B %Y}" if role.start_date else ""
            text = f"I currently work as {place}{since}."
        elif number == 0:
            text = f"Most recently I was {place}{_for_years(years)}."
        else:
            text = f"Before that, I was {place}{_for_years(years)}."
        return LetterSentence(text, "candidate", (role.id,))

    def _background(self) -> Iterator[tuple[LetterSentence, ...]]:
        """Tell projects, listed skills that the posting asks for, study, certificates and languages."""
        for fact in self.facts:
            told = self._done(fact) if fact.kind == "project" else None
            if told is not None:
                yield (told,)
        sentences = [self._listed_skills(), *map(self._credential, self.facts), self._languages()]
        for sentence in sentences:
            if sentence is not None:
                yield (sentence,)

    def _listed_skills(self) -> LetterSentence | None:
        """Name the asked skills that are only listed, as what they are: listed."""
        told = {hit.skill for fact_id in self.used for hit in find_skills(self.by_id[fact_id].text)}
        asked: dict[str, tuple[str, str]] = {}
        for fact in self.facts:
            for hit in find_skills(fact.text) if fact.kind == "skill" else ():
                if hit.skill in self.job.asked_skills and hit.skill not in told:
                    asked.setdefault(hit.skill, (hit.surface, fact.id))
        if not asked:
            return None
        chosen = list(asked.values())[:6]
        text = f"Of the skills you name, my resume also lists {listing([name for name, _id in chosen])}."
        return LetterSentence(
            text, "candidate", tuple(dict.fromkeys(fact_id for _name, fact_id in chosen))
        )

    def _credential(self, fact: FactView) -> LetterSentence | None:
        if fact.kind == "certification":
            text = f"Among my certificates is {clean_phrase(fact.text)}."
        elif fact.kind == "education" and fact.degree and fact.organization:
            is_named = not fact.field_of_study or fact.field_of_study.lower() in fact.degree.lower()
            field = "" if is_named else f" in {fact.field_of_study}"
            text = f"My education includes {with_article(fact.degree)}{field} from {with_the(fact.organization)}."
        else:
            return None
        return LetterSentence(text, "candidate", (fact.id,))

    def _languages(self) -> LetterSentence | None:
        spoken = [fact for fact in self.facts if fact.kind == "language"]
        if not spoken:
            return None
        names = listing([clean_phrase(fact.text) for fact in spoken])
        return LetterSentence(
            f"My languages: {names}.", "candidate", tuple(fact.id for fact in spoken)
        )


def context_for(candidate: Candidate, job: JobForWriting) -> Context:
    """Return the names and the posting that the checker needs to judge a letter."""
    role = " ".join(_GENDER_MARK.sub(" ", job.title).split())[:MAX_TITLE_CHARACTERS]
    return Context(company=job.company, role=role, people=(candidate.name,), posting=job.text)


def _opened(told: str, opening: str) -> str:
    """Vary the beginning: "I also led …", "There, I led …"."""
    return opening + (told[2:] if opening.startswith("I ") else told)


def _for_years(years: int) -> str:
    if years < 1:
        return ""
    return " for one year" if years == 1 else f" for {_spelled(years)} years"


def _short(quote: Quote) -> Quote | None:
    """Return a line, or its beginning up to a comma, short enough to quote; None if it cannot be."""
    text = quote.text.rstrip(" .;:!,")
    for piece in (text, re.split(r"[,;:(–—]", text)[0].rstrip()):
        if 0 < count_words(piece) <= MAX_QUOTE_WORDS and not _UNQUOTABLE.search(piece):
            return Quote(piece, quote.start, quote.start + len(piece))
    return None


def _spelled(number: int) -> str:
    """Return small numbers in words, as prose does."""
    words = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return words[number] if 0 < number < len(words) else str(number)
