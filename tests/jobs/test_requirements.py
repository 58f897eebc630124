import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.requirements import ConditionKind, LineKind, degree_in, read_requirements

POSTING = """About us
We are a payments company founded in 2012. Over 10 years of experience in payments.

What you'll do:
• Design and build services in Go and Python
• Mentor two junior engineers

Requirements
- 5+ years of experience building backend services
- Strong knowledge of PostgreSQL and Kubernetes
- Bachelor's degree in Computer Science or equivalent experience
- Fluent English and German
- Experience with Kafka is a plus

Nice to have:
- Terraform
- Ideally a Master's degree

We offer
- 30 days of holiday, health insurance
Unfortunately we cannot offer visa sponsorship. This role is on-site in Berlin, with up to 20% travel.
"""


def _of(kind):
    return [quote.text for quote in read_requirements(POSTING).of_kind(kind)]


def test_lines_are_sorted_by_kind():
    assert _of(LineKind.RESPONSIBILITY) == [
        "Design and build services in Go and Python",
        "Mentor two junior engineers",
    ]
    assert _of(LineKind.MUST) == [
        "5+ years of experience building backend services",
        "Strong knowledge of PostgreSQL and Kubernetes",
        "Bachelor's degree in Computer Science or equivalent experience",
        "Fluent English and German",
    ]
    assert _of(LineKind.NICE) == [
        "Experience with Kafka is a plus",
        "Terraform",
        "Ideally a Master's degree",
    ]
    assert "30 days of holiday, health insurance" in _of(LineKind.OTHER)


def test_years_are_those_asked_not_those_of_the_company():
    years = read_requirements(POSTING).years
    assert (years.least, years.most) == (5.0, None)
    assert years.quote.text == "5+ years of experience building backend services"


def test_degree_and_its_alternative():
    degree = read_requirements(POSTING).degree
    assert (degree.level, degree.is_required) == ("bachelor", False)


def test_conditions_are_found_with_their_lines():
    found = [(c.kind, c.detail, c.quote.text) for c in read_requirements(POSTING).conditions]
    last = "This role is on-site in Berlin, with up to 20% travel."
    assert found == [
        (ConditionKind.LANGUAGE, "English", "Fluent English and German"),
        (ConditionKind.LANGUAGE, "German", "Fluent English and German"),
        (ConditionKind.VISA, "", "Unfortunately we cannot offer visa sponsorship."),
        (ConditionKind.ON_SITE, "", last),
        (ConditionKind.TRAVEL, "", last),
    ]


@pytest.mark.parametrize(
    ("line", "least", "most"),
    [
        ("3-5 years of experience in sales", 3, 5),
        ("At least two years' experience as a nurse", 2, None),
        ("Minimum of 7 yrs experience required", 7, None),
        ("You have 4+ years working with Python", 4, None),
        ("1.5 years of professional experience", 1.5, None),
        ("Experience: 6 years", None, None),
        ("A two-year fixed-term contract", None, None),
        ("You are at least 18 years old", None, None),
        ("We have 20 years of experience", None, None),
    ],
)
def test_years_in_one_line(line, least, most):
    years = read_requirements(f"Requirements:\n- {line}").years
    if line.startswith("Experience:"):
        assert years.least == 6
    elif least is None:
        assert years is None
    else:
        assert (years.least, years.most) == (least, most)


@pytest.mark.parametrize(
    ("line", "level", "is_required"),
    [
        ("PhD in physics required", "doctorate", True),
        ("Bachelor's or Master's degree in engineering", "bachelor", True),
        ("MSc in statistics", "master", True),
        ("B.Sc. in biology", "bachelor", True),
        ("A degree in law would be a plus", "bachelor", False),
        ("Completed apprenticeship as an electrician", "vocational", True),
        ("A high degree of autonomy", None, None),
    ],
)
def test_degree_in_one_line(line, level, is_required):
    degree = read_requirements(f"Requirements:\n- {line}").degree
    assert (degree and degree.level, degree and degree.is_required) == (level, is_required)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("Active security clearance required", ConditionKind.CLEARANCE),
        ("US citizens only", ConditionKind.CITIZENSHIP),
        ("You must be authorized to work in the United States", ConditionKind.VISA),
        ("Valid driver's license", ConditionKind.LICENCE),
        ("Rotating night shifts", ConditionKind.SHIFTS),
        ("This is not a remote role", ConditionKind.ON_SITE),
    ],
)
def test_conditions_in_one_line(line, kind):
    conditions = read_requirements(f"Requirements:\n- {line}").conditions
    assert [condition.kind for condition in conditions] == [kind]


@pytest.mark.parametrize(
    "line", ["No travel required", "A security clearance would be a plus", "We have an office gym"]
)
def test_what_is_no_condition(line):
    assert read_requirements(f"Requirements:\n- {line}").conditions == ()


def test_small_print_after_the_list_is_not_asked():
    text = "Requirements:\n- Python\nBy applying you agree to our privacy notice.\nStay safe from fraud."
    assert [q.text for q in read_requirements(text).of_kind(LineKind.MUST)] == ["Python"]


def test_non_breaking_spaces_do_not_hide_a_heading_and_quotes_stay_exact():
    text = "A plus if you\u00a0have:\n- Kafka\u00a0skills"
    (line,) = read_requirements(text).lines
    assert (line.kind, line.quote.text) == (LineKind.NICE, "Kafka\u00a0skills")


def test_degrees_are_ranked():
    assert degree_in("Master of Science and Bachelor of Arts") == "master"
    assert degree_in("Evening class") == ""


@given(st.text(max_size=600))
def test_any_text_is_quoted_exactly_and_in_order(text):
    found = read_requirements(text)
    end = 0
    for line in found.lines:
        assert end <= line.quote.start < line.quote.end <= len(text)
        assert text[line.quote.start : line.quote.end] == line.quote.text
        end = line.quote.end
