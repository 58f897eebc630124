"""The head lines of roles and schools, one by one."""

from pathlib import Path

import pytest

from jobs.resumes.facts import EDUCATION, ROLE
from jobs.resumes.parsing import parse_resume
from jobs.resumes.reading import read_resume
from tests.jobs.resumes import files


@pytest.mark.parametrize(
    ("head", "title", "organization", "location"),
    [
        ("Research Scientist, Ads Ranking, ByteDance Ltd. – Beijing, China", "Research Scientist, Ads Ranking", "ByteDance Ltd.", "Beijing, China"),
        ("ETH Zürich, Robotic Systems Lab, Visiting Researcher", "Visiting Researcher", "ETH Zürich, Robotic Systems Lab", ""),
        ("Vice President, Platform Engineering, Barclays Bank PLC – London, UK", "Vice President, Platform Engineering", "Barclays Bank PLC", "London, UK"),
        ("NVIDIA Research, Research Intern – Santa Clara, CA", "Research Intern", "NVIDIA Research", "Santa Clara, CA"),
        ("Acme, Inc. | Bank Manager | Remote", "Bank Manager", "Acme, Inc.", "Remote"),
        ("Procter & Gamble, Senior Manager, Treasury & Risk", "Senior Manager, Treasury & Risk", "Procter & Gamble", ""),
        ("Werkstudentin bei der Siemens AG, München", "Werkstudentin", "Siemens AG", "München"),
        ("Trustee, Harbor Foundation (Boston, MA)", "Trustee", "Harbor Foundation", "Boston, MA"),
    ],
)  # fmt: skip
def test_role(head: str, title: str, organization: str, location: str):
    parsed = parse_resume(f"Ann Lee\n\nExperience\n{head} | 2019 – 2021\n- Did useful work there\n")
    (role,) = parsed.of_kind(ROLE)

    assert (role.title, role.organization, role.location) == (title, organization, location)


@pytest.mark.parametrize(
    ("head", "degree", "field", "school"),
    [
        ("University of California, Berkeley, PhD in Computer Science – Berkeley, CA", "PhD", "Computer Science", "University of California, Berkeley"),
        ("MBA The University of Texas at Austin, Business Administration – Austin, TX", "MBA", "Business Administration", "The University of Texas at Austin"),
        ("Wharton School, University of Pennsylvania, MBA in Finance", "MBA", "Finance", "Wharton School, University of Pennsylvania"),
        ("BSc in Physics from Rice University", "BSc", "Physics", "Rice University"),
        ("B.TechIndian Institute of Technology, Madras, Electrical Engineering", "B.Tech", "Electrical Engineering", "Indian Institute of Technology, Madras"),
        ("M.Sc. Informatik, Technische Universität München", "M.Sc.", "Informatik", "Technische Universität München"),
    ],
)  # fmt: skip
def test_school(head: str, degree: str, field: str, school: str):
    parsed = parse_resume(f"Ann Lee\n\nEducation\n{head}\t2012 – 2016\n")
    (fact,) = parsed.of_kind(EDUCATION)

    assert (fact.degree, fact.field_of_study, fact.organization) == (degree, field, school)


def test_unknown_section_is_read_by_its_content():
    parsed = parse_resume(
        "Ann Lee\n\n\nEducation\nRice University, BA in Economics | 2010 – 2014\n\n\n"
        "Things I Ran\nTreasurer, Chess Club | 2012 – 2013\n- Doubled the budget\n\n\nThings I Like\nTea\n"
    )
    (role,) = parsed.of_kind(ROLE)

    assert (role.title, role.organization) == ("Treasurer", "Chess Club")
    assert "Tea" not in {fact.text for fact in parsed.facts}


def test_hyphens_of_the_typesetter_go_and_real_ones_stay(tmp_path: Path):
    source = (
        '#set page(width: 140pt, height: 400pt, margin: 10pt)\n#set text(size: 10pt, lang: "en", hyphenate: true)\n#set par(justify: true)\n'
        "- Measured well-known salt-spray performance requirements for long-distance representatives and top-rated configurations\n"
    )
    read = read_resume(files.typst_pdf(source, tmp_path), "resume.pdf")

    assert read.text == (
        "• Measured well-known salt-spray performance requirements for long-distance representatives and top-rated configurations"
    )
