"""Finding openings: filters, full text, fuzzy titles, keyset pages."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.contrib.postgres.search import SearchQuery
from django.core import signing
from django.db import connection
from django.db.models import (
    BooleanField,
    Case,
    DecimalField,
    F,
    Func,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)

from accounts.isolation import beyond_walls
from accounts.models import Profile
from jobs.matching import PERIODS_A_YEAR, hidden_by_wish
from jobs.models import Company, Job, JobMatch

PAGE_SIZE = 25
COUNT_LIMIT = (
    1000  # beyond this the list says "1,000+": counting millions would cost more than the page
)
FUZZY_THRESHOLD = (
    "0.4"  # two typing errors in a two-word title still find it; PostgreSQL's 0.6 allows one
)
CURSOR_SALT = "jobs.search.cursor"


class Row(Func):
    """Several columns or values as one row, as PostgreSQL compares them: by the first that differs."""

    function = "ROW"


class Before(Func):
    """Whether one row comes before another. Unlike its spelling with OR, an index can start there."""

    template = "%(expressions)s"
    arg_joiner = " < "
    output_field = BooleanField()


@dataclass(frozen=True)
class JobFilters:
    """What a person asked the list for; empty means anything. `pay` is the least yearly amount."""

    text: str = ""
    remote: str = ""
    place: str = ""
    pay: int | None = None
    source: str = ""
    closed: bool = False
    sort: str = "best"

    LABELS: ClassVar[dict[str, str]] = {
        "text": "the search words",
        "remote": "the way of working",
        "place": "the place",
        "pay": "the pay",
        "source": "the source",
    }

    def active(self) -> dict[str, str]:
        """Return the filters in force and how to name them."""
        return {name: label for name, label in self.LABELS.items() if getattr(self, name)}


NO_FILTERS = JobFilters()


@dataclass(frozen=True)
class Card:
    """One opening of the list with its score, if it has one."""

    job: Job
    match: JobMatch | None


@dataclass
class Page:
    """A page of the list. `next_cursor` is empty on the last one; `total` stops counting at COUNT_LIMIT + 1."""

    cards: list[Card]
    next_cursor: str = ""
    total: int = 0
    is_fuzzy: bool = False
    loosen: list[tuple[str, str, int]] = field(default_factory=list)


def find_jobs(profile: Profile, filters: JobFilters, *, cursor: str = "") -> Page:
    """Return a page of the profile's openings, best or newest first; any page costs the same (keyset).

    A search that finds no words falls back to likeness of titles. An empty result says which filter to drop and what
    that would show. A broken cursor starts from the top.
    """
    page = _page(profile, filters, cursor, fuzzy=False)
    if not page.cards and not cursor and filters.text:
        with connection.cursor() as sql:
            sql.execute(
                "SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)",
                [FUZZY_THRESHOLD],
            )
        fuzzy = _page(profile, filters, cursor, fuzzy=True)
        if fuzzy.cards:
            return fuzzy
    if not page.cards and not cursor:
        page.loosen = _loosen(profile, filters)
    return page


def _page(profile: Profile, filters: JobFilters, cursor: str, *, fuzzy: bool) -> Page:
    rows, read_key = _ordered(profile, filters, fuzzy=fuzzy)
    after = _read_cursor(cursor, filters.sort)
    found = _first(rows.filter(_after(filters.sort, after)) if after else rows, filters)
    shown = found[:PAGE_SIZE]
    page = Page(cards=_cards(profile, shown), is_fuzzy=fuzzy)
    if len(found) > PAGE_SIZE:
        page.next_cursor = signing.dumps(read_key(shown[-1]), salt=CURSOR_SALT, compress=False)
    if not cursor:
        page.total = len(shown) if len(found) <= PAGE_SIZE else _count(rows, filters)
    return page


def _first(rows: QuerySet[Any], filters: JobFilters) -> list[Any]:
    """Return a page's rows and one more: the keys of a text search first, then the rows behind the walls again."""
    if not filters.text:
        return list(rows[: PAGE_SIZE + 1])
    with _text_indexes():
        keys = list(rows.values_list("pk", flat=True)[: PAGE_SIZE + 1])
    return list(rows.filter(pk__in=keys))


def _count(rows: QuerySet[Any], filters: JobFilters) -> int:
    """Return how many rows there are, counting no further than COUNT_LIMIT + 1."""
    with _text_indexes() if filters.text else nullcontext():
        return rows.order_by()[: COUNT_LIMIT + 1].count()


@contextmanager
def _text_indexes() -> Iterator[None]:
    """Let PostgreSQL use the text indexes; for keys and counts only.

    Behind row-level security it cannot: it trusts the code of @@ and %> with no row before it has checked the row's
    workspace, and reads every opening. Our conditions name the workspace themselves, and whoever reads rows by these
    keys does so behind the walls, where another workspace's row is missing.
    """
    with beyond_walls(), connection.cursor() as cursor:
        # Starting helpers costs more than a page's search, and they walk far past its end.
        cursor.execute("SELECT set_config('max_parallel_workers_per_gather', '0', true)")
        yield


def _ordered(profile: Profile, filters: JobFilters, *, fuzzy: bool) -> tuple[QuerySet[Any], Any]:
    if filters.sort == "newest":
        jobs = Job.objects.for_workspace(profile.workspace).filter(
            conditions(profile, filters, fuzzy=fuzzy)
        )
        hidden = JobMatch.objects.filter(profile=profile, hidden_at__isnull=False).values("job")
        jobs = (
            jobs.exclude(pk__in=hidden)
            .select_related("source")
            .defer("description_html", "description_text", "embedding", "search")
        )
        return jobs.order_by("-listed_at", "-pk"), lambda job: [job.listed_at.isoformat(), job.pk]
    matches = (
        JobMatch.objects.filter(profile=profile, workspace=profile.workspace, hidden_at=None)
        .filter(conditions(profile, filters, prefix="job__", fuzzy=fuzzy))
        .select_related("job__source")
        .defer(
            "parts",
            "job__description_html",
            "job__description_text",
            "job__embedding",
            "job__search",
        )
    )
    return matches.order_by("-score", "-job_id"), lambda match: [match.score, match.job_id]


def _after(sort: str, key: list[Any]) -> Before:
    if sort == "newest":
        return Before(
            Row("listed_at", "pk"), Row(Value(datetime.fromisoformat(key[0])), Value(key[1]))
        )
    return Before(Row("score", "job_id"), Row(*map(Value, key)))


def _read_cursor(cursor: str, sort: str) -> list[Any] | None:
    try:
        key = signing.loads(cursor, salt=CURSOR_SALT) if cursor else None
    except signing.BadSignature:
        return None
    # A cursor of the other order (the person changed the sort) means nothing here.
    return key if key and isinstance(key[0], str) == (sort == "newest") else None


def _cards(profile: Profile, rows: list[Any]) -> list[Card]:
    if rows and isinstance(rows[0], JobMatch):
        return [Card(match.job, match) for match in rows]
    matches = (
        {match.job_id: match for match in JobMatch.objects.filter(profile=profile, job__in=rows)}
        if rows
        else {}
    )
    return [Card(job, matches.get(job.pk)) for job in rows]


def conditions(
    profile: Profile, filters: JobFilters, *, prefix: str = "", fuzzy: bool = False
) -> Q:
    """Return the filters as one condition on jobs (or on rows that reach the job through `prefix`)."""
    wanted = Q(**{f"{prefix}duplicate_of__isnull": True})
    if not filters.closed:
        wanted &= ~Q(**{f"{prefix}liveness": Job.Liveness.CLOSED})
    if filters.text:
        wanted &= _text(filters.text, prefix, fuzzy=fuzzy)
    if filters.remote:
        wanted &= Q(**{f"{prefix}remote_policy": filters.remote})
    if filters.source:
        wanted &= Q(**{f"{prefix}source__public_id": filters.source})
    if filters.pay:
        wanted &= Q(pk__in=_paying(profile, filters.pay, prefix))
    if filters.place:
        wanted &= Q(pk__in=_at(profile, filters.place, prefix))
    if profile.preferences.hidden_companies:
        wanted &= ~Q(
            **{
                f"{prefix}company__in": Company.objects.for_workspace(profile.workspace).filter(
                    hidden_by_wish(profile)
                )
            }
        )
    return wanted


def _text(text: str, prefix: str, *, fuzzy: bool) -> Q:
    if fuzzy:
        return Q(**{f"{prefix}title__trigram_word_similar": text})
    return Q(**{f"{prefix}search": SearchQuery(text, search_type="websearch", config="english")})


def _own(rows: QuerySet[Job], profile: Profile, prefix: str) -> QuerySet[Any]:
    """Return the subquery's key as the outer query names it: jobs themselves, or the profile's matches of them."""
    return (
        JobMatch.objects.filter(profile=profile, job__in=rows).values("pk")
        if prefix
        else rows.values("pk")
    )


def _paying(profile: Profile, least: int, prefix: str) -> QuerySet[Any]:
    factor = Case(
        *(
            When(salary_period=period, then=Value(factor))
            for period, factor in PERIODS_A_YEAR.items()
        ),
        default=Value(1),
        output_field=DecimalField(),
    )
    most = Case(When(salary_max__isnull=False, then=F("salary_max")), default=F("salary_min"))
    jobs = (
        Job.objects.for_workspace(profile.workspace)
        .annotate(yearly=most * factor)
        .filter(yearly__gte=Decimal(least))
    )
    return _own(jobs, profile, prefix)


def _at(profile: Profile, place: str, prefix: str) -> QuerySet[Any]:
    words = Func(F("locations"), Value(" "), function="array_to_string", output_field=TextField())
    jobs = (
        Job.objects.for_workspace(profile.workspace)
        .annotate(places=words)
        .filter(places__icontains=place)
    )
    return _own(jobs, profile, prefix)


def _loosen(profile: Profile, filters: JobFilters) -> list[tuple[str, str, int]]:
    """Return for each filter in force its name, its label and how many openings dropping it would show."""
    found = []
    for name, label in filters.active().items():
        looser = replace(filters, **{name: getattr(NO_FILTERS, name)})
        count = _count(_ordered(profile, looser, fuzzy=False)[0], looser)
        if count:
            found.append((name, label, count))
    return found
