"""SPF (RFC 7208): reading a record and walking through what it includes, with the limits that receivers keep."""

import re
from dataclasses import dataclass, field

from mailboxes.dns_lookup import Ask

# RFC 7208 section 4.6.4: a receiver gives up beyond these, and then nobody's mail passes.
MOST_LOOKUPS = 10
MOST_VOIDS = 2

ASKING = frozenset({"include", "a", "mx", "ptr", "exists"})
MECHANISMS = ASKING | {"all", "ip4", "ip6"}
_TERM = re.compile(r"([+?~-]?)([A-Za-z][A-Za-z0-9_.-]*)(?:([:=])(.*)|(/.*))?\Z", re.DOTALL)


class SpfSyntaxError(ValueError):
    """A record that receivers cannot read (permerror); the message is a sentence."""


@dataclass(frozen=True)
class Term:
    """One mechanism with its qualifier, or one modifier ("redirect", "exp") with an empty qualifier."""

    qualifier: str
    name: str
    value: str


@dataclass
class Walk:
    """What walking through a record and everything under it found.

    `problem` is a permanent error in a sentence, `unknown` why the walk could not be finished.
    """

    includes: set[str] = field(default_factory=set)
    lookups: int = 0
    voids: int = 0
    problem: str = ""
    unknown: str = ""

    @property
    def is_over(self) -> bool:
        """Whether going on is of no use."""
        return bool(self.problem or self.unknown)


def is_spf(text: str) -> bool:
    """Whether a TXT record is an SPF record (RFC 7208 section 4.5)."""
    return text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")


def parse(text: str) -> list[Term]:
    """Return the terms of a record. Raises SpfSyntaxError for what section 4.6.1 calls a permanent error."""
    return [_term(word) for word in text.split()[1:]]


def _term(word: str) -> Term:
    match = _TERM.match(word)
    if match is None:
        raise SpfSyntaxError(f"“{word[:60]}” is no term of SPF.")
    qualifier, name, sign, value, _ = match.groups()
    name = name.lower()
    if sign == "=":
        if qualifier:
            raise SpfSyntaxError(f"“{word[:60]}” must not begin with “{qualifier}”.")
        return Term("", name, value)
    if name not in MECHANISMS:
        raise SpfSyntaxError(f"“{word[:60]}” is no term of SPF.")
    if name in {"include", "exists", "ip4", "ip6"} and not value:
        raise SpfSyntaxError(f"“{word[:60]}” names nothing.")
    return Term(qualifier or "+", name, value or "")


def catch_all(terms: list[Term]) -> str:
    """Return the qualifier of `all` ("+", "-", "~", "?"), or "" when the record has none."""
    return next((term.qualifier for term in terms if term.name == "all"), "")


def redirect_of(terms: list[Term]) -> str:
    """Return where the record hands over to, or ""; ignored beside `all` (section 6.1)."""
    if catch_all(terms):
        return ""
    return next((term.value for term in terms if term.name == "redirect"), "")


def walk(terms: list[Term], ask: Ask) -> Walk:
    """Follow includes and redirects and count what a receiver would have to look up in the worst case."""
    found = Walk()
    _walk(terms, ask, found)
    return found


def _walk(terms: list[Term], ask: Ask, found: Walk) -> None:
    for term in terms:
        follows = term.name == "include" or (term.name == "redirect" and redirect_of(terms))
        if term.name not in ASKING and not follows:
            continue
        found.lookups += 1
        if found.lookups > MOST_LOOKUPS:
            found.problem = (
                f"It needs more than {MOST_LOOKUPS} further look-ups, and receivers stop there "
                "(RFC 7208 section 4.6.4). Remove includes that you no longer use."
            )
        elif follows and "%" not in term.value:  # a macro cannot be followed without a mail
            _follow(term, ask, found)
        if found.is_over:
            return


def _follow(term: Term, ask: Ask, found: Walk) -> None:
    target = term.value.lower().rstrip(".")
    found.includes.add(target)
    answer = ask(target, "TXT")
    if not answer.is_known:
        found.unknown = answer.problem
        return
    records = [text for text in answer.records if is_spf(text)]
    if not answer.records:
        found.voids += 1
    if len(records) != 1:
        what = "no SPF record" if not records else "more than one SPF record"
        found.problem = (
            f"It includes {target[:120]}, which has {what}. Remove it or correct the name."
        )
        return
    try:
        _walk(parse(records[0]), ask, found)
    except SpfSyntaxError as error:
        found.problem = f"It includes {target[:120]}, whose record cannot be read: {error}"


def with_includes(text: str, wanted: list[str]) -> str:
    """Return the record with includes added before its end, for copying; a whole new one for an empty text."""
    added = [f"include:{name}" for name in wanted]
    if not text:
        return " ".join(["v=spf1", *added, "~all"])
    words = [word for word in text.split() if word.lower() not in {"+all", "all", "?all"}]
    ends = [
        place
        for place, word in enumerate(words)
        if re.fullmatch(r"[~-]all|redirect=.*", word, re.IGNORECASE)
    ]
    place = ends[0] if ends else len(words)
    tail = words[place:] or ["~all"]
    return " ".join([*words[:place], *added, *tail])
