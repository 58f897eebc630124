"""Turn the text of a resume into facts by rule: no model, no network, no database."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from jobs.resumes import contact, sections
from jobs.resumes.building import add_section
from jobs.resumes.facts import EDUCATION, ROLE, SKILL, ParsedFact, ParsedResume
from jobs.resumes.limits import MAX_CHARACTERS
from jobs.resumes.outline import Line, Section, cut_lines, cut_sections, tidy_resume
from jobs.resumes.statements import FactList
from jobs.resumes.vocabulary import title_score

__all__ = ["ParsedFact", "ParsedResume", "parse_resume"]

SUMMARY_CHARACTERS = 1_500


class Link(Protocol):
    """An address and the words that carry it, as `reading.ResumeLink`."""

    @property
    def url(self) -> str: ...

    @property
    def label(self) -> str: ...


def parse_resume(text: str, links: Iterable[Link | str] = ()) -> ParsedResume:
    """Return everything a resume says, each fact with the span of `ParsedResume.text` that says it.

    `text` is what `reading.read_resume` returned or a person pasted (Markdown is fine); `links` are the
    file's hyperlinks in their order, as ResumeLink or plain addresses. Never raises for any text; only the
    first 200,000 characters are read.
    """
    tidied, markdown_links = tidy_resume(text[:MAX_CHARACTERS])
    pairs = [(link, "") if isinstance(link, str) else (link.url, link.label) for link in links]
    pairs.extend(markdown_links)
    found_sections = cut_sections(cut_lines(tidied))
    found = FactList(tidied)
    for section in found_sections:
        add_section(section, found)
    facts = tuple(found.facts)
    return ParsedResume(
        text=tidied,
        summary=_summary(found_sections),
        facts=facts,
        warnings=tuple(_warnings(facts)),
        **_identity(tidied, found_sections, pairs),  # type: ignore[arg-type]
    )


def _identity(
    text: str, found: Sequence[Section], links: Sequence[tuple[str, str]]
) -> dict[str, object]:
    header = found[0].lines
    contact_lines = [
        line for section in found if section.kind == sections.CONTACT for line in section.lines
    ]
    lines = [*header[: contact.HEADER_LINES], *contact_lines]
    top = "\n".join(line.text for line in lines)
    addresses = [address for address, _ in links]
    emails = contact.find_emails(top, addresses) or contact.find_emails(text, addresses)
    name, name_line = contact.find_name(header, emails)
    if not name:
        name, name_line = _name_elsewhere(found, emails)
    place = contact.find_place([line for line in lines if line is not name_line] or lines)
    region = contact.guess_region(place, top)
    phones = contact.find_phones(top, addresses, region)
    return {
        "name": name,
        "headline": contact.find_headline(header, name_line) if name_line in header else "",
        "emails": emails,
        "phones": phones,
        "location": place,
        "links": contact.find_links(top, text, links),
    }


def _name_elsewhere(found: Sequence[Section], emails: Sequence[str]) -> tuple[str, Line | None]:
    """Look for the name where it was taken for a heading, or at the top of another column."""
    for section in found[1:]:
        name = contact.clean_name(section.title)
        if section.kind == sections.OTHER and name and not title_score(name):
            return name, None
        if section.kind in {sections.CONTACT, sections.OTHER}:
            name, line = contact.find_name(section.lines[:3], emails)
            if name:
                return name, line
    return "", None


def _summary(found: Sequence[Section]) -> str:
    lines = [
        line.text
        for section in found
        if section.kind == sections.SUMMARY
        for line in section.lines
        if not line.bullet
    ]
    if not lines:
        lines = [
            line.text for line in found[0].lines if len(line.text) > 90 and "@" not in line.text
        ]
    return " ".join(lines)[:SUMMARY_CHARACTERS]


def _warnings(facts: Sequence[ParsedFact]) -> Iterable[str]:
    present = {fact.kind for fact in facts}
    if ROLE not in present:
        yield "We found no jobs in this resume. Add your positions by hand."
    if SKILL not in present:
        yield "We found no skills section. Add some skills by hand."
    if EDUCATION not in present:
        yield "We found no education in this resume. Add it by hand if you like."
