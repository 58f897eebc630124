"""Turn the characters of one PDF page into segments: runs of words that stand together on a line."""

import ctypes
import re
from collections import Counter
from dataclasses import dataclass, field

import pypdfium2
import pypdfium2.raw as pdfium

from jobs.resumes.normalising import FIRM_HYPHEN, SOFT_HYPHEN, clean_characters

SAME_LINE = 0.32  # baselines closer than this share of the font size are one line
WORD_GAP = 0.2  # a gap wider than this share of the font size separates words
COLUMN_GAP = 0.95  # a gap wider than this may separate columns
SURE_COLUMN_GAP = 1.8  # and wider than this surely does, even in justified text
EDGE_TOLERANCE = 1.6  # points; starts this near each other line up
SOFT_HYPHEN_STRING = b"\xfe\xff\x00\xad"  # U+00AD as a PDF text string
HYPHEN_CODES = frozenset({2, 0x2D, 0xAD})  # PDFium gives 2 for some hyphens that end a line
MIN_FONT_SIZE = 1.0  # generated characters report 1 and real text is larger
BOLD_WEIGHT = 600


@dataclass(slots=True)
class Segment:
    """Words that stand together on one line; positions in points, y growing upwards."""

    text: str
    left: float
    right: float
    baseline: float
    size: float
    bold: bool


@dataclass(slots=True)
class Glyph:
    """One character of the page with its place."""

    character: str
    left: float
    right: float
    baseline: float
    size: float
    bold: bool
    index: int
    spaced: bool = False


@dataclass(slots=True)
class _Run:
    glyphs: list[Glyph] = field(default_factory=list)


def page_segments(
    page: pypdfium2.PdfTextPage, budget: int, *, marks_hyphens: bool = False
) -> list[Segment]:
    """Return the segments of a page from top to bottom and left to right, reading at most `budget` characters.

    `marks_hyphens` says that the producer tells hyphens it added from those of the text by ActualText
    (ISO 32000-1, 14.9.4), as Typst does.
    """
    rows = _rows(_glyphs(page, budget, marks_hyphens=marks_hyphens))
    runs = [run for row in rows for run in _split_row(row)]
    edges = Counter(round(run.glyphs[0].left / EDGE_TOLERANCE) for run in runs)
    return [segment for row in _regroup(runs) for segment in _join_close(row, edges)]


def _glyphs(page: pypdfium2.PdfTextPage, budget: int, *, marks_hyphens: bool) -> list[Glyph]:
    raw = page.raw
    x, y, box = ctypes.c_double(), ctypes.c_double(), pdfium.FS_RECTF()
    glyphs: list[Glyph] = []
    hyphens: list[_Hyphen] = []
    for index in range(min(page.count_chars(), budget)):
        if pdfium.FPDFText_IsGenerated(raw, index) == 1:
            continue
        code = pdfium.FPDFText_GetUnicode(raw, index)
        if code == 0 or 0xD800 <= code < 0xE000:
            continue
        pdfium.FPDFText_GetCharOrigin(raw, index, x, y)
        pdfium.FPDFText_GetLooseCharBox(raw, index, box)
        size = max(
            pdfium.FPDFText_GetFontSize(raw, index), abs(box.top - box.bottom) * 0.7, MIN_FONT_SIZE
        )
        bold = pdfium.FPDFText_GetFontWeight(raw, index) >= BOLD_WEIGHT
        character = "-" if code in HYPHEN_CODES else chr(code)
        glyphs.append(Glyph(character, box.left, box.right, y.value, size, bold, index))
        if marks_hyphens and code in HYPHEN_CODES:
            hyphens.append(_Hyphen(glyphs[-1], code, _stated_text(raw, index), _font(raw, index)))
    _decide_hyphens(hyphens)
    return glyphs


@dataclass(frozen=True, slots=True)
class _Hyphen:
    glyph: Glyph
    code: int
    stated: bytes
    font: bytes


def _decide_hyphens(hyphens: list[_Hyphen]) -> None:
    """Set the kind of every hyphen of a file whose producer tells them apart.

    A font holds one sign for both kinds. It stands for the kind that came first; the other one is told
    by its ActualText. A font with unmarked hyphens inside of lines uses it for real hyphens.
    """
    plain = {item.font for item in hyphens if item.code == ord("-") and not item.stated}
    for item in hyphens:
        if item.stated:
            soft = item.stated == SOFT_HYPHEN_STRING
        else:
            soft = item.code != ord("-") and item.font not in plain
        item.glyph.character = SOFT_HYPHEN if soft else FIRM_HYPHEN


def _font(raw: object, index: int) -> bytes:
    name, flags = ctypes.create_string_buffer(128), ctypes.c_int()
    pdfium.FPDFText_GetFontInfo(raw, index, name, len(name), flags)
    return name.value


def _stated_text(raw: object, index: int) -> bytes:
    """Return the ActualText of the marked content a character stands in, or nothing."""
    text_object = pdfium.FPDFText_GetTextObject(raw, index)
    buffer, size = (ctypes.c_ubyte * 16)(), ctypes.c_ulong()
    for number in range(max(pdfium.FPDFPageObj_CountMarks(text_object), 0)):
        mark = pdfium.FPDFPageObj_GetMark(text_object, number)
        if pdfium.FPDFPageObjMark_GetParamBlobValue(mark, b"ActualText", buffer, 16, size):
            return bytes(buffer)[: min(size.value, 16)]
    return b""


def _rows(glyphs: list[Glyph]) -> list[list[Glyph]]:
    rows: list[list[Glyph]] = []
    reference = 0.0
    for glyph in sorted(glyphs, key=lambda item: -item.baseline):
        if rows and reference - glyph.baseline <= SAME_LINE * min(glyph.size, rows[-1][0].size):
            rows[-1].append(glyph)
        else:
            rows.append([glyph])
            reference = glyph.baseline
    return rows


def _split_row(row: list[Glyph]) -> list[_Run]:
    """Return the runs of a row from left to right.

    Characters are strung together in the order of the file first: where a long word overprints the next
    column, order by place would shuffle the letters of both.
    """
    strings: list[list[Glyph]] = []
    last: Glyph | None = None
    spaced = False
    for glyph in sorted(row, key=lambda item: item.index):
        if glyph.character.isspace():
            spaced = True
            continue
        if last is None or not _follows(last, glyph):
            strings.append([])
        glyph.spaced, spaced = spaced, False
        strings[-1].append(glyph)
        last = glyph
    strings.sort(key=lambda item: (item[0].left, item[0].index))
    return _joined_strings(strings)


def _follows(last: Glyph, glyph: Glyph) -> bool:
    if glyph.index - last.index == 1 and abs(glyph.left - last.left) < 0.1 * last.size:
        return True  # the letters of a ligature are reported at one place
    step = glyph.left - last.right
    return -0.6 * last.size < step <= COLUMN_GAP * max(glyph.size, last.size)


def _joined_strings(strings: list[list[Glyph]]) -> list[_Run]:
    runs: list[_Run] = []
    for string in strings:
        if runs:
            last, first = runs[-1].glyphs[-1], string[0]
            if _is_shadow_of(runs[-1].glyphs, string):
                continue
            if _follows(last, first):
                runs[-1].glyphs.extend(string)
                continue
        runs.append(_Run(string))
    return runs


def _is_shadow_of(drawn: list[Glyph], string: list[Glyph]) -> bool:
    """Whether the same words are drawn twice in one place, as programs do to fake bold type."""
    first = drawn[-len(string)] if len(drawn) >= len(string) else drawn[0]
    same_place = abs(first.left - string[0].left) < 0.12 * first.size
    return same_place and [item.character for item in drawn[-len(string) :]] == [
        item.character for item in string
    ]


def _regroup(runs: list[_Run]) -> list[list[_Run]]:
    rows: list[list[_Run]] = []
    for run in runs:
        first = run.glyphs[0]
        previous = rows[-1][-1].glyphs[-1] if rows else None
        same = previous is not None and abs(previous.baseline - first.baseline) <= SAME_LINE * max(
            first.size, previous.size
        )
        if same and previous is not None and first.left >= rows[-1][-1].glyphs[0].left:
            rows[-1].append(run)
        else:
            rows.append([run])
    return rows


def _join_close(row: list[_Run], edges: Counter[int]) -> list[Segment]:
    """Join runs that only justified spacing has parted: no common edge starts at the second one."""
    groups: list[list[Glyph]] = []
    for run in row:
        first = run.glyphs[0]
        if groups:
            last = groups[-1][-1]
            gap = (first.left - last.right) / max(first.size, last.size)
            slot = round(first.left / EDGE_TOLERANCE)
            lined_up = edges[slot] + edges[slot - 1] + edges[slot + 1] >= 3
            if gap < SURE_COLUMN_GAP and not lined_up:
                groups[-1].extend(run.glyphs)
                continue
        groups.append(list(run.glyphs))
    segments = [_segment(group) for group in groups]
    return [segment for segment in segments if segment.text]


def _segment(glyphs: list[Glyph]) -> Segment:
    parts: list[str] = []
    last: Glyph | None = None
    for glyph in glyphs:
        if last is not None and (
            glyph.spaced or glyph.left - last.right > WORD_GAP * min(glyph.size, last.size)
        ):
            parts.append(" ")
        parts.append(glyph.character)
        last = glyph
    text = clean_characters("".join(parts)).replace("\n", " ")
    text = re.sub(r"[ ]*\t\s*", "\t", re.sub(r"[ ]+", " ", text)).strip()
    ending = glyphs[-1].character
    if text and ending in {SOFT_HYPHEN, FIRM_HYPHEN}:
        text = text.removesuffix("-") + ending
    sizes = Counter(round(glyph.size * 2) / 2 for glyph in glyphs)
    bold = sum(glyph.bold for glyph in glyphs) * 2 > len(glyphs)
    baseline = Counter(round(glyph.baseline, 1) for glyph in glyphs).most_common(1)[0][0]
    return Segment(
        text, glyphs[0].left, glyphs[-1].right, baseline, sizes.most_common(1)[0][0], bold
    )
