"""Turn the sections of a resume into facts, each with the span of text it rests on."""

import re
from collections.abc import Callable

from jobs.resumes import facts as kinds
from jobs.resumes import sections
from jobs.resumes.dates import find_range, find_spans, is_date_only, remove_dates
from jobs.resumes.degrees import DEGREE, INSTITUTION
from jobs.resumes.facts import ParsedFact
from jobs.resumes.heads import HEAD_CELLS, Head, clean_cell, read_heads
from jobs.resumes.lists import Item, is_human_language, language_items, skill_items
from jobs.resumes.outline import Entry, Line, Section, cut_entries
from jobs.resumes.places import is_place
from jobs.resumes.schools import School, read_schools
from jobs.resumes.statements import (
    NUMBERED,
    FactList,
    add_statement,
    add_statements,
    date_fields,
    described_cells,
    extent_of,
)
from jobs.resumes.vocabulary import LANGUAGE_LEVEL, title_score

_TOOLS = re.compile(
    r"^(?:tech(?:nologies| stack|niques)?|tools|environment|stack|technologien|skills used|keywords)\b[^:]{0,20}:\s*",
    re.IGNORECASE,
)


def add_section(section: Section, found: FactList) -> None:
    """Add every fact of a section by its kind."""
    builder = _BUILDERS.get(section.kind)
    if builder:
        builder(section, found)


def _add_roles(section: Section, found: FactList) -> None:
    entries = cut_entries([_opened(line) for line in section.lines], _is_whole_role)
    entries = [entry for entry in entries if entry.head or entry.body]
    heads = read_heads(entries)
    employer = ""
    for index, (entry, head) in enumerate(zip(entries, heads, strict=True)):
        following = heads[index + 1] if index + 1 < len(heads) else None
        if _is_employer_only(entry, head, following):
            employer = head.organization
            continue
        inherited = bool(head.title and not head.organization and employer)
        organization = head.organization or (employer if inherited else "")
        if not (head.title or organization) or not (head.dates or head.title):
            add_statements([*head.lines, *entry.body], None, found)
            continue
        employer = organization or employer
        parent = found.add(_role_fact(head, organization, inherited=inherited))
        add_statements([*head.rest, *entry.body], parent, found)


def _opened(line: Line) -> Line:
    """Treat a bullet that names a position or school with its dates as the head of an entry."""
    span = find_range(line.text) if line.bullet and len(line.text) <= 120 else None
    if span is None:
        return line
    at_edge = span.left <= 1 or span.right >= len(line.text) - 1
    named = title_score(line.text) or DEGREE.search(line.text) or INSTITUTION.search(line.text)
    return (
        Line(line.start, line.end, line.text, False, max(line.blanks, 1))
        if at_edge and named
        else line
    )


def _has_own_dates(text: str) -> bool:
    return find_range(text) is not None


def _is_whole_role(text: str) -> bool:
    return bool(title_score(text) and find_spans(text))


def _is_whole_school(text: str) -> bool:
    return bool(DEGREE.search(text) and INSTITUTION.search(text))


def _is_employer_only(entry: Entry, head: Head, following: Head | None) -> bool:
    """Whether this entry only names the employer of the positions listed below it."""
    return bool(
        head.organization
        and not head.title
        and not entry.body
        and following
        and following.title
        and not following.organization
    )


def _role_fact(head: Head, organization: str, *, inherited: bool) -> ParsedFact:
    start, end = extent_of(head.lines)
    confidence = 0.35 + 0.2 * bool(head.title) + 0.2 * bool(organization) + 0.2 * bool(head.dates)
    confidence -= 0.15 * inherited + 0.1 * (not title_score(head.title))
    return ParsedFact(
        kind=kinds.ROLE,
        text=", ".join(part for part in (head.title, organization) if part),
        start=start,
        end=end,
        title=head.title,
        organization=organization,
        location=head.location,
        confidence=round(min(max(confidence, 0.1), 0.95), 2),
        **date_fields(head.dates),
    )


def _add_education(section: Section, found: FactList) -> None:
    lines = [_opened(_plain_school(line)) for line in section.lines]
    entries = cut_entries(lines, _is_whole_school)
    for entry, school in zip(entries, read_schools(entries), strict=True):
        known = bool(school.institution and INSTITUTION.search(school.institution))
        if not entry.head or not (
            school.degree or (school.institution and (school.dates or known))
        ):
            add_statements([*entry.head, *entry.body], None, found)
            continue
        parent = found.add(_school_fact(entry, school, known=known))
        add_statements(entry.body, parent, found)


def _school_fact(entry: Entry, school: School, *, known: bool) -> ParsedFact:
    start, end = extent_of(entry.head)
    confidence = 0.3 + 0.25 * bool(school.degree) + 0.15 * bool(school.institution)
    confidence += 0.15 * known + 0.1 * bool(school.dates)
    named = (school.degree, school.field_of_study, school.institution)
    return ParsedFact(
        kind=kinds.EDUCATION,
        text=", ".join(part for part in named if part),
        start=start,
        end=end,
        title=" in ".join(part for part in named[:2] if part),
        organization=school.institution,
        location=school.location,
        degree=school.degree,
        field_of_study=school.field_of_study,
        grade=school.grade,
        confidence=round(confidence, 2),
        **date_fields(school.dates),
    )


def _plain_school(line: Line) -> Line:
    """Read "• MSc Physics, ETH Zürich, 2014" as the head of an entry."""
    named = DEGREE.search(line.text) and INSTITUTION.search(line.text)
    if line.bullet and named and len(line.text) <= 120:
        return Line(line.start, line.end, line.text, False, max(line.blanks, 1))
    return line


def _add_projects(section: Section, found: FactList) -> None:
    for entry in cut_entries([_opened(line) for line in section.lines], _has_own_dates):
        if not entry.head:
            for line in entry.body:
                _add_bullet_project(line, found)
            continue
        _add_project(entry, found)


def _add_project(entry: Entry, found: FactList) -> None:
    first, *others = entry.head
    cells = [clean_cell(cell) for cell in HEAD_CELLS.split(remove_dates(first.text))]
    cells = [cell for cell in cells if cell]
    head = read_heads([entry])[0]
    if not cells:
        add_statements([*entry.head, *entry.body], None, found)
        return
    title, *rest = cells
    title, colon, description = title.partition(": ")
    tools = [
        cell
        for cell in [
            *rest,
            *(_TOOLS.sub("", line.text) for line in others if _TOOLS.match(line.text)),
        ]
        if not is_place(cell)
    ]
    start, end = extent_of([first, *(line for line in others if is_date_only(line.text))])
    place = next((cell for cell in rest if is_place(cell)), "")
    parent = found.add(
        ParsedFact(
            kind=kinds.PROJECT,
            text=title,
            start=start,
            end=end,
            title=title,
            location=place,
            category=", ".join(tools),
            confidence=0.85 if head.dates or entry.body else 0.65,
            **date_fields(head.dates),
        )
    )
    if colon and parent is not None:
        offset = first.text.find(description)
        add_statement(description, first.start + offset, parent, found)
    add_statements([*others, *entry.body], parent, found)


def _add_bullet_project(line: Line, found: FactList) -> None:
    name = re.match(r"([^:–—]{2,60}?)\s*(?::|\s[–—-])\s", line.text)
    title = name[1].strip() if name else clean_cell(remove_dates(line.text))[:120]
    if not title:
        return
    parent = found.add(
        ParsedFact(
            kinds.PROJECT, title, line.start, line.end, title=title, confidence=0.7 if name else 0.5
        )
    )
    if name:
        add_statement(line.text[name.end() :], line.start + name.end(), parent, found)


def _add_skills(section: Section, found: FactList) -> None:
    seen: set[str] = set()
    items = list(skill_items(section.lines))
    for item in items:
        label = item.category.casefold()
        if is_human_language(item.text) and (
            sections.heading_kind(item.category) == sections.LANGUAGES
            or "langu" in label
            or "sprach" in label
            or LANGUAGE_LEVEL.search(item.text)
        ):
            _add_language(item, found)
        elif label and sections.heading_kind(item.category) == sections.OTHER:
            continue
        elif item.text.casefold() not in seen:
            seen.add(item.text.casefold())
            words = len(item.text.split())
            confidence = (0.95 if item.category else 0.9) if words <= 4 else 0.6
            found.add(
                ParsedFact(
                    kinds.SKILL,
                    item.text,
                    item.start,
                    item.end,
                    title=item.text,
                    category=item.category,
                    confidence=confidence,
                )
            )


def _add_languages(section: Section, found: FactList) -> None:
    items = list(language_items(section.lines))
    for item in items:
        _add_language(item, found)
    if not items:
        _add_skills(Section(sections.SKILLS, section.title, section.lines), found)


def _add_language(item: Item, found: FactList) -> None:
    name = re.match(r"[^\W\d_]+", item.text)
    level = LANGUAGE_LEVEL.search(item.text)
    category = level[0] if level else item.category
    category = "" if sections.heading_kind(category) else category
    found.add(
        ParsedFact(
            kinds.LANGUAGE, item.text, item.start, item.end, title=name[0] if name else item.text,
            category=category, confidence=0.9 if category else 0.8,
        )
    )  # fmt: skip


def _add_certifications(section: Section, found: FactList) -> None:
    for line in section.lines:
        title = clean_cell(remove_dates(line.text).split("\t")[0])
        if len(title) < 3 or is_date_only(line.text):
            continue
        cells = [clean_cell(cell) for cell in HEAD_CELLS.split(remove_dates(line.text))]
        span = find_range(line.text)
        found.add(
            ParsedFact(
                kinds.CERTIFICATION, line.text, line.start, line.end, title=title,
                organization=cells[-1] if len(cells) > 1 else "", confidence=0.8 if line.bullet or len(title) < 90 else 0.5,
                **date_fields(span),
            )
        )  # fmt: skip


def _add_achievements(section: Section, found: FactList) -> None:
    """Add awards line by line, and publications by their title line."""
    listed = any(line.bullet or NUMBERED.match(line.text) for line in section.lines)
    dated = any(_has_date_cell(line) for line in section.lines)
    for line in section.lines:
        if listed or (
            _has_date_cell(line) if dated else line.blanks > 0 or line is section.lines[0]
        ):
            add_statements(described_cells(line)[:1], None, found)


def _has_date_cell(line: Line) -> bool:
    return not line.bullet and "\t" in line.text and any(map(is_date_only, line.text.split("\t")))


def _add_listed(section: Section, found: FactList) -> None:
    """Add the bulleted or numbered lines of a section whose heading says little."""
    lines = [line for line in section.lines if line.bullet or NUMBERED.match(line.text)]
    add_statements(lines, None, found)


def _add_by_content(section: Section, found: FactList) -> None:
    """Read a section with an unknown heading as a work history when its lines name dated positions."""
    dated = [line for line in section.lines if not line.bullet and find_range(line.text)]
    titled = [line for line in section.lines if not line.bullet and title_score(line.text)]
    if dated and titled:
        _add_roles(section, found)


_BUILDERS: dict[str, Callable[[Section, FactList], None]] = {
    sections.SUMMARY: _add_listed,
    sections.ROLES: _add_roles,
    sections.EDUCATION: _add_education,
    sections.PROJECTS: _add_projects,
    sections.SKILLS: _add_skills,
    sections.LANGUAGES: _add_languages,
    sections.CERTIFICATIONS: _add_certifications,
    sections.ACHIEVEMENTS: _add_achievements,
    sections.OTHER: _add_by_content,
}
