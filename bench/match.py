"""Scoring 2,000 postings for one profile with reasons and stored results, and the plain count of shared words.

Ours is jobs.matching.store_matches in its usual batches: requirements read from the text, seven parts, findings with
quotes, an upsert of every score. Vectors are there already, as they are after the first profile of a workspace.
The peer counts which of the profile's words stand in the text, and stores the share: a number without a reason.
"""

import time
from datetime import date
from statistics import median

import numpy as np
from django.utils import timezone

from accounts.models import Profile
from bench import IS_TINY
from bench.measuring import alternate, finish, ratio, say_times
from jobs.matching import BATCH, profile_for_match, store_matches
from jobs.models import Job, JobMatch
from llm.embedding import MODEL_ID
from tests.factories.accounts import ProfileFactFactory, ProfileFactory
from tests.factories.jobs import CompanyFactory, JobFactory, SourceFactory

POSTINGS, ROUNDS = (20, 1) if IS_TINY else (2000, 5)
ASKS = (
    "At least {n} years of experience with Python and Django",
    "Strong knowledge of PostgreSQL and Redis",
    "You have run Kubernetes and Terraform in production",
    "Experience with React and TypeScript",
    "Fluent English, German is a plus",
    "A degree in computer science or comparable experience",
)
FACTS = (
    ("role", "Backend Engineer at Harbour Logistics, built booking services with Python, Django and PostgreSQL"),
    ("accomplishment", "Cut the time of a search from 2 s to 80 ms with Redis and better indexes"),
    ("role", "Software Developer at Quay Systems, React front ends and Node.js services"),
    ("skill", "Kubernetes"),
    ("skill", "Terraform"),
    ("education", "Bachelor of Science in Computer Science"),
)  # fmt: skip


def posting(number: int) -> str:
    """Return a posting of about 1.5 kB with the usual headings; no two are alike."""
    asks = [ASKS[(number + step) % len(ASKS)].format(n=number % 9 + 1) for step in range(4)]
    lines = "\n".join(f"- {ask}" for ask in asks)
    return (
        f"Team {number} builds software that ports around the world rely on every day.\n\n"
        "What you will do\n- Design and run services that many people use\n"
        "- Work closely with product managers and designers\n- Review code and help others grow\n\n"
        f"Requirements\n{lines}\n\nNice to have\n- Experience with Airflow or Spark\n- Knowledge of AWS\n\n"
        "What we offer\n- 30 days of holiday\n- A budget for learning\n"
        + "We are a friendly team that likes short meetings and long lunches. "
        * 10
    )


def build() -> tuple[Profile, list[Job]]:
    """Make the profile and the postings, each with a vector."""
    profile = ProfileFactory(location="Hamburg, Germany")
    for position, (kind, text) in enumerate(FACTS):
        ProfileFactFactory(
            profile=profile,
            kind=kind,
            text=text,
            position=position,
            title="Backend Engineer" if kind == "role" else "",
            start_date=date(2018, 1, 1) if kind == "role" else None,
        )
    fixed = {
        "workspace": profile.workspace,
        "source": SourceFactory(workspace=profile.workspace),
        "company": CompanyFactory(workspace=profile.workspace),
    }
    vectors = np.random.default_rng(3).standard_normal((POSTINGS, 512), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    Job.objects.bulk_create(
        [
            JobFactory.build(
                **fixed,
                title=f"Backend Engineer, team {number}",
                description_text=posting(number),
                locations=["Berlin, Germany"],
                embedding=vectors[number],
                embedding_model=MODEL_ID,
                content_hash=f"{number:064x}",
            )
            for number in range(POSTINGS)
        ]
    )
    return profile, list(Job.objects.defer("description_html", "search").order_by("pk"))


def score_ours(profile: Profile, vector: np.ndarray, jobs: list[Job]) -> None:
    """Score every posting as jobs.matching.refresh_matches does."""
    candidate = profile_for_match(profile, today=timezone.now().date())
    for start in range(0, len(jobs), BATCH):
        store_matches(profile, candidate, vector, jobs[start : start + BATCH])


def score_naively(profile: Profile, jobs: list[Job]) -> None:
    """Store the share of the profile's words that each posting holds."""
    wanted = {word for _, text in FACTS for word in text.lower().split()}
    for start in range(0, len(jobs), BATCH):
        rows = [
            JobMatch(
                workspace=profile.workspace,
                profile=profile,
                job=job,
                score=round(100 * len(wanted & set(job.description_text.lower().split())) / len(wanted)),
                profile_version=profile.version,
                job_content_hash=job.content_hash,
            )
            for job in jobs[start : start + BATCH]
        ]  # fmt: skip
        JobMatch.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["profile", "job"],
            update_fields=["score", "profile_version", "job_content_hash", "updated_at"],
        )


def main() -> None:
    profile, jobs = build()
    vector = np.asarray(jobs[0].embedding, dtype=np.float32)
    cpu: dict[str, list[float]] = {"ours": [], "keywords": []}

    def run(name: str, act, *given) -> None:
        began = time.process_time()
        act(profile, *given, jobs)
        cpu[name].append(time.process_time() - began)

    spent = alternate(
        {
            "ours": lambda: run("ours", score_ours, vector),
            "keywords": lambda: run("keywords", score_naively),
        },
        ROUNDS,
    )
    for name, times in spent.items():
        say_times(
            name,
            times,
            postings=POSTINGS,
            ms_per_posting=round(median(times) / POSTINGS, 3),
            cpu_ms_per_posting=round(median(cpu[name]) * 1000 / POSTINGS, 3),
        )
    finish("match", vs_keywords=ratio(spent["keywords"], spent["ours"]))


if __name__ == "__main__":
    main()
