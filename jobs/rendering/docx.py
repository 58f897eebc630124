"""Resumes and letters as Word files (DOCX): real headings and lists, which applicant tracking systems read."""

from io import BytesIO

from docx import Document as WordFile
from docx.document import Document as WordDocument
from docx.shared import Pt

from jobs.rendering.sheets import Section, Sheet

DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def render_docx(sheet: Sheet) -> bytes:
    """Return the sheet as a DOCX file; every text is a run of its own, so nothing in it is read as markup."""
    word = WordFile()
    word.core_properties.title, word.core_properties.author = sheet.title, sheet.name
    word.core_properties.comments = ""
    word.styles["Normal"].font.name = "Calibri"
    word.styles["Normal"].font.size = Pt(10.5)
    word.add_heading(sheet.name, level=0)
    for line in (sheet.headline, " · ".join(sheet.contact), sheet.date, *sheet.paragraphs):
        if line:
            word.add_paragraph(line)
    if sheet.closing:
        word.add_paragraph("\n".join(sheet.closing))
    for section in sheet.sections:
        _add_section(word, section)
    target = BytesIO()
    word.save(target)
    return target.getvalue()


def _add_section(word: WordDocument, section: Section) -> None:
    word.add_heading(section.title, level=1)
    if section.is_inline and section.items:
        word.add_paragraph(", ".join(section.items))
    else:
        _add_list(word, section.items)
    for entry in section.entries:
        word.add_heading(", ".join(filter(None, [entry.title, entry.place])), level=2)
        if entry.period:
            word.add_paragraph(entry.period)
        _add_list(word, entry.bullets)


def _add_list(word: WordDocument, items: tuple[str, ...]) -> None:
    for item in items:
        word.add_paragraph(item, style="List Bullet")
