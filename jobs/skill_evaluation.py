"""How well `find_skills` agrees with sentences that people have marked."""

import json
import re
from pathlib import Path
from typing import Any

from jobs.skills import SkillHit, find_skills

# Tools and languages are knowledge wherever they are named. A field such as "insurance" is asked for
# only where the sentence speaks of knowing something; elsewhere it describes the employer.
_ALWAYS_KNOWLEDGE = frozenset(
    ["programming language", "framework", "data", "cloud and operations", "security", "office"]
)
# Traits and people work ("team player", "recruiting") are activities, marked apart from knowledge.
_NEVER_KNOWLEDGE = frozenset(["personal", "people"])
_KNOWING = re.compile(
    r"\b(?:experienced?|know(?:ledge)?|understanding|familiar\w*|proficien\w*|expertise|background|degree"
    r"|skill(?:s|ed)?|fluen\w+|certifi\w+|competenc\w+|master|phd|[bm]sc|bachelor|educat\w+|hands-on|plus"
    r"|advantage|graduate|stack|technolog\w+|tools?|languages?|qualification\w*|passion\w*|interest\w*"
    r"|insight|studied|mastery|ability|able|exposure|comfortable|using|such as|e\.g|including)\b",
    re.IGNORECASE,
)
_SPEAKING = re.compile(
    r"\b(?:fluen\w+|spoken|written|speak\w*|languages?|skills?|level|native|command|proficien\w+|oral\w*"
    r"|verbal\w*|knowledge|communicat\w+|mother tongue)\b",
    re.IGNORECASE,
)
_APPLYING = re.compile(r"\bappl(?:y|ications?)\b", re.IGNORECASE)
# "Java developer" names a person, "finance department" a place to work.
_HOLDER = re.compile(
    r"\s+(?:(?:software|web|data|systems?) )?(?:developer|engineer|manager|specialist|consultant|architect"
    r"|analyst|lead|leader|scientist|assistant|officer|director|team|department|group|staff|position|role"
    r"|agency|institute|designer|administrator|professional|partner|expert|intern|student|executive|unit"
    r"|member|communit(?:y|ies)|compan(?:y|ies)|industry|job|tester|programmer|tasks?)s?\b",
    re.IGNORECASE,
)


def normalised_surface(surface: str) -> str:
    """Return a span for comparison: lower case, words and the signs of C++, C# and .NET only."""
    return " ".join(re.findall(r"[\w.+#]*[\w+#]", surface.lower()))


def knowledge_hits(sentence: str) -> list[SkillHit]:
    """Return the skills a sentence asks for as knowledge: a tool, a field or a language to know."""
    return [hit for hit in find_skills(sentence) if _is_knowledge(sentence, hit)]


def _is_knowledge(sentence: str, hit: SkillHit) -> bool:
    if hit.category in _NEVER_KNOWLEDGE or _HOLDER.match(sentence, hit.end):
        return False
    if hit.category == "language":
        return bool(_SPEAKING.search(sentence)) and not _APPLYING.search(sentence)
    return hit.category in _ALWAYS_KNOWLEDGE or bool(_KNOWING.search(sentence))


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
