"""What a site's robots.txt lets us read (RFC 9309).

The standard library's parser takes the first rule that fits and knows no wildcards; the standard
asks for the longest match with "*" and "$", so the rules are read here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

# RFC 9309 section 2.5: at least 500 KiB must be parsed.
MAX_BYTES = 512_000
MAX_RULES = 5_000


@dataclass(frozen=True)
class RobotsRules:
    """The rules that apply to one robot: (path pattern, is allowed)."""

    rules: tuple[tuple[str, bool], ...] = ()

    def allows(self, path: str) -> bool:
        """Whether `path` (with its query) may be fetched: the longest match decides, a tie allows."""
        wanted = _normalise(path)
        best_length, verdict = -1, True
        for pattern, is_allowed in self.rules:
            if not _matches(pattern, wanted):
                continue
            if len(pattern) > best_length or (len(pattern) == best_length and is_allowed):
                best_length, verdict = len(pattern), is_allowed
        return verdict


ALLOW_ALL = RobotsRules()


def parse_robots(body: bytes, *, robot: str) -> RobotsRules:
    """Return the rules for `robot` (a product name such as "roleferry") in a robots.txt.

    Groups that name the robot are joined; without any, those for "*" count. Unknown lines are
    skipped.
    """
    named: list[tuple[str, bool]] = []
    general: list[tuple[str, bool]] = []
    has_named_group = False
    agents: set[str] = set()
    is_reading_agents = False
    for line in body[:MAX_BYTES].decode("utf-8", errors="replace").lstrip("\ufeff").splitlines():
        key, separator, value = line.partition("#")[0].partition(":")
        key, value = key.strip().lower(), value.strip()
        if not separator or key not in ("user-agent", "allow", "disallow"):
            continue
        if key == "user-agent":
            agents = (agents if is_reading_agents else set()) | {
                value.split("/")[0].strip().lower()
            }
            is_reading_agents = True
            has_named_group = has_named_group or robot.lower() in agents
            continue
        is_reading_agents = False
        if not value:
            continue
        rule = (_normalise(value), key == "allow")
        if robot.lower() in agents:
            named.append(rule)
        elif "*" in agents:
            general.append(rule)
    return RobotsRules(tuple((named if has_named_group else general)[:MAX_RULES]))


def _normalise(path: str) -> str:
    """Return a path with one spelling of percent-encoding."""
    return quote(unquote(path), safe="/*$?=&:@!'()+,;~-._%")


def _matches(pattern: str, path: str) -> bool:
    """Whether `pattern` ("*" any run, final "$" the end) matches from the start of `path`.

    Walks the pieces between wildcards instead of a regular expression, so that a hostile file
    cannot make matching slow.
    """
    is_anchored = pattern.endswith("$")
    pieces = re.sub(r"\*+", "*", pattern.removesuffix("$")).split("*")
    if not path.startswith(pieces[0]):
        return False
    position = len(pieces[0])
    if len(pieces) == 1:
        return not is_anchored or position == len(path)
    for piece in pieces[1:-1]:
        found = path.find(piece, position)
        if found < 0:
            return False
        position = found + len(piece)
    last = pieces[-1]
    if is_anchored:
        return path.endswith(last) and len(path) - len(last) >= position
    return path.find(last, position) >= 0
