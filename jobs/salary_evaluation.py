"""Scores reading of pay and experience on recorded texts with known truth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jobs.experience import experience_months
from jobs.salary import parse_salary


def evaluate_salaries(folder: Path) -> dict[str, Any]:
    """Return cases, right, wrong, crashed, invented and details over salary and experience texts.

    Amounts are compared per year and exactly; `invented` counts texts without pay in which pay was
    found, the worst error.
    """
    scores: dict[str, Any] = {"cases": 0, "right": 0, "wrong": 0, "crashed": 0, "invented": 0}
    details: list[dict[str, Any]] = []
    for file, measure, truth in (
        ("salary.jsonl", _pay_per_year, "expected"),
        ("years_of_experience.jsonl", lambda row: experience_months(row["text"]), "months"),
    ):
        for line in (folder / file).read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            scores["cases"] += 1
            try:
                found = measure(row)
            except (ArithmeticError, LookupError, TypeError, ValueError) as error:
                scores["crashed"] += 1
                details.append({"id": row["id"], "crash": repr(error)})
                continue
            is_right = found == row[truth]
            scores["right" if is_right else "wrong"] += 1
            scores["invented"] += row[truth] is None and found is not None
            if not is_right:
                details.append({"id": row["id"], "expected": row[truth], "found": found})
    return {**scores, "details": details}


def _pay_per_year(row: dict[str, Any]) -> dict[str, Any] | None:
    salary = parse_salary(row["text"], is_salary_field=row["context"] == "explicit salary field")
    if salary is None:
        return None
    yearly = salary.per_year()
    return {
        "min": None if yearly.minimum is None else float(yearly.minimum),
        "max": None if yearly.maximum is None else float(yearly.maximum),
        "currency": yearly.currency,
        "period": yearly.period,
    }
