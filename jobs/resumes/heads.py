"""Read the head of an entry in a work history: job title, organisation, place and dates."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from jobs.resumes.dates import DateSpan, cells_for_dates, find_spans
from jobs.resumes.degrees import INSTITUTION
from jobs.resumes.outline import Entry, Line
from jobs.resumes.places import CITIES, STATES, is_place, is_region
from jobs.resumes.vocabulary import COMPANY_SUFFIX, is_department, organisation_score, title_score

TITLE_FIRST, COMPANY_FIRST = "title first", "company first"
FOREIGN_PART = -0.3  # a part that is no title in a title, or no organisation in a list of them
EVEN_SPLIT = 0.3  # both sides could be titles, and the other entries decide
CLEAR_SPLIT = 1.0  # one side is a job title and nothing speaks against the other
ORDER_BIAS = 0.4  # how the other entries of the section are written decides even cases
HEAD_CELLS = re.compile(
    r"\t|\s*[|•·‖]\s*|\s+[–—-]+\s+|\s+@\s*|\s{3,}|;\s+|\s+(?:at|bei(?:\s+der|\s+dem)?|chez|en la empresa)\s+(?=[A-ZÄÖÜ0-9])"
)
_EMPLOYMENT = re.compile(
    r"\(?(?:full|part)[- ]time\)?|contract(?:or)?|permanent|temporary|vollzeit|teilzeit|befristet|temps (?:plein|partiel)"
    r"|CDI|CDD|jornada completa|seasonal|hybrid|on[- ]?site|\(?m/w/d\)?",
    re.IGNORECASE,
)
# What follows the legal form of a company is its seat: "Bayer AG, Leverkusen".
_AFTER_LEGAL_FORM = re.compile(
    r"(.+\b(?:GmbH|AG|KG|SE|Inc|LLC|Ltd|Limited|PLC|Corp|SA|SAS|SARL|SL|BV|AB)\.?),\s+([A-ZÀ-Ý][^\d,]{2,30})"
)
_NAME_PARTICLES = frozenset(
    [
        "of",
        "the",
        "and",
        "for",
        "in",
        "at",
        "de",
        "la",
        "del",
        "des",
        "du",
        "der",
        "die",
        "und",
        "für",
        "von",
        "y",
        "et",
        "e",
        "i",
    ]
)
_FIELD_LABEL = re.compile(
    r"^(?:company|employer|organi[sz]ation|client|title|position|role|job title|location|dates?|duration|period|firma|unternehmen|arbeitgeber|zeitraum|ort"
    r"|entreprise|poste|empresa|puesto|cargo|dates?)\s*:\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Head:
    """What the head lines of an entry say; `rest` are head lines that turned out to be description."""

    title: str
    organization: str
    location: str
    dates: DateSpan | None
    lines: tuple[Line, ...]
    rest: tuple[Line, ...]
    order: str = ""


def read_heads(entries: Sequence[Entry]) -> list[Head]:
    """Return the heads of a section's entries, using the clear ones to decide the unclear ones."""
    first = [read_head(entry, "") for entry in entries]
    votes = Counter(head.order for head in first if head.order)
    if not votes:
        return [read_head(entry, TITLE_FIRST) for entry in entries]
    order = votes.most_common(1)[0][0]
    return [read_head(entry, order) for entry in entries]


def read_head(entry: Entry, usual_order: str) -> Head:
    """Return title, organisation, place and dates of one entry; `usual_order` is how its section is written."""
    units: list[str] = []
    places: list[str] = []
    used: list[Line] = []
    rest: list[Line] = []
    dates: DateSpan | None = None
    for line in entry.head:
        found_units, found_places = split_cells(line.text)
        complete = _is_pair(units, usual_order)
        if rest or (complete and found_units and dates is not None):
            rest.append(line)
            continue
        dates = _better(dates, find_spans(line.text))
        if complete and any(map(_is_prose, found_units)):
            rest.append(line)
            used.append(line)
            continue
        units.extend(found_units)
        places.extend(found_places)
        used.append(line)
    title, organization, order = _name_units(units, usual_order)
    location = places[0] if places else ""
    if not organization and location:
        organization, location = _organisation_in_place(location)
    return Head(title, organization, location, dates, tuple(used), tuple(rest), order)


def _is_prose(unit: str) -> bool:
    """Whether a cell describes, as "Core banking squad", instead of naming, as "Bank of England"."""
    words = unit.split()
    small = [word for word in words[1:] if word[0].islower() and word not in _NAME_PARTICLES]
    return len(words) >= 3 and len(small) * 2 >= len(words) - 1


def _better(known: DateSpan | None, found: list[DateSpan]) -> DateSpan | None:
    ranges = [span for span in found if span.is_range]
    if known is not None and (known.is_range or not ranges):
        return known
    return next(iter(ranges or found), None)


def split_cells(text: str) -> tuple[list[str], list[str]]:
    """Return (names, places) of a head line, dates and employment types left out."""
    units: list[str] = []
    places: list[str] = []
    for raw in HEAD_CELLS.split(cells_for_dates(text)):
        cell = clean_cell(raw)
        if not cell or _EMPLOYMENT.fullmatch(cell) or not re.search(r"\w", cell):
            continue
        if is_place(cell):
            places.append(cell.strip("()"))
            continue
        name, place = split_place(cell)
        if place:
            places.append(place)
        if name:
            units.append(name)
    return units, places


def clean_cell(raw: str) -> str:
    """Return a cell without a field label, stray brackets and punctuation at its ends."""
    cell = _FIELD_LABEL.sub("", raw.strip(" ,;:|–—-\t"))
    if cell.count("(") != cell.count(")"):
        cell = cell.strip("() ,")
    cell = re.sub(r"\(\s*\)|\[\s*\]", "", cell)
    return cell.strip(" ,;:–—-")


def split_place(cell: str) -> tuple[str, str]:
    """Return (rest, place) of a cell like "Acme, Berlin, Germany" or "Acme (Berlin)"."""
    bracket = re.search(r"\s*\(([^()]+)\)$", cell)
    if bracket and is_place(bracket[1]):
        return cell[: bracket.start()].strip(" ,"), bracket[1]
    commas = [match.start() for match in re.finditer(",", cell)]
    for position in commas[-2:]:
        rest, place = cell[:position].strip(" ,"), cell[position + 1 :].strip()
        if is_place(place) or (is_region(place) and (place in STATES or len(place) > 2)):
            return rest, place
    after_form = _AFTER_LEGAL_FORM.fullmatch(cell)
    if after_form and not title_score(after_form[2]) and not is_department(after_form[2]):
        return after_form[1], after_form[2]
    return cell, ""


def _organisation_in_place(place: str) -> tuple[str, str]:
    """Read "Monzo, UK" as an organisation with its country when no organisation was named."""
    first, comma, region = place.partition(",")
    if comma and first.casefold() not in CITIES and region.strip() not in STATES:
        return first.strip(), region.strip()
    return "", place


def _is_pair(units: list[str], usual_order: str) -> bool:
    if len(units) >= 2:
        return any(title_score(unit) for unit in units) or bool(usual_order)
    return len(units) == 1 and _split_pair(units[0], usual_order) is not None


def _name_units(units: list[str], usual_order: str) -> tuple[str, str, str]:
    """Return (title, organisation, order); order is "" where it was decided by the other entries."""
    if not units:
        return "", "", ""
    if len(units) == 1:
        pair = _split_pair(units[0], usual_order, EVEN_SPLIT if usual_order else CLEAR_SPLIT)
        if pair and not is_department(pair[1]):
            return pair
        return (units[0], "", "") if title_score(units[0]) else ("", units[0], "")
    return _choose(units, usual_order)


def _choose(units: list[str], usual_order: str) -> tuple[str, str, str]:
    split = [index for index, unit in enumerate(units) if _split_pair(unit, usual_order)]
    titles = [title_score(unit) - 0.6 * organisation_score(unit) for unit in units]
    if (
        len(split) == 1
        and not any(score > 0 for index, score in enumerate(titles) if index != split[0])
        and split[0] == 0
    ):
        clear = _split_pair(units[0], usual_order)
        if clear and not organisation_score(units[1]):
            return clear
    best = max(titles)
    candidates = [index for index, score in enumerate(titles) if score == best]
    certain = len(candidates) == 1 and best > 0
    if usual_order == COMPANY_FIRST and not certain:
        title_at = candidates[-1] if best > 0 else 1
    else:
        title_at = candidates[0] if best > 0 else 0
    others = [index for index in range(len(units)) if index != title_at]
    scores = [
        organisation_score(units[index]) - 0.5 * titles[index] - 0.3 * is_department(units[index])
        for index in others
    ]
    organisation_at = others[scores.index(max(scores))]
    order = TITLE_FIRST if title_at < organisation_at else COMPANY_FIRST
    return units[title_at], units[organisation_at], order if certain else ""


def _split_pair(
    cell: str, usual_order: str, threshold: float = CLEAR_SPLIT
) -> tuple[str, str, str] | None:
    """Split "Acme, Head of Sales" or "Head of Sales, Acme" at the comma that fits best, or return None."""
    best: tuple[float, tuple[str, str, str]] | None = None
    for left, right in _comma_splits(cell):
        for order, title, organization in (
            (TITLE_FIRST, left, right),
            (COMPANY_FIRST, right, left),
        ):
            score = _pair_score(title, organization) + (ORDER_BIAS if order == usual_order else 0.0)
            if best is None or score > best[0]:
                best = (score, (title, organization, order))
    if best is None or best[0] < threshold:
        return None
    return best[1]


def _pair_score(title: str, organization: str) -> float:
    """Rate a reading: title words and departments belong left, legal forms right."""
    score = -0.1 * organization.count(",")
    for part in title.split(","):
        sign = title_score(part) + 0.5 * is_department(part) - organisation_score(part)
        score += sign or FOREIGN_PART
    if not title_score(title):
        score -= 1.0
    parts = organization.split(",")
    for part in parts:
        sign = organisation_score(part) or 1.0 * bool(INSTITUTION.search(part))
        score += organisation_score(part) - title_score(part)
        score -= 0.5 * (is_department(part) and not sign)
        score += FOREIGN_PART * (len(parts) > 1 and not sign)
    return min(score, 3.0)


def _comma_splits(cell: str) -> list[tuple[str, str]]:
    splits: list[tuple[str, str]] = []
    for match in re.finditer(r",\s+", cell):
        left, right = cell[: match.start()].strip(), cell[match.end() :].strip()
        if left and right and not COMPANY_SUFFIX.match(right.split(",")[0].strip()):
            splits.append((left, right))
    return splits
