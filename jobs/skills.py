"""Skills named in a text: one pass over its words against our own vocabulary, with exact places."""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path

_VOCABULARY_FILE = Path(__file__).with_name("skill_vocabulary.txt")

# A word, with the plus or hash that belongs to it (C++, C#); `.NET` is a word of its own, but not
# the end of a domain name.
_WORD = re.compile(
    r"[^\W_]+(?:(?:\+\+?|#)(?![^\W\d_]))?|(?:(?<![^\W_])|(?<=asp)|(?<=vb)|(?<=ado))\.net(?![^\W_])",
    re.IGNORECASE,
)
# What may stand between the words of one name: "front end", "front-end", "CI/CD", "M & A".
_JOIN = re.compile(r"[ \u00a0]?[-‐‑–/.&_'’]?[ \u00a0]?|")
_TIGHT_ONLY = ".'_’"

# Between two items of a list of skills.
_LISTED = re.compile(r"\s*(?:[,;/|&+•·()]|and|or|,\s*(?:and|or))\s*", re.IGNORECASE)
_SENTENCE_START = re.compile(r"(?:^|[.!?:\n\r\t•*·–-])[\s\"“(]*$")
_CUES_BEFORE = frozenset(
    [
        "in",
        "with",
        "using",
        "know",
        "knowledge",
        "language",
        "languages",
        "learn",
        "learning",
        "write",
        "writing",
        "written",
        "programming",
        "experience",
        "via",
        "including",
        "advanced",
        "strong",
        "ms",
        "microsoft",
    ]
)
_CUES_AFTER = frozenset(
    [
        "developer",
        "developers",
        "engineer",
        "engineers",
        "programming",
        "programmer",
        "programmers",
        "code",
        "codebase",
        "service",
        "services",
        "microservice",
        "microservices",
        "backend",
        "experience",
        "skills",
        "language",
        "framework",
        "scripts",
        "scripting",
        "packages",
        "package",
        "modules",
        "macros",
        "formulas",
        "knowledge",
        "proficiency",
        "development",
        "expert",
        "app",
        "apps",
        "library",
        "api",
        "apis",
        "concurrency",
        "runtime",
    ]
)
# "Go to", "Access to", "Word of mouth", "C-level", "Series C": the word, not the skill.
_NEVER_BEFORE = frozenset(
    ["series", "class", "vitamin", "hepatitis", "plan", "schedule", "grade", "tier", "appendix"]
)
_NEVER_AFTER = frozenset(
    ["to", "of", "your", "our", "beyond", "above", "live", "the", "level", "suite", "suites", "at"]
)


_LINE_CHARACTERS = 400


@dataclass(frozen=True)
class Skill:
    """A skill of the vocabulary: its canonical name and its group."""

    name: str
    category: str


@dataclass(frozen=True)
class SkillHit:
    """One mention: the canonical name, the words as written, and their offsets in the text."""

    skill: str
    surface: str
    start: int
    end: int
    category: str = ""


@dataclass(frozen=True)
class _Entry:
    skill: Skill
    surface: str
    words: tuple[str, ...]
    exact: bool
    caution: int  # 0 none, 1 at the start of a sentence, 2 everywhere


@dataclass(frozen=True)
class _Candidate:
    entry: _Entry
    start: int
    end: int


def _words(text: str) -> tuple[str, ...]:
    return tuple(found.group().lower() for found in _WORD.finditer(text))


def _entry(surface: str, skill: Skill) -> _Entry:
    bare = surface.lstrip("!=")
    marks = surface[: len(surface) - len(bare)]
    return _Entry(skill, bare, _words(bare), bool(marks), marks.count("!"))


def _with_plural(entry: _Entry) -> list[_Entry]:
    """Return the entry and, where it is an ordinary name, its plural ("microservice framework"s)."""
    last = entry.words[-1]
    if entry.exact or not last.isalpha() or last.endswith("s") or len(last) < 4:
        return [entry]
    plural = (*entry.words[:-1], last + "s")
    return [entry, _Entry(entry.skill, entry.surface + "s", plural, False, 0)]


@cache
def vocabulary() -> tuple[Skill, ...]:
    """Return every skill we know, in the order of the vocabulary file."""
    return tuple(dict.fromkeys(entry.skill for entry in _entries()))


@cache
def _entries() -> tuple[_Entry, ...]:
    entries: list[_Entry] = []
    category = ""
    for line in _VOCABULARY_FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            category = line.strip("[] ")
        elif line and not line.startswith("#"):
            for item in filter(None, map(str.strip, line.split(";"))):
                name, _, aliases = item.partition(" = ")
                skill = Skill(name.lstrip("!=").strip(), category)
                surfaces = list(filter(None, map(str.strip, aliases.split(","))))
                # "Spring = !!Spring" marks the name itself, so the unmarked spelling must go.
                if name not in [surface.lstrip("!=") for surface in surfaces]:
                    surfaces.insert(0, name)
                for surface in surfaces:
                    entries += _with_plural(_entry(surface.strip(), skill))
    return tuple(entries)


@dataclass(frozen=True)
class _Group:
    """The entries that share a first word: their lengths in words, longest first, and the entries."""

    lengths: tuple[int, ...]
    by_words: dict[tuple[str, ...], list[_Entry]]


@cache
def _index() -> dict[str, _Group]:
    """Map a first word to its entries; of two skills with one spelling the earlier one wins."""
    by_first: dict[str, dict[tuple[str, ...], list[_Entry]]] = {}
    for entry in _entries():
        group = by_first.setdefault(entry.words[0], {})
        group.setdefault(entry.words, []).append(entry)
    return {
        first: _Group(tuple(sorted({len(words) for words in group}, reverse=True)), group)
        for first, group in by_first.items()
    }


def find_skills(text: str) -> list[SkillHit]:
    """Find every mention of a skill, left to right, without overlaps, longest name first.

    Offsets are characters of `text`; `surface` is always `text[start:end]`. Names that are also
    ordinary words (Go, R, C, Excel, Spring) count only where case and neighbours show the skill.
    Time is linear in the text: about 1 ms for a posting of 5 kB.
    """
    # The lines of a posting and the facts of a profile are compared again and again.
    return list(_found_in_line(text) if len(text) <= _LINE_CHARACTERS else _found(text))


@lru_cache(maxsize=8192)
def _found_in_line(line: str) -> tuple[SkillHit, ...]:
    return tuple(_found(line))


def _found(text: str) -> list[SkillHit]:
    candidates = _candidates(text)
    hits: list[SkillHit] = []
    is_meant = False
    for position, candidate in enumerate(candidates):
        is_meant = _is_meant(text, candidates, position, is_after_skill=is_meant)
        if is_meant:
            skill = candidate.entry.skill
            surface = text[candidate.start : candidate.end]
            hits.append(
                SkillHit(skill.name, surface, candidate.start, candidate.end, skill.category)
            )
    return hits


def skill_names(text: str) -> list[str]:
    """Return the canonical names of the skills in a text, each once, in order of appearance."""
    return list(dict.fromkeys(hit.skill for hit in find_skills(text)))


@lru_cache(maxsize=4096)
def skills_within(surface: str) -> tuple[str, ...]:
    """Return the skills named by parts of a longer name: "contract negotiation" holds negotiation."""
    words = [found.span() for found in _WORD.finditer(surface)]
    whole = canonical_skill(surface)
    names: dict[str, None] = {}
    for first in range(len(words)):
        for last in range(first, len(words)):
            if last - first + 1 < len(words):
                names |= dict.fromkeys(skill_names(surface[words[first][0] : words[last][1]]))
    return tuple(name for name in names if name != whole)


@lru_cache(maxsize=4096)
def canonical_skill(name: str) -> str | None:
    """Return the canonical name for a skill however it is written ("k8s"), or None if unknown."""
    words = _words(name)
    group = _index().get(words[0]) if words else None
    found = list(group.by_words.get(words, ())) if group else []
    found.sort(key=lambda entry: entry.exact and entry.surface != name.strip())
    return found[0].skill.name if found else None


def _candidates(text: str) -> list[_Candidate]:
    index = _index()
    words = [(found.group().lower(), found.start(), found.end()) for found in _WORD.finditer(text)]
    found_here: list[_Candidate] = []
    position, count = 0, len(words)
    while position < count:
        group = index.get(words[position][0])
        candidate = _longest(text, words, position, group) if group else None
        if candidate is None:
            position += 1
        else:
            found_here.append(candidate)
            position += len(candidate.entry.words)
    return found_here


def _longest(
    text: str, words: list[tuple[str, int, int]], position: int, group: _Group
) -> _Candidate | None:
    for length in group.lengths:
        piece = words[position : position + length]
        entries = group.by_words.get(tuple([word[0] for word in piece]))
        if not entries:
            continue
        start, end = piece[0][1], piece[-1][2]
        for entry in entries:
            is_spelled = not entry.exact or entry.caution or text[start:end] == entry.surface
            if is_spelled and (length == 1 or _joined(text, piece, entry)):
                return _Candidate(entry, start, end)
    return None


def _joined(text: str, piece: list[tuple[str, int, int]], entry: _Entry) -> bool:
    joins = [text[left[2] : right[1]] for left, right in pairwise(piece)]
    for join in joins:
        if not _JOIN.fullmatch(join):
            return False
        if len(join) > 1 and join.strip() and join.strip() in _TIGHT_ONLY:
            return False
    if min(len(word) for word in entry.words) > 1:
        return True
    # Names made of single letters (M&A, A/B, driver's) keep their own signs: "I'm a" is no M&A.
    wanted = [sign for sign in entry.surface if sign in "&/'"]
    signs = "".join(joins).replace("’", "'")
    return [sign for sign in signs if sign in "&/'"] == wanted


def _is_meant(
    text: str, candidates: list[_Candidate], position: int, *, is_after_skill: bool
) -> bool:
    candidate = candidates[position]
    if not candidate.entry.caution:
        return True
    before, after = _word_before(text, candidate.start), _word_after(text, candidate.end)
    if after in _NEVER_AFTER or before in _NEVER_BEFORE:
        return False
    if _is_listed(text, candidates, position, is_after_skill=is_after_skill):
        return True
    if text[candidate.start : candidate.end] != candidate.entry.surface:
        return False
    if _stands_alone(text, candidate) or after in _CUES_AFTER or before in _CUES_BEFORE:
        return True
    at_start = _SENTENCE_START.search(text[max(0, candidate.start - 8) : candidate.start])
    return candidate.entry.caution == 1 and not at_start and candidate.start > 0


def _is_listed(
    text: str, candidates: list[_Candidate], position: int, *, is_after_skill: bool
) -> bool:
    here = candidates[position]
    previous = candidates[position - 1] if position else None
    if previous and is_after_skill and _LISTED.fullmatch(text, previous.end, here.start):
        return True
    # A run of doubtful names ("C, R, Go, Python") is decided by the first sure one after it.
    for follower in candidates[position + 1 : position + 6]:
        if not _LISTED.fullmatch(text[here.end : follower.start]):
            return False
        if not follower.entry.caution:
            return True
        here = follower
    return False


def _stands_alone(text: str, candidate: _Candidate) -> bool:
    # A line that holds one skill is short, so only its surroundings are looked at.
    start = text.rfind("\n", max(0, candidate.start - 20), candidate.start) + 1
    start = start or max(0, candidate.start - 20)
    end = text.find("\n", candidate.end, candidate.end + 20)
    line = text[start : end if end >= 0 else candidate.end + 20]
    return line.strip(" \t\r•*·–-.,;") == candidate.entry.surface


def _word_before(text: str, start: int) -> str:
    words = re.findall(r"[^\W_]+", text[max(0, start - 20) : start])
    return words[-1].lower() if words else ""


def _word_after(text: str, end: int) -> str:
    found = re.match(r"[ \u00a0-]([^\W_]+)", text[end : end + 20])
    return found.group(1).lower() if found else ""
