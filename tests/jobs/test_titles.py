"""Titles and places in the words matching uses."""

from __future__ import annotations

import pytest

from jobs.places import Place, is_place, parse_place, parse_places
from jobs.titles import FUNCTIONS, NormalizedTitle, normalize_title


@pytest.mark.parametrize(
    ("title", "normalized", "seniority", "level", "function"),
    [
        ("Software Engineer", "software engineer", "", "ic", "engineering"),
        ("Senior Software Engineer (m/f/d)", "software engineer", "senior", "ic", "engineering"),
        ("Sr. DevOps Engineer #4521", "devops engineer", "senior", "ic", "engineering"),
        ("Software Engineer I", "software engineer", "junior", "ic", "engineering"),
        ("Software Engineer II", "software engineer", "mid", "ic", "engineering"),
        ("Software Engineer III", "software engineer", "senior", "ic", "engineering"),
        ("Senior / Staff Fullstack Engineer", "fullstack engineer", "staff", "ic", "engineering"),
        ("Staff Software Engineer, Platform [R-12345]", "software engineer platform", "staff", "ic", "engineering"),
        ("Principal Data Scientist", "data scientist", "principal", "ic", "data"),
        ("Lead Product Designer", "product designer", "lead", "ic", "design"),
        ("Tech Lead", "tech lead", "lead", "ic", "engineering"),
        ("Junior Software Developer", "software developer", "junior", "ic", "engineering"),
        ("Software Engineering Intern", "software engineering intern", "intern", "ic", "engineering"),
        ("Werkstudent:in Marketing (m/w/d)", "werkstudent marketing", "intern", "ic", "marketing"),
        ("Softwareentwickler (m/w/d) Java", "softwareentwickler java", "", "ic", "engineering"),
        ("Ingénieur logiciel H/F", "ingénieur logiciel", "", "ic", "engineering"),
        ("(Senior) Financial Accountant (f/m/d) - Berlin, Germany", "financial accountant", "senior", "ic", "finance"),
        ("Senior Product Manager - Remote (US)", "product manager", "senior", "ic", "product"),
        ("UX Designer | London, UK", "ux designer", "", "ic", "design"),
        ("Security Engineer - New York, NY or Remote", "security engineer", "", "ic", "security"),
        ("Data Engineer (Remote, Canada)", "data engineer", "", "ic", "data"),
        ("Account Executive - Italy", "account executive", "", "ic", "sales"),
        ("Customer Success Manager", "customer success manager", "", "ic", "support"),
        ("Lead Generation Specialist", "lead generation specialist", "", "ic", ""),
        ("Chief of Staff", "chief of staff", "", "ic", "operations"),
        ("C++ Developer", "c++ developer", "", "ic", "engineering"),
        ("Senior Technical Recruiter", "technical recruiter", "senior", "ic", "people"),
        ("Engineering Manager, Payments", "engineering manager payments", "manager", "manager", "engineering"),
        ("Manager, Data Science", "manager data science", "manager", "manager", "data"),
        ("Store Manager", "store manager", "manager", "manager", ""),
        ("Head of Product", "head of product", "director", "manager", "product"),
        ("Director, Sales (EMEA)", "director sales", "director", "manager", "sales"),
        ("VP of Engineering", "vp of engineering", "vp", "manager", "engineering"),
        ("Chief Technology Officer", "chief technology officer", "executive", "manager", "engineering"),
        ("CTO", "cto", "executive", "manager", "engineering"),
    ],
)  # fmt: skip
def test_titles(title, normalized, seniority, level, function):
    assert normalize_title(title) == NormalizedTitle(normalized, seniority, level, function)


@pytest.mark.parametrize(
    "title", ["", "   ", "()", "Remote", "(m/w/d)", "-", "III", "x" * 5000, "((((" * 500]
)
def test_odd_titles_never_crash(title):
    found = normalize_title(title)
    assert found.level == "ic"
    assert found.function in ("", *FUNCTIONS)
    assert len(found.normalized) <= 300


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("New York, NY", Place("New York", "NY", "US")),
        ("New York, New York", Place("New York", "NY", "US")),
        ("NYC", Place("New York", "NY", "US")),
        ("Remote, US", Place("", "", "US", "", is_remote=True)),
        ("US-Remote", Place("", "", "US", "", is_remote=True)),
        ("Remote - United States", Place("", "", "US", "", is_remote=True)),
        ("Hybrid - Austin, TX, United States", Place("Austin", "TX", "US")),
        ("Springfield, IL", Place("Springfield", "IL", "US")),
        ("Washington, D.C.", Place("Washington", "DC", "US")),
        ("Vancouver, WA", Place("Vancouver", "WA", "US")),
        ("Vancouver", Place("Vancouver", "BC", "CA")),
        ("Toronto, Ontario", Place("Toronto", "ON", "CA")),
        ("Toronto, CA", Place("Toronto", "ON", "CA")),
        ("Munich, DE", Place("Munich", "BY", "DE")),
        ("Dover, DE", Place("Dover", "DE", "US")),
        ("Köln", Place("Cologne", "NRW", "DE")),
        ("Berlin, Berlin, Germany", Place("Berlin", "", "DE")),
        ("London, UK", Place("London", "", "GB")),
        ("Greater London Area", Place("London", "", "GB")),
        ("Cambridge, MA", Place("Cambridge", "MA", "US")),
        ("Dublin, CA", Place("Dublin", "CA", "US")),
        ("Atlanta, Georgia, USA", Place("Atlanta", "GA", "US")),
        ("Bangalore, India", Place("Bangalore", "", "IN")),
        ("São Paulo, Brasil", Place("São Paulo", "", "BR")),
        ("Little Haven, Norway", Place("Little Haven", "", "NO")),
        ("Europe", Place("", "", "", "EUROPE")),
        ("Remote (EMEA)", Place("", "", "", "EMEA", is_remote=True)),
        ("Anywhere", Place("", "", "", "", is_remote=True)),
        ("", Place()),
        ("12345", Place()),
    ],
)
def test_places(text, place):
    assert parse_place(text) == place


def test_several_places():
    assert parse_places("London; Paris or Remote\nLondon") == (
        Place("London", "", "GB"),
        Place("Paris", "", "FR"),
        Place("", "", "", "", is_remote=True),
    )


def test_label():
    assert parse_place("Austin, TX").label == "Austin, TX, United States"
    assert parse_place("EMEA").label == "EMEA"


@pytest.mark.parametrize(
    "text", ["Berlin", "Berlin/Brandenburg Region", "London, UK", "EMEA", "Remote", "CA"]
)
def test_known_places(text):
    assert is_place(text)


@pytest.mark.parametrize(
    "text", ["Payments", "Platform", "Java", "in", "or", "React/TypeScript", ""]
)
def test_words_that_are_no_places(text):
    assert not is_place(text)
