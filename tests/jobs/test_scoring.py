import dataclasses
import json
import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.facts import FactView
from jobs.scoring import BANDS, WEIGHTS, JobForMatch, ProfileForMatch, band_of, score_match
from tests.jobs.ranking_cases import JOBS, PROFILES

POSTING = """Requirements:
- 5+ years of experience with Python and Django
- PostgreSQL or MySQL
- Kubernetes
Nice to have:
- Terraform
"""
ROLE = FactView(
    "r1",
    "role",
    "Backend Engineer at Ledgerline",
    title="Backend Engineer",
    organization="Ledgerline",
    start_date=date(2019, 1, 1),
    is_current=True,
)
WORK = FactView(
    "b1", "accomplishment", "Built services in Python, Django and MySQL", parent_id="r1"
)
LISTED = FactView("s1", "skill", "Kubernetes")
PROFILE = ProfileForMatch((ROLE, WORK, LISTED), years_experience=6.0)
JOB = JobForMatch(title="Backend Engineer", text=POSTING)


def _part(result, key):
    return next(part for part in result.parts if part.key == key)


@pytest.mark.parametrize(
    ("score", "band"),
    [(0, "Poor"), (39, "Poor"), (40, "Weak"), (54, "Weak"), (55, "Fair"), (69, "Fair"),
     (70, "Good"), (84, "Good"), (85, "Great"), (100, "Great")],
)  # fmt: skip
def test_band_borders(score, band):
    assert band_of(score) == band


def test_bands_and_weights_are_complete():
    assert [name for _lowest, name in BANDS] == ["Great", "Good", "Fair", "Weak", "Poor"]
    assert sum(WEIGHTS.values()) == 100


def test_must_haves_show_what_is_met_listed_and_missing():
    must = _part(score_match(PROFILE, JOB, 0.5), "must")
    assert [(found.label, found.fact_id) for found in must.met] == [
        ("Python", "b1"),
        ("Django", "b1"),
        ("MySQL", "b1"),
        ("Kubernetes", "s1"),
    ]
    # One of two alternatives is enough, so PostgreSQL is not missing.
    assert must.missing == ()
    assert must.met[3].sentence == "You list Kubernetes, but no role or project shows it yet."
    # Two lines in full, one at half.
    assert abs(float(must.value) - 2.5 / 3) < 0.02


def test_unmet_must_haves_are_all_listed_with_their_lines():
    bare = ProfileForMatch((ROLE,), years_experience=6.0)
    missing = _part(score_match(bare, JOB, 0.5), "must").missing
    assert [found.label for found in missing] == [
        "Python", "Django", "PostgreSQL", "MySQL", "Kubernetes",
    ]  # fmt: skip
    assert {found.fact_text for found in missing} == {"Not in your profile"}


@pytest.mark.parametrize("person", PROFILES)
@pytest.mark.parametrize("opening", JOBS)
def test_parts_sum_to_the_score_and_quotes_are_exact(person, opening):
    profile, job = PROFILES[person], JOBS[opening]
    result = score_match(profile, job, 0.4)
    assert sum(part.points for part in result.parts) == result.score
    assert sum(part.value * part.weight for part in result.parts) == result.score
    assert sum(part.weight for part in result.parts) == 100
    assert result.reasons
    ids = {fact.id for fact in profile.facts} | {""}
    points = [*result.reasons, *result.blockers]
    points += [found for part in result.parts for found in (*part.met, *part.missing)]
    for found in points:
        if found.source == "description":
            assert job.text[found.start : found.end] == found.quote
        assert found.quote
        assert found.fact_text
        assert found.fact_id in ids or found.fact_id.startswith(("preferences.", "profile."))
    assert json.loads(json.dumps(result.as_json()))["score"] == result.score


def test_what_is_not_stated_counts_neither_way():
    result = score_match(PROFILE, JOB, 0.6)
    pay, place = _part(result, "pay"), _part(result, "place")
    assert (pay.weight, pay.points, pay.is_stated) == (0, 0, False)
    assert (place.weight, place.is_stated) == (0, False)
    silent = JobForMatch(title="", text="")
    nothing = score_match(ProfileForMatch(()), silent, 0.6)
    assert not any(part.is_stated for part in nothing.parts)
    assert (nothing.score, nothing.band) == (0, "Poor")
    assert nothing.reasons[0].sentence.startswith("The posting says too little")


def test_pay_below_the_wish_lowers_and_blocks():
    profile = dataclasses.replace(PROFILE, minimum_pay=80_000, currency="EUR")
    low = dataclasses.replace(JOB, pay_min=60_000, pay_max=70_000, currency="EUR")
    high = dataclasses.replace(JOB, pay_min=70_000, pay_max=90_000, currency="EUR")
    other = dataclasses.replace(low, currency="USD")
    assert float(_part(score_match(profile, low, 0.5), "pay").value) == 0.5
    assert float(_part(score_match(profile, high, 0.5), "pay").value) == 1
    assert not _part(score_match(profile, other, 0.5), "pay").is_stated
    (blocker,) = score_match(profile, low, 0.5).blockers
    assert (blocker.kind, blocker.quote, blocker.fact_id) == (
        "blocks", "60,000 to 70,000 EUR", "preferences.minimum_salary",
    )  # fmt: skip


def test_too_few_years_block_with_the_line():
    (blocker,) = score_match(dataclasses.replace(PROFILE, years_experience=2.0), JOB, 0.5).blockers
    assert (blocker.kind, blocker.label) == ("blocks", "Years")
    assert blocker.quote == "5+ years of experience with Python and Django"
    assert blocker.fact_id == "r1"


def test_conditions_block_or_ask_to_check():
    asked = "- Fluent German\n- No visa sponsorship\n- Security clearance required\n- Kubernetes"
    text = POSTING.replace("- Kubernetes", asked)
    job = dataclasses.replace(JOB, text=text)
    english = FactView("l1", "language", "English")
    needs = dataclasses.replace(PROFILE, facts=(*PROFILE.facts, english), needs_sponsorship=True)
    kinds = {b.label: (b.kind, b.fact_id) for b in score_match(needs, job, 0.5).blockers}
    assert kinds["Language"] == ("blocks", "l1")
    assert kinds["Visa"] == ("blocks", "preferences.needs_sponsorship")
    assert kinds["Clearance"] == ("check", "")
    free = dataclasses.replace(PROFILE, needs_sponsorship=False)
    assert "Visa" not in {b.label for b in score_match(free, job, 0.5).blockers}


def test_remote_work_and_places():
    berlin = dataclasses.replace(PROFILE, locations=("Berlin",), countries=("DE",), remote_ok=True)
    there = dataclasses.replace(JOB, locations=("Berlin, Germany",), countries=("DE",))
    away = dataclasses.replace(JOB, locations=("Lyon, France",), countries=("FR",))
    far = dataclasses.replace(JOB, locations=("Munich, Germany",), countries=("DE",))
    remote = dataclasses.replace(far, remote_policy="remote")
    values = [_part(score_match(berlin, job, 0.5), "place") for job in (there, away, far, remote)]
    assert [value.points for value in values][1] == 0
    assert values[0].value == values[3].value == 1
    assert 0 < values[2].value < 0.6


ALL_SKILLS = [
    "Python",
    "Django",
    "PostgreSQL",
    "MySQL",
    "Kubernetes",
    "Terraform",
    "Docker",
    "Rust",
]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from(ALL_SKILLS), max_size=60))
def test_listing_keywords_never_beats_showing_them(names):
    stuffed = ProfileForMatch(
        (ROLE, *(FactView(f"s{n}", "skill", name) for n, name in enumerate(names))),
        years_experience=6.0,
    )
    result = score_match(stuffed, JOB, 0.5)
    assert _part(result, "must").value <= 0.52
    shown = dataclasses.replace(
        stuffed, facts=(ROLE, FactView("b2", "accomplishment", f"Used {', '.join(names)}"))
    )
    assert score_match(shown, JOB, 0.5).score >= result.score


def test_repeating_a_keyword_changes_nothing():
    once = score_match(PROFILE, JOB, 0.5)
    repeated = FactView("s2", "skill", "Kubernetes, " * 50)
    again = dataclasses.replace(PROFILE, facts=(*PROFILE.facts, repeated))
    assert score_match(again, JOB, 0.5).score == once.score


def test_a_hundred_listed_skills_weaken_each_other():
    words = [
        f.split(",")[0]
        for f in [
            "Redis",
            "Docker",
            "Git",
            "Jest",
            "Figma",
            "Excel",
            "Photoshop",
            "Linux",
            "Ansible",
            "Kafka",
            "Scala",
            "Perl",
            "PHP",
            "Ruby on Rails",
            "Laravel",
            "Vue.js",
            "Svelte",
            "Flask",
            "FastAPI",
            "NumPy",
            "pandas",
            "SciPy",
            "Tableau",
            "Power BI",
            "Looker",
            "dbt",
            "Airflow",
            "Hadoop",
            "Spark SQL",
            "Snowflake",
            "BigQuery",
            "Redshift",
            "MongoDB",
            "Cassandra",
            "Neo4j",
            "Elasticsearch",
            "Solr",
            "RabbitMQ",
            "MQTT",
            "Nginx",
            "HAProxy",
            "Splunk",
            "Datadog",
            "Grafana",
            "Prometheus",
            "Jenkins",
            "CircleCI",
            "Bitbucket",
            "Jira",
            "Confluence",
        ]
    ]
    many = tuple(FactView(f"m{n}", "skill", word) for n, word in enumerate(words))
    long = dataclasses.replace(PROFILE, facts=(*PROFILE.facts, *many))
    assert long.credit("Kubernetes") < PROFILE.credit("Kubernetes") == 0.5


PROTECTED = re.compile(
    r"age|birth|gender|sex|nation|ethnic|race|religion|faith|marital|famil|child|pregnan|disab|health|photo"
    r"|origin|citizen|political|union|orient",
    re.IGNORECASE,
)


@pytest.mark.parametrize("kind", [ProfileForMatch, JobForMatch, FactView])
def test_no_protected_attribute_is_an_input(kind):
    names = [field.name for field in dataclasses.fields(kind)]
    assert [name for name in names if PROTECTED.search(name.replace("language", ""))] == []


@pytest.mark.parametrize(
    "words",
    [
        "Married, two children",
        "Female, born 1962",
        "Catholic",
        "Nationality: Ghanaian",
        "Wheelchair user",
    ],
)
def test_personal_words_in_a_profile_change_no_score(words):
    note = FactView("p1", "other", words)
    told = dataclasses.replace(PROFILE, facts=(*PROFILE.facts, note))
    assert score_match(told, JOB, 0.5) == score_match(PROFILE, JOB, 0.5)


@settings(deadline=None)
@given(st.text(max_size=300), st.text(max_size=60), st.floats(-1, 1))
def test_any_posting_scores_between_0_and_100(text, title, similarity):
    result = score_match(PROFILE, JobForMatch(title=title, text=text), similarity)
    assert 0 <= result.score <= 100
    assert sum(part.points for part in result.parts) == result.score
    assert result.reasons
