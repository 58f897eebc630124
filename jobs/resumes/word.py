"""Read the text and the links of a Word resume (DOCX) without trusting the archive it comes in."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator

import docx
from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.exceptions import OpcError
from docx.oxml.ns import qn
from lxml import etree

from jobs.resumes.columns import is_meta
from jobs.resumes.limits import (
    MAX_ARCHIVE_MEMBERS,
    MAX_CHARACTERS,
    MAX_LINKS,
    MAX_TABLE_DEPTH,
    MAX_UNPACK_RATIO,
    MAX_UNPACKED_BYTES,
    RATIO_APPLIES_FROM_BYTES,
    ResumeUnreadableError,
)
from jobs.resumes.normalising import BULLET, bullet_text
from jobs.resumes.sections import heading_kind

ENCRYPTED_FLAG = 0x1  # ZIP general purpose bit 0 (APPNOTE 4.4.4)
_DECLARATION = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_WIDE_ENCODINGS = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")
_DECLARES_ENTITIES = (
    "This Word file defines XML entities of its own, which no resume needs and attackers use, "
    "so we did not open it. Save it again as PDF, or paste the text."
)
_PARAGRAPH, _TABLE, _ROW, _CELL = qn("w:p"), qn("w:tbl"), qn("w:tr"), qn("w:tc")
_SDT_CONTENT, _TEXT_BOX, _FALLBACK = (
    qn("w:sdtContent"),
    qn("w:txbxContent"),
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",
)
_CHARACTERS = {qn("w:tab"): "\t", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
_CONTAINERS = frozenset(
    {_SDT_CONTENT, qn("w:sdt"), qn("w:ins"), qn("w:smartTag"), qn("w:customXml")}
)


def read_word(data: bytes) -> tuple[str, list[tuple[str, str]]]:
    """Return (text, links as (address, label)) of a DOCX file, headers first, tables and text boxes included.

    Raises ResumeUnreadableError: bomb, encrypted, broken, wrong_type, empty, too_large.
    """
    check_archive(data)
    try:
        document = docx.Document(io.BytesIO(data))
        blocks = [*_header_blocks(document), *_blocks(document.element.body, 0)]
        links = _links(document)
    except (
        OpcError,
        KeyError,
        ValueError,
        AttributeError,
        zipfile.BadZipFile,
        zlib.error,
        etree.XMLSyntaxError,
    ) as error:
        raise ResumeUnreadableError("broken") from error
    text = "\n".join(blocks)
    if len(text) > MAX_CHARACTERS:
        raise ResumeUnreadableError(
            "too_large",
            f"This file holds more than {MAX_CHARACTERS:,} characters, which is longer than a resume. "
            "Upload only the resume itself.",
        )
    if not any(character.isalpha() for character in text):
        raise ResumeUnreadableError("empty")
    return text, links


def check_archive(data: bytes) -> None:
    """Refuse archives that unpack to too much, are encrypted, hold no Word text, or declare entities.

    The sizes come from the archive's directory; Python's zipfile never unpacks more than they state.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            _check_sizes(members)
            names = {member.filename for member in members}
            if "[Content_Types].xml" not in names or not any(
                name.startswith("word/") for name in names
            ):
                raise ResumeUnreadableError("wrong_type")
            for member in members:
                if member.filename.lower().endswith((".xml", ".rels")):
                    _check_declarations(archive.read(member))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
        raise ResumeUnreadableError("broken") from error


def _check_sizes(members: list[zipfile.ZipInfo]) -> None:
    if any(member.flag_bits & ENCRYPTED_FLAG for member in members):
        raise ResumeUnreadableError("encrypted")
    if (
        len(members) > MAX_ARCHIVE_MEMBERS
        or sum(item.file_size for item in members) > MAX_UNPACKED_BYTES
    ):
        raise ResumeUnreadableError("bomb")
    for member in members:
        ratio = member.file_size / max(member.compress_size, 1)
        if member.file_size >= RATIO_APPLIES_FROM_BYTES and ratio > MAX_UNPACK_RATIO:
            raise ResumeUnreadableError("bomb")


def _check_declarations(part: bytes) -> None:
    if part.startswith(_WIDE_ENCODINGS):
        part = part.replace(b"\x00", b"")
    if _DECLARATION.search(part):
        raise ResumeUnreadableError("bomb", _DECLARES_ENTITIES)


def _header_blocks(document: Document) -> Iterator[str]:
    seen: set[str] = set()
    for section in document.sections:
        for header in (section.first_page_header, section.header):
            if header.is_linked_to_previous:
                continue
            for block in _blocks(header._element, 0):
                if block.strip() and block not in seen:
                    seen.add(block)
                    yield block


def _blocks(parent: etree._Element, depth: int) -> Iterator[str]:
    if depth > MAX_TABLE_DEPTH:
        raise ResumeUnreadableError("bomb")
    for child in parent:
        if child.tag == _PARAGRAPH:
            yield from _paragraph_blocks(child, depth)
        elif child.tag == _TABLE:
            yield from _table_blocks(child, depth)
        elif child.tag in _CONTAINERS:
            yield from _blocks(child, depth)


def _paragraph_blocks(paragraph: etree._Element, depth: int) -> Iterator[str]:
    boxes: list[etree._Element] = []
    text = "".join(_pieces(paragraph, boxes)).strip()
    style = _style_name(paragraph)
    if text and (
        style.startswith(("heading", "title", "berschrift", "titre")) or _is_lone_heading(text)
    ):
        yield (
            text
            if style.startswith(("title", "titre")) and not heading_kind(text)
            else f"\n\n{text}"
        )
    elif text and (_is_list_item(paragraph, style)) and bullet_text(text) is None:
        yield f"{BULLET} {text}"
    else:
        yield text
    for box in boxes:
        yield from _blocks(box, depth + 1)


def _is_lone_heading(text: str) -> bool:
    return "\t" not in text and heading_kind(text) is not None


def _pieces(parent: etree._Element, boxes: list[etree._Element]) -> Iterator[str]:
    for child in parent:
        if child.tag == qn("w:t"):
            yield child.text or ""
        elif child.tag in _CHARACTERS:
            yield _CHARACTERS[child.tag]
        elif child.tag == _TEXT_BOX:
            boxes.append(child)
        elif child.tag == qn("w:r") and _is_hidden(child):
            continue
        elif isinstance(child.tag, str) and child.tag not in {
            _FALLBACK,
            qn("w:pPr"),
            qn("w:rPr"),
            qn("w:del"),
        }:
            yield from _pieces(child, boxes)


def _is_hidden(run: etree._Element) -> bool:
    return run.find(f"{qn('w:rPr')}/{qn('w:vanish')}") is not None


def _style_name(paragraph: etree._Element) -> str:
    style = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
    return (style.get(qn("w:val")) or "").lower() if style is not None else ""


def _is_list_item(paragraph: etree._Element, style: str) -> bool:
    numbered = paragraph.find(f"{qn('w:pPr')}/{qn('w:numPr')}") is not None
    return numbered or style.startswith(("listbullet", "listparagraph", "listnumber", "aufzhlung"))


def _table_blocks(table: etree._Element, depth: int) -> Iterator[str]:
    rows = [row for row in table.iter(_ROW) if next(row.iterancestors(_TABLE)) is table]
    filled = [_filled_cells(row, depth) for row in rows]
    wide = [cells for cells in filled if len(cells) > 1]
    # "Languages" beside "Tools" labels a list; headings beside their sections are headings in every row.
    by_sections = all(len(cells[0]) == 1 and heading_kind(cells[0][0].strip()) for cells in wide)
    for cells in filled:
        yield from _row_blocks(cells, by_sections=by_sections)
    yield ""


def _filled_cells(row: etree._Element, depth: int) -> list[list[str]]:
    cells = [list(_blocks(cell, depth + 1)) for cell in row.iter(_CELL) if _row_of(cell) is row]
    return [_trimmed(cell) for cell in cells if any(line.strip() for line in cell)]


def _row_of(cell: etree._Element) -> etree._Element:
    return next(cell.iterancestors(_ROW))


def _trimmed(cell: list[str]) -> list[str]:
    while cell and not cell[-1].strip():
        cell = cell[:-1]
    while cell and not cell[0].strip():
        cell = cell[1:]
    return cell


def _row_blocks(cells: list[list[str]], *, by_sections: bool) -> Iterator[str]:
    """Put a row on one line when its cells are short; otherwise one cell after the other."""
    if not cells:
        return
    cells = [[cell[0].strip(), *cell[1:]] for cell in cells]
    first_lines = [cell[0] for cell in cells]
    dates = [all(is_meta(line) or not line.strip() for line in cell) for cell in cells]
    if len(cells) > 1 and by_sections:
        yield f"\n\n{first_lines[0]}"
        cells = cells[1:]
    elif all(len(cell) == 1 for cell in cells):
        yield "\t".join(first_lines)
        return
    elif any(dates) and not all(dates):
        yield "\t".join(
            " ".join(cell) if date else cell[0].strip()
            for cell, date in zip(cells, dates, strict=True)
        )
        cells = [cell[1:] for cell, date in zip(cells, dates, strict=True) if not date]
    for cell in cells:
        yield from cell
        yield ""


def _links(document: Document) -> list[tuple[str, str]]:
    labels: dict[str, str] = {}
    for link in document.element.body.iter(qn("w:hyperlink")):
        labels.setdefault(
            link.get(qn("r:id")) or "", "".join(item.text or "" for item in link.iter(qn("w:t")))
        )
    found: list[tuple[str, str]] = []
    parts = [document.part, *(section.header.part for section in document.sections)]
    for part in parts:
        targets = {
            key: relation.target_ref
            for key, relation in part.rels.items()
            if relation.is_external and relation.reltype == RELATIONSHIP_TYPE.HYPERLINK
        }
        order = [key for key in labels if key in targets] + [
            key for key in targets if key not in labels
        ]
        found.extend(
            (targets[key], labels.get(key, "") if part is document.part else "") for key in order
        )
    return list(dict.fromkeys(found))[:MAX_LINKS]
