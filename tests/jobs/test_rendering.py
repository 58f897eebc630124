"""Resumes and letters as PDF and Word files: what a strict reader finds in them, and text that would like to be markup."""

import zipfile
from datetime import UTC, datetime
from io import BytesIO

import docx
import pypdf
import pytest

from jobs.documents import current_document
from jobs.rendering.docx import render_docx
from jobs.rendering.pdf import CHARACTER_LIMIT, render_pdf
from jobs.rendering.sheets import Entry, RenderingError, Section, Sheet, sheet_of
from tests.outreach.package_cases import make_package

MADE_AT = datetime(2026, 11, 22, 9, 0, 0, 123456, tzinfo=UTC)
HOSTILE = [
    '#eval("1+1")',
    '#read("/etc/passwd")',
    '#import "x.typ": *',
    '#image("/etc/hostname")',
    "$ sum_(i=1)^n i $ *bold* _it_ `raw` @ref <label> // comment /* more */",
    '"] ) } #panic("x") { ( [',
    "= Heading\n- list\n+ more \\ ~ -- --- ...",
    '#link("javascript:alert(1)")[x] <script>alert(1)</script> </w:t><w:p/>',
    "\\u{41} \\#x {{first_name}} %s %(x)s",
]


def sheet(**changes):
    entry = Entry("Engineer", "Ledgerline, Berlin", "Apr 2019 – present", ("Led a team of 5",))
    values = {
        "title": "Resume of Jané Doe",
        "name": "Jané Doe",
        "contact": ("jane@acme.test", "+49 40 1234567"),
        "headline": "Backend engineer",
        "paragraphs": ("Builds payment services.",),
        "sections": (
            Section("Experience", (entry,)),
            Section("Skills", items=("Python", "SQL"), is_inline=True),
            Section("Awards", items=("Best of show",)),
        ),
    }
    return Sheet(**{**values, **changes})


def pdf_of(one):
    return pypdf.PdfReader(BytesIO(render_pdf(one, made_at=MADE_AT)))


def words_of(reader):
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def test_a_pdf_holds_the_text_in_reading_order_with_tags_and_title():
    reader = pdf_of(sheet())
    assert words_of(reader) == (
        "Jané Doe Backend engineer jane@acme.test · +49 40 1234567 Builds payment services. Experience "
        "Engineer, Ledgerline, Berlin Apr 2019 – present • Led a team of 5 Skills Python, SQL Awards • Best of show"
    )
    assert reader.metadata.title == "Resume of Jané Doe"
    assert reader.metadata.author == "Jané Doe"
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] is True or root["/MarkInfo"]["/Marked"].value is True
    assert root["/Lang"] == "en"
    assert b"pdfuaid:part" in root["/Metadata"].get_data()
    assert len(reader.pages) == 1


def test_the_same_sheet_gives_the_same_bytes():
    assert render_pdf(sheet(), made_at=MADE_AT) == render_pdf(sheet(), made_at=MADE_AT)


@pytest.mark.parametrize("text", HOSTILE)
def test_text_never_becomes_markup(text):
    hostile = sheet(
        name=text,
        title=text,
        headline=text,
        contact=(text, text),
        paragraphs=(text,),
        closing=(text,),
        sections=(
            Section(text, (Entry(text, text, text, (text, text)),)),
            Section(text, items=(text, text)),
        ),
    )
    said = "".join(words_of(pdf_of(hostile)).split())
    assert said.count("".join(text.split())) == 15
    word = docx.Document(BytesIO(render_docx(hostile)))
    assert sum(line.text.count(text.split("\n")[0]) for line in word.paragraphs) >= 12
    assert not pdf_of(hostile).pages[0].get("/Annots")


@pytest.mark.parametrize("name", ["Łukasz Жук", "Ωμέγα", "Ngô Đình", "O’Brien—Ñuñez"])
def test_european_scripts_are_shown(name):
    assert words_of(pdf_of(sheet(name=name))).startswith(name)


def test_a_character_no_font_has_is_named_and_no_file_is_made():
    with pytest.raises(RenderingError, match="cannot show “U\\+f0000”, because no font"):
        render_pdf(sheet(name="A\U000f0000"), made_at=MADE_AT)


def test_a_text_too_long_is_refused():
    with pytest.raises(RenderingError, match="too long"):
        render_pdf(sheet(paragraphs=("x" * CHARACTER_LIMIT,)), made_at=MADE_AT)


def test_a_word_file_has_headings_and_lists_and_no_macros():
    content = render_docx(sheet())
    word = docx.Document(BytesIO(content))
    assert [(line.style.name, line.text) for line in word.paragraphs] == [
        ("Title", "Jané Doe"),
        ("Normal", "Backend engineer"),
        ("Normal", "jane@acme.test · +49 40 1234567"),
        ("Normal", "Builds payment services."),
        ("Heading 1", "Experience"),
        ("Heading 2", "Engineer, Ledgerline, Berlin"),
        ("Normal", "Apr 2019 – present"),
        ("List Bullet", "Led a team of 5"),
        ("Heading 1", "Skills"),
        ("Normal", "Python, SQL"),
        ("Heading 1", "Awards"),
        ("List Bullet", "Best of show"),
    ]
    assert word.core_properties.author == "Jané Doe"
    assert not [name for name in zipfile.ZipFile(BytesIO(content)).namelist() if "vba" in name]


@pytest.mark.django_db
def test_a_document_prints_what_it_says_and_nothing_left_out(profile):
    package = make_package(profile)
    resume = current_document(package.application, "resume")
    content = resume.content
    left_out = content["sections"][0]["entries"][0]["bullets"][0]
    left_out["status"] = "left_out"
    one = sheet_of(resume)
    said = words_of(pdf_of(one))

    assert one.name == "Olga Owner"
    assert left_out["text"] not in said
    shown = [b["text"] for b in content["sections"][0]["entries"][0]["bullets"][1:]]
    assert shown
    assert all(text in said for text in shown)
    assert "Senior Backend Engineer, Ledgerline GmbH" in said
    assert "Apr 2019 – present" in said

    letter = sheet_of(current_document(package.application, "letter"))
    body = words_of(pdf_of(letter))
    assert letter.paragraphs[0] in body
    assert letter.closing[-1] in body
    assert profile.phone in body


def test_control_characters_never_reach_a_file():
    class Paper:
        kind = "resume"
        content = {
            "name": "A\x00B\x07 C\u2028D\ud800",
            "contact": ["x\ry"],
            "headline": {"text": "", "status": "kept"},
            "summary": [],
            "sections": [],
        }

    one = sheet_of(Paper())
    assert (one.name, one.contact) == ("A B C D", ("x y",))
    assert words_of(pdf_of(one)) == "A B C D x y"
