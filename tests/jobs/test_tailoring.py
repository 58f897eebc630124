import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.facts import FactView
from jobs.writing.evidence import check_claims
from jobs.writing.relevance import as_of
from jobs.writing.tailoring import Candidate, sentences_of, tailor_resume
from tests.jobs.writing_cases import CANDIDATE, FACTS, JOB, TODAY

BY_ID = {fact.id: fact for fact in as_of(FACTS, today=TODAY)}


def _section(content, key):
    return next(section for section in content["sections"] if section["key"] == key)


def _bullets(content):
    return [b for e in _section(content, "experience")["entries"] for b in e["bullets"]]


def test_headline_and_summary_come_from_facts():
    content = tailor_resume(CANDIDATE, JOB, today=TODAY)
    assert content["headline"]["text"] == "Senior Backend Engineer · Python, PostgreSQL, Kubernetes"
    assert content["headline"]["fact_ids"] == ["r1", "b2", "b3"]
    assert content["headline"]["original"] == "Engineer"
    assert content["summary"][0]["text"] == (
        "Senior Backend Engineer with 9 years of experience, currently at Ledgerline GmbH."
    )
    assert content["summary"][2]["fact_ids"] == ["b2"]


def test_relevant_bullets_rise_and_the_least_relevant_is_left_out():
    content = tailor_resume(CANDIDATE, JOB, today=TODAY)
    first, second = _section(content, "experience")["entries"]
    assert [bullet["fact_ids"] for bullet in first["bullets"]][:2] == [["b2"], ["b4"]]
    assert first["bullets"][0]["status"] == "moved"
    assert first["bullets"][0]["reason"] == "Moved up: the posting asks for Python and PostgreSQL."
    assert first["bullets"][-1]["status"] == "left_out"
    assert first["bullets"][-1]["fact_ids"] == ["b6"]
    assert [bullet["status"] for bullet in second["bullets"]].count("left_out") == 0


def test_bullets_are_never_reworded_and_none_is_lost():
    content = tailor_resume(CANDIDATE, JOB, today=TODAY)
    texts = {fact.id: fact.text for fact in FACTS if fact.parent_id}
    assert {bullet["fact_ids"][0]: bullet["text"] for bullet in _bullets(content)} == texts
    assert all(bullet["original"] == bullet["text"] for bullet in _bullets(content))


def test_roles_stay_in_order_of_time():
    content = tailor_resume(CANDIDATE, JOB, today=TODAY)
    entries = _section(content, "experience")["entries"]
    assert [entry["fact_id"] for entry in entries] == ["r1", "r2"]
    assert (entries[0]["end"], entries[0]["is_current"]) == (None, True)
    assert (entries[1]["start"], entries[1]["end"]) == ("2017-01-01", "2021-03-31")


def test_skills_asked_for_come_first_and_none_is_added():
    items = _section(tailor_resume(CANDIDATE, JOB, today=TODAY), "skills")["items"]
    names = [item["text"] for item in items]
    assert names[:3] == ["Python", "Terraform", "Django"]
    assert sorted(names) == sorted(BY_ID["s1"].text.split(", "))


def test_requirements_quote_the_posting_exactly():
    for bullet in _bullets(tailor_resume(CANDIDATE, JOB, today=TODAY)):
        line = bullet["requirement"]
        assert line is None or JOB.text[line["start"] : line["end"]] == line["text"]


def test_content_is_json_honest_and_repeatable():
    content = tailor_resume(CANDIDATE, JOB, today=TODAY)
    assert json.loads(json.dumps(content)) == content
    assert content == tailor_resume(CANDIDATE, JOB, today=TODAY)
    assert check_claims(sentences_of(content), BY_ID) == []
    assert content["counts"]["invented"] == 0
    assert content["counts"]["left_out"] == 1


def test_an_empty_profile_gives_an_empty_resume():
    content = tailor_resume(replace(CANDIDATE, facts=()), JOB, today=TODAY)
    assert content["sections"] == []
    assert content["summary"] == []
    assert content["headline"]["text"] == ""


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(min_size=1, max_size=80), max_size=8), st.text(max_size=300))
def test_whatever_the_texts_nothing_appears_that_was_not_there(bullets, posting):
    facts = [FACTS[0]]
    facts += [replace(FACTS[1], id=f"x{number}", text=text) for number, text in enumerate(bullets)]
    person = replace(CANDIDATE, facts=tuple(facts))
    content = tailor_resume(person, replace(JOB, text=posting), today=TODAY)
    assert sorted(bullet["text"] for bullet in _bullets(content)) == sorted(bullets)


def test_a_line_that_is_a_result_as_well_stands_once():
    line = "Cut build time from 25 to 9 minutes"
    facts = (
        FactView("r1", "role", "Developer, Brightloop", title="Developer"),
        FactView("b1", "accomplishment", line, parent_id="r1"),
        FactView("b2", "metric", f"{line} ", parent_id="r1"),
        FactView("b3", "accomplishment", "Kept the releases going", parent_id="r1"),
    )

    content = tailor_resume(Candidate("Ann", facts), JOB, today=TODAY)

    (experience,) = [part for part in content["sections"] if part["key"] == "experience"]
    bullets = experience["entries"][0]["bullets"]
    assert sorted(bullet["text"] for bullet in bullets) == [line, "Kept the releases going"]
    assert {"b1", "b3"} == {bullet["fact_ids"][0] for bullet in bullets}
