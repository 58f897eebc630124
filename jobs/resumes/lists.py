"""Take apart lists of skills and languages, and find the numbers that measure something."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jobs.resumes.outline import Line
from jobs.resumes.vocabulary import HUMAN_LANGUAGES, LANGUAGE_LEVEL

MAX_SKILL_CHARACTERS = 60
MAX_SKILL_WORDS = 7  # "natural language processing with large models" is still a skill
_LABEL = re.compile(r"^(?P<label>[^:,\t]{2,45}?)\s*(?::\s*|\t)(?=\S)")
_OPEN_LABEL = re.compile(r"^[^:,;]{2,45}:$")
_LEVEL_NOTE = re.compile(
    r"^(?:\d|basic|beginner|intermediate|advanced|expert|proficient|fluent|native|familiar|working|strong|good|grundkenntnisse|gute?|sehr|fortgeschritten|débutant|avancé|básico|avanzado|intermedio|years?|since)",
    re.IGNORECASE,
)
_AMOUNT = r"\d+(?:[.,]\d+)*"
_METRIC = re.compile(
    rf"(?P<money>(?:[$€£¥₹]|USD|EUR|GBP|CHF|US\$)\s?{_AMOUNT}(?:\s?(?:k|m|mn|bn|b|million|billion|mio\.?|mrd\.?|thousand)\b)?\+?|{_AMOUNT}(?:\s?(?:k|m|bn|million|billion|mio\.?|mrd\.?))?\s?(?:€|EUR\b|USD\b|CHF\b|Euro\b))"
    rf"|(?P<percent>{_AMOUNT}\s?(?:%|percent\b|prozent\b|per\s?cent\b))"
    rf"|(?P<times>\b{_AMOUNT}\s?[x×](?![a-z0-9]))"
    rf"|(?P<large>\b{_AMOUNT}\s?(?:k|m|bn|b|million|billion|thousand|mio\.?|mrd\.?|tausend|millionen)\b\+?)"
    rf"|(?P<plus>\b{_AMOUNT}\+)"
    rf"|(?P<change>\bfrom\s{_AMOUNT}\s(?:\w+\s)?to\s{_AMOUNT}|\bvon\s{_AMOUNT}\s(?:\w+\s)?auf\s{_AMOUNT})"
    rf"|(?P<unit>\b{_AMOUNT}\s?(?:ms|s|sec|seconds?|minutes?|min|hours?|hrs?|days?|weeks?|months?|years?|GB|TB|PB|MB|rps|qps|tps|kg|km|FTEs?|Stunden|Tage|Wochen|Jahre|heures|jours|horas|días)\b)"
    rf"|(?P<count>(?<![\w.,/#-]){_AMOUNT}\s(?:[a-zäöüéèñ][\w-]*\s){{0,2}}(?:[a-zäöüéèñ][\w-]*(?:s|en|er)|people|staff|women|men|children)\b)",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)\d{2}")


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a list with its offsets in the text and the label of its list."""

    text: str
    start: int
    end: int
    category: str


def metric_phrases(text: str) -> list[str]:
    """Return the phrases in which a number measures something: money, shares, factors, amounts, times.

    A year, a version or a number inside a name measures nothing.
    """
    phrases: list[str] = []
    for match in _METRIC.finditer(text):
        phrase = match[0].strip()
        if match.lastgroup in {"count", "unit"} and _YEAR.match(phrase):
            continue
        if match.lastgroup == "count" and not match[0].split(" ")[1][:1].islower():
            continue
        phrases.append(phrase)
    return phrases


def skill_items(lines: Sequence[Line]) -> Iterator[Item]:
    """Yield the skills of a section: comma lists with or without a label, or one skill a line."""
    category = ""
    for line in lines:
        if _OPEN_LABEL.match(line.text):
            category = line.text.rstrip(": ")
            continue
        label = _LABEL.match(line.text)
        offset = label.end() if label else 0
        name = label["label"].strip() if label else category
        if not label and line.blanks > 0 and not re.search(r"[,;|•·]", line.text):
            name = category = ""
        yield from split_items(line.text[offset:], line.start + offset, name)


def split_items(text: str, start: int, category: str) -> Iterator[Item]:
    """Yield the items of a list; an enumeration in brackets gives its members as items of their own."""
    for left, right in _pieces(text):
        raw = text[left:right]
        bracket = re.search(r"\(([^()]*)\)?\s*\.?$", raw)
        if bracket and bracket.start() > 0:
            inner, at = bracket[1], left + bracket.start(1)
            expand = "," in inner or ";" in inner
            if expand or _LEVEL_NOTE.match(inner):
                yield from _item(text, left, left + bracket.start(), start, category)
                if expand and not _LEVEL_NOTE.match(inner):
                    yield from split_items(inner, start + at, category)
                continue
        yield from _item(text, left, right, start, category)


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    depth = left = 0
    many = bool(re.search(r"[,;]", text))
    for match in re.finditer(r"[()]|[,;|•·\t](?!\d)|\s[–—/]\s|\s(?:and|und|et|y|&)\s", text):
        sign = match[0]
        if sign == "(":
            depth += 1
        elif sign == ")":
            depth = max(depth - 1, 0)
        elif (depth == 0 and not (len(sign.strip()) > 1 or sign.strip() in {"&", "y"})) or (
            depth == 0 and many and "," not in text[match.end() :] and sign.strip() != "&"
        ):
            yield left, match.start()
            left = match.end()
    yield left, len(text)


def _item(text: str, left: int, right: int, start: int, category: str) -> Iterator[Item]:
    raw = text[left:right]
    lead = re.match(r"\s*(?:(?:and|und|et|y|&)\s+)?", raw)
    left += lead.end() if lead else 0
    value = text[left:right].rstrip(" .:;,–—-")
    if value.endswith(")") and "(" not in value:
        value = value.rstrip(") ")
    if (
        value
        and re.search(r"[^\W_]", value)
        and len(value) <= MAX_SKILL_CHARACTERS
        and len(value.split()) <= MAX_SKILL_WORDS
    ):
        yield Item(value, start + left, start + left + len(value), category)


def is_human_language(text: str) -> bool:
    """Whether the item names a language that people speak."""
    words = re.findall(r"[^\W\d_]+", text.casefold())
    return bool(words) and words[0] in HUMAN_LANGUAGES


def language_items(lines: Sequence[Line]) -> Iterator[Item]:
    """Yield spoken languages; the category is the level written with them ("C1", "native")."""
    pending: Item | None = None
    for line in lines:
        for match in re.finditer(r"(?:[^,;|•·\t()]|\([^()]*\))+", line.text):
            words = re.search(r"[^\W\d_]+", match[0])
            level = LANGUAGE_LEVEL.search(match[0])
            if words and words[0].casefold() in HUMAN_LANGUAGES:
                if pending:
                    yield pending
                left = match.start() + words.start()
                right = match.end() - (len(match[0]) - len(match[0].rstrip()))
                text = line.text[left:right].rstrip(" .")
                pending = Item(
                    text,
                    line.start + left,
                    line.start + left + len(text),
                    level[0] if level else "",
                )
            elif pending and level and not pending.category:
                pending = Item(pending.text, pending.start, pending.end, level[0])
    if pending:
        yield pending
