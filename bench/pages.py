"""The list of openings over 200,000 scored ones: keyset pages against OFFSET with COUNT, full text against icontains.

Ours is the real view through Django's test client: session, tenant walls, search, template. The peers run the usual
Django queries in the same view (a paginator over the same joined rows; icontains on title or text), without the walls.
"""

import itertools
from unittest.mock import patch

from django.core import signing
from django.core.paginator import Paginator
from django.db.models import Q
from django.test import Client
from django.urls import reverse

from accounts.models import Membership, Profile
from bench import IS_TINY
from bench.measuring import alternate, finish, ratio, say_times
from bench.openings import COMMON, build
from jobs import search
from jobs.models import Job, JobMatch
from jobs.search import PAGE_SIZE, Card, JobFilters, Page
from jobs.views import openings

OPENINGS, PAGE_ROUNDS, SEARCH_ROUNDS, DEEP = (500, 1, 1, 4) if IS_TINY else (200_000, 20, 12, 400)


def listed(profile: Profile):
    """Return what the list shows, best first, as one would write it first."""
    return (
        JobMatch.objects.filter(profile=profile, hidden_at=None, job__duplicate_of=None)
        .exclude(job__liveness=Job.Liveness.CLOSED)
        .select_related("job__source")
        .defer("job__description_html", "job__description_text", "job__embedding", "job__search")
        .order_by("-score", "-job_id")
    )


def offset_page(profile: Profile, filters: JobFilters, *, cursor: str = "") -> Page:
    """Page number `cursor` by COUNT and OFFSET."""
    page = Paginator(listed(profile), PAGE_SIZE).page(int(cursor or 1))
    return Page(
        [Card(match.job, match) for match in page], str(page.number + 1), page.paginator.count
    )


def icontains_page(profile: Profile, filters: JobFilters, *, cursor: str = "") -> Page:
    """The first page of a search by icontains, every word in the title or the text."""
    rows = listed(profile)
    for word in filters.text.split():
        rows = rows.filter(Q(job__title__icontains=word) | Q(job__description_text__icontains=word))
    page = Paginator(rows, PAGE_SIZE).page(1)
    return Page([Card(match.job, match) for match in page], "", page.paginator.count)


class Visitor:
    """A logged-in person who reads the list."""

    def __init__(self, profile: Profile) -> None:
        self.client, self.address = Client(), reverse("jobs:job-list")
        member = Membership.objects.get(workspace=profile.workspace)
        self.client.force_login(member.user, backend="django.contrib.auth.backends.ModelBackend")

    def read(self, finder, **query: str) -> str:
        """Read one page made by `finder`: the whole of the first, and of later ones what "Load more" loads."""
        headers = {"HX-Request": "true"} if "after" in query else {}
        with patch.object(openings, "find_jobs", finder):
            answer = self.client.get(self.address, query, headers=headers)
        if answer.status_code != 200 or b"data-item" not in answer.content:
            raise SystemExit(f"The list answered {answer.status_code} without openings: {query}")
        return answer.content.decode()


def deep_cursor(profile: Profile) -> str:
    """Return the cursor of the last row before page DEEP."""
    before = listed(profile)[(DEEP - 1) * PAGE_SIZE - 1]
    return signing.dumps([before.score, before.job_id], salt=search.CURSOR_SALT, compress=False)


def main() -> None:
    profile = build(OPENINGS)
    visitor, ours, cursor = Visitor(profile), search.find_jobs, deep_cursor(profile)
    pages = alternate(
        {
            "keyset page 1": lambda: visitor.read(ours),
            "offset page 1": lambda: visitor.read(offset_page),
            f"keyset page {DEEP}": lambda: visitor.read(ours, after=cursor),
            f"offset page {DEEP}": lambda: visitor.read(offset_page, after=str(DEEP)),
        },
        PAGE_ROUNDS,
    )
    # Common words, pairs of them, and rare words, in turn; both systems get the same ones.
    words = [
        *COMMON[:6],
        "python berlin",
        "data health",
        "remote senior",
        "word77",
        "word1234",
        "word5",
    ]
    if IS_TINY:
        words = COMMON[:2]
    asked = {name: itertools.cycle(words) for name in ("ours", "icontains")}
    searches = alternate(
        {
            "full text": lambda: visitor.read(ours, q=next(asked["ours"])),
            "icontains": lambda: visitor.read(icontains_page, q=next(asked["icontains"])),
        },
        SEARCH_ROUNDS,
    )
    for name, spent in (pages | searches).items():
        say_times(name, spent, openings=OPENINGS)
    finish(
        "pages",
        vs_offset=ratio(pages["offset page 1"], pages["keyset page 1"]),
        vs_offset_deep=ratio(pages[f"offset page {DEEP}"], pages[f"keyset page {DEEP}"]),
        vs_icontains=ratio(searches["icontains"], searches["full text"]),
    )


if __name__ == "__main__":
    main()
