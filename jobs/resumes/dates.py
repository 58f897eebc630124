"""Find months, years and spans of time as resumes in English, German, French and Spanish write them."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

EARLIEST_YEAR = 1940
LATEST_YEAR = 2060  # an expected graduation may lie ahead

_MONTH_NAMES: dict[int, str] = {
    1: "january jan januar jän jänner janvier janv enero ene",
    2: "february feb februar février févr fevrier fév fev febrero",
    3: "march mar märz mär mrz maerz mars marzo",
    4: "april apr avril avr abril abr",
    5: "may mai mayo",
    6: "june jun juni juin junio",
    7: "july jul juli juillet juil julio",
    8: "august aug août aout agosto ago",
    9: "september sept sep septembre septiembre setiembre",
    10: "october oct oktober okt octobre octubre",
    11: "november nov novembre noviembre",
    12: "december dec dezember dez décembre déc decembre diciembre dic",
}
_MONTHS = {name: number for number, names in _MONTH_NAMES.items() for name in names.split()}
_SEASONS = {"spring": 3, "summer": 6, "fall": 9, "autumn": 9, "winter": 1}

_MONTH = "|".join(sorted([*_MONTHS, *_SEASONS], key=len, reverse=True))
_YEAR = r"(?:19[4-9]\d|20[0-6]\d)"
_PRESENT_WORDS = (
    "present|current|currently|now|ongoing|today|to date|till date|heute|aktuell|laufend|jetzt|gegenwart|gegenwärtig"
    "|actuel|actuelle|actuellement|aujourd['’]hui|présent|en cours|ce jour|presente|actual|actualidad|actualmente|la actualidad|hoy"
)
_POINT = (
    rf"(?:(?:\d{{1,2}}(?:st|nd|rd|th|\.)?\s+)?(?:{_MONTH})\b\.?(?:\s+\d{{1,2}},)?(?:\s+de)?[\s,]*(?:['’]\d{{2}}\b|{_YEAR})"
    rf"|(?:0?[1-9]|[12]\d|3[01])[./](?:0?[1-9]|1[0-2])[./]{_YEAR}"
    rf"|(?:0?[1-9]|1[0-2])\s?[./-]\s?{_YEAR}"
    rf"|{_YEAR}[-/.](?:0[1-9]|1[0-2])(?:[-/.](?:0[1-9]|[12]\d|3[01]))?"
    rf"|{_YEAR})"
)
_START_ONLY_MONTH = rf"(?:{_MONTH})\b\.?"
_DASH = r"\s*(?:[-–—−~]{1,3}|\bto\b|\buntil\b|\btill\b|\bbis\b|\bà\b|\bau\b|\bhasta\b|\ba\b|→)\s*(?:\bthe\b\s+)?"
_RANGE = re.compile(
    rf"(?<![\w$€£.,/])(?P<range>(?:(?:from|von|de|du|desde)\s+)?(?P<start>{_POINT}|{_START_ONLY_MONTH}){_DASH}"
    rf"(?P<end>{_POINT}|(?:{_PRESENT_WORDS})\b|\d{{2}}(?!\d))(?:\s*\(?(?:expected|anticipated|voraussichtlich)\)?)?)(?![\w%])",
    re.IGNORECASE,
)
_SINCE = re.compile(
    rf"(?<!\w)(?P<range>(?:since|seit|ab|depuis|desde)\s+(?P<start>{_POINT}))(?!\w)", re.IGNORECASE
)
_ONWARDS = re.compile(
    rf"(?<![\w$€£.,/-])(?P<range>(?P<start>{_POINT})\s+(?:(?:to|till)\s+date|onwards?))(?!\w)",
    re.IGNORECASE,
)
_UNTIL = re.compile(
    rf"(?<!\w)(?P<range>(?:expected|anticipated|graduated|graduation|bis|until|voraussichtlich)[:\s]+(?P<end>{_POINT}))(?!\w)",
    re.IGNORECASE,
)
_SINGLE = re.compile(rf"(?<![\w$€£.,/-])(?P<end>{_POINT})(?![\w%]|[-–]\d)", re.IGNORECASE)
_PRESENT = re.compile(rf"^(?:{_PRESENT_WORDS})$", re.IGNORECASE)
_TIME_SPAN = re.compile(
    r"\(?\b\d{1,2}\+?\s*(?:years?|yrs?|jahre?n?|ans?|années?|años?)\b(?:[\s,]*(?:and|und|et|y)?\s*\d{1,2}\s*(?:months?|mos?|monate?n?|mois|mes(?:es)?)\b)?\)?"
    r"|\(?\b\d{1,2}\s*(?:months?|mos?|monate?n?|mois|mes(?:es)?)\b\)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class DateSpan:
    """A span of time found in a line: `start` and `end` are first days of a month or year.

    `start_precision` and `end_precision` are "month", "year" or "" where nothing was stated; `left` and
    `right` are the offsets of the words in the line.
    """

    start: date | None
    end: date | None
    is_current: bool
    start_precision: str
    end_precision: str
    left: int
    right: int
    is_range: bool


def find_spans(line: str) -> list[DateSpan]:
    """Return every span of time in the line from left to right, ranges before single dates."""
    found: list[DateSpan] = []
    for span in _all_matches(line):
        if all(span.right <= other.left or span.left >= other.right for other in found):
            found.append(span)
    return sorted(found, key=lambda span: span.left)


def find_range(line: str) -> DateSpan | None:
    """Return the first range ("2019 – present", "seit 03/2020") in the line, or None."""
    return next((span for span in find_spans(line) if span.is_range), None)


def is_date_only(text: str) -> bool:
    """Whether the text consists of dates and lengths of time and nothing else."""
    rest = remove_dates(text)
    return rest != text.strip() and not re.search(r"\w", rest)


def remove_dates(text: str) -> str:
    """Return the text without dates and lengths of time ("2 years 10 months")."""
    for span in reversed(find_spans(text)):
        text = text[: span.left] + " " + text[span.right :]
    text = _TIME_SPAN.sub(" ", text)
    text = re.sub(r"\(\s*[-–—,;·]*\s*\)|\[\s*\]", " ", text)
    return re.sub(r"[ ]{2,}", " ", text).strip(" ,;")


def cells_for_dates(text: str) -> str:
    """Return the text with every date and length of time replaced by a tab."""
    for span in reversed(find_spans(text)):
        text = text[: span.left] + "\t" + text[span.right :]
    return _TIME_SPAN.sub("\t", text)


def has_time_span(text: str) -> bool:
    """Whether the text is just a length of time, like "2 years 10 months"."""
    return bool(_TIME_SPAN.fullmatch(text.strip()))


def _all_matches(line: str) -> Iterator[DateSpan]:
    for match in _RANGE.finditer(line):
        span = _range_of(match)
        if span:
            yield span
    for match in itertools.chain(_ONWARDS.finditer(line), _SINCE.finditer(line)):
        start, precision = parse_point(match["start"])
        if start:
            yield DateSpan(
                start, None, True, precision, "", match.start("range"), match.end("range"), True
            )
    for pattern in (_UNTIL, _SINGLE):
        for match in pattern.finditer(line):
            end, precision = parse_point(match["end"])
            if end:
                yield DateSpan(None, end, False, "", precision, match.start(), match.end(), False)


def _range_of(match: re.Match[str]) -> DateSpan | None:
    left, right = match.span("range")
    raw_end = match["end"].strip()
    current = bool(_PRESENT.match(raw_end))
    end, end_precision = (None, "") if current else parse_point(raw_end)
    start, start_precision = parse_point(match["start"])
    if start is None and end and end_precision == "month":
        month = _month_number(match["start"])
        start = date(end.year, month, 1) if month else None
        start_precision = "month"
    if end is None and not current and raw_end.isdigit() and len(raw_end) == 2 and start:
        end = _short_year(start, raw_end)
        end_precision = "year"
    if (
        start is None
        or (end is None and not current)
        or (end and end < start and end_precision == "month")
    ):
        return None
    if end and end.year < start.year:
        return None
    return DateSpan(start, end, current, start_precision, end_precision, left, right, True)


def _short_year(start: date, digits: str) -> date | None:
    year = start.year // 100 * 100 + int(digits)
    return date(year, 1, 1) if year >= start.year else None


def _month_number(word: str) -> int | None:
    key = word.strip(" .,").casefold()
    return _MONTHS.get(key) or _SEASONS.get(key)


def parse_point(text: str) -> tuple[date | None, str]:
    """Return the first day and the precision ("month" or "year") of one written date, or (None, "")."""
    year = _year_of(text)
    if year is None or not EARLIEST_YEAR <= year <= LATEST_YEAR:
        return None, ""
    month = _month_of(text)
    return (date(year, month, 1), "month") if month else (date(year, 1, 1), "year")


def _year_of(text: str) -> int | None:
    found = re.search(rf"(?<!\d){_YEAR}(?!\d)", text)
    if found:
        return int(found[0])
    short = re.search(r"['’](\d{2})\b", text)
    if not short:
        return None
    value = int(short[1])
    return 2000 + value if value <= LATEST_YEAR - 2000 else 1900 + value


def _month_of(text: str) -> int | None:
    word = re.search(r"[^\W\d_]+", text)
    while word:
        month = _month_number(word[0])
        if month:
            return month
        word = re.compile(r"[^\W\d_]+").search(text, word.end())
    iso = re.match(rf"\s*{_YEAR}[-/.](\d{{2}})", text)
    numeric = re.match(rf"\s*(?:\d{{1,2}}[./])?(\d{{1,2}})\s?[./-]\s?{_YEAR}", text)
    digits = iso or numeric
    value = int(digits[1]) if digits else 0
    return value if 1 <= value <= 12 else None
