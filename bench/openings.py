"""A workspace with many openings, all scored for one profile, loaded in bulk."""

import itertools
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import connection

from accounts.models import Profile
from jobs.models import Company
from tests.factories.accounts import MembershipFactory, ProfileFactory
from tests.factories.jobs import CompanyFactory, SourceFactory

COMMON = [
    "python",
    "django",
    "postgres",
    "react",
    "kubernetes",
    "terraform",
    "golang",
    "rust",
    "java",
    "spark",
    "airflow",
    "sales",
    "marketing",
    "finance",
    "devops",
    "security",
    "backend",
    "frontend",
    "mobile",
    "android",
    "data",
    "analyst",
    "scientist",
    "manager",
    "director",
    "staff",
    "senior",
    "junior",
    "remote",
    "hybrid",
    "berlin",
    "london",
    "austin",
    "payments",
    "health",
    "fintech",
    "climate",
    "robotics",
    "platform",
]
TITLES = [
    "engineer",
    "analyst",
    "manager",
    "developer",
    "architect",
    "designer",
    "scientist",
    "consultant",
]
PLACES = [
    "Berlin",
    "Hamburg",
    "London",
    "Paris",
    "Madrid",
    "Austin",
    "Boston",
    "Toronto",
    "Lisbon",
    "Warsaw",
]
# Like real text, a posting repeats a few words often and most words seldom.
RARE = [f"word{number}" for number in range(6000)]
WEIGHTS = list(itertools.accumulate([60.0] * len(COMMON) + [1.0] * len(RARE)))
JOB_COLUMNS = (
    "id, public_id, created_at, updated_at, workspace_id, source_id, external_id, company_id, company_name, title, "
    "normalized_title, seniority, function, department, team, url, apply_url, locations, countries, remote_policy, "
    "employment_type, salary_min, salary_max, salary_currency, salary_period, salary_text, requisition_id, listed_at, "
    "last_seen_at, description_html, description_text, hidden_text, skills, content_hash, fingerprint, liveness, "
    "embedding_model, is_sample, closed_at"
)
MATCH_COLUMNS = (
    "public_id, created_at, updated_at, workspace_id, profile_id, job_id, score, parts, reasons, blockers, similarity, "
    "profile_version, job_content_hash, hidden_reason"
)
SLOW_INDEXES = {
    "jobs_job_search": "CREATE INDEX jobs_job_search ON jobs_job USING gin (search)",
    "jobs_job_title_trigram": "CREATE INDEX jobs_job_title_trigram ON jobs_job USING gin (title gin_trgm_ops)",
}


def build(count: int) -> Profile:
    """Make the workspace and return its profile. One opening in twenty is closed; scores spread like a bell."""
    membership = MembershipFactory(role="owner")
    profile = ProfileFactory(workspace=membership.workspace, user=membership.user)
    source = SourceFactory(workspace=profile.workspace)
    companies = CompanyFactory.build_batch(min(count, 2000), workspace=profile.workspace)
    Company.objects.bulk_create(companies)
    with connection.cursor() as cursor:
        for name in SLOW_INDEXES:
            cursor.execute(f"DROP INDEX {name}")
        # No foreign-key checks and sorted building of the big indexes: minutes become seconds.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET maintenance_work_mem = '512MB'")
        with cursor.copy(f"COPY jobs_job ({JOB_COLUMNS}) FROM STDIN") as copy:
            for row in _jobs(count, profile, source, companies):
                copy.write_row(row)
        with cursor.copy(f"COPY jobs_jobmatch ({MATCH_COLUMNS}) FROM STDIN") as copy:
            for row in _matches(count, profile):
                copy.write_row(row)
        for statement in SLOW_INDEXES.values():
            cursor.execute(statement)
        cursor.execute("RESET session_replication_role")
        cursor.execute("VACUUM ANALYZE jobs_job")
        cursor.execute("VACUUM ANALYZE jobs_jobmatch")
    return profile


def _jobs(count: int, profile: Profile, source, companies: list[Company]) -> Iterator[tuple]:
    chance, now = random.Random(7), datetime.now(UTC)
    words = [*COMMON, *RARE]
    sentences = [" ".join(chance.choices(words, cum_weights=WEIGHTS, k=17)) for _ in range(20_000)]
    for number in range(1, count + 1):
        company = companies[number % len(companies)]
        text = ". ".join(chance.choices(sentences, k=2))
        first, second = chance.choices(words, cum_weights=WEIGHTS, k=2)
        title = f"{first} {second} {chance.choice(TITLES)}".title()
        listed = now - timedelta(seconds=number)
        closed = listed if number % 20 == 0 else None
        yield (
            number, UUID(int=number), listed, listed, profile.workspace_id, source.pk, str(number), company.pk,
            company.name, title, title.lower(), "senior", "", "", "", "", "", [chance.choice(PLACES)], ["DE"],
            chance.choice(["remote", "hybrid", "onsite", ""]), "", 60_000, 90_000, "EUR", "year", "", "", listed,
            now, f"<p>{text}</p>", text, "[]", [first, second], f"{number:064x}", "", "closed" if closed else "live",
            "", False, closed,
        )  # fmt: skip


def _matches(count: int, profile: Profile) -> Iterator[tuple]:
    chance, now = random.Random(8), datetime.now(UTC)
    told = [_told(skill) for skill in COMMON]
    for number in range(1, count + 1):
        parts, reasons = chance.choice(told)
        score = min(100, max(0, round(chance.gauss(55, 18))))
        yield (
            UUID(int=number), now, now, profile.workspace_id, profile.pk, number, score, parts, reasons, "[]", 0.5,
            profile.version, f"{number:064x}", "",
        )  # fmt: skip


def _told(skill: str) -> tuple[str, str]:
    """Return what a match stores about its parts and its reasons."""
    finding = {
        "kind": "met",
        "label": skill,
        "sentence": f"The posting asks for {skill}, and you have used it.",
        "quote": f"You know {skill} well",
        "source": "description",
        "start": 10,
        "end": 40,
        "fact_id": str(UUID(int=1)),
        "fact_text": f"Built services with {skill} for three years",
    }
    part = {"key": "must", "label": "Must-haves", "weight": 38, "points": 20, "met": [finding], "missing": []}  # fmt: skip
    return json.dumps([part] * 3), json.dumps([finding] * 3)
