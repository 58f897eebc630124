"""Resume phrases turned into sentences in the first person, without adding anything to them."""

import re

from jobs.skills import find_skills

_PAST = frozenset(
    [
        "led",
        "built",
        "ran",
        "won",
        "grew",
        "cut",
        "wrote",
        "sold",
        "taught",
        "made",
        "brought",
        "took",
        "held",
        "kept",
        "drove",
        "oversaw",
        "began",
        "rose",
        "set",
        "put",
        "spoke",
        "gave",
        "found",
        "met",
        "shot",
        "drew",
        "chose",
        "broke",
        "rebuilt",
        "won",
        "rewrote",
        "upheld",
        "undertook",
        "became",
        "sent",
        "spent",
        "spun",
        "split",
        "shrank",
        "lent",
        "dealt",
        "fed",
        "flew",
        "fought",
        "got",
        "hired",
        "left",
        "lit",
        "paid",
        "read",
        "saw",
        "sought",
        "shipped",
        "stood",
        "strove",
        "swept",
        "thought",
        "threw",
        "told",
        "understood",
        "wound",
        "withdrew",
    ]
)
_PRESENT = frozenset(
    [
        "lead",
        "build",
        "run",
        "win",
        "grow",
        "cut",
        "write",
        "sell",
        "teach",
        "make",
        "bring",
        "take",
        "hold",
        "keep",
        "drive",
        "oversee",
        "manage",
        "design",
        "develop",
        "maintain",
        "own",
        "support",
        "create",
        "coordinate",
        "plan",
        "prepare",
        "analyse",
        "analyze",
        "review",
        "help",
        "implement",
        "monitor",
        "mentor",
        "train",
        "deliver",
        "define",
        "ensure",
        "improve",
        "conduct",
        "provide",
        "operate",
        "test",
        "report",
        "handle",
        "advise",
        "supervise",
        "organise",
        "organize",
        "process",
        "negotiate",
        "produce",
        "research",
        "serve",
        "work",
        "collaborate",
        "care",
        "assist",
        "administer",
        "automate",
        "deploy",
        "migrate",
        "optimise",
        "optimize",
        "reduce",
        "increase",
        "launch",
        "recruit",
        "coach",
        "document",
        "present",
        "translate",
        "treat",
        "assess",
        "educate",
    ]
)
_NOT_VERBS = frozenset(
    [
        "need",
        "seed",
        "speed",
        "feed",
        "breed",
        "shed",
        "sacred",
        "hundred",
        "red",
        "bed",
        "led-based",
    ]
)
_ADVERBS = re.compile(
    r"^(successfully|jointly|personally|independently|regularly|daily|also|actively|currently|\w+ly)$"
)

# Above this a bullet is a paragraph; a sentence made from it would not read well.
MAX_WORDS = 45


def clean_phrase(text: str) -> str:
    """Return a bullet on one line, without its mark and its full stop."""
    one_line = " ".join(text.split()).lstrip("•*·▪◦‣●○–—- ")
    return one_line.rstrip(" .;,")


def lower_first(text: str) -> str:
    """Lower the first letter unless it begins a name, an acronym or a skill."""
    first = text.split(" ", 1)[0]
    is_name = any(hit.start == 0 for hit in find_skills(text)) and not first.islower()
    if is_name or len(first) < 2 or not first[1:].islower() or not first[0].isupper():
        return text
    return text[0].lower() + text[1:]


def clause(text: str, *, is_current: bool = False) -> str | None:
    """Return a bullet as "I …" ("Led a team of 5" gives "I led a team of 5"), or None for a noun phrase.

    The words stay those of the bullet; only the subject, the first letter and the ending of the
    first verb may change. Longer than 45 words gives None.
    """
    phrase = clean_phrase(text)
    words = phrase.split()
    if not words or len(words) > MAX_WORDS:
        return None
    if words[0] == "I":
        return phrase
    verb = words[1] if _ADVERBS.match(words[0].lower()) and len(words) > 1 else words[0]
    kind = _verb_kind(verb)
    rest = phrase[0].lower() + phrase[1:]
    if kind in {"past", "present"}:
        return f"I {rest}"
    if kind == "third":
        return "I " + rest.replace(verb.lower(), _base(verb.lower()), 1)
    if phrase.lower().startswith("responsible for "):
        return f"I {'am' if is_current else 'was'} {rest}"
    return None


def noun_clause(text: str) -> str | None:
    """Return what can follow "My work included", for gerunds and noun phrases; else None."""
    phrase = clean_phrase(text)
    if not phrase or len(phrase.split()) > MAX_WORDS:
        return None
    return lower_first(phrase)


def _verb_kind(word: str) -> str:
    plain = word.lower().strip(",")
    pieces = plain.split("-")
    if plain in _PAST or (pieces[-1] in _PAST and len(pieces) > 1):
        return "past"
    if plain.endswith("ed") and len(plain) > 3 and plain not in _NOT_VERBS:
        return "past"
    if plain in _PRESENT:
        return "present"
    return "third" if plain.endswith("s") and _base(plain) in _PRESENT else ""


def _base(verb: str) -> str:
    if verb.endswith(("sses", "ches")):
        return verb[:-2]
    return f"{verb[:-3]}y" if verb.endswith("ies") else verb.removesuffix("s")


def listing(items: list[str]) -> str:
    """Join items as in a sentence: "A, B and C"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def with_article(noun: str) -> str:
    """Return a noun with "a" or "an", letters of an abbreviation as they are spoken ("an MSc")."""
    first = noun.split(" ", 1)[0]
    is_spoken_by_letter = (len(first) > 1 and first[:2].isupper()) or first.startswith("MSc")
    vowels = "AEFHILMNORSX" if is_spoken_by_letter else "AEIOaeio"
    return f"{'an' if first[:1] in vowels else 'a'} {noun}"


def with_role_article(title: str) -> str:
    """Return a job title after "I was": "a Nurse", but "Head of Sales", of which there is one."""
    is_single = re.match(
        r"(?:head|chief|vice|vp|president|director of|c[a-z]o\b|lead\b)", title, re.IGNORECASE
    )
    return title if is_single else with_article(title)


def with_the(organization: str) -> str:
    """Return a school's name as it stands in a sentence ("the University of Leeds")."""
    needs_article = re.match(
        r"(?:university|college|institute|school|academy) of\b", organization, re.IGNORECASE
    )
    return f"the {organization}" if needs_article else organization


def count_words(text: str) -> int:
    """Return the number of words, as a person counts them."""
    return len(re.findall(r"\S*\w\S*", text))
