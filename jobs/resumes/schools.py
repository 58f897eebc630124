"""Read an entry of the education section: degree, field, school, place, grade and dates."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from jobs.resumes.dates import DateSpan, cells_for_dates, find_spans
from jobs.resumes.degrees import CAMPUSES, DEGREE, GRADE, INSTITUTION, SCHOOL_KIND
from jobs.resumes.heads import clean_cell
from jobs.resumes.outline import Entry, Line
from jobs.resumes.places import CITIES, is_place, is_region

_LINK_WORD = re.compile(
    r"^(?:\s*\((?P<short>[^()]*)\))?[\s,:–—-]*(?:(?:in|of|en|der|des|de)\s+(?:the\s+)?|d['’])?\s*",
    re.IGNORECASE,
)
_CELLS = re.compile(r"\t|\s*[|•·‖]\s*|\s+[–—-]+\s+|\s{3,}|;\s+")
_SCHOOL_AFTER_DEGREE = re.compile(
    rf"{DEGREE.pattern}[\s\t]+(?:The\s+)?[^,\t]*?{INSTITUTION.pattern}"
)
# A degree set in a column of its own that is too narrow touches the name of the school.
_GLUED = re.compile(
    r"^(?:[BM]\.?(?:Tech|Eng|Sc|Com|Ed|Arch|Phil)\.?|[EB]?MBA|BBA|Ph\.?D\.?|LL\.?[BM]\.?)(?=[A-ZÀ-Ý][a-zà-ÿ])"
)
_CAMPUS_HOST = re.compile(r"\b(?:University|Institute|College)\b", re.IGNORECASE)
_MINOR = re.compile(
    r"^(?:minor|nebenfach|mention|specialization|specialisation|concentration|focus|schwerpunkt|honou?rs|cum laude|magna|summa|first class|graduated|major gpa|gpa|cgpa|note|abschlussnote)\b",
    re.IGNORECASE,
)
_FROM = re.compile(r"\s+(?:from|at|an der|an der|à l['’]|à)\s+(?=[A-ZÉÄÖÜ])")


@dataclass(slots=True)
class School:
    """What one education entry says; empty strings where it says nothing."""

    degree: str = ""
    field_of_study: str = ""
    institution: str = ""
    location: str = ""
    grade: str = ""
    dates: DateSpan | None = None
    school_follows_degree: bool = False


def read_schools(entries: Sequence[Entry]) -> list[School]:
    """Return the schools of a section; where one entry puts the school right behind the degree, all do."""
    degree_first = any(
        _SCHOOL_AFTER_DEGREE.match(line.text) for entry in entries for line in entry.head
    )
    return [read_school(entry, school_follows_degree=degree_first) for entry in entries]


def read_school(entry: Entry, *, school_follows_degree: bool = False) -> School:
    """Return degree, field, school, place, grade and dates of an education entry.

    `school_follows_degree` reads "BA Elisava, Design" as the school Elisava; otherwise a field follows.
    """
    school = School(school_follows_degree=school_follows_degree)
    loose: list[str] = []
    for line in entry.head:
        spans = find_spans(line.text)
        ranges = [span for span in spans if span.is_range]
        if school.dates is None or (ranges and not school.dates.is_range):
            school.dates = next(iter(ranges or spans), school.dates)
        for cell in _CELLS.split(cells_for_dates(line.text)):
            _read_cell(clean_cell(cell), school, loose)
    if not school.institution and loose:
        school.institution = loose.pop(0)
    if not school.field_of_study and loose:
        school.field_of_study = loose.pop(0)
    school.grade = find_grade([*entry.head, *entry.body])
    return school


def find_grade(lines: Iterable[Line]) -> str:
    """Return the first grade written after a word like GPA, "3.97/4.00", or an empty string."""
    for line in lines:
        found = GRADE.search(line.text)
        if found:
            return found["grade"].strip()
    return ""


def _read_cell(cell: str, school: School, loose: list[str]) -> None:
    cell = GRADE.sub("", cell).strip(" ,;:()") if GRADE.search(cell) else cell
    cell = _GLUED.sub(r"\g<0> ", cell)
    if not cell or not re.search(r"\w", cell):
        return
    if is_place(cell) and not _is_degree_in_state_form(cell, school):
        school.location = school.location or cell
        return
    for half in _degree_and_school(cell):
        parts = _campus_joined([part.strip() for part in _outside_brackets(half)])
        for part in _take_place(parts, school):
            _read_part(part, school, loose)


def _degree_and_school(cell: str) -> list[str]:
    """Split "BSc in Physics from Rice University" once, but not "University of Texas at Austin"."""
    link = _FROM.search(cell)
    if link and DEGREE.match(cell) and not INSTITUTION.search(cell[: link.start()]):
        return [cell[: link.start()], cell[link.end() :]]
    return [cell]


def _outside_brackets(text: str) -> list[str]:
    return re.split(r",\s+(?![^(]*\))", text)


def _is_degree_in_state_form(cell: str, school: School) -> bool:
    """ "Physics, MA" is a degree unless the town is known or the degree was already read."""
    first, _, last = cell.rpartition(",")
    known = first.strip().casefold() in CITIES or bool(school.degree)
    return bool(DEGREE.fullmatch(last.strip())) and bool(first) and not known


def _campus_joined(parts: list[str]) -> list[str]:
    joined: list[str] = []
    for part in parts:
        if joined and part.casefold() in CAMPUSES and _CAMPUS_HOST.search(joined[-1]):
            joined[-1] = f"{joined[-1]}, {part}"
        elif joined and SCHOOL_KIND.search(joined[-1]) and _is_bare_school(part):
            joined[-1] = f"{joined[-1]}, {part}"  # "Wharton School, University of Pennsylvania"
        else:
            joined.append(part)
    return joined


def _is_bare_school(part: str) -> bool:
    return bool(SCHOOL_KIND.search(part)) and not DEGREE.search(part)


def _take_place(parts: list[str], school: School) -> list[str]:
    for count in (2, 1):
        tail = parts[-count:]
        place = ", ".join(tail)
        if len(parts) <= count or (DEGREE.fullmatch(tail[-1]) and not school.degree and count == 1):
            continue
        if (is_place(place) and (count == 1 or not INSTITUTION.search(tail[0]))) or (
            count == 1 and is_region(place)
        ):
            if count == 2 and (
                DEGREE.search(tail[0]) or (tail[0].casefold() not in CITIES and len(parts) == 2)
            ):
                continue
            school.location = school.location or place
            return parts[:-count]
    return parts


def _read_part(part: str, school: School, loose: list[str]) -> None:
    found = DEGREE.search(part)
    if found and (not INSTITUTION.search(part[: found.end()]) or found.start() > 0):
        _read_degree(part, found, school, loose)
    elif INSTITUTION.search(part) and not school.institution:
        school.institution = part
    elif not _MINOR.match(part) and len(part) <= 90:
        loose.append(re.sub(r"^(?:in|en|im)\s+", "", part))


def _read_degree(part: str, found: "re.Match[str]", school: School, loose: list[str]) -> None:
    before = part[: found.start()].strip(" ,:–—-(")
    rest = part[found.end() :]
    link = _LINK_WORD.match(rest)
    linked = bool(link and link[0].strip(" ,:"))
    rest = rest[link.end() :].strip(" ,:)") if link else rest.strip()
    if not school.degree:
        school.degree = found["degree"].strip()
        if (
            re.match(r"[a-zäöü]", rest[:1])
            and re.fullmatch(r"\w+", rest.split(" ")[0])
            and "degree" in rest[:7]
        ):
            rest = rest[6:].strip(" in")
    elif re.match(r"minor|nebenfach", part, re.IGNORECASE):
        return
    if before:
        _read_plain(before, school, loose)
    if rest and not DEGREE.fullmatch(rest):
        _read_rest(rest, school, loose, linked=linked)


def _read_plain(text: str, school: School, loose: list[str]) -> None:
    if INSTITUTION.search(text) and not school.institution:
        school.institution = text
    else:
        loose.append(text)


def _read_rest(rest: str, school: School, loose: list[str], *, linked: bool) -> None:
    if (INSTITUTION.search(rest) and not school.institution) or (
        school.school_follows_degree and not linked and not school.institution
    ):
        school.institution = rest
    elif not school.field_of_study:
        school.field_of_study = rest
    elif rest != school.field_of_study:
        loose.append(rest)
