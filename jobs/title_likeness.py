"""How alike two job titles are in function, whatever their level."""

import re
from functools import lru_cache

# Words of level, contract and place say nothing about the function.
_IGNORED = frozenset(
    [
        "senior",
        "sr",
        "junior",
        "jr",
        "mid",
        "level",
        "lead",
        "principal",
        "staff",
        "head",
        "chief",
        "vp",
        "vice",
        "president",
        "intern",
        "trainee",
        "graduate",
        "associate",
        "entry",
        "i",
        "ii",
        "iii",
        "iv",
        "v",
        "of",
        "the",
        "and",
        "for",
        "in",
        "at",
        "to",
        "a",
        "an",
        "remote",
        "hybrid",
        "onsite",
        "on",
        "site",
        "m",
        "f",
        "d",
        "w",
        "x",
        "div",
        "all",
        "genders",
        "full",
        "part",
        "time",
        "contract",
        "freelance",
        "permanent",
        "global",
        "regional",
        "emea",
        "apac",
        "us",
        "uk",
        "eu",
    ]
)
_SAME = {
    "developer": "engineer",
    "developers": "engineer",
    "dev": "engineer",
    "programmer": "engineer",
    "engineering": "engineer",
    "swe": "software engineer",
    "sde": "software engineer",
    "sre": "reliability engineer",
    "frontend": "front-end",
    "backend": "back-end",
    "fullstack": "full-stack",
    "pm": "product manager",
    "ux": "user-experience",
    "ui": "user-interface",
    "hr": "people",
    "recruiter": "recruiting",
    "recruitment": "recruiting",
    "talent": "recruiting",
    "nursing": "nurse",
    "rn": "nurse",
    "ml": "machine-learning",
    "qa": "quality",
    "administrator": "admin",
    "bookkeeper": "accountant",
    "accounting": "accountant",
    "ae": "account executive",
    "sdr": "sales representative",
    "salesperson": "sales",
    "teaching": "teacher",
    "marketer": "marketing",
    "scientist": "science",
}
_PHRASES = (
    (re.compile(r"\bfront[ -]end\b"), "frontend"),
    (re.compile(r"\bback[ -]end\b"), "backend"),
    (re.compile(r"\bfull[ -]stack\b"), "fullstack"),
    (re.compile(r"\bmachine[ -]learning\b"), "ml"),
    (re.compile(r"\buser experience\b"), "ux"),
    (re.compile(r"\bhuman resources\b"), "hr"),
    (re.compile(r"\bsite reliability\b"), "reliability"),
)
# Many functions share these words, so meeting in one of them alone means little.
_COMMON = frozenset(
    [
        "engineer",
        "manager",
        "specialist",
        "analyst",
        "consultant",
        "coordinator",
        "officer",
        "assistant",
        "executive",
        "representative",
        "admin",
        "expert",
        "advisor",
        "director",
        "supervisor",
        "team",
        "operator",
        "technician",
        "professional",
        "partner",
    ]
)
_COMMON_WEIGHT = 0.4
# "Software" says little between engineers: a back-end engineer is one.
_MILD_WEIGHT = 0.4
_MILD = frozenset(["software", "application", "applications", "systems", "it"])


@lru_cache(maxsize=4096)
def title_words(title: str) -> frozenset[str]:
    """Return the words that tell the function, synonyms made one ("developer" is "engineer")."""
    plain = re.sub(r"\([^)]*\)", " ", title.lower())
    for pattern, word in _PHRASES:
        plain = pattern.sub(word, plain)
    words: list[str] = []
    for word in re.findall(r"[^\W_]+(?:[+#]+)?", plain):
        if word not in _IGNORED:
            words += _SAME.get(word, word).split()
    return frozenset(words)


def title_likeness(left: str, right: str) -> float:
    """Return 0 (nothing in common) to 1 (the same function); order does not matter."""
    first, second = title_words(left), title_words(right)
    if not first or not second:
        return 0.0
    shared = sum(map(_weight, first & second))
    total = min(sum(map(_weight, first)), sum(map(_weight, second)))
    union = sum(map(_weight, first | second))
    # Half for how much of the shorter title is covered, half for how little is left over.
    return round((shared / total + shared / union) / 2, 4)


def _weight(word: str) -> float:
    if word in _COMMON:
        return _COMMON_WEIGHT
    return _MILD_WEIGHT if word in _MILD else 1.0
