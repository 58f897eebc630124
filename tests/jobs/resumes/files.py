"""Make real resume files for tests: PDF by Typst, DOCX by python-docx, and hostile ones by hand."""

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import docx
import pypdf
import typst


def typst_pdf(source: str, folder: Path) -> bytes:
    """Return the PDF that Typst makes of the source, with the fonts Typst brings along."""
    path = folder / "resume.typ"
    path.write_text(source, encoding="utf-8")
    return typst.compile(str(path))


def encrypted(pdf: bytes) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf))
    writer.encrypt("secret", algorithm="AES-256")
    return _written(writer)


def blank_pdf(pages: int) -> bytes:
    writer = pypdf.PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(width=200, height=200)
    return _written(writer)


def _written(writer: pypdf.PdfWriter) -> bytes:
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def scanned_pdf(folder: Path) -> bytes:
    """Return a PDF that holds one picture and no text."""
    (folder / "scan.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100"><rect width="90" height="90"/></svg>'
    )
    return typst_pdf('#image("scan.svg")', folder)


def docx_file(paragraphs: Sequence[str]) -> bytes:
    document = docx.Document()
    for text in paragraphs:
        document.add_paragraph(text)
    return saved(document)


def saved(document: "docx.document.Document") -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def with_part(data: bytes, name: str, content: bytes) -> bytes:
    """Return the archive with one part replaced or added."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for item in source.infolist():
            if item.filename != name:
                target.writestr(item, source.read(item))
        target.writestr(name, content)
    return buffer.getvalue()


def part_of(data: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name)
