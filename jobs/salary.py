"""What a posting says about pay.

A wrong salary is worse than none: a number becomes pay only with a sign that it is pay (a currency
or "k", and in running text a pay word in the same sentence or in the heading before it). Hours,
percent, 401(k), bonuses, benefits, funding and head counts never do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from html import unescape
from itertools import islice

from jobs.salary_words import (
    BENEFIT_AFTER,
    BENEFIT_BEFORE,
    BUSINESS_WORDS,
    CURRENCIES,
    NEAR_DOLLAR_WAGES,
    PAY_WORDS,
    PERIODS,
    PERIODS_PER_YEAR,
    UNITS_PER_DOLLAR,
)

# Yearly pay outside these dollars is a typing error, a bonus or a budget, not a salary.
LOWEST_PER_YEAR, HIGHEST_PER_YEAR = Decimal(15_000), Decimal(900_000)
# In running text a pay word counts when it stands at most this many characters before the number.
CONTEXT_CHARACTERS = 80
# A posting is read up to here; pay is stated long before.
MAX_CHARACTERS = 60_000
MAX_NUMBERS = 1_000

_NUMBER = r"\d{1,3}(?:[,.'’\u00a0\u202f\u2009 ]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d{1,3}(?:,\d{2}){1,2},\d{3}|\d+(?:[.,]\d{1,2})?(?![\d])"
_SCALE = r"k|K|[Tt]sd\.?|lakhs?|Lakhs?|lacs?|L(?=PA|\b)|LPA|lpa|crores?|Cr\.?|mio\.?|M|万|만"
_SIGN = "|".join(re.escape(sign) for sign in sorted(CURRENCIES, key=len, reverse=True))
_SIGNED = rf"(?<![A-Za-z])(?:{_SIGN})"
_AMOUNT = (
    rf"(?:(?P<{{0}}pre>{_SIGNED})\s*)?(?<![\d.,])(?P<{{0}}number>{_NUMBER})"
    rf"(?:[ \t]?(?P<{{0}}scale>(?:{_SCALE})(?![A-Za-z])))?(?:[ \t]?(?P<{{0}}post>(?:{_SIGN})(?![A-Za-z])))?"
)
_JOIN = r"\s*(?:-+|–|—|−|‑|‒|―|~|〜|\bto\b|\bbis\b|\bà\b|\bhasta\b|\ba\b|\btill\b|\bthrough\b|\bup to\b|\band\b|\btil\b|\btot\b|/\s*(?=[$€£]))\s*"
_PAY = re.compile(_AMOUNT.replace("{0}", "low") + rf"(?:{_JOIN}{_AMOUNT.replace('{0}', 'high')})?")
_ESCAPED_TAG = re.compile(r"&lt;/?[a-z]", re.IGNORECASE)
_BLOCK_END = re.compile(r"<(?:br|/p|/div|/li|/h\d|/tr|/td)[^>]*>", re.IGNORECASE)
_PERIOD_NOTE = re.compile(
    r"\b(?:doe|gross|brutto|brut|per|a|year|annum|p\.?a\.?|base|ote)\b", re.IGNORECASE
)
_RETIREMENT = re.compile(r"\b40[13]\s?\(?\s?[kKbB]\s?\)?|\b457\s?\(?b\)?", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[a-z)\d%])[.!?](?=\s+[A-Z\"“(])|\n\s*\n|[\n•;]")
_UPPER_ONLY = re.compile(r"\b(?:up to|upto|maximum|max\.?|bis zu|jusqu'à|hasta)\s*$", re.IGNORECASE)
_NOT_PAY_AFTER = re.compile(
    r"\s*(?:%|percent|(?:\+|plus)?\s*(?:hours?|hrs?\b(?! rate)|months?\b|weeks?\b|days?\b|years?\b|"
    r"employees|people|customers|users|countries|minutes|[ap]\.?m\b|x\b))",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Salary:
    """Pay as stated: amounts in whole units of `currency` (ISO 4217) per `period`.

    One amount alone is the minimum, unless the posting says "up to".
    """

    minimum: Decimal | None
    maximum: Decimal | None
    currency: str
    period: str

    def per_year(self) -> Salary:
        """Return the same pay for a full-time year: 2,080 hours, 260 days, 52 weeks, 12 months."""
        factor = PERIODS_PER_YEAR.get(self.period, 1)
        return Salary(
            minimum=None if self.minimum is None else self.minimum * factor,
            maximum=None if self.maximum is None else self.maximum * factor,
            currency=self.currency,
            period="year",
        )


@dataclass(frozen=True)
class _Mention:
    """One amount or range in the text that may be pay."""

    low: Decimal | None
    high: Decimal | None
    currency: str
    period: str
    is_range: bool

    @property
    def amounts(self) -> list[Decimal]:
        return [amount for amount in (self.low, self.high) if amount is not None]


def parse_salary(
    text: str, *, is_salary_field: bool = False, default_currency: str = "USD"
) -> Salary | None:
    """Return the pay `text` states, or None when it states none beyond doubt.

    `is_salary_field` says that the whole text is a pay field, so no pay word is asked for.
    `default_currency` (ISO 4217) is used where the text marks an amount only with "k", or states a
    bare range in a pay field. Several statements of the same kind become one span from the least
    to the most; yearly pay goes before hourly pay when both are stated.
    """
    plain = _plain(text[:MAX_CHARACTERS])
    mentions = []
    for match in islice(_PAY.finditer(plain), MAX_NUMBERS):
        mention = _mention(plain, match, is_salary_field, default_currency)
        if mention is not None:
            mentions.append(mention)
    if not mentions:
        return None
    lead = next((mention for mention in mentions if mention.is_range), mentions[0])
    same = [m for m in mentions if (m.currency, m.period) == (lead.currency, lead.period)]
    lows = [amount for mention in same for amount in mention.amounts]
    least, most = min(lows), max(lows)
    if least == most and all(mention.low is None for mention in same):
        return Salary(None, most, lead.currency, lead.period)
    return Salary(least, None if least == most else most, lead.currency, lead.period)


def _plain(text: str) -> str:
    """Return text without markup, entities or retirement plans, of the same line structure."""
    if _ESCAPED_TAG.search(text):
        text = unescape(text)
    text = re.sub(r"<[^<>]*>", " ", _BLOCK_END.sub("\n", text)) if "<" in text else text
    text = unescape(text).replace("\u00a0", " ")
    return _RETIREMENT.sub(lambda match: "x" * len(match.group()), text)


def _mention(
    text: str, match: re.Match[str], is_salary_field: bool, default_currency: str
) -> _Mention | None:
    """Return the pay in one match, or None if it is something else."""
    after = text[match.end() : match.end() + 60]
    before = text[max(0, match.start() - CONTEXT_CHARACTERS) : match.start()]
    if _NOT_PAY_AFTER.match(after) or not _has_shape(match, is_salary_field):
        return None
    if _is_benefit(before, after):
        return None
    if not is_salary_field and not _is_about_pay(text, match, after):
        return None
    currency = _currency(match, default_currency)
    amounts = _amounts(match)
    period = _period(before, after, match)
    kept = [amount for amount in amounts if _is_plausible(amount, currency, period or "year")]
    if not kept:
        return None
    upper_only = len(amounts) == 1 and bool(_UPPER_ONLY.search(before))
    low = None if upper_only else kept[0]
    high = kept[0] if upper_only else (kept[1] if len(kept) > 1 else None)
    return _Mention(low, high, currency, period or "year", is_range=len(kept) > 1)


def _has_shape(match: re.Match[str], is_salary_field: bool) -> bool:
    """Whether the number itself looks like money: a currency, "k", or a grouped range."""
    marks = ("lowpre", "lowpost", "lowscale", "highpre", "highpost", "highscale")
    if any(match.group(mark) for mark in marks):
        return True
    high = match.group("highnumber")
    grouped = re.compile(r"\d{1,3}(?:[,.' ]\d{3})+")
    if not high or not grouped.fullmatch(high) or not grouped.fullmatch(match["lownumber"]):
        return False
    return is_salary_field or "," in high


def _is_benefit(before: str, after: str) -> bool:
    """Whether the words around an amount say that it is a bonus, a benefit or a business figure."""
    clause_after = re.split(r"[.;\n]", after)[0]
    if BENEFIT_AFTER.match(clause_after):
        return True
    clause = _SENTENCE_END.split(before)[-1]
    benefits = [found.end() for found in BENEFIT_BEFORE.finditer(clause)]
    pays = [found.end() for found in PAY_WORDS.finditer(clause)]
    return bool(benefits) and (not pays or benefits[-1] > pays[-1])


def _is_about_pay(text: str, match: re.Match[str], after: str) -> bool:
    """Whether running text speaks of pay just before the amount, or states a rate by itself."""
    before = text[max(0, match.start() - 400) : match.start()]
    parts = _SENTENCE_END.split(before)
    sentence = parts[-1]
    # A heading ("Pay range") on the line above speaks for an amount near the start of its line.
    opening = sentence.strip(" -–•*:$€£\t")
    if len(opening) <= 30 and len(parts) > 1 and not BUSINESS_WORDS.search(opening):
        heading = next((part for part in reversed(parts[:-1]) if part.strip()), "")
        sentence = f"{heading}\n{sentence}"
    rest = re.split(r"[.;\n]", after)[0]
    near = sentence[-CONTEXT_CHARACTERS:]
    if PAY_WORDS.search(near):
        return True
    if BUSINESS_WORDS.search(sentence) or BUSINESS_WORDS.search(rest):
        return False
    if PAY_WORDS.match(rest.lstrip(" (,")):
        return True
    if match.group("highnumber") and _fills_its_line(text, match):
        return True
    # A rate or a range per period that opens its line needs no pay word.
    return bool(_period_in(rest[:25])) and len(opening) <= 25


def _fills_its_line(text: str, match: re.Match[str]) -> bool:
    """Whether a range stands alone between line ends or separators, as in a posting's head."""
    before = re.split(r"[\n|•·]", text[max(0, match.start() - 80) : match.start()])[-1]
    after = re.split(r"[\n|•·]", text[match.end() : match.end() + 80])[0]
    return not before.strip() and not _PERIOD_NOTE.sub("", after).strip(" .()+")


def _currency(match: re.Match[str], default_currency: str) -> str:
    for mark in ("lowpre", "highpost", "lowpost", "highpre"):
        sign = match.group(mark)
        if sign and not (sign == "$" and _named_dollar(match)):
            return CURRENCIES[sign]
    named = _named_dollar(match)
    if named:
        return named
    scale = (match.group("lowscale") or match.group("highscale") or "").lower()
    return (
        "INR"
        if (scale.startswith(("l", "cr")) and scale != "l") or scale == "l"
        else default_currency
    )


def _named_dollar(match: re.Match[str]) -> str:
    """Return the currency code written after the amounts ("$120k - $150k CAD"), or ""."""
    for mark in ("highpost", "lowpost"):
        sign = match.group(mark) or ""
        if len(sign) == 3 and sign.isalpha():
            return CURRENCIES[sign]
    return ""


def _amounts(match: re.Match[str]) -> list[Decimal]:
    """Return one or two amounts in whole units, the smaller first."""
    low_scale, high_scale = match.group("lowscale"), match.group("highscale")
    high_number = match.group("highnumber")
    low = _number(match["lownumber"]) * _factor(low_scale)
    if not high_number:
        return [_tidy(low)]
    high = _number(high_number) * _factor(high_scale)
    # "80-120k" and "$120 - 150K": the scale of the second number serves both.
    if high_scale and not low_scale and low < 1000:
        low *= _factor(high_scale)
    elif low_scale and not high_scale and high < 1000:
        high *= _factor(low_scale)
    return sorted((_tidy(low), _tidy(high)))


def _number(written: str) -> Decimal:
    """Return the value of a number written with any country's separators."""
    compact = re.sub(r"[\s'’\u00a0\u202f\u2009]", "", written)
    decimals = re.search(r"[.,](\d{1,2})$", compact)
    whole = compact[: decimals.start()] if decimals else compact
    value = re.sub(r"[.,]", "", whole)
    return Decimal(f"{value}.{decimals.group(1)}" if decimals else value)


def _tidy(amount: Decimal) -> Decimal:
    """Return `amount` without trailing zeros after the point."""
    return amount.quantize(Decimal(1)) if amount == amount.to_integral_value() else amount


def _factor(scale: str | None) -> int:
    word = (scale or "").lower().rstrip(".")
    if word in ("k", "tsd"):
        return 1_000
    if word.startswith(("lakh", "lac", "l")):
        return 100_000
    if word.startswith("cr"):
        return 10_000_000
    if word in ("万", "만"):
        return 10_000
    return 1_000_000 if word in ("m", "mio") else 1


def _period(before: str, after: str, match: re.Match[str]) -> str:
    """Return the period the words right after the amount name, else right before, else ""."""
    # The next amount brings its own period: "$90,000 (about $43/hour)".
    clause = re.split(r"[.;\n]\s|\d|[$€£₹]", after)[0]
    found = _period_in(clause[:40])
    if found:
        return found
    if "pa" in (match.group("lowscale") or "").lower() + (match.group("highscale") or "").lower():
        return "year"
    return _period_in(_SENTENCE_END.split(before)[-1][-45:])


def _period_in(text: str) -> str:
    """Return the first period named in `text`, or ""."""
    # "of my next 6 months" and "(6-18 months)" are durations: a period follows a slash or "per".
    found = [(hit.start(), name) for name, rule in PERIODS.items() if (hit := rule.search(text))]
    return min(found)[1] if found else ""


def _is_plausible(amount: Decimal, currency: str, period: str) -> bool:
    """Whether `amount` per `period` is a living person's full-time pay."""
    dollars = amount * PERIODS_PER_YEAR[period] / UNITS_PER_DOLLAR.get(currency, Decimal(1))
    slack = Decimal("1.5") if currency in NEAR_DOLLAR_WAGES else Decimal(5)
    slack = Decimal(1) if currency == "USD" else slack
    return LOWEST_PER_YEAR / slack <= dollars <= HIGHEST_PER_YEAR
