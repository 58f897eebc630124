"""The parser against invented resumes in many layouts and languages."""

import re
from datetime import date

import pytest

from jobs.resumes.facts import (
    ACCOMPLISHMENT,
    CERTIFICATION,
    EDUCATION,
    LANGUAGE,
    METRIC,
    PROJECT,
    ROLE,
    SKILL,
    ParsedFact,
    ParsedResume,
)
from jobs.resumes.parsing import parse_resume
from tests.jobs.resumes.sample_truth import Sample
from tests.jobs.resumes.samples import SAMPLES


def shown(day: date | None, precision: str) -> str:
    if day is None:
        return ""
    return f"{day:%Y-%m}" if precision == "month" else f"{day:%Y}"


def role_of(fact: ParsedFact) -> tuple[str, str, str, str]:
    end = "now" if fact.is_current else shown(fact.end_date, fact.end_precision)
    return fact.title, fact.organization, shown(fact.start_date, fact.start_precision), end


def titles(parsed: ParsedResume, kind: str) -> tuple[str, ...]:
    return tuple(fact.title for fact in parsed.of_kind(kind))


@pytest.fixture(params=SAMPLES.values(), ids=SAMPLES.keys())
def sample(request: pytest.FixtureRequest) -> Sample:
    return request.param


def test_person(sample: Sample):
    parsed = parse_resume(sample.text)

    assert (parsed.name, parsed.email, parsed.phone) == (sample.name, sample.email, sample.phone)
    assert parsed.links == sample.links
    if sample.location:
        assert parsed.location == sample.location


def test_roles_exactly(sample: Sample):
    parsed = parse_resume(sample.text)

    assert tuple(role_of(fact) for fact in parsed.of_kind(ROLE)) == sample.roles


def test_schools_exactly(sample: Sample):
    parsed = parse_resume(sample.text)
    found = tuple(
        (fact.degree, fact.field_of_study, fact.organization) for fact in parsed.of_kind(EDUCATION)
    )

    assert not sample.schools or found == sample.schools


def test_lists(sample: Sample):
    parsed = parse_resume(sample.text)

    assert titles(parsed, SKILL) == sample.skills
    assert titles(parsed, LANGUAGE) == sample.languages
    assert titles(parsed, PROJECT) == sample.projects
    for certificate in sample.certifications:
        assert certificate in titles(parsed, CERTIFICATION)


def test_statements_and_metrics(sample: Sample):
    parsed = parse_resume(sample.text)
    statements = {fact.text for fact in parsed.of_kind(ACCOMPLISHMENT)}

    assert statements >= set(sample.statements)
    assert sample.metrics is None or len(parsed.of_kind(METRIC)) == sample.metrics
    assert {fact.text for fact in parsed.of_kind(METRIC)} <= statements


def test_spans_hold_the_evidence(sample: Sample):
    parsed = parse_resume(sample.text)

    for fact in parsed.facts:
        evidence = parsed.text[fact.start : fact.end]
        if fact.kind in {ACCOMPLISHMENT, METRIC, SKILL, LANGUAGE, CERTIFICATION}:
            assert evidence == fact.text
        elif fact.kind == ROLE:
            assert fact.title in evidence
            assert fact.organization in evidence or fact.organization in parsed.text[: fact.start]
        else:
            assert fact.organization in evidence
            assert fact.degree in evidence
            assert fact.field_of_study in evidence


def test_bullets_point_to_their_entry(sample: Sample):
    parsed = parse_resume(sample.text)

    for fact in parsed.of_kind(ACCOMPLISHMENT):
        if fact.parent is not None:
            parent = parsed.facts[fact.parent]
            assert parent.kind in {ROLE, EDUCATION, PROJECT}
            assert parent.start < fact.start


def test_parsing_again_changes_nothing(sample: Sample):
    once = parse_resume(sample.text)
    again = parse_resume(once.text)

    assert again.text == once.text
    assert [role_of(fact) for fact in again.of_kind(ROLE)] == [
        role_of(fact) for fact in once.of_kind(ROLE)
    ]


def test_grade_and_location_of_a_school():
    parsed = parse_resume(SAMPLES["company line, then title line"].text)
    school = parsed.of_kind(EDUCATION)[0]

    assert (school.grade, school.location) == ("3.6/4.0", "Chicago, IL")
    assert (school.start_date, school.end_date) == (date(2008, 1, 1), date(2012, 1, 1))
    assert (school.start_precision, school.end_precision) == ("year", "year")


def test_place_of_a_role_is_not_its_employer():
    parsed = parse_resume(SAMPLES["labels and letter-spaced headings"].text)

    assert [fact.location for fact in parsed.of_kind(ROLE)] == ["Miami, FL", "Tampa, FL"]


def test_level_of_languages():
    parsed = parse_resume(SAMPLES["german"].text)

    assert [fact.category for fact in parsed.of_kind(LANGUAGE)] == [
        "Muttersprache",
        "verhandlungssicher",
        "B1",
    ]


def test_years_and_versions_measure_nothing():
    parsed = parse_resume(
        "Ann Lee\n\nExperience\nEngineer, Acme Inc, 2019 - 2021\n"
        "- Presented at PyCon 2022 about Python 3 and Web3\n- Best of the class of 2020 students\n"
    )

    assert len(parsed.of_kind(ACCOMPLISHMENT)) == 2
    assert parsed.of_kind(METRIC) == ()


def test_company_first_decides_an_unclear_entry():
    parsed = parse_resume(
        "Ann Lee\n\nExperience\nAcme, Software Engineer | 2021 - 2022\n- Wrote things well\n\n"
        "Globex, Data Analyst | 2019 - 2020\n- Wrote things well\n\nHealth Service Executive, Staff Nurse | 2015 - 2018\n- Cared well\n"
    )

    assert [(fact.organization, fact.title) for fact in parsed.of_kind(ROLE)] == [
        ("Acme", "Software Engineer"),
        ("Globex", "Data Analyst"),
        ("Health Service Executive", "Staff Nurse"),
    ]


def test_headline_and_summary():
    parsed = parse_resume(SAMPLES["title first, date right of a bar"].text)

    assert parsed.headline == "Senior Data Engineer"
    assert parsed.summary == "Data engineer who moves slow warehouses to streaming."


def test_warnings_name_what_is_missing():
    parsed = parse_resume("Ann Lee\nann@lee.example.com")

    assert parsed.facts == ()
    assert [warning.split(" in ")[0] for warning in parsed.warnings] == [
        "We found no jobs",
        "We found no skills section. Add some skills by hand.",
        "We found no education",
    ]


def test_links_of_the_file_are_the_persons_only_from_the_header():
    parsed = parse_resume(
        "Ann Lee\nann@lee.example.com | GitHub | My site\n\nProjects\nKite\n- Flies well and far\n",
        links=["tel:+1-206-543-2100", "https://example.com"],
    )

    assert parsed.phone == "+12065432100"
    assert parsed.links == ()


def test_icons_ligatures_and_soft_hyphens_leave_no_trace():
    parsed = parse_resume(
        "Ann Lee\n\uf0e0 ann@lee.example.com \uf095 +1 206 543 2100\n\nSkills\nO\ufb03ce, soft\u00adware, \u200bSQL\n"
    )

    assert parsed.phone == "+12065432100"
    assert titles(parsed, SKILL) == ("Office", "software", "SQL")
    assert not re.search("[\ue000-\uf8ff\u00ad\u200b\ufb00-\ufb06]", parsed.text)
