"""What a tailored resume or letter puts on paper, the same for every file format: plain text in a fixed shape."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from jobs.models import Document

# Months as resumes write them; a fixed list, because the server's locale must not change a person's document.
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


class RenderingError(ValueError):
    """The file cannot be made; the text is a sentence for the person."""


@dataclass(frozen=True)
class Entry:
    """One role, school or project with its lines; `period` is like "Apr 2019 – present"."""

    title: str
    place: str
    period: str
    bullets: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """One section: entries, or items that are lines of their own (`is_inline`: one line, set off by commas)."""

    title: str
    entries: tuple[Entry, ...] = ()
    items: tuple[str, ...] = ()
    is_inline: bool = False


@dataclass(frozen=True)
class Sheet:
    """Everything that is printed, in order. `paragraphs` is a letter's body or a resume's summary."""

    title: str
    name: str
    contact: tuple[str, ...] = ()
    headline: str = ""
    date: str = ""
    paragraphs: tuple[str, ...] = ()
    closing: tuple[str, ...] = ()
    sections: tuple[Section, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """Return the sheet as plain lists and dictionaries."""
        return asdict(self)


def sheet_of(document: Document) -> Sheet:
    """Return what a document prints (select application and profile with it); what is left out is left out."""
    if document.kind == Document.Kind.RESUME:
        return _resume(document.content)
    return _letter(document)


def _resume(content: dict[str, Any]) -> Sheet:
    name = _line(content["name"])
    return Sheet(
        title=f"Resume of {name}",
        name=name,
        contact=_lines(content["contact"]),
        headline=" ".join(_shown([content["headline"]])),
        paragraphs=tuple(filter(None, [" ".join(_shown(content["summary"]))])),
        sections=tuple(filter(None, map(_section, content["sections"]))),
    )


def _section(section: dict[str, Any]) -> Section | None:
    entries, items = tuple(map(_entry, section["entries"])), _shown(section["items"])
    if not entries and not items:
        return None
    return Section(_line(section["title"]), entries, items, is_inline=section["key"] == "skills")


def _entry(entry: dict[str, Any]) -> Entry:
    where = [_line(entry["organization"]), _line(entry["location"])]
    title = _line(entry["title"])
    return Entry(
        title=title or where[0] or _line(entry["text"]),
        place=", ".join(filter(None, where if title else where[1:])),
        period=_period(entry),
        bullets=_shown(entry["bullets"]),
    )


def _letter(document: Document) -> Sheet:
    content, profile = document.content, document.application.profile
    name = _line(content["signature"]) or _line(profile.full_name)
    body = [" ".join(_lines(piece["text"] for piece in group)) for group in content["paragraphs"]]
    written = document.created_at.date()
    return Sheet(
        title=f"Letter of {name}",
        name=name,
        contact=_lines([profile.email, profile.phone, profile.location]),
        date=f"{written.day} {_MONTHS[written.month - 1]} {written.year}",
        paragraphs=_lines([content["greeting"], *body]),
        closing=_lines([content["farewell"], content["signature"]]),
    )


def _shown(pieces: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    return _lines(piece["text"] for piece in pieces if piece["status"] != "left_out")


def _lines(texts: Any) -> tuple[str, ...]:
    return tuple(filter(None, (_line(str(text)) for text in texts)))


def _line(text: str | None) -> str:
    """Return text on one line without control characters, which no file format carries safely."""
    printable = (
        character if character.isprintable() else " "
        for character in " ".join((text or "").split())
    )
    return " ".join("".join(printable).split())


def _period(entry: dict[str, Any]) -> str:
    start, end = _month(entry["start"]), "present" if entry["is_current"] else _month(entry["end"])
    return " – ".join(filter(None, [start, end]))


def _month(day: str | None) -> str:
    """Return an ISO date as month and year, or as the year alone when that is all there is."""
    if not day:
        return ""
    if len(day) < len("2019-04"):
        return day[:4]
    moment = date.fromisoformat(f"{day[:7]}-01")
    return f"{_MONTHS[moment.month - 1]} {moment.year}"
