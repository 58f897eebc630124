"""How well an opening fits a candidate: one number that is the sum of parts everyone can read.

Only work facts, wishes and the posting go in. Age, gender, origin, family, faith, health and the
like are not inputs and have no field here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from jobs import scoring_factors as factors
from jobs.blockers import find_blockers
from jobs.match_inputs import Finding, JobForMatch, ProfileForMatch
from jobs.scoring_factors import Factor

__all__ = ["BANDS", "WEIGHTS", "JobForMatch", "MatchResult", "Part", "ProfileForMatch", "band_of"]

# Lowest score of each band (architecture, section 7).
BANDS = ((85, "Great"), (70, "Good"), (55, "Fair"), (40, "Weak"), (0, "Poor"))

# Points of 100. What the posting calls a must weighs most, as in the products users know
# (qualifications a third to a half, keywords under a fifth); wishes such as pay weigh least.
WEIGHTS = {
    "must": 38,
    "title": 20,
    "nice": 10,
    "seniority": 10,
    "similarity": 10,
    "place": 8,
    "pay": 4,
}

LABELS = {
    "must": "Must-haves",
    "title": "Title and function",
    "nice": "Nice-to-haves",
    "seniority": "Seniority",
    "similarity": "Likeness of the work",
    "place": "Place",
    "pay": "Pay",
}

_MAX_REASONS = 8


@dataclass(frozen=True)
class Part:
    """One factor of a score.

    `weight` is the most points it could give after the weights of parts that are not stated were
    shared out, `points` what it gave. `is_stated` is False where posting or profile says nothing:
    such a part has weight 0 and counts neither for nor against.
    """

    key: str
    label: str
    weight: int
    points: int
    is_stated: bool
    met: tuple[Finding, ...]
    missing: tuple[Finding, ...]

    @property
    def value(self) -> Fraction:
        """Return the share reached, 0 to 1, such that weight × value is exactly `points`."""
        return Fraction(self.points, self.weight) if self.weight else Fraction(0)


@dataclass(frozen=True)
class MatchResult:
    """A score of 0 to 100, its band, the parts that sum to it, and why; every reason quotes both sides."""

    score: int
    band: str
    parts: tuple[Part, ...]
    reasons: tuple[Finding, ...]
    blockers: tuple[Finding, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the result as plain lists and dicts, as stored with a match."""
        return {
            "score": self.score,
            "band": self.band,
            "parts": [_part_json(part) for part in self.parts],
            "reasons": [reason.as_json() for reason in self.reasons],
            "blockers": [blocker.as_json() for blocker in self.blockers],
        }


def band_of(score: int) -> str:
    """Return the name of the band a score of 0 to 100 lies in."""
    return next(name for lowest, name in BANDS if score >= lowest)


def score_match(profile: ProfileForMatch, job: JobForMatch, similarity: float) -> MatchResult:
    """Score one profile for one job, 0 to 100.

    `similarity` is the cosine of their embeddings, −1 to 1. A part that is not stated on either
    side is neutral: its weight is shared among the others. The points of the parts sum to the
    score. A skill that is only listed counts half of one that a role or project shows in use, so
    repeating or adding keywords cannot lift a score above what the facts carry. Where nothing at all
    can be compared, the score is 0 and the reason says so.
    """
    results: dict[str, Factor] = {
        "must": factors.judge_musts(profile, job),
        "title": factors.judge_title(profile, job),
        "nice": factors.judge_nices(profile, job),
        "seniority": factors.judge_seniority(profile, job),
        "similarity": factors.judge_similarity(profile, job, similarity),
        "place": factors.judge_place(profile, job),
        "pay": factors.judge_pay(profile, job),
    }
    stated = [key for key in WEIGHTS if results[key].value is not None]
    weights = dict(zip(stated, _shares([Fraction(WEIGHTS[key]) for key in stated]), strict=True))
    exact = [
        weights[key] * Fraction(results[key].value or 0).limit_denominator(1000) for key in stated
    ]
    score = int(sum(exact) + Fraction(1, 2))
    points = dict(zip(stated, _rounded(exact, score), strict=True))
    parts = tuple(
        Part(
            key=key,
            label=LABELS[key],
            weight=weights.get(key, 0),
            points=points.get(key, 0),
            is_stated=key in weights,
            met=tuple(results[key].met),
            missing=tuple(results[key].missing),
        )
        for key in WEIGHTS
    )
    return MatchResult(
        score=score,
        band=band_of(score),
        parts=parts,
        reasons=_reasons(parts, job),
        blockers=tuple(find_blockers(profile, job)),
    )


def _shares(weights: Sequence[Fraction]) -> list[int]:
    """Return the weights scaled to whole points that sum to 100."""
    total = sum(weights)
    if not total:
        return []
    return _rounded([weight * 100 / total for weight in weights], 100)


def _rounded(amounts: Sequence[Fraction], total: int) -> list[int]:
    """Round to whole numbers that sum to `total`, by largest remainder; each moves by less than 1."""
    floors = [int(amount) for amount in amounts]
    order = sorted(range(len(amounts)), key=lambda index: floors[index] - amounts[index])
    for index in order[: total - sum(floors)]:
        floors[index] += 1
    return floors


def _reasons(parts: Sequence[Part], job: JobForMatch) -> tuple[Finding, ...]:
    """Return the strongest met points, the best parts first; never empty."""
    met = [finding for part in parts for finding in part.met]
    if met:
        return tuple(met[:_MAX_REASONS])
    missing = [finding for part in parts for finding in part.missing]
    return tuple(missing[:1]) or (factors.nothing_stated(job),)


def _part_json(part: Part) -> dict[str, Any]:
    return {
        "key": part.key,
        "label": part.label,
        "weight": part.weight,
        "points": part.points,
        "value": round(float(part.value), 4),
        "is_stated": part.is_stated,
        "met": [finding.as_json() for finding in part.met],
        "missing": [finding.as_json() for finding in part.missing],
    }
