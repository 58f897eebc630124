"""How much experience a posting asks for."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

# A posting is read up to here.
MAX_CHARACTERS = 60_000

_WORDS = {
    word: number
    for number, word in enumerate(
        (
            *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
            *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen"),
            *("seventeen", "eighteen", "nineteen", "twenty"),
        )
    )
} | {"a": 1, "an": 1, "thirty": 30}
_WORDS |= {
    f"twenty{gap}{word}": 20 + number
    for word, number in list(_WORDS.items())
    if 1 <= number <= 9 and len(word) > 2
    for gap in (" ", "-")
}

_COUNT = r"\d{1,3}(?:\.\d{1,2})?|" + "|".join(sorted(_WORDS, key=len, reverse=True))
_DURATION = (
    rf"(?P<over>\b(?:over|more than|at least|minimum(?: of)?|min\.?)\s+|[+>]=?\s*)?"
    rf"(?<![\w$€£.,])(?<!half )(?P<count>{_COUNT})(?![\d%])"
    rf"(?:\s*\(\d+\))?(?P<plus>\s*(?:\+|plus\b|or more\b))?"
    rf"(?:\s*(?:-|–|—|to)\s*(?P<upper>\d{{1,2}})\+?)?"
    rf"[\s-]*(?:full\s)?(?P<unit>year|yr|month)(?:['’]?s['’]?|\(s\))?\b(?P<late>\s*(?:\+|plus\b|or more\b))?"
    rf"(?:\s*(?:,|and|&)?\s*(?P<months>{_COUNT})\s*months?\b)?"
)
# What follows ("of relevant Python experience") or comes before ("experience: ", "experience of").
_AFTER = re.compile(
    r"['’]?\s*(?:of\s+|in\s+)?(?:[\w+#./&,'’()-]+\s+){0,8}?(?:experiences?|expertise|knowledge|background|track record)\b",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"\bexperience(?:d)?\b\s*(?::|of|is|-|–|\()?\s*$|experience required:?\s*$", re.IGNORECASE
)
_PATTERN = re.compile(_DURATION, re.IGNORECASE)
# A form's field: "Years of experience: 5".
_FIELD = re.compile(
    r"\b(?P<unit>year|month)s?\s+of\s+experience[^:=\n]{0,20}[:=]\s*(?P<count>\d{1,2})(?!\d)",
    re.IGNORECASE,
)
# "Our 20 years of experience" praises the company and asks for nothing.
_COMPANY = re.compile(
    r"\b(?:our|we have|we bring|company has|firm has|team has|founded|combined)\b[^.\n]{0,40}$",
    re.IGNORECASE,
)


def experience_months(text: str) -> int | None:
    """Return the months of experience the first such phrase in `text` means, or None.

    "More than" and "+" add half a unit ("3+ years" is 42 months), as a best estimate; a range
    counts with its lower end. Fractions of a month are rounded half up.
    """
    found = _first(text)
    if found is None:
        return None
    months, unit, is_open, extra = found
    if is_open:
        months += unit / 2
    return int((months + extra).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def years_of_experience(text: str) -> Decimal | None:
    """Return the least years of experience the first such phrase in `text` asks for, or None."""
    found = _first(text)
    if found is None:
        return None
    months, _unit, _is_open, extra = found
    return ((months + extra) / 12).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


def _first(text: str) -> tuple[Decimal, Decimal, bool, Decimal] | None:
    """Return (months, months per unit, is open-ended, further months) of the first phrase."""
    for match in _PATTERN.finditer(text[:MAX_CHARACTERS]):
        before = text[max(0, match.start() - 60) : match.start()]
        if _COMPANY.search(before):
            continue
        after = re.split(r"[.;\n](?=\s|$)", text[match.end() : match.end() + 120])[0]
        if not _AFTER.match(after) and not _BEFORE.search(before):
            continue
        unit = Decimal(1 if match["unit"].lower() == "month" else 12)
        months = _count(match["count"]) * unit
        over = (match["over"] or "").strip().lower()
        is_open = bool(match["plus"] or match["late"]) or over in {"over", "more than", "+", ">"}
        extra = _count(match["months"]) if match["months"] else Decimal(0)
        return months, unit, is_open, extra
    field = _FIELD.search(text[:MAX_CHARACTERS])
    if field is None:
        return None
    unit = Decimal(1 if field["unit"].lower() == "month" else 12)
    return Decimal(field["count"]) * unit, unit, False, Decimal(0)


def _count(written: str) -> Decimal:
    return Decimal(_WORDS[written.lower()]) if written.lower() in _WORDS else Decimal(written)
