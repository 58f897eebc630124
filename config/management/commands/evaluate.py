"""`manage.py evaluate --samples DIR`: how right the readers are on recorded data with known truth."""

import json
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from jobs.resumes.evaluating import evaluate_resumes
from jobs.salary_evaluation import evaluate_salaries
from jobs.skill_evaluation import evaluate_skills
from jobs.sources.evaluating import evaluate_boards

Evaluation = Callable[[Path], dict[str, Any]]

# Topic: folder below the samples, and what measures it.
TOPICS: dict[str, tuple[str, Evaluation]] = {
    "resumes": ("resumes", evaluate_resumes),
    "ats_boards": ("ats_boards", evaluate_boards),
    "skills": ("skills", evaluate_skills),
    "salary_titles": ("salary_titles", evaluate_salaries),
}
DEFAULT_TOPICS = ("resumes", "ats_boards")


class Command(BaseCommand):
    """Print one JSON object a line: topic, cases, right, wrong, crashed, and what the topic adds."""

    help = (
        "Measure the readers against recorded samples; one JSON line per topic (cases, right, wrong, crashed). "
        "The samples are not part of RoleFerry. Needs neither database nor broker."
    )
    requires_system_checks: list[str] = []  # nothing is stored and nothing is served

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--samples", default="", help="folder with one folder per topic")
        parser.add_argument(
            "--topic",
            default="",
            help=f"one of {', '.join(TOPICS)} (default: {' and '.join(DEFAULT_TOPICS)})",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Raise CommandError with a sentence for an unknown topic or a missing folder, before measuring anything."""
        topics = [options["topic"]] if options["topic"] else list(DEFAULT_TOPICS)
        unknown = [topic for topic in topics if topic not in TOPICS]
        if unknown:
            raise CommandError(
                f"There is no topic named {unknown[0]!r}. Choose one of {', '.join(TOPICS)}."
            )
        folders = {topic: self.folder_of(topic, options["samples"]) for topic in topics}
        for topic, folder in folders.items():
            result = {**TOPICS[topic][1](folder), "topic": topic}
            order = ("topic", "cases", "right", "wrong", "crashed")
            ordered = {key: result.pop(key) for key in order} | result
            self.stdout.write(json.dumps(ordered, ensure_ascii=False, default=str))

    def folder_of(self, topic: str, samples: str) -> Path:
        """Return the topic's folder below `samples`; raise CommandError when either is not there."""
        if not samples:
            raise CommandError("Say where the samples are, as in: make evaluate SAMPLES=DIR")
        folder = Path(samples).expanduser() / TOPICS[topic][0]
        if not folder.is_dir():
            raise CommandError(
                f"There is no folder {folder}, so {topic} cannot be measured. "
                "Give the folder that holds one folder per topic, or choose another topic with TOPIC=…."
            )
        return folder
