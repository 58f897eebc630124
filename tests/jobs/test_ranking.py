import math
import re

import pytest

from jobs.scoring import score_match
from llm.embedding import cosine, embed
from tests.jobs.ranking_cases import GRADES, JOBS, PROFILES


def _ndcg(order, grades):
    gain = sum(
        (2 ** grades.get(key, 0) - 1) / math.log2(rank + 2) for rank, key in enumerate(order)
    )
    best = sorted(grades.values(), reverse=True)
    return gain / sum((2**grade - 1) / math.log2(rank + 2) for rank, grade in enumerate(best))


def _words(text):
    return set(re.findall(r"[a-z+#]{2,}", text.lower()))


def _profile_text(profile):
    return "\n".join(fact.all_text for fact in profile.facts)


@pytest.fixture(scope="module")
def results():
    jobs = dict(zip(JOBS, embed([job.embedding_text for job in JOBS.values()]), strict=True))
    people = dict(zip(PROFILES, embed([p.embedding_text for p in PROFILES.values()]), strict=True))
    return {
        person: {
            key: score_match(profile, job, cosine(people[person], jobs[key]))
            for key, job in JOBS.items()
        }
        for person, profile in PROFILES.items()
    }


def test_scores_rank_openings_better_than_shared_words(results):
    ours, plain = [], []
    for person, profile in PROFILES.items():
        scores = results[person]
        words = _words(_profile_text(profile))
        overlap = {key: len(words & _words(job.title + job.text)) for key, job in JOBS.items()}
        ours.append(_ndcg(sorted(JOBS, key=lambda key: -scores[key].score), GRADES[person]))
        plain.append(_ndcg(sorted(JOBS, key=lambda key: -overlap[key]), GRADES[person]))
    assert sum(ours) / len(ours) >= 0.95
    assert sum(ours) / len(ours) > sum(plain) / len(plain) + 0.05


@pytest.mark.parametrize("person", PROFILES)
def test_the_right_opening_comes_first_and_is_at_least_good(results, person):
    best = max(GRADES[person], key=GRADES[person].get)
    scores = results[person]
    assert max(scores, key=lambda key: scores[key].score) == best
    assert scores[best].band in {"Good", "Great"}


@pytest.mark.parametrize("person", PROFILES)
def test_openings_of_another_trade_are_poor_or_weak(results, person):
    wrong = [key for key in JOBS if key not in GRADES[person]]
    assert {results[person][key].band for key in wrong} <= {"Poor", "Weak"}
