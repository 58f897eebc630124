"""One invented person set in many layouts: every layout must give the same facts."""

from pathlib import Path

import docx
import pytest
from docx.shared import Pt

from jobs.resumes.evaluating import profile_of
from jobs.resumes.facts import ACCOMPLISHMENT, EDUCATION, ROLE, SKILL, ParsedResume
from jobs.resumes.parsing import parse_resume
from jobs.resumes.reading import read_resume
from tests.jobs.resumes import files

HEAD = "#set page(width: 21cm, height: 29.7cm, margin: 1.8cm)\n#set text(size: 10pt, hyphenate: true)\n#set par(justify: true)\n"
BULLETS = {
    "Lumen Health": [
        "Led the move of a patient-record system for 1.2 million people to a self-hosted cloud without one hour of downtime in twelve months",
        "Reduced re-authentication calls by 37%",
    ],
    "Orbital Foods": [
        "Automated the forecasting of deliveries to 240 shops in south-eastern regions of the country"
    ],
}


def bullets(company: str) -> str:
    return "\n".join(f"- {text.replace('$', chr(92) + '$')}" for text in BULLETS[company])


def section(name: str) -> str:
    return f'#v(6pt)\n#text(size: 13pt, weight: "bold")[{name}]\n#v(2pt)\n'


CONTACT = 'Leeds, UK #h(1fr) #link("mailto:rhea@stone.example.com")[rhea\\@stone.example.com] #h(1fr) #link("tel:+441132431751")[0113 243 1751] #h(1fr) #link("https://linkedin.com/in/rheastone")[rheastone]\n\n'
NAME = '#align(center)[#text(size: 24pt, weight: "bold")[Rhea Stone]]\n\n'
SKILLS = "*Languages:* Python, Go, SQL\n\n*Platforms:* AWS, Kubernetes\n"


def single_column() -> str:
    def role(title: str, company: str, place: str, dates: str) -> str:
        return f"*{title}*, {company} -- {place} #h(1fr) {dates}\n{bullets(company)}\n"

    return (
        HEAD + NAME + CONTACT + section("Experience")
        + role("Platform Lead", "Lumen Health", "Leeds, UK", "Mar 2020 – present")
        + role("Data Engineer", "Orbital Foods", "York, UK", "Sept 2015 – Feb 2020")
        + section("Education")
        + "University of York, BSc in Mathematics #h(1fr) 2012 – 2015\n\n"
        + section("Skills") + SKILLS
    )  # fmt: skip


def date_column(side: str) -> str:
    """Dates and places stand in a column of their own, in rows of a grid."""

    def row(main: str, meta: str) -> str:
        cells = f"[{meta}], [{main}]" if side == "left" else f"[{main}], [{meta}]"
        columns = "(3.6cm, 1fr)" if side == "left" else "(1fr, 3.6cm)"
        return f"#grid(columns: {columns}, column-gutter: 0.4cm, {cells})\n#v(4pt)\n"

    def role(title: str, company: str, place: str, dates: str) -> str:
        return row(f"*{company}*, {title}\n{bullets(company)}", f"{place} \\ {dates}")

    return (
        HEAD + NAME + CONTACT + section("Experience")
        + role("Platform Lead", "Lumen Health", "Leeds, UK", "Mar 2020 – present")
        + role("Data Engineer", "Orbital Foods", "York, UK", "Sept 2015 – Feb 2020")
        + section("Education")
        + row("University of York, BSc in Mathematics", "2012 – 2015")
        + section("Skills") + SKILLS
    )  # fmt: skip


def sidebar() -> str:
    """A page in two columns of text: contact, skills and education left, work right."""
    left = (
        section("Contact") + 'Leeds, UK\n\n#link("mailto:rhea@stone.example.com")[rhea\\@stone.example.com]\n\n'
        '#link("tel:+441132431751")[0113 243 1751]\n\n#link("https://linkedin.com/in/rheastone")[rheastone]\n'
        + section("Skills") + "Languages: Python, Go, SQL\n\nPlatforms: AWS, Kubernetes\n"
        + section("Education") + "University of York\n\nBSc in Mathematics\n\n2012 – 2015\n"
    )  # fmt: skip
    right = (
        section("Experience")
        + "*Platform Lead*\n\nLumen Health, Leeds, UK\n\nMar 2020 – present\n" + bullets("Lumen Health")
        + "\n#v(8pt)\n*Data Engineer*\n\nOrbital Foods, York, UK\n\nSept 2015 – Feb 2020\n" + bullets("Orbital Foods")
    )  # fmt: skip
    return f"{HEAD}{NAME}#grid(columns: (5cm, 1fr), column-gutter: 0.8cm, [{left}], [{right}])\n"


def word_paragraphs() -> bytes:
    document = docx.Document()
    document.add_heading("Rhea Stone", level=0)
    document.add_paragraph(
        "Leeds, UK | rhea@stone.example.com | 0113 243 1751 | linkedin.com/in/rheastone"
    )
    document.add_heading("Experience", level=1)
    for title, company, place, dates in (
        ("Platform Lead", "Lumen Health", "Leeds, UK", "Mar 2020 – present"),
        ("Data Engineer", "Orbital Foods", "York, UK", "Sept 2015 – Feb 2020"),
    ):
        paragraph = document.add_paragraph()
        paragraph.add_run(title).bold = True
        paragraph.add_run(f"\t{dates}")
        document.add_paragraph(f"{company}, {place}")
        for text in BULLETS[company]:
            document.add_paragraph(text, style="List Bullet")
    document.add_heading("Education", level=1)
    document.add_paragraph("University of York, BSc in Mathematics\t2012 – 2015")
    document.add_heading("Skills", level=1)
    document.add_paragraph("Languages: Python, Go, SQL")
    document.add_paragraph("Platforms: AWS, Kubernetes")
    return files.saved(document)


def word_tables() -> bytes:
    """A layout table: headings and dates in the left column, text in the right one."""
    document = docx.Document()
    document.styles["Normal"].font.size = Pt(10)
    document.add_paragraph("RHEA STONE")
    document.add_paragraph(
        "Leeds, UK · rhea@stone.example.com · 0113 243 1751 · linkedin.com/in/rheastone"
    )
    document.add_paragraph("WORK EXPERIENCE")
    table = document.add_table(rows=0, cols=2)
    for title, company, place, dates in (
        ("Platform Lead", "Lumen Health", "Leeds, UK", "Mar 2020 – present"),
        ("Data Engineer", "Orbital Foods", "York, UK", "Sept 2015 – Feb 2020"),
    ):
        cells = table.add_row().cells
        cells[0].text = dates
        cells[1].text = f"{title}, {company}, {place}"
        for text in BULLETS[company]:
            cells[1].add_paragraph(text, style="List Bullet")
    document.add_paragraph("EDUCATION")
    cells = document.add_table(rows=1, cols=2).rows[0].cells
    cells[0].text, cells[1].text = "2012 – 2015", "University of York, BSc in Mathematics"
    document.add_paragraph("SKILLS")
    table = document.add_table(rows=2, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "Languages", "Python, Go, SQL"
    table.cell(1, 0).text, table.cell(1, 1).text = "Platforms", "AWS, Kubernetes"
    return files.saved(document)


def parsed_pdf(source: str, folder: Path) -> ParsedResume:
    read = read_resume(files.typst_pdf(source, folder), "resume.pdf")
    return parse_resume(read.text, read.links)


def parsed_word(data: bytes) -> ParsedResume:
    read = read_resume(data, "resume.docx")
    return parse_resume(read.text, read.links)


@pytest.fixture
def reference(tmp_path: Path) -> ParsedResume:
    return parsed_pdf(single_column(), tmp_path)


def test_single_column_exactly(reference: ParsedResume):
    roles = [
        (
            fact.title,
            fact.organization,
            fact.location,
            str(fact.start_date),
            str(fact.end_date),
            fact.is_current,
        )
        for fact in reference.of_kind(ROLE)
    ]

    assert (reference.name, reference.email, reference.phone) == (
        "Rhea Stone",
        "rhea@stone.example.com",
        "+441132431751",
    )
    assert (reference.location, reference.links) == (
        "Leeds, UK",
        ("https://linkedin.com/in/rheastone",),
    )
    assert roles == [
        ("Platform Lead", "Lumen Health", "Leeds, UK", "2020-03-01", "None", True),
        ("Data Engineer", "Orbital Foods", "York, UK", "2015-09-01", "2020-02-01", False),
    ]
    assert [fact.text for fact in reference.of_kind(ACCOMPLISHMENT)] == [
        text for texts in BULLETS.values() for text in texts
    ]
    assert [
        (fact.degree, fact.field_of_study, fact.organization)
        for fact in reference.of_kind(EDUCATION)
    ] == [("BSc", "Mathematics", "University of York")]
    assert [(fact.category, fact.text) for fact in reference.of_kind(SKILL)] == [
        ("Languages", "Python"),
        ("Languages", "Go"),
        ("Languages", "SQL"),
        ("Platforms", "AWS"),
        ("Platforms", "Kubernetes"),
    ]


@pytest.mark.parametrize(
    "source",
    [date_column("right"), date_column("left"), sidebar()],
    ids=["dates right", "dates left", "sidebar"],
)
def test_pdf_layouts_give_the_same_profile(source: str, reference: ParsedResume, tmp_path: Path):
    assert profile_of(parsed_pdf(source, tmp_path)) == profile_of(reference)


@pytest.mark.parametrize("data", [word_paragraphs, word_tables], ids=["paragraphs", "tables"])
def test_word_layouts_give_the_same_profile(data, reference: ParsedResume):
    assert profile_of(parsed_word(data())) == profile_of(reference)


def test_spans_point_into_the_text_of_the_file(tmp_path: Path):
    read = read_resume(files.typst_pdf(sidebar(), tmp_path), "resume.pdf")
    parsed = parse_resume(read.text, read.links)

    assert parsed.text == read.text
    for fact in parsed.of_kind(ACCOMPLISHMENT):
        assert read.text[fact.start : fact.end] == fact.text


def test_page_numbers_are_not_text(tmp_path: Path):
    source = (
        "#set page(height: 9cm, footer: context [Rhea Stone -- #counter(page).display()/#counter(page).final().first()])\n"
        "Rhea Stone\n\n= Experience\nBaker, Crumb Ltd, 2019 -- 2020\n"
        + "- Baked many good loaves every day\n"
        * 20
    )
    read = read_resume(files.typst_pdf(source, tmp_path), "resume.pdf")

    assert read.pages > 1
    assert read.text.count("Rhea Stone") == 1
