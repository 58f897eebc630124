"""How well `find_skills` agrees with sentences that people have marked."""

import json
import re
from pathlib import Path
from typing import Any

from jobs.skills import SkillHit, find_skills

# Traits of a person ("team player") are not knowledge; the marked sentences keep them apart.
PERSONAL_CATEGORY = "personal"


def normalised_surface(surface: str) -> str:
    """Return a span for comparison: lower case, words and the signs of C++, C# and .NET only."""
    return " ".join(re.findall(r"[\w.+#]*[\w+#]", surface.lower()))


def knowledge_hits(text: str) -> list[SkillHit]:
    """Return the skills of a text that are knowledge (a tool, a field, a language), not traits."""
    return [hit for hit in find_skills(text) if hit.category != PERSONAL_CATEGORY]


def evaluate_skills(folder: Path) -> dict[str, Any]:
    """Score skill finding on every `*.jsonl` file of a folder.

    A row has `text` and `knowledge` (the marked spans); rows without `knowledge` are left out. Spans
    agree when their normalised surfaces are equal; figures are micro averages over all spans.
    Returns counts (cases, right, wrong, missed, crashed, invented) and precision, recall and f1
    between 0 and 1. `invented` counts sentences without any marked span in which we found one.
    """
    counts = dict.fromkeys(("cases", "right", "wrong", "missed", "crashed", "invented"), 0)
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if "knowledge" in row:
                _count_row(row, counts)
    found, wanted = counts["right"] + counts["wrong"], counts["right"] + counts["missed"]
    precision = counts["right"] / found if found else 0.0
    recall = counts["right"] / wanted if wanted else 0.0
    f1 = 2 * precision * recall / (precision + recall) if counts["right"] else 0.0
    scores = {"precision": precision, "recall": recall, "f1": f1}
    return {"topic": "skills", **counts} | {name: round(value, 4) for name, value in scores.items()}


def _count_row(row: dict[str, Any], counts: dict[str, int]) -> None:
    counts["cases"] += 1
    wanted = [normalised_surface(span) for span in row["knowledge"]]
    try:
        found = [normalised_surface(hit.surface) for hit in knowledge_hits(row["text"])]
    except (ValueError, LookupError):
        counts["crashed"] += 1
        return
    counts["invented"] += bool(found) and not wanted
    for surface in found:
        if surface in wanted:
            wanted.remove(surface)
            counts["right"] += 1
        else:
            counts["wrong"] += 1
    counts["missed"] += len(wanted)
