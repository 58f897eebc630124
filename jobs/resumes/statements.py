"""Collect facts, and read the statements below an entry."""

import re
from collections.abc import Sequence
from datetime import date
from typing import TypedDict

from jobs.resumes import facts as kinds
from jobs.resumes.dates import DateSpan, is_date_only
from jobs.resumes.facts import ParsedFact
from jobs.resumes.lists import metric_phrases
from jobs.resumes.outline import Line
from jobs.resumes.places import is_place

MIN_STATEMENT_CHARACTERS = 12  # shorter lines are labels or leftovers
MAX_STATEMENT_CHARACTERS = 1_000
SENTENCES_FROM_CHARACTERS = 220  # a longer paragraph holds several statements
MAX_FACTS = 600  # a 30-page academic CV has about 400
_NOT_A_STATEMENT = re.compile(
    r"^(?:c?gpa|grade|relevant coursework|coursework|courses|note|abschlussnote|major gpa|tech(?:nologies| stack)?|tools|environment|stack|skills|technologien|keywords)\b[^:]{0,20}:",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-ZÄÖÜÉ])")
NUMBERED = re.compile(r"^\(?\d{1,2}[.)]\s+")


class DateFields(TypedDict, total=False):
    """The fields of a fact that a span of time fills."""

    start_date: date | None
    end_date: date | None
    start_precision: str
    end_precision: str
    is_current: bool


class FactList:
    """The facts found so far; knows the text, so that spans can be checked as they are added."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.facts: list[ParsedFact] = []

    def add(self, fact: ParsedFact) -> int | None:
        """Add a fact and return its index; None when the list is full or the span is out of the text."""
        if len(self.facts) >= MAX_FACTS or not 0 <= fact.start < fact.end <= len(self.text):
            return None
        self.facts.append(fact)
        return len(self.facts) - 1


def date_fields(span: DateSpan | None) -> DateFields:
    """Return the date fields of a fact for a span of time; none for None."""
    if span is None:
        return {}
    return {
        "start_date": span.start,
        "end_date": span.end,
        "start_precision": span.start_precision,
        "end_precision": span.end_precision,
        "is_current": span.is_current,
    }


def extent_of(lines: Sequence[Line]) -> tuple[int, int]:
    """Return the offsets that cover all of the lines."""
    return min(line.start for line in lines), max(line.end for line in lines)


def add_statements(lines: Sequence[Line], parent: int | None, found: FactList) -> None:
    """Add an accomplishment for every statement of the lines, and a metric where it measures something."""
    for line in lines:
        if is_date_only(line.text) or is_place(line.text) or _NOT_A_STATEMENT.match(line.text):
            continue
        for part in described_cells(line):
            for start, end in _statements(part):
                add_statement(found.text[start:end], start, parent, found)


def described_cells(line: Line) -> list[Line]:
    """Return the cells of a line that are neither dates nor places."""
    if line.bullet or "\t" not in line.text:
        return [line]
    cells: list[Line] = []
    start = line.start
    for cell in line.text.split("\t"):
        if cell.strip() and not is_date_only(cell) and not is_place(cell):
            cells.append(Line(start, start + len(cell), cell, False, line.blanks))
        start += len(cell) + 1
    return cells


def _statements(line: Line) -> list[tuple[int, int]]:
    number = NUMBERED.match(line.text)
    lead = number.end() if number else 0
    if line.bullet or len(line.text) < SENTENCES_FROM_CHARACTERS:
        return [(line.start + lead, line.end)]
    spans: list[tuple[int, int]] = []
    left = lead
    for match in _SENTENCE_END.finditer(line.text):
        spans.append((line.start + left, line.start + match.start()))
        left = match.end()
    return [*spans, (line.start + left, line.end)]


def add_statement(text: str, start: int, parent: int | None, found: FactList) -> None:
    """Add one statement; `text` starts at the offset `start`. Labels, leftovers and floods of text are left out."""
    if not MIN_STATEMENT_CHARACTERS <= len(text) <= MAX_STATEMENT_CHARACTERS or not re.search(
        r"[^\W\d_]{2}", text
    ):
        return
    end = start + len(text)
    confidence = 0.9 if parent is not None else 0.75
    accomplishment = found.add(
        ParsedFact(kinds.ACCOMPLISHMENT, text, start, end, parent=parent, confidence=confidence)
    )
    numbers = metric_phrases(text)
    if numbers and accomplishment is not None:
        found.add(
            ParsedFact(
                kinds.METRIC,
                text,
                start,
                end,
                category="; ".join(numbers),
                parent=parent,
                confidence=0.85,
            )
        )
