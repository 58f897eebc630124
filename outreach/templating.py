"""The little language of our e-mail templates: `{{variable}}` or `{{variable|fallback}}`, and no more.

Rendering is a plain look-up in a mapping. There are no attributes, calls, filters, conditions or
loops, so a template cannot reach anything that was not handed to it, and a value that looks like a
template stays text.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

# What a sequence may say about its recipient, the role and the sender.
VARIABLES = (
    "first_name",
    "last_name",
    "company",
    "role",
    "my_name",
    "my_email",
    "my_metric",
    "my_phone",
    "my_link",
    "job_url",
)

# A long outreach mail has 2,000 characters; ten times that is surely a mistake or an attack.
MAX_TEMPLATE_CHARACTERS = 20_000
MAX_OUTPUT_CHARACTERS = 40_000
# A sequence has few texts and very many readers, so each text is taken apart once; 256 of the longest are 5 MB.
PARSED_TEMPLATES = 256

# Neither part may hold a brace or a line break, so a match never grows past its own braces and the
# scan stays linear.
_TAG = re.compile(
    r"(?<!\{)\{\{[ \t]*([a-z][a-z0-9_]{0,39})[ \t]*(?:\|([^{}\n\r]{0,200}))?\}\}(?!\})"
)
_BRACES = re.compile(r"\{\{|\}\}")


class TemplateTooLongError(ValueError):
    """The template, or the text made from it, is longer than any mail should be."""


@dataclass(frozen=True)
class Rendered:
    """A finished text. It may be sent only if `unresolved` is empty."""

    text: str
    unresolved: tuple[str, ...]
    used: tuple[str, ...]


@dataclass(frozen=True)
class LintProblem:
    """One fault of a template: its place (character offsets) and a sentence for the author."""

    kind: str
    start: int
    end: int
    sentence: str


def render(template: str, values: Mapping[str, str]) -> Rendered:
    """Fill a template from a plain mapping, in time linear in its length.

    A variable that is unknown, or empty without a fallback, stays in the text as written and is
    named in `unresolved` (once, in order), as is any other double brace: the caller must block the
    send. `used` names the variables whose value went in. Values are put on one line, copied as they
    are and never read as templates. Raises TemplateTooLongError above 20,000 characters of template
    or 40,000 of text.
    """
    _check_length(template)
    tags, tail = _parse(template)
    pieces: list[str] = []
    unresolved: dict[str, None] = {}
    used: dict[str, None] = {}
    length = 0
    for tag in tags:
        text, kind = _resolve(tag, values)
        (unresolved if kind == "unresolved" else used if kind == "used" else {})[tag.name] = None
        unresolved |= tag.before.stray
        pieces += (tag.before.text, text)
        length += len(tag.before.text) + len(text)
        if length > MAX_OUTPUT_CHARACTERS:
            raise TemplateTooLongError(_too_long("The finished text", MAX_OUTPUT_CHARACTERS))
    pieces.append(tail.text)
    unresolved |= tail.stray
    return Rendered("".join(pieces), tuple(unresolved), tuple(used))


@dataclass(frozen=True)
class _Literal:
    """Text that stands as it is; `stray` holds the start of each double brace in it, which the author meant otherwise."""

    text: str
    stray: dict[str, None]


@dataclass(frozen=True)
class _Tag:
    """One variable with the text before it."""

    before: _Literal
    name: str
    fallback: str
    as_written: str


@lru_cache(maxsize=PARSED_TEMPLATES)
def _parse(template: str) -> tuple[tuple[_Tag, ...], _Literal]:
    tags: list[_Tag] = []
    position = 0
    for found in _TAG.finditer(template):
        before = _literal(template[position : found.start()])
        fallback = (found.group(2) or "").strip()
        tags.append(_Tag(before, found.group(1), fallback, found.group()))
        position = found.end()
    return tuple(tags), _literal(template[position:])


def _literal(text: str) -> _Literal:
    starts = (found.start() for found in _BRACES.finditer(text))
    return _Literal(text, dict.fromkeys(text[start : start + 40] for start in starts))


def _resolve(tag: _Tag, values: Mapping[str, str]) -> tuple[str, str]:
    # One line always: a name with a line break in it must not become a header or a paragraph.
    value = " ".join((values.get(tag.name) or "").split())
    if value:
        return value, "used"
    if tag.fallback and (tag.name in values or tag.name in VARIABLES):
        return tag.fallback, "fallback"
    return tag.as_written, "unresolved"


def variables_in(template: str) -> tuple[str, ...]:
    """Return the variables a template names, each once, in order of appearance."""
    return tuple(dict.fromkeys(tag.group(1) for tag in _TAG.finditer(template)))


def lint(template: str, allowed: Iterable[str] = VARIABLES) -> list[LintProblem]:
    """Return what an author should mend: over-long text, unknown variables, stray double braces.

    An empty list means that `render` resolves the template whenever every variable without a
    fallback has a value.
    """
    if len(template) > MAX_TEMPLATE_CHARACTERS:
        sentence = _too_long("This template", MAX_TEMPLATE_CHARACTERS)
        return [LintProblem("too_long", MAX_TEMPLATE_CHARACTERS, len(template), sentence)]
    known = set(allowed)
    problems: list[LintProblem] = []
    position = 0
    for tag in _TAG.finditer(template):
        problems += _stray_braces(template, position, tag.start())
        position = tag.end()
        if tag.group(1) not in known:
            sentence = f"“{tag.group(1)}” is not a variable we know. Use one of: {', '.join(sorted(known))}."
            problems.append(LintProblem("unknown_variable", tag.start(), tag.end(), sentence))
    return problems + _stray_braces(template, position, len(template))


def _stray_braces(template: str, start: int, end: int) -> list[LintProblem]:
    sentence = (
        "These double braces are not a variable, so they would be sent as they stand. "
        "Write {{variable}} or {{variable|fallback}}, or remove them."
    )
    return [
        LintProblem("stray_braces", found.start(), found.end(), sentence)
        for found in _BRACES.finditer(template, start, end)
    ]


def _check_length(template: str) -> None:
    if len(template) > MAX_TEMPLATE_CHARACTERS:
        raise TemplateTooLongError(_too_long("This template", MAX_TEMPLATE_CHARACTERS))


def _too_long(what: str, limit: int) -> str:
    return f"{what} is longer than {limit:,} characters. Shorten it and try again."
