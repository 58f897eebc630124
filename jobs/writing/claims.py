"""What a sentence claims: numbers with their units, dates, degrees, titles, names, strong words."""

import re
from dataclasses import dataclass
from functools import lru_cache

_UNITS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
    "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30,
    "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100,
    "hundreds": 100, "thousand": 1000, "thousands": 1000, "million": 10**6, "millions": 10**6,
    "billion": 10**9, "billions": 10**9, "dozen": 12, "dozens": 12, "half": 0.5, "twice": 2, "double": 2,
    "doubled": 2, "doubling": 2, "tripled": 3, "triple": 3, "tripling": 3, "quadrupled": 4, "quarter": 0.25,
}  # fmt: skip
_SCALES = {"k": 10**3, "m": 10**6, "mm": 10**6, "mn": 10**6, "bn": 10**9, "b": 10**9}
_SCALES |= {"thousand": 10**3, "million": 10**6, "billion": 10**9}
_WORDS = "|".join(sorted(_UNITS, key=len, reverse=True))

_NUMBER = re.compile(
    rf"(?P<money>[$€£¥]|\b(?:usd|eur|gbp|chf)\s)?\s?(?<![\w.])(?P<digits>\d[\d,.' ]*\d|\d)"
    r"(?:\s?(?P<scale>k|mm|mn|m|bn|b|thousand|million|billion)\b)?\+?(?P<after>\s?%|\s?percent\b|\s?x\b|\s?[$€£]|\s(?:euros?|dollars?|pounds?|usd|eur|gbp|chf)\b)?"
    rf"|\b(?P<word>{_WORDS})\b(?:[ -](?P<word_scale>hundred|thousand|million|billion|percent)\b)?",
    re.IGNORECASE,
)
_TIME_UNIT = re.compile(
    r"[\s-]*(?:\w+\s)?(year|month|week|day|hour|minute|quarter)s?\b", re.IGNORECASE
)
_PEOPLE = re.compile(
    r"[\s-]*(?:[\w-]+\s){0,2}?(people|engineers?|developers?|designers?|reports?|members?|employees|colleagues|staff|nurses"
    r"|analysts|managers?|persons?|students|volunteers|interns|juniors|teammates|sellers|specialists|hires)\b"
    r"|-(?:person|strong|member)\b",
    re.IGNORECASE,
)
_TEAM_BEFORE = re.compile(
    r"\b(?:team|group|staff|department|squad|crew) of (?:up to |about |over )?$", re.IGNORECASE
)
# "one of", "one day", "half of the" are turns of phrase as often as numbers.
_LOOSE_WORDS = frozenset(["one", "zero", "half", "quarter", "double", "hundred", "two"])
_LOOSE_AFTER = re.compile(
    r"\s+(?:of|thing|more|another|example|day|piece|part|reason|point|place|that|or two|lines?|sentences?)\b|$|[,.]",
    re.IGNORECASE,
)

_RATE = re.compile(
    r"[^.;\n]{0,60}?\b(?:(?:a|an|per|each|every) (?P<unit>hour|shift|day|week|month|quarter|year)|(?P<adverb>hourly|daily|weekly|monthly|quarterly|yearly))\b",
    re.IGNORECASE,
)

MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_MONTH = re.compile(
    rf"\b(?:{MONTHS})\b(?=\s+\d{{4}})|\b(?:in|since|until|from|to|by) (?:{MONTHS})\b"
)

_DEGREE_GROUPS = (
    ("doctorate", r"ph\.?\s?d\.?|doctor(?:ate|al)?\b(?! of)|doctorate"),
    ("mba", r"mba|master of business administration"),
    (
        "master",
        r"master(?:'|’)?s?(?:'|’)?\s+(?:degree|of|in|thesis)|m\.?sc\.?|m\.?a\.?(?= in)|m\.?eng\.?",
    ),
    ("bachelor", r"bachelor(?:'|’)?s?|b\.?sc\.?|b\.?a\.?(?= in)|b\.?eng\.?"),
    ("diploma", r"diploma|apprenticeship"),
    ("degree", r"degree|graduated|graduate of|studied"),
)
_DEGREES = tuple(
    (name, re.compile(rf"(?<![\w.])(?:{pattern})(?!\w)", re.IGNORECASE))
    for name, pattern in _DEGREE_GROUPS
)

_TITLES = re.compile(
    r"\b(?:(?:chief|vice|managing|executive|senior|junior|lead|principal|staff|head|deputy|assistant|co-)[ -]?)?"
    r"(?:ceo|cto|cfo|coo|cmo|cio|vp|founder|co-founder|president|director|head of|manager|supervisor|foreman"
    r"|architect|engineer|developer|designer|analyst|consultant|scientist|administrator|accountant|controller"
    r"|auditor|nurse|physician|surgeon|doctor|teacher|professor|lecturer|lawyer|attorney|partner|principal"
    r"|recruiter|coordinator|specialist|executive|officer)\b(?!s)",
    re.IGNORECASE,
)

# Words that lift a claim: each family must be met by a word of the same family in the facts.
_STRONG_FAMILIES = (
    "led|lead|leading|headed|head|heading|managed|manage|managing|supervised|directed|oversaw|ran|run|running|chaired",
    "founded|co-founded|founder|co-founder|started|launched|launch|launching|established|set up",
    "invented|patent|patented|patents|pioneered",
    "won|award|awarded|awards|prize|medal|winner|honours|honors",
    "published|publication|publications|paper|papers|author|authored",
    "certified|certification|certificate|licensed|accredited|chartered",
    "fluent|fluently|native|bilingual",
    "promoted|promotion",
    "increased|increase|grew|growth|grow|raised|raise|boosted|lifted|improved|improve|up",
    "reduced|reduce|cut|lowered|decreased|saved|save|saving|shortened|halved|down|fewer|less",
    "doubled|tripled|quadrupled|twice|double|triple",
    "hired|recruited|hiring|recruiting",
    "mentored|coached|mentor|mentoring|coaching|trained|taught|training|teaching",
    "sold|closed|revenue|sales",
    "expert|expertise|guru|world-class|leading authority",
    "first|best|largest|biggest|fastest|only|top",
    "negotiated|negotiate|negotiation|negotiating",
    "designed|architected|invented|design|designing",
    "presented|speaker|keynote|spoke",
    "consulted|advised|advisor|adviser",
)
_STRONG = tuple(re.compile(rf"\b(?:{family})\b", re.IGNORECASE) for family in _STRONG_FAMILIES)

_WORD = re.compile(r"[^\W\d_]+(?:['’\-.&][^\W\d_]+)*[+#]*")


@dataclass(frozen=True)
class Number:
    """A number as claimed: its value, its unit class (percent, money, people, a time unit, plain)."""

    value: float
    unit: str
    start: int
    end: int


@lru_cache(maxsize=4096)
def numbers_in(text: str) -> tuple[Number, ...]:
    """Return the numbers of a text, in digits or words, each with its unit class."""
    found = [_number(text, match) for match in _NUMBER.finditer(text)]
    return tuple(number for number in found if number is not None)


def _number(text: str, match: re.Match[str]) -> Number | None:
    word = match["word"]
    if word:
        value = float(_UNITS[word.lower()])
        scale = (match["word_scale"] or "").lower()
        value *= _UNITS.get(scale, 1)
        if word.lower() in _LOOSE_WORDS and _LOOSE_AFTER.match(text, match.end()):
            return None
        unit = "percent" if scale == "percent" else _unit(text, match)
        return Number(value, unit, match.start(), match.end())
    written = match["digits"].replace(" ", "").replace("'", "")
    value = _decimal(written) * _SCALES.get((match["scale"] or "").lower(), 1)
    after = (match["after"] or "").strip().lower()
    if after in {"%", "percent"}:
        unit = "percent"
    elif match["money"] or (after and after != "x"):
        unit = "money"
    else:
        unit = _unit(text, match)
    return Number(value, unit, match.start(), match.end())


def _decimal(written: str) -> float:
    """Read 1,200 and 1.200 as twelve hundred, 1.5 and 1,5 as one and a half."""
    grouped = re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", written)
    if grouped:
        return float(re.sub(r"[.,]", "", written))
    plain = written.replace(",", ".")
    head, _, tail = plain.rpartition(".")
    return float(f"{head.replace('.', '')}.{tail}" if head else plain)


def _unit(text: str, match: re.Match[str]) -> str:
    time = _TIME_UNIT.match(text, match.end())
    if time:
        return time.group(1).lower()
    if _PEOPLE.match(text, match.end()) or _TEAM_BEFORE.search(text[: match.start()]):
        return "people"
    return "plain"


def rates_in(text: str) -> dict[str, str]:
    """Map each unit in which a number is said to recur ("40,000 payouts a day") to those words."""
    rates: dict[str, str] = {}
    for number in numbers_in(text):
        found = _RATE.match(text, number.end)
        if found:
            unit = found["unit"] or found["adverb"].lower().removesuffix("ly").replace("dai", "day")
            rates.setdefault(unit.lower(), found["unit"] or found["adverb"])
    return rates


def months_in(text: str) -> list[str]:
    """Return month names used as dates."""
    return [re.findall(MONTHS, found.group())[0] for found in _MONTH.finditer(text)]


def degrees_in(text: str) -> dict[str, str]:
    """Map each kind of degree a text names to the words that name it."""
    found = {name: pattern.search(text) for name, pattern in _DEGREES}
    return {name: match.group() for name, match in found.items() if match}


def titles_in(text: str) -> list[str]:
    """Return the job titles a text names, each as its level word (if any) and its noun."""
    return [match.group() for match in _TITLES.finditer(text)]


def strong_families_in(text: str) -> dict[int, str]:
    """Map each family of claim-lifting words a text uses to the first such word."""
    found = {number: pattern.search(text) for number, pattern in enumerate(_STRONG)}
    return {number: match.group() for number, match in found.items() if match}


@lru_cache(maxsize=4096)
def words_in(text: str) -> tuple[str, ...]:
    """Return the words of a text, lower case."""
    return tuple(match.group().lower() for match in _WORD.finditer(text))


def word_matches(text: str) -> list[re.Match[str]]:
    """Return the words of a text with their places, case kept."""
    return list(_WORD.finditer(text))


_ENDINGS = re.compile(r"(?:ations?|ings?|ments?|edly|ed|ers?|ies|es|s|e|ly)$")


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """Return a word without its ending, so that "designed" and "designing" are one."""
    word = word.lower().replace("’", "'").removesuffix("'s")
    short = _ENDINGS.sub("", word)
    return short if len(short) >= 3 else word
