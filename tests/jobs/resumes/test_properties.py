"""No text may crash the parser, and no fact may point outside of the text."""

import time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.resumes.facts import KINDS
from jobs.resumes.normalising import clean_characters, tidy_lines
from jobs.resumes.parsing import parse_resume
from tests.jobs.resumes.samples import SAMPLES

PIECES = st.sampled_from(
    [
        *(line for sample in SAMPLES.values() for line in sample.text.split("\n")),
        "\n", "\n\n\n", "\t", "• ", "- ", "## ", "2019 – ", " | ", ", ", "(", "]", "**", "GPA: ", "PhD", "Experience", "@", "\x00", "\ud7ff", "\u202e", "e\u0301",
    ]
)  # fmt: skip
PATIENT = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def check_facts(text: str) -> None:
    parsed = parse_resume(text)
    for index, fact in enumerate(parsed.facts):
        assert fact.kind in KINDS
        assert 0 <= fact.start < fact.end <= len(parsed.text)
        assert 0 <= fact.confidence <= 1
        assert fact.parent is None or 0 <= fact.parent < index
        assert fact.end_date is None or fact.start_date is None or fact.start_date <= fact.end_date


@PATIENT
@given(st.text(max_size=400))
def test_any_text(text: str):
    check_facts(text)


@PATIENT
@given(st.lists(PIECES, max_size=40))
def test_shuffled_resumes(pieces: list[str]):
    check_facts("\n".join(pieces))
    check_facts("".join(pieces))


@PATIENT
@given(st.text(max_size=300))
def test_tidying_twice_is_tidying_once(text: str):
    once = tidy_lines(clean_characters(text))

    assert tidy_lines(clean_characters(once)) == once


def test_hostile_repetition_stays_fast():
    began = time.perf_counter()
    for piece in (
        "a" * 1000,
        "2019 – ",
        "((((",
        "a@",
        "a.",
        ", ",
        "**a",
        "Experience\n",
        "• x\n",
        "- ",
        "1. ",
        "\t",
        "[a](",
        "A B ",
    ):
        parse_resume(piece * (20_000 // len(piece)))

    assert time.perf_counter() - began < 20
