"""Read the text and the links of a PDF resume with PDFium."""

import ctypes
import re

import pypdfium2
import pypdfium2.raw as pdfium

from jobs.resumes.columns import TextLine, compose_text, mark_headings, page_lines
from jobs.resumes.glyphs import Segment, page_segments
from jobs.resumes.limits import (
    MAX_CHARACTERS,
    MAX_IMAGE_SEARCH_DEPTH,
    MAX_LINKS,
    MAX_PAGES,
    ResumeUnreadableError,
)
from jobs.resumes.normalising import clean_characters

MIN_LETTERS = 20  # fewer letters on all pages together are stamps or page numbers, not a resume
RUNNING_LINE_SHARE = 0.09  # page numbers stand in the outer ninth of the height
_PAGE_NUMBER = re.compile(
    r"^(?:.{0,80}?[\s–—|-])?(?:(?:page|seite|página|pagina|p\.)\s*)?\d{1,3}\s*(?:/|of|von|de|sur)\s*\d{1,3}$"
    r"|^(?:page|seite|página)\s*\d{1,3}$|^[-–—]?\s*\d{1,3}\s*[-–—]?$",
    re.IGNORECASE,
)
_UPDATED_NOTE = re.compile(
    r"^(?:last updated|updated on|stand:|letzte aktualisierung|zuletzt aktualisiert|dernière mise à jour|última actualización)\b.{0,40}$",
    re.IGNORECASE,
)


def read_pdf(data: bytes) -> tuple[str, int, list[tuple[str, str]]]:
    """Return (text, pages, links as (address, label)) of a PDF.

    Raises ResumeUnreadableError: encrypted, broken, too_many_pages, scan_without_text, empty.
    """
    document = _open(data)
    try:
        pages = len(document)
        if pages == 0:
            raise ResumeUnreadableError("broken")
        if pages > MAX_PAGES:
            raise ResumeUnreadableError(
                "too_many_pages",
                f"This PDF has {pages:,} pages and the limit is {MAX_PAGES}. "
                "Upload only the pages of the resume.",
            )
        return _read_pages(document, pages, truncated=b"%%EOF" not in data[-2048:])
    finally:
        document.close()


def _open(data: bytes) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        code = "encrypted" if error.err_code == pdfium.FPDF_ERR_PASSWORD else "broken"
        raise ResumeUnreadableError(code) from error


def _read_pages(
    document: pypdfium2.PdfDocument, pages: int, *, truncated: bool
) -> tuple[str, int, list[tuple[str, str]]]:
    per_page: list[list[Segment]] = []
    links: list[tuple[str, str]] = []
    budget = MAX_CHARACTERS
    failed = pictures = 0
    marks_hyphens = "typst" in document.get_metadata_value("Creator").lower()
    for number in range(pages):
        try:
            page = document[number]
            text_page = page.get_textpage()
        except pypdfium2.PdfiumError:
            failed += 1
            continue
        segments = page_segments(text_page, budget, marks_hyphens=marks_hyphens)
        budget -= sum(len(item.text) for item in segments)
        links.extend(_page_links(document, page, text_page))
        pictures += _has_picture(page)
        per_page.append(_without_running_lines(segments, page.get_height()))
        text_page.close()
        page.close()
        if budget <= 0:
            raise ResumeUnreadableError("too_large", _TOO_LONG)
    letters = sum(
        character.isalpha() for page in per_page for item in page for character in item.text
    )
    if letters < MIN_LETTERS:
        raise ResumeUnreadableError(_code_without_text(failed, pictures, truncated=truncated))
    zones: list[list[TextLine]] = [zone for page in per_page for zone in page_lines(page)]
    mark_headings(zones)
    return compose_text(zones), pages, links[:MAX_LINKS]


_TOO_LONG = (
    f"This file holds more than {MAX_CHARACTERS:,} characters, which is longer than a resume. "
    "Upload only the resume itself."
)


def _code_without_text(failed: int, pictures: int, *, truncated: bool) -> str:
    if failed or (truncated and not pictures):
        return "broken"
    return "scan_without_text" if pictures else "empty"


def _has_picture(page: pypdfium2.PdfPage) -> bool:
    """Whether the page shows a bitmap or drawn shapes, as a scan or outlined text does."""
    wanted = (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_PATH)
    objects = page.get_objects(filter=wanted, max_depth=MAX_IMAGE_SEARCH_DEPTH)
    return next(iter(objects), None) is not None


def _without_running_lines(segments: list[Segment], height: float) -> list[Segment]:
    """Drop page numbers and "last updated" notes at the edges of the page."""
    low, high = RUNNING_LINE_SHARE * height, (1 - RUNNING_LINE_SHARE) * height
    return [
        item
        for item in segments
        if not (
            (item.baseline < low or item.baseline > high)
            and (_PAGE_NUMBER.match(item.text) or _UPDATED_NOTE.match(item.text))
        )
    ]


def _page_links(
    document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage, text_page: pypdfium2.PdfTextPage
) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    position, link, box = ctypes.c_int(0), pdfium.FPDF_LINK(), pdfium.FS_RECTF()
    while len(found) < MAX_LINKS and pdfium.FPDFLink_Enumerate(page.raw, position, link):
        address = _link_address(document, link)
        if not address or not pdfium.FPDFLink_GetAnnotRect(link, box):
            continue
        label = text_page.get_text_bounded(box.left, box.bottom, box.right, box.top)
        label = " ".join(clean_characters(label).split())
        found[address] = (
            label if len(label) > len(found.get(address, "")) else found.get(address, "")
        )
    return list(found.items())


def _link_address(document: pypdfium2.PdfDocument, link: "pdfium.FPDF_LINK") -> str:
    action = pdfium.FPDFLink_GetAction(link)
    if not action or pdfium.FPDFAction_GetType(action) != pdfium.PDFACTION_URI:
        return ""
    size = pdfium.FPDFAction_GetURIPath(document.raw, action, None, 0)
    if not 1 < size <= 2_000:
        return ""
    buffer = ctypes.create_string_buffer(size)
    pdfium.FPDFAction_GetURIPath(document.raw, action, buffer, size)
    return buffer.value.decode("utf-8", errors="replace").strip()
