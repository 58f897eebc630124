"""The little language of our e-mail templates: `{{variable}}` or `{{variable|fallback}}`, and no more.

Rendering is a plain look-up in a mapping. There are no attributes, calls, filters, conditions or
loops, so a template cannot reach anything that was not handed to it, and a value that looks like a
template stays text.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

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
    pieces: list[str] = []
    unresolved: dict[str, None] = {}
    used: dict[str, None] = {}
    position = length = 0
    for tag in _TAG.finditer(template):
        literal = template[position : tag.start()]
        text, kind = _resolve(tag, values)
        (unresolved if kind == "unresolved" else used if kind == "used" else {})[tag.group(1)] = (
            None
        )
        unresolved |= dict.fromkeys(_snippets(literal))
        pieces += (literal, text)
        length += len(literal) + len(text)
        if length > MAX_OUTPUT_CHARACTERS:
            raise TemplateTooLongError(_too_long("The finished text", MAX_OUTPUT_CHARACTERS))
        position = tag.end()
    pieces.append(template[position:])
    unresolved |= dict.fromkeys(_snippets(pieces[-1]))
    return Rendered("".join(pieces), tuple(unresolved), tuple(used))


def _resolve(tag: re.Match[str], values: Mapping[str, str]) -> tuple[str, str]:
    name, fallback = tag.group(1), (tag.group(2) or "").strip()
    # One line always: a name with a line break in it must not become a header or a paragraph.
    value = " ".join((values.get(name) or "").split())
    if value:
        return value, "used"
    if fallback and (name in values or name in VARIABLES):
        return fallback, "fallback"
    return tag.group(), "unresolved"


def _snippets(literal: str) -> list[str]:
    """Return the start of each stray double brace: the author meant a variable, so nothing is sent."""
    return [literal[found.start() : found.start() + 40] for found in _BRACES.finditer(literal)]


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
