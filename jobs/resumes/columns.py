"""Put the segments of a page into reading order: side columns, date columns, wrapped lines, headings.

The result is plain text by a convention the parser knows: cells of one row are parted by a tab, blocks by
one blank line, and a section heading has two blank lines before it.
"""

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from jobs.resumes.dates import find_spans, has_time_span, is_date_only
from jobs.resumes.glyphs import Segment
from jobs.resumes.normalising import BULLET, bullet_text, ends_hyphenated, join_hyphenated
from jobs.resumes.sections import heading_kind

MIN_COLUMN_LINES = 5  # fewer lines beside each other are a row of cells, not a column
GUTTER_POINTS = 5.0  # the narrowest white strip between columns of text
META_COLUMN_SHARE = 0.5  # dates and places stand in the outer half of a page
WRAP_PITCH = 1.75  # lines of one paragraph are at most this many font sizes apart
BLOCK_GAP = 1.35  # a gap this much larger than the usual pitch parts two blocks
MIN_WRAPPED_CHARACTERS = 45  # a shorter line ends where it wants to, not at the margin
_NUMBERED = re.compile(r"\d{1,3}[.)]\s")
_OPEN_RANGE = re.compile(r"[-–—]\s*$|\b(?:to|bis|à|a)\s*$")


@dataclass(slots=True)
class Row:
    """The segments that share one baseline inside one column."""

    segments: list[Segment]

    @property
    def baseline(self) -> float:
        return self.segments[0].baseline


@dataclass(slots=True)
class TextLine:
    """One line of the text to be, still with its place on the page."""

    text: str
    left: float
    right: float
    baseline: float
    size: float
    bold: bool
    bullet: bool
    last_baseline: float
    text_left: float
    wrapped_from: float
    is_heading: bool = False


@dataclass(slots=True)
class _Order:
    lines: list[TextLine] = field(default_factory=list)
    first_bullet: int | None = None


def page_lines(segments: Sequence[Segment]) -> list[list[TextLine]]:
    """Return the lines of a page in reading order, one list per column or full-width zone."""
    if not segments:
        return []
    zones: list[list[Segment]] = []
    rest = sorted(segments, key=lambda item: (-item.baseline, item.left))
    gutter = find_gutter(rest)
    if gutter is None:
        zones.append(rest)
    else:
        top, bottom, edge = gutter
        above = [item for item in rest if item.baseline > top]
        below = [item for item in rest if item.baseline < bottom]
        inside = [item for item in rest if bottom <= item.baseline <= top]
        left = [item for item in inside if item.left < edge]
        right = [item for item in inside if item.left >= edge]
        columns = [left, right]
        if _largest(right) > max(_largest(left), _largest(above)):
            columns.reverse()
        zones.extend([above, *columns, below])
    return [_zone_lines(zone) for zone in zones if zone]


def _largest(segments: Sequence[Segment]) -> float:
    return max((item.size for item in segments), default=0.0)


def find_gutter(segments: Sequence[Segment]) -> tuple[float, float, float] | None:
    """Return (top baseline, bottom baseline, x) of the white strip between two columns of text, or None.

    A column of dates and places beside entries is no column of text: it belongs to its rows.
    """
    starts = Counter(round(item.left) for item in segments)
    page_left = min(item.left for item in segments)
    page_right = max(item.right for item in segments)
    width = page_right - page_left
    best: tuple[int, tuple[float, float, float]] | None = None
    for edge, count in starts.items():
        if count < MIN_COLUMN_LINES or not 0.15 * width < edge - page_left < 0.85 * width:
            continue
        found = _columns_at(segments, edge - 1.0)
        if found and (best is None or found[0] > best[0]):
            best = found
    return best[1] if best else None


def _columns_at(
    segments: Sequence[Segment], edge: float
) -> tuple[int, tuple[float, float, float]] | None:
    runs: list[list[Segment]] = [[]]
    for item in segments:
        if item.left < edge and item.right > edge - GUTTER_POINTS:
            runs.append([])
        else:
            runs[-1].append(item)
    run = max(runs, key=len)
    left = [item for item in run if item.left < edge]
    right = [item for item in run if item.left >= edge]
    if min(len(left), len(right)) < MIN_COLUMN_LINES or not _both_are_text(left, right):
        return None
    return len(run), (run[0].baseline, run[-1].baseline, edge)


def _both_are_text(left: list[Segment], right: list[Segment]) -> bool:
    headings = [sum(heading_kind(item.text) is not None for item in side) for side in (left, right)]
    if min(headings) >= 1:
        return min(len(left) - headings[0], len(right) - headings[1]) >= MIN_COLUMN_LINES - 1
    return not any(_is_meta_column(side) or _is_heading_column(side) for side in (left, right))


def _is_meta_column(side: list[Segment]) -> bool:
    meta = sum(is_meta(item.text) or _looks_like_place(item.text) for item in side)
    return meta >= 0.5 * len(side)


def _is_heading_column(side: list[Segment]) -> bool:
    return sum(heading_kind(item.text) is not None for item in side) >= 0.4 * len(side)


def is_meta(text: str) -> bool:
    """Whether a cell holds only dates or a length of time."""
    return is_date_only(text) or has_time_span(text)


def _looks_like_place(text: str) -> bool:
    return len(text) <= 32 and bool(re.fullmatch(r"[^\W\d][^\d:;!?]*,\s[^\d:;!?]+|Remote", text))


def _zone_lines(segments: list[Segment]) -> list[TextLine]:
    left = min(item.left for item in segments)
    middle = left + META_COLUMN_SHARE * (max(item.right for item in segments) - left)
    order = _Order()
    for row in _join_split_ranges(_rows(segments)):
        _place_row(row, order, middle)
    return _join_wrapped(order.lines)


def _rows(segments: list[Segment]) -> list[Row]:
    rows: list[Row] = []
    for item in segments:
        if rows and rows[-1].baseline - item.baseline <= 0.32 * item.size:
            rows[-1].segments.append(item)
        else:
            rows.append(Row([item]))
    for row in rows:
        row.segments.sort(key=lambda item: item.left)
    return rows


def _join_split_ranges(rows: list[Row]) -> list[Row]:
    """Bring "Sept 2018 –" and the "May 2023" below it together."""
    for row, following in itertools.pairwise(rows):
        for item in row.segments:
            if not _OPEN_RANGE.search(item.text) or not find_spans(item.text):
                continue
            for below in following.segments:
                near = min(abs(below.left - item.left), abs(below.right - item.right)) < 4
                if near and (is_date_only(f"{item.text} {below.text}")):
                    item.text = f"{item.text} {below.text}"
                    following.segments.remove(below)
                    break
    return [row for row in rows if row.segments]


def _place_row(row: Row, order: _Order, middle: float) -> None:
    """Add a row to the lines; dates beside a bullet go before the bullets of their entry."""
    main, side = _split_side(row, order, middle)
    if side:
        _insert_side(side, order)
    if not main:
        return
    first = main[0]
    if len(main) > 1 and _stands_out(first, main[1]) and not is_meta(main[1].text):
        _append([first], order)
        main = main[1:]
    _append(main, order)


def _stands_out(first: Segment, second: Segment) -> bool:
    """Whether a cell is the heading of what stands beside it, and not a label like "Languages"."""
    larger = (
        first.size > second.size + 0.4 or first.text.isupper() or (first.bold and not second.bold)
    )
    return larger and heading_kind(first.text) is not None


def _split_side(row: Row, order: _Order, middle: float) -> tuple[list[Segment], list[Segment]]:
    segments = row.segments
    has_bullet = any(bullet_text(item.text) is not None for item in segments)
    in_bullets = order.first_bullet is not None
    if not has_bullet and not in_bullets:
        return segments, []
    side = [item for item in segments if is_meta(item.text)]
    if (
        segments[-1].left > middle
        and segments[-1] not in side
        and (len(segments) > 1 or _is_tail(row, order))
    ):
        side.append(segments[-1])
    main = [item for item in segments if item not in side]
    if main and not has_bullet and in_bullets and not _continues(main[0], order):
        return segments, []  # the first row of the next entry
    return main, side


def _is_tail(row: Row, order: _Order) -> bool:
    last = order.lines[-1]
    return row.segments[0].left > last.text_left + 60 and len(row.segments[0].text) < 32


def _continues(item: Segment, order: _Order) -> bool:
    last = order.lines[-1]
    return last.bullet and abs(item.left - last.text_left) < 3.5


def _insert_side(side: list[Segment], order: _Order) -> None:
    position = order.first_bullet if order.first_bullet is not None else len(order.lines)
    for item in side:
        order.lines.insert(position, _text_line([item]))
        position += 1
    if order.first_bullet is not None:
        order.first_bullet = position


def _append(segments: list[Segment], order: _Order) -> None:
    line = _text_line(segments)
    if line.bullet:
        if order.first_bullet is None:
            order.first_bullet = len(order.lines)
    elif order.lines and not _continues(segments[0], order):
        order.first_bullet = None
    order.lines.append(line)


def _text_line(segments: list[Segment]) -> TextLine:
    first, last = segments[0], segments[-1]
    content = bullet_text(first.text)
    text_left = first.left
    if content is not None:
        # The text of a bullet starts about a glyph and a half after the sign.
        text_left = first.left + (first.right - first.left) * (
            len(first.text) - len(content)
        ) / max(len(first.text), 1)
    elif first.text in {BULLET, "-", "–", "*", "o"} and len(segments) > 1:
        content, text_left = "", segments[1].left
        segments = segments[1:]
    if content is None and len(segments) == 2 and is_meta(first.text):
        first, text_left = segments[1], segments[1].left  # the date stands left of what it dates
    texts = [item.text for item in segments]
    if content is not None:
        texts[0] = f"{BULLET} {content}" if content else f"{BULLET} {texts[0]}"
    return TextLine(
        text="\t".join(texts),
        left=segments[0].left if content is None else first.left,
        right=last.right,
        baseline=first.baseline,
        size=max(segments, key=lambda item: len(item.text)).size,
        bold=first.bold,
        bullet=content is not None,
        last_baseline=first.baseline,
        text_left=text_left,
        wrapped_from=last.right,
    )


def _join_wrapped(lines: list[TextLine]) -> list[TextLine]:
    joined: list[TextLine] = []
    for line in lines:
        if joined and _wraps_into(joined[-1], line, lines):
            _extend(joined[-1], line)
        else:
            joined.append(line)
    return joined


def _wraps_into(last: TextLine, line: TextLine, lines: list[TextLine]) -> bool:
    pitch = last.last_baseline - line.baseline
    close = 0 < pitch <= WRAP_PITCH * max(last.size, line.size)
    if line.bullet or not close or abs(last.size - line.size) > 0.6 or _starts_anew(line.text):
        return False
    if last.bullet:
        return abs(line.left - last.text_left) < 6 or (
            line.left > last.left + 3 and not find_spans(line.text) and "\t" not in line.text
        )
    if _NUMBERED.match(last.text) and 3 < line.left - last.left < 30 and "\t" not in line.text:
        return True
    if "\t" in line.text or abs(line.left - last.text_left) > 2 or heading_kind(last.text):
        return False
    if "\t" in last.text and last.text_left == last.left:
        return _wraps_beside_date(last, line)
    limit = max(other.right for other in lines)
    first_word = (line.right - line.left) * len(line.text.split(" ")[0]) / max(len(line.text), 1)
    fits = last.wrapped_from + first_word + 0.25 * last.size <= limit
    return not fits and len(last.text) >= MIN_WRAPPED_CHARACTERS and last.bold == line.bold


def _starts_anew(text: str) -> bool:
    return heading_kind(text) is not None or bool(_NUMBERED.match(text))


def _wraps_beside_date(last: TextLine, line: TextLine) -> bool:
    """Whether a long bold title went on below while its date stood to the right of the first line."""
    title, _, rest = last.text.partition("\t")
    unfinished = ends_hyphenated(title) or title.endswith((",", "–", "&"))
    return (
        (unfinished or (last.bold and line.bold))
        and len(title) >= MIN_WRAPPED_CHARACTERS
        and len(line.text) < len(title)
        and is_meta(rest)
    )


def _extend(last: TextLine, line: TextLine) -> None:
    before = last.text.partition("\t")[0] if last.text_left > last.left and not last.bullet else ""
    title, tab, rest = last.text.removeprefix(f"{before}\t").partition("\t")
    title = join_hyphenated(title, line.text) if ends_hyphenated(title) else f"{title} {line.text}"
    last.text = f"{before}\t{title}" if before else f"{title}{tab}{rest}"
    last.last_baseline = line.baseline
    last.wrapped_from = line.right
    last.right = max(last.right, line.right)


def mark_headings(zones: Sequence[Sequence[TextLine]]) -> None:
    """Mark the section headings of a document: known ones, and lines set in the same type as those."""
    lines = [line for zone in zones for line in zone]
    known = [line for line in lines if heading_kind(line.text) and not line.bullet]
    body = Counter(line.size for line in lines for _ in range(max(len(line.text) // 20, 1)))
    usual = body.most_common(1)[0][0] if body else 0.0
    styles = Counter(_style(line) for line in known)
    total = Counter(_style(line) for line in lines)
    for line in lines:
        style = _style(line)
        distinct = style[0] > usual + 0.4 or (style[2] and styles[style] * 2 >= total[style])
        same_type = (
            styles[style] >= 2 and distinct and len(line.text) <= 60 and "\t" not in line.text
        )
        line.is_heading = not line.bullet and (heading_kind(line.text) is not None or same_type)
        if line in known and styles[style] == 1 and len(known) > 3 and style[0] <= usual - 0.4:
            line.is_heading = False


def _style(line: TextLine) -> tuple[float, bool, bool]:
    letters = [character for character in line.text if character.isalpha()]
    capitals = len(letters) > 2 and all(character.isupper() for character in letters)
    return (line.size, line.bold, capitals)


def compose_text(zones: Sequence[Sequence[TextLine]]) -> str:
    """Return the text of all zones, with one blank line between blocks and two before a heading."""
    pitches = Counter(
        round(last.last_baseline - line.baseline)
        for zone in zones
        for last, line in itertools.pairwise(zone)
        if 0 < last.last_baseline - line.baseline < 3 * line.size
    )
    usual = min(
        (pitch for pitch, count in pitches.items() if count >= max(pitches.values()) * 0.5),
        default=12,
    )
    parts: list[str] = []
    for zone in zones:
        previous: TextLine | None = None
        for line in zone:
            if parts:
                parts.append(_separator(previous, line, usual))
            parts.append(line.text)
            previous = line
    return "".join(parts)


def _separator(previous: TextLine | None, line: TextLine, usual: float) -> str:
    if line.is_heading:
        return "\n\n\n"
    if previous is None or previous.is_heading:
        return "\n"
    gap = previous.last_baseline - line.baseline
    apart = gap > BLOCK_GAP * max(usual, 1.05 * line.size)
    return "\n\n" if apart and not (previous.bullet and line.bullet) else "\n"
