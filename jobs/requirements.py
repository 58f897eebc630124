"""What a posting asks for, line by line: must have, nice to have, to be done, and what rules people out."""

import re
from dataclasses import dataclass, replace
from typing import TypeVar

from jobs.requirement_patterns import (
    BULLET,
    CLOSING_LINE,
    CONDITION_PATTERNS,
    DEGREE_PATTERNS,
    EXPERIENCE,
    EXPERIENCE_REPLACES,
    HEADING_PATTERNS,
    LANGUAGE,
    MAX_HEADING_WORDS,
    MUST_LINE,
    NEGATED,
    NICE_LINE,
    NOT_ASKED,
    NUMBER_WORDS,
    OFFER_LINE,
    SENTENCE_END,
    TASK_LINE,
    YEARS,
    ConditionKind,
    LineKind,
)


@dataclass(frozen=True)
class Quote:
    """Words of a posting with their place: `text` equals the posting's `[start:end]`."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class RequirementLine:
    """One line or bullet of a posting and what it is."""

    kind: LineKind
    quote: Quote


@dataclass(frozen=True)
class YearsAsked:
    """Least and, where stated, most years of experience, with the line that says so."""

    least: float
    most: float | None
    quote: Quote


@dataclass(frozen=True)
class DegreeAsked:
    """The lowest degree that is enough (see DEGREE_RANKS), and whether experience may replace it."""

    level: str
    is_required: bool
    quote: Quote


@dataclass(frozen=True)
class Condition:
    """A condition found in a posting; `detail` is the language or licence where one is named."""

    kind: ConditionKind
    detail: str
    quote: Quote


@dataclass(frozen=True)
class PostingRequirements:
    """All that was found in one posting. Nothing found means not stated, not "none"."""

    lines: tuple[RequirementLine, ...]
    years: YearsAsked | None
    degree: DegreeAsked | None
    conditions: tuple[Condition, ...]

    def of_kind(self, kind: LineKind) -> tuple[Quote, ...]:
        """Return the quotes of one kind, in the order of the posting."""
        return tuple(line.quote for line in self.lines if line.kind == kind)


_Quoting = TypeVar("_Quoting", RequirementLine, YearsAsked, DegreeAsked, Condition)

# Non-breaking, figure, thin and narrow spaces, as rich text editors leave them.
_PLAIN_SPACES = dict.fromkeys((0xA0, 0x2007, 0x2009, 0x202F), " ")

DEGREE_RANKS = {"vocational": 1, "bachelor": 2, "master": 3, "doctorate": 4}

# A posting is 3 to 8 kB; what follows the first 60 kB is not read.
MAX_CHARACTERS = 60_000


def read_requirements(text: str) -> PostingRequirements:
    """Read a posting's plain text into its lines, years, degree and conditions, each quoted exactly.

    Lines are bullets and sentences; a heading gives its kind to the lines below it, and plain words
    in a line ("is a plus") overrule the heading. The first 60,000 characters are read.
    """
    original = text[:MAX_CHARACTERS]
    # One for one, so that places in the plain text are places in the original.
    text = original.translate(_PLAIN_SPACES)
    lines = _lines(text)
    asked = [line for line in lines if line.kind in {LineKind.MUST, LineKind.OTHER}]
    found = PostingRequirements(
        lines=tuple(lines),
        years=_years(lines),
        degree=_degree(asked) or _degree(lines),
        conditions=_conditions(lines),
    )
    return found if text == original else _requoted(found, original)


def _requoted(found: PostingRequirements, original: str) -> PostingRequirements:
    def exact(item: _Quoting) -> _Quoting:
        quote = item.quote
        return replace(item, quote=replace(quote, text=original[quote.start : quote.end]))

    return PostingRequirements(
        lines=tuple(exact(line) for line in found.lines),
        years=exact(found.years) if found.years else None,
        degree=exact(found.degree) if found.degree else None,
        conditions=tuple(exact(condition) for condition in found.conditions),
    )


def _lines(text: str) -> list[RequirementLine]:
    lines: list[RequirementLine] = []
    section: LineKind | None = None
    for found in re.finditer(r"[^\n\r]+", text):
        quote = _trimmed(text, found.start(), found.end())
        if quote is None:
            continue
        heading = _heading_kind(quote.text, found.group())
        if heading is not None:
            section = heading
            continue
        if CLOSING_LINE.search(quote.text):
            section = LineKind.OTHER
        lines += [
            RequirementLine(_kind_of(part.text, section), part) for part in _parts(text, quote)
        ]
    return lines


def _trimmed(text: str, start: int, end: int) -> Quote | None:
    bullet = BULLET.match(text[start:end])
    start += bullet.end() if bullet else 0
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    end = start + len(piece.strip())
    return Quote(text[start:end], start, end) if end > start else None


def _heading_kind(line: str, raw: str) -> LineKind | None:
    """Return the kind a heading gives to what follows, or None for an ordinary line."""
    is_bullet = bool(BULLET.match(raw)) and not raw[:1].isspace()
    words = line.rstrip(":").split()
    if len(words) > MAX_HEADING_WORDS or (line.endswith((".", ";", ",")) or is_bullet):
        return None
    title = line.rstrip(":?! ")
    for kind, pattern in HEADING_PATTERNS:
        found = pattern.search(title)
        if found and (line.endswith((":", "?", "…")) or len(found.group()) >= len(title) * 0.4):
            return kind
    return LineKind.OTHER if line.endswith(":") and len(words) <= 4 else None


def _parts(text: str, quote: Quote) -> list[Quote]:
    """Split a line of several sentences, so that each is quoted and judged alone."""
    parts: list[Quote] = []
    start = quote.start
    for gap in SENTENCE_END.finditer(text, quote.start, quote.end):
        parts.append(Quote(text[start : gap.start()], start, gap.start()))
        start = gap.end()
    parts.append(Quote(text[start : quote.end], start, quote.end))
    return [part for part in parts if part.text]


def _kind_of(line: str, section: LineKind | None) -> LineKind:
    if NICE_LINE.search(line):
        return LineKind.NICE
    if section in {LineKind.NICE, LineKind.MUST, LineKind.RESPONSIBILITY}:
        return section
    if OFFER_LINE.search(line) or section == LineKind.OTHER:
        return LineKind.OTHER
    if TASK_LINE.search(line):
        return LineKind.RESPONSIBILITY
    return LineKind.MUST if MUST_LINE.search(line) else LineKind.OTHER


def _years(lines: list[RequirementLine]) -> YearsAsked | None:
    """Return the largest least amount among the musts; no other line counts."""
    asked: list[YearsAsked] = []
    for line in lines:
        is_asked = line.kind in {LineKind.MUST, LineKind.RESPONSIBILITY}
        if not is_asked or NOT_ASKED.search(line.quote.text):
            continue
        for found in YEARS.finditer(line.quote.text):
            before = line.quote.text[: found.start()]
            if EXPERIENCE.search(found["rest"]) or EXPERIENCE.search(before[-60:]):
                most = _amount(found["most"]) if found["most"] else None
                asked.append(YearsAsked(_amount(found["least"]), most, line.quote))
                break
    asked = [years for years in asked if 0 < years.least <= 30]
    return max(asked, key=lambda years: years.least, default=None)


def _amount(words: str) -> float:
    return float(NUMBER_WORDS.get(words.lower(), 0) or words)


def degree_in(text: str) -> str:
    """Return the highest degree a text names (a key of DEGREE_RANKS), or an empty string."""
    levels = [level for level, pattern in DEGREE_PATTERNS if pattern.search(text)]
    return max(levels, key=DEGREE_RANKS.__getitem__, default="")


def _degree(lines: list[RequirementLine]) -> DegreeAsked | None:
    """Return the lowest degree of the first line that names one ("Bachelor's or Master's": bachelor)."""
    for line in lines:
        if line.kind == LineKind.RESPONSIBILITY:
            continue
        text = line.quote.text
        levels = [level for level, pattern in DEGREE_PATTERNS if pattern.search(text)]
        if levels == ["bachelor"] and re.search(r"degree of (?!\w+ in\b)", text, re.IGNORECASE):
            continue
        if levels:
            level = min(levels, key=DEGREE_RANKS.__getitem__)
            is_required = line.kind != LineKind.NICE and not EXPERIENCE_REPLACES.search(text)
            return DegreeAsked(level, is_required, line.quote)
    return None


def _conditions(lines: list[RequirementLine]) -> tuple[Condition, ...]:
    """Return each kind of condition once per detail, from the first line that states it as a must."""
    found_here: dict[tuple[ConditionKind, str], Condition] = {}
    for line in lines:
        if line.kind == LineKind.NICE:
            continue
        for kind, pattern in CONDITION_PATTERNS:
            found = pattern.search(line.quote.text)
            if found is None or _is_negated(kind, line.quote.text, found):
                continue
            is_language = kind == ConditionKind.LANGUAGE
            details = LANGUAGE.findall(line.quote.text) if is_language else [""]
            for detail in details:
                found_here.setdefault((kind, detail), Condition(kind, detail, line.quote))
    return tuple(found_here.values())


def _is_negated(kind: ConditionKind, line: str, found: re.Match[str]) -> bool:
    # "No visa sponsorship" is the condition itself; "no travel required" is the absence of one.
    if kind in {ConditionKind.VISA, ConditionKind.ON_SITE}:
        return False
    return bool(NEGATED.search(line[: found.start()]))
