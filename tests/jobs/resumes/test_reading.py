"""Reading files of every kind, and refusing what cannot or must not be read."""

import io
import time
import zipfile
from pathlib import Path

import docx
import pytest

from jobs.resumes.limits import MAX_FILE_BYTES, SENTENCES, ResumeUnreadableError
from jobs.resumes.reading import ResumeLink, read_in_subprocess, read_resume
from tests.jobs.resumes import files

TEXT = "Ann Lee\nann@lee.example.com\n\nSkills\nPython, SQL"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4


def refusal(data: bytes, filename: str = "resume.pdf") -> ResumeUnreadableError:
    with pytest.raises(ResumeUnreadableError) as caught:
        read_resume(data, filename)
    return caught.value


@pytest.fixture(scope="module")
def pdf(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder: Path = tmp_path_factory.mktemp("typst")
    return files.typst_pdf("= Ann Lee\nWrites software for hospitals and ports.", folder)


def test_pdf(pdf: bytes):
    read = read_resume(pdf, "resume.pdf")

    assert (read.kind, read.pages, read.warnings) == ("pdf", 1, ())
    assert read.text == "Ann Lee\nWrites software for hospitals and ports."


def test_scan_without_text(tmp_path: Path):
    error = refusal(files.scanned_pdf(tmp_path))

    assert error.code == "scan_without_text"
    assert str(error) == "This PDF is a scan without text. Paste the text or upload a DOCX file."


def test_encrypted_pdf(pdf: bytes):
    error = refusal(files.encrypted(pdf))

    assert error.code == "encrypted"
    assert error.sentence == (
        "This file is protected by a password, so we cannot open it. Save a copy without the password and upload that."
    )


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_truncated_pdf_is_broken(pdf: bytes, share: float):
    error = refusal(pdf[: int(len(pdf) * share)])

    assert error.code == "broken"
    assert error.sentence == SENTENCES["broken"]


def test_thousand_pages_are_refused_fast():
    data = files.blank_pdf(1000)
    began = time.perf_counter()
    error = refusal(data)

    assert error.code == "too_many_pages"
    assert error.sentence == (
        "This PDF has 1,000 pages and the limit is 30. Upload only the pages of the resume."
    )
    assert time.perf_counter() - began < 5


def test_blank_pdf_is_empty():
    assert refusal(files.blank_pdf(1)).sentence == (
        "This file contains no text. Choose another file or paste the text."
    )


def test_picture_with_a_pdf_name():
    error = refusal(PNG, "resume.pdf")

    assert error.code == "wrong_type"
    assert error.sentence == (
        "This is a PNG picture, not a PDF, DOCX or TXT file. Paste the text or upload a PDF or DOCX file."
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xff\xd8\xff\xe0" + b"x" * 50, "This is a JPEG picture"),
        (b"{\\rtf1 Ann Lee}", "This is an RTF document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "This is an old Word or Office file"),
        (b"<html><body>Ann Lee</body></html>", "This is a web page or XML file"),
        (b"MZ\x90\x00" + b"\x01" * 50, "This is a program"),
        (bytes(range(1, 32)) * 20, "This is not a PDF, DOCX or TXT file"),
    ],
)
def test_other_types(data: bytes, words: str):
    error = refusal(data)

    assert error.code == "wrong_type"
    assert error.sentence.startswith(words)


def test_archive_that_is_no_word_file():
    data = files.with_part(files.docx_file(["x"]), "[Content_Types].xml", b"")

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("notes.txt", "hello")

    assert refusal(buffer.getvalue(), "resume.docx").code == "wrong_type"
    assert refusal(data, "resume.docx").code == "broken"


def test_too_large_names_size_and_limit():
    error = refusal(b"a" * (7 * 1024 * 1024), "resume.txt")

    assert error.code == "too_large"
    assert error.sentence == (
        "This file is 7.0 MB and the limit is 5 MB. Remove pictures from it, or paste the text."
    )


def test_too_many_characters():
    error = refusal(b"word " * 50_000, "resume.txt")

    assert error.code == "too_large"
    assert error.sentence.startswith("This file holds 250,000 characters and the limit is 200,000.")


@pytest.mark.parametrize("data", [b"", b"  \n\t", b"\x00\x00"])
def test_nothing_in_the_file(data: bytes):
    assert refusal(data, "resume.txt").code == "empty"


def test_zip_bomb():
    data = files.with_part(
        files.docx_file(["Ann Lee"]), "word/media/image1.xml", b"\x00" * 60_000_000
    )
    assert len(data) < MAX_FILE_BYTES
    error = refusal(data, "resume.docx")

    assert error.code == "bomb"
    assert error.sentence == SENTENCES["bomb"]


def test_one_part_that_grows_too_much():
    data = files.with_part(files.docx_file(["Ann Lee"]), "word/notes.xml", b" " * 5_000_000)

    assert refusal(data, "resume.docx").code == "bomb"


ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd"><!ENTITY b "&a;&a;">]>'
    b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    b"<w:body><w:p><w:r><w:t>&b;</w:t></w:r></w:p></w:body></w:document>"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused(encoding: str):
    part = ENTITIES.decode().encode(encoding)
    error = refusal(
        files.with_part(files.docx_file(["x"]), "word/document.xml", part), "resume.docx"
    )

    assert error.code == "bomb"
    assert "defines XML entities of its own" in error.sentence
    assert "root:" not in error.sentence


def test_damaged_word_file():
    data = files.docx_file(["Ann Lee"])

    assert refusal(data[: len(data) // 2], "resume.docx").code == "broken"
    assert (
        refusal(files.with_part(data, "word/document.xml", b"<w:document"), "r.docx").code
        == "broken"
    )


def test_word_file_with_tables_header_link_and_list():
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "Ann Lee"
    document.add_paragraph("ann@lee.example.com")
    document.add_heading("Experience", level=1)
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text = "Engineer, Acme Inc"
    table.cell(0, 1).text = "2019 – 2021"
    document.add_paragraph("Cut costs by 20%", style="List Bullet")
    read = read_resume(files.saved(document), "resume.docx")

    assert (read.kind, read.pages) == ("docx", 0)
    assert read.text.split("\n") == [
        "Ann Lee",
        "ann@lee.example.com",
        "",
        "",
        "Experience",
        "Engineer, Acme Inc\t2019 – 2021",
        "",
        "• Cut costs by 20%",
    ]


def test_word_text_box_is_read_once():
    box = (
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        '<mc:Choice Requires="wps"><w:txbxContent><w:p><w:r><w:t>Boxed skill</w:t></w:r></w:p></w:txbxContent></mc:Choice>'
        "<mc:Fallback><w:txbxContent><w:p><w:r><w:t>Boxed skill</w:t></w:r></w:p></w:txbxContent></mc:Fallback>"
        "</mc:AlternateContent>"
    )
    data = files.docx_file(["Ann Lee"])
    part = files.part_of(data, "word/document.xml").decode()
    part = part.replace("<w:t>Ann Lee</w:t></w:r>", f"<w:t>Ann Lee</w:t></w:r><w:r>{box}</w:r>")
    read = read_resume(files.with_part(data, "word/document.xml", part.encode()), "resume.docx")

    assert read.text.split("\n") == ["Ann Lee", "Boxed skill"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_text_encodings(encoding: str):
    read = read_resume("Zoë Müller\nKöln – Málaga".encode(encoding), "resume.txt")

    assert (read.kind, read.text) == ("txt", "Zoë Müller\nKöln – Málaga")


def test_content_decides_and_the_name_gives_a_warning():
    read = read_resume(TEXT.encode(), "resume.pdf")

    assert read.kind == "txt"
    assert read.warnings == ("The name ends in .pdf, but the file is TXT; it was read as TXT.",)


def test_links_of_a_pdf(tmp_path: Path):
    source = '#link("https://github.com/annlee")[GitHub] and #link("mailto:ann@lee.example.com")[write to me please]'
    read = read_resume(files.typst_pdf(source, tmp_path), "resume.pdf")

    assert read.links == (
        ResumeLink("https://github.com/annlee", "GitHub"),
        ResumeLink("mailto:ann@lee.example.com", "write to me please"),
    )


def test_subprocess_gives_the_same(pdf: bytes):
    assert read_in_subprocess(pdf, "resume.pdf") == read_resume(pdf, "resume.pdf")


def test_subprocess_passes_refusals_on(pdf: bytes):
    with pytest.raises(ResumeUnreadableError) as caught:
        read_in_subprocess(files.encrypted(pdf), "--help; rm -rf.pdf")

    assert (caught.value.code, caught.value.sentence) == ("encrypted", SENTENCES["encrypted"])


def test_subprocess_stops_when_the_time_is_up(pdf: bytes):
    with pytest.raises(ResumeUnreadableError) as caught:
        read_in_subprocess(pdf, "resume.pdf", seconds=0)

    assert caught.value.code == "too_slow"
    assert caught.value.sentence == SENTENCES["too_slow"]


def test_subprocess_has_a_memory_limit(pdf: bytes):
    with pytest.raises(ResumeUnreadableError) as caught:
        read_in_subprocess(pdf, "resume.pdf", megabytes=1)

    assert caught.value.code in {"bomb", "broken"}


def test_every_refusal_says_what_to_do():
    for sentence in SENTENCES.values():
        assert sentence.count(". ") >= 1
        assert sentence.endswith(".")
        assert any(word in sentence.lower() for word in ("paste", "upload", "choose"))
