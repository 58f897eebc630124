"""Cut resume text into lines, sections and entries, keeping every offset."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from jobs.resumes import sections
from jobs.resumes.dates import find_range, find_spans, is_date_only
from jobs.resumes.normalising import (
    BULLET,
    bullet_text,
    clean_characters,
    ends_hyphenated,
    join_hyphenated,
    strip_markdown,
    tidy_lines,
)
from jobs.resumes.sections import heading_kind
from jobs.resumes.vocabulary import title_score

MIN_WRAPPED_CHARACTERS = 40  # shorter lines are not filled to the margin
PARAGRAPH_CHARACTERS = 90  # a longer line is a sentence, not the head of an entry
MAX_HEAD_LINES = 6  # title, employer, place, dates and two more
LOOK_AHEAD_LINES = 3
_RULE = re.compile(r"^[\W_]{3,}$")
_MARKDOWN_HEADING = re.compile(r"^\s{0,3}(#{1,6})\s+(.+?)\s*#*\s*$")
_MARKDOWN_SIGNS = re.compile(r"^#{1,6}\s|\*\*|\]\(|^\s*[-*]\s", re.MULTILINE)
_LABELLED = re.compile(r"^([^:\t]{3,40}):\s+(?=\S)")
_NUMBERED = re.compile(r"^\(?\d{1,2}[.)]\s+")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the tidied text: `text` is exactly the characters from `start` to `end`.

    For bullets the sign is not part of the line; `blanks` counts the empty lines before it.
    """

    start: int
    end: int
    text: str
    bullet: bool
    blanks: int


@dataclass(slots=True)
class Section:
    """A heading and the lines below it; `kind` is one of the names in `sections`."""

    kind: str
    title: str
    lines: list[Line] = field(default_factory=list)


@dataclass(slots=True)
class Entry:
    """One role, school or project: its head lines (names, dates) and the lines below."""

    head: list[Line] = field(default_factory=list)
    body: list[Line] = field(default_factory=list)


def tidy_resume(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return the text the parser works on, and the Markdown links in it as (address, label).

    Cleans characters, removes Markdown and ruled lines, joins lines that pasting has wrapped, and sets
    two blank lines before every marked heading.
    """
    text = clean_characters(text)
    links: tuple[tuple[str, str], ...] = ()
    if _MARKDOWN_SIGNS.search(text):
        text, links = strip_markdown(text)
    return tidy_lines("\n".join(_join_wrapped(_headings_apart(text.split("\n"))))), links


def _headings_apart(lines: list[str]) -> Iterator[str]:
    seen_text = False
    for index, line in enumerate(lines):
        following = lines[index + 1].strip() if index + 1 < len(lines) else ""
        marked = _MARKDOWN_HEADING.match(line)
        if marked:
            yield from ("", "") if len(marked[1]) == 2 and seen_text else ("",)
            yield marked[2]
        elif _RULE.match(line.strip()) and bullet_text(line) is None:
            yield ""
            continue
        elif (
            seen_text
            and set(following) <= {"=", "-", "_", "~"}
            and len(following) >= 3
            and 0 < len(line.strip()) <= 60
        ):
            yield from ("", "", line)
        else:
            yield line
        seen_text = seen_text or bool(line.strip())


def _join_wrapped(lines: Iterator[str]) -> list[str]:
    joined: list[str] = []
    for raw in lines:
        if joined and _continues(joined[-1], raw):
            last, text = joined[-1].rstrip(), raw.strip()
            joined[-1] = join_hyphenated(last, text) if ends_hyphenated(last) else f"{last} {text}"
        else:
            joined.append(raw)
    return joined


def _continues(last: str, raw: str) -> bool:
    text = raw.strip()
    if (
        not text
        or not last.strip()
        or "\t" in text
        or bullet_text(raw) is not None
        or _NUMBERED.match(text)
    ):
        return False
    if heading_kind(text) or find_range(text) or heading_kind(last):
        return False
    small = text[0].islower() and not re.match(r"\S*(?:@|\.\w{2,}/)", text)
    if bullet_text(last) is not None:
        indented = len(raw) - len(raw.lstrip()) >= 2 and len(last) - len(last.lstrip()) < len(
            raw
        ) - len(raw.lstrip())
        return indented or (
            small and len(last) >= MIN_WRAPPED_CHARACTERS and last.rstrip()[-1] not in ".:;"
        )
    return small and len(last) >= MIN_WRAPPED_CHARACTERS + 15 and "\t" not in last


def cut_lines(text: str) -> list[Line]:
    """Return the non-empty lines of tidied text with their offsets."""
    lines: list[Line] = []
    start = blanks = 0
    for raw in text.split("\n"):
        if not raw.strip():
            blanks += 1
        else:
            lead = len(raw) - len(raw.lstrip())
            found = re.match(rf"\s*{BULLET}\s*", raw)
            lead = found.end() if found else lead
            content = raw[lead:].rstrip()
            if content:
                lines.append(
                    Line(
                        start + lead,
                        start + lead + len(content),
                        content,
                        found is not None,
                        blanks,
                    )
                )
                blanks = 0
        start += len(raw) + 1
    return lines


def cut_sections(lines: list[Line]) -> list[Section]:
    """Return the sections in order; the first is the header above every heading."""
    found = [Section(sections.HEADER, "")]
    for line in lines:
        kind = None if line.bullet else heading_kind(line.text)
        if kind is None and _is_unknown_heading(line, found):
            kind = sections.OTHER
        if kind is not None:
            found.append(Section(kind, line.text))
            continue
        labelled = _labelled_section(line, found[-1])
        if labelled:
            found.append(labelled)
        else:
            found[-1].lines.append(line)
    return found


def _is_unknown_heading(line: Line, found: list[Section]) -> bool:
    """Two blank lines before a short line mark a heading that no list knows."""
    started = len(found) > 1 or found[0].lines
    words = line.text.split()
    return (
        bool(started)
        and line.blanks >= 2
        and not line.bullet
        and len(words) <= sections.MAX_HEADING_WORDS
        and not find_spans(line.text)
        and "\t" not in line.text
        and "@" not in line.text
        and not line.text.endswith((".", ","))
        and not title_score(line.text)
    )


def _labelled_section(line: Line, current: Section) -> Section | None:
    """Return a section for a line like "Languages: English, German" outside of lists that use labels."""
    if line.bullet or current.kind in {
        sections.SKILLS,
        sections.ROLES,
        sections.PROJECTS,
        sections.EDUCATION,
    }:
        return None
    label = _LABELLED.match(line.text)
    kind = heading_kind(label[1]) if label else None
    if label is None or kind not in {sections.SKILLS, sections.LANGUAGES, sections.CERTIFICATIONS}:
        return None
    rest = Line(line.start + label.end(), line.end, line.text[label.end() :], False, 0)
    return Section(kind, label[1], [rest])


def cut_entries(lines: list[Line], is_whole: Callable[[str], bool]) -> list[Entry]:
    """Group the lines of a section into entries by bullets, blank lines and dates.

    `is_whole` tells whether a line by itself names an entry, so that two such lines are two entries.
    """
    entries: list[Entry] = []
    for index, line in enumerate(lines):
        current = entries[-1] if entries else None
        if current is None or (
            not line.bullet
            and (_is_second(current, line, is_whole) or _starts_entry(current, line, lines, index))
        ):
            entries.append(Entry())
            current = entries[-1]
        if line.bullet or current.body or _is_prose(line) or len(current.head) >= MAX_HEAD_LINES:
            current.body.append(line)
        else:
            current.head.append(line)
    return entries


def _is_second(current: Entry, line: Line, is_whole: Callable[[str], bool]) -> bool:
    return is_whole(line.text) and any(is_whole(head.text) for head in current.head)


def _is_prose(line: Line) -> bool:
    return (
        len(line.text) > PARAGRAPH_CHARACTERS or (line.text.endswith(".") and len(line.text) > 45)
    ) and not find_range(line.text)


def _starts_entry(current: Entry, line: Line, lines: list[Line], index: int) -> bool:
    if current.body:
        return not _is_prose(line) and (
            current.body[-1].bullet
            or line.blanks > 0
            or find_range(line.text) is not None
            or _dates_follow(lines, index)
        )
    dated = any(find_spans(head.text) for head in current.head)
    if find_range(line.text) and any(find_range(head.text) for head in current.head):
        return True
    if not dated or _is_prose(line):
        return False
    if _named(current) and (line.blanks > 0 or _has_own_date(line)):
        return True
    return _starts_undated(current, line, lines, index)


def _starts_undated(current: Entry, line: Line, lines: list[Line], index: int) -> bool:
    """Whether a line without blank line or date before it starts the next of entries that end in dates."""
    first = current.head[0].text.split("\t")[0]
    return (
        not is_date_only(first)
        and len(current.head) >= 2
        and find_range(line.text) is None
        and _dates_follow(lines, index)
    )


def _has_own_date(line: Line) -> bool:
    """Whether the line names something and holds a date in a cell of its own."""
    cells = line.text.split("\t")
    return len(cells) > 1 and any(map(is_date_only, cells)) and not all(map(is_date_only, cells))


def _named(entry: Entry) -> bool:
    return any(not is_date_only(head.text) for head in entry.head)


def _dates_follow(lines: list[Line], index: int) -> bool:
    """Whether the next plain lines hold a range of dates, so that this line heads a new entry."""
    for line in lines[index : index + LOOK_AHEAD_LINES]:
        if line.bullet or (_is_prose(line)) or (line.blanks and line is not lines[index]):
            return False
        if find_range(line.text):
            return True
    return False
