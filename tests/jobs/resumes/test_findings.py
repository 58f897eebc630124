"""Gaps, overlaps and years of experience."""

from datetime import date

from jobs.resumes.findings import date_findings
from jobs.resumes.parsing import parse_resume

TODAY = date(2026, 6, 15)


def findings_of(*roles: str, education: str = ""):
    text = "Ann Lee\n\nExperience\n" + "\n".join(
        f"{role}\n- Did useful things there\n" for role in roles
    )
    return date_findings(parse_resume(f"{text}\n\nEducation\n{education}\n"), today=TODAY)


def test_a_gap_of_seven_months_is_found():
    result = findings_of(
        "Engineer, Acme Inc, Sept 2021 - present", "Engineer, Globex Inc, Jan 2019 - Jan 2021"
    )

    assert [(item.kind, item.months, item.start, item.end) for item in result.findings] == [
        ("gap", 7, date(2021, 2, 1), date(2021, 8, 1))
    ]
    assert result.findings[0].sentence == (
        "There are 7 months between Globex Inc and Acme Inc. Add what you did, or be ready to explain it."
    )


def test_a_gap_of_six_months_is_not():
    result = findings_of(
        "Engineer, Acme Inc, Aug 2021 - present", "Engineer, Globex Inc, Jan 2019 - Jan 2021"
    )

    assert result.findings == ()


def test_studying_is_no_gap():
    result = findings_of(
        "Engineer, Acme Inc, Sept 2022 - present",
        "Engineer, Globex Inc, Jan 2019 - Jan 2021",
        education="University of York, MSc in Physics, Feb 2021 - Aug 2022",
    )

    assert result.findings == ()


def test_an_overlap_of_more_than_a_month_is_found():
    result = findings_of(
        "Engineer, Acme Inc, Jan 2020 - Dec 2021", "Engineer, Globex Inc, Jan 2019 - Mar 2020"
    )

    assert [(item.kind, item.months) for item in result.findings] == [("overlap", 3)]


def test_changing_jobs_within_a_month_is_no_overlap():
    result = findings_of(
        "Engineer, Acme Inc, Jan 2020 - Dec 2021", "Engineer, Globex Inc, Jan 2019 - Jan 2020"
    )

    assert result.findings == ()


def test_bare_years_are_read_kindly():
    result = findings_of("Engineer, Acme Inc, 2021 - 2023", "Engineer, Globex Inc, 2018 - 2020")

    assert result.findings == ()


def test_years_of_experience_count_no_month_twice():
    result = findings_of(
        "Engineer, Acme Inc, Jan 2020 - Dec 2021", "Engineer, Globex Inc, July 2020 - June 2022"
    )

    assert result.years_of_experience == 2.5


def test_current_role_counts_until_today():
    assert findings_of("Engineer, Acme Inc, July 2025 - present").years_of_experience == 1.0


def test_no_roles_no_findings():
    result = date_findings(parse_resume("Ann Lee"), today=TODAY)

    assert (result.findings, result.years_of_experience) == ((), 0.0)
