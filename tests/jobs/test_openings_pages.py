"""Importing, listing, searching and reading openings as a person does."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts.models import BackgroundTask, Preferences, Profile
from jobs import importing
from jobs.models import Company, Job, JobMatch, Source
from jobs.search import JobFilters, find_jobs
from jobs.sources.base import BoardResult, BoardStatus
from jobs.sources.registry import detect_saved_answer
from tests.factories.accounts import ProfileFactFactory
from tests.factories.jobs import CompanyFactory, JobFactory, JobMatchFactory, SourceFactory

pytestmark = pytest.mark.django_db

# session, user, memberships, walls (up, down), savepoints (2 × 2), profile, matches, count, sources, has a resume, nav counts
LIST_QUERIES = 16


def lever_answer(count=3, **changes):
    rows = [
        {
            "id": f"00000000-0000-4000-8000-{number:012d}",
            "text": f"Backend Engineer {number}",
            "hostedUrl": f"https://jobs.lever.co/acme/00000000-0000-4000-8000-{number:012d}",
            "applyUrl": f"https://jobs.lever.co/acme/00000000-0000-4000-8000-{number:012d}/apply",
            "createdAt": 1779223091267,
            "categories": {
                "location": "Hamburg, Germany",
                "commitment": "Full-time",
                "team": "Platform",
            },
            "workplaceType": "remote",
            "description": "<p>You know <b>Python</b> and PostgreSQL.</p><script>alert(1)</script>",
            "descriptionPlain": "You know Python and PostgreSQL.",
            "salaryRange": {
                "interval": "per-year-salary",
                "currency": "EUR",
                "min": 70000,
                "max": 85000,
            },
            **changes,
        }
        for number in range(count)
    ]
    return json.dumps(rows).encode()


def upload(client, data, capture):
    with capture(execute=True):
        return client.post(
            reverse("jobs:job-import"),
            {"kind": "saved", "file": SimpleUploadedFile("board.json", data)},
        )


def test_a_saved_answer_becomes_scored_openings_and_a_second_run_adds_nothing(
    owner_client, profile, django_capture_on_commit_callbacks
):
    ProfileFactFactory(profile=profile, kind="skill", text="Python")
    upload(owner_client, lever_answer(), django_capture_on_commit_callbacks)
    assert BackgroundTask.objects.get().status == "done"
    jobs = list(Job.objects.order_by("pk"))
    assert [job.title for job in jobs] == [
        "Backend Engineer 0",
        "Backend Engineer 1",
        "Backend Engineer 2",
    ]
    job = jobs[0]
    assert (job.salary_min, job.salary_max, job.salary_currency, job.salary_period) == (
        70000,
        85000,
        "EUR",
        "year",
    )
    assert (job.remote_policy, job.countries, job.locations) == (
        "remote",
        ["DE"],
        ["Hamburg, Germany"],
    )
    assert "<script" not in job.description_html
    assert job.posted_at.year == 2026
    assert JobMatch.objects.filter(profile=profile).count() == 3
    upload(owner_client, lever_answer(), django_capture_on_commit_callbacks)
    assert (
        Job.objects.count(),
        Source.objects.count(),
        Company.objects.count(),
        JobMatch.objects.count(),
    ) == (3, 1, 1, 3)


def test_a_changed_posting_is_updated_and_scored_again(
    owner_client, profile, django_capture_on_commit_callbacks
):
    upload(owner_client, lever_answer(1), django_capture_on_commit_callbacks)
    before = JobMatch.objects.get().job_content_hash
    upload(owner_client, lever_answer(1, text="Data Engineer"), django_capture_on_commit_callbacks)
    assert Job.objects.get().title == "Data Engineer"
    assert JobMatch.objects.get().job_content_hash != before


def test_a_file_that_is_no_board_is_explained(
    owner_client, profile, django_capture_on_commit_callbacks
):
    upload(owner_client, b"{}", django_capture_on_commit_callbacks)
    task = BackgroundTask.objects.get()
    assert task.status == "failed"
    assert "not an answer of a board" in task.error
    assert not Job.objects.exists()


def test_an_address_we_may_not_read_is_refused_and_kept_on_the_form(owner_client, profile):
    response = owner_client.post(
        reverse("jobs:job-import"), {"url": "https://www.linkedin.com/jobs/view/1"}
    )
    page = response.content.decode()
    assert response.status_code == 422
    assert "not a job board RoleFerry may read" in page
    assert "linkedin.com/jobs/view/1" in page
    assert not Source.objects.exists()


def test_closing_needs_a_complete_answer(profile):
    now = timezone.now()
    answer = detect_saved_answer(lever_answer(3))
    source = importing.source_for(profile.workspace, answer.ref, now=now)
    importing.apply_result(source, answer.result, now=now, fetched=True)
    fewer = detect_saved_answer(lever_answer(2)).result
    importing.apply_result(
        source, BoardResult(BoardStatus.UNAVAILABLE, message="No answer."), now=now, fetched=True
    )
    assert Job.objects.filter(liveness="live").count() == 3
    source.refresh_from_db()
    assert (source.health, source.last_error) == ("unavailable", "No answer.")
    report = importing.apply_result(source, fewer, now=now, fetched=True)
    assert (report.closed, report.unchanged, report.created) == (1, 2, 0)
    assert Job.objects.get(liveness="closed").title == "Backend Engineer 2"


def test_what_the_site_says_to_robots_is_recorded(profile, owner_client):
    now = timezone.now()
    answer = detect_saved_answer(lever_answer(1))
    source = importing.source_for(profile.workspace, answer.ref, now=now)
    assert (source.robots, source.checked_on, source.terms_url != "") == ("", None, True)
    importing.apply_result(source, replace(answer.result, robots="allowed"), now=now, fetched=True)
    source.refresh_from_db()
    assert (source.health, source.robots, source.checked_on) == ("live", "allowed", now.date())
    refused = BoardResult(
        BoardStatus.UNAVAILABLE, message="Robots may not read this.", robots="disallowed"
    )
    importing.apply_result(source, refused, now=now, fetched=True)
    source.refresh_from_db()
    assert (source.health, source.robots, Job.objects.filter(liveness="live").count()) == (
        "refused",
        "disallowed",
        1,
    )
    assert "robots.txt disallowed" in owner_client.get(reverse("jobs:source-list")).content.decode()


def test_a_dead_board_is_dead_and_closes_its_openings(profile):
    now = timezone.now()
    answer = detect_saved_answer(lever_answer(2))
    source = importing.source_for(profile.workspace, answer.ref, now=now)
    importing.apply_result(source, answer.result, now=now, fetched=True)
    importing.apply_result(
        source, BoardResult(BoardStatus.DEAD, message="Gone."), now=now, fetched=True
    )
    source.refresh_from_db()
    assert source.health == "dead"
    assert Job.objects.filter(liveness="closed").count() == 2


def test_the_same_vacancy_on_another_board_is_a_duplicate(profile):
    now = timezone.now()
    answer = detect_saved_answer(lever_answer(1))
    first = importing.source_for(profile.workspace, answer.ref, now=now)
    importing.apply_result(first, answer.result, now=now, fetched=True)
    second = SourceFactory(workspace=profile.workspace, kind="ashby", board_token="acme")
    importing.apply_result(second, answer.result, now=now, fetched=True)
    copies = Job.objects.exclude(duplicate_of=None)
    assert copies.get().source.kind in {"ashby", "lever"}
    assert Job.objects.filter(duplicate_of=None).count() == 1


def test_pasting_a_posting_scores_it(owner_client, profile, django_capture_on_commit_callbacks):
    data = {
        "title": "Ferry Captain",
        "company": "Harbour Works",
        "location": "Hamburg",
        "text": "You steer our ferry. Python is a plus.",
    }
    with django_capture_on_commit_callbacks(execute=True):
        response = owner_client.post(reverse("jobs:job-new"), data)
    job = Job.objects.get()
    assert response["Location"] == reverse("jobs:job-detail", args=[job.public_id])
    assert (job.title, job.company_name, job.locations) == (
        "Ferry Captain",
        "Harbour Works",
        ["Hamburg"],
    )
    assert JobMatch.objects.filter(job=job, profile=profile).exists()


def scored(profile, score, **fields):
    job = JobFactory(workspace=profile.workspace, **fields)
    return JobMatchFactory(profile=profile, job=job, score=score)


def test_best_first_by_keyset_without_gaps_or_repeats(profile, owner_client):
    for number in range(60):
        scored(profile, number % 7 * 10, title=f"Role {number}")
    seen, cursor = [], ""
    for _ in range(3):
        page = find_jobs(profile, JobFilters(), cursor=cursor)
        seen += [(card.match.score, card.job.pk) for card in page.cards]
        cursor = page.next_cursor
    assert cursor == ""
    assert len(set(seen)) == 60
    assert seen == sorted(seen, reverse=True)


def test_the_list_costs_the_same_on_every_page(profile, owner_client, django_assert_num_queries):
    for number in range(30):
        scored(profile, 50, title=f"Role {number}")
    with django_assert_num_queries(LIST_QUERIES):
        first = owner_client.get(reverse("jobs:job-list"))
    link = first.context["next_url"]
    with django_assert_num_queries(LIST_QUERIES - 1):
        owner_client.get(reverse("jobs:job-list") + link)


def test_filters_and_search(profile):
    berlin = scored(
        profile,
        80,
        title="Platform Engineer",
        locations=["Berlin, Germany"],
        remote_policy="onsite",
        salary_max=60000,
        salary_period="year",
    )
    remote = scored(
        profile,
        70,
        title="Data Scientist",
        locations=["Anywhere"],
        remote_policy="remote",
        salary_min=9000,
        salary_period="month",
    )
    closed = scored(profile, 90, title="Gone", liveness="closed", closed_at=timezone.now())

    def found(**filters):
        return [card.job.title for card in find_jobs(profile, JobFilters(**filters)).cards]

    assert found() == ["Platform Engineer", "Data Scientist"]
    assert found(closed=True) == ["Gone", "Platform Engineer", "Data Scientist"]
    assert found(place="berlin") == ["Platform Engineer"]
    assert found(remote="remote") == ["Data Scientist"]
    assert found(pay=100000) == ["Data Scientist"]
    assert found(text="scientist") == ["Data Scientist"]
    assert found(source=str(berlin.job.source.public_id)) == ["Platform Engineer"]
    assert found(sort="newest") == [remote.job.title, berlin.job.title]
    fuzzy = find_jobs(profile, JobFilters(text="Platfrom Enginer"))
    assert (fuzzy.is_fuzzy, [card.job.title for card in fuzzy.cards]) == (
        True,
        ["Platform Engineer"],
    )
    assert closed.job.title not in found(text="gone")


def test_a_text_search_stays_in_its_workspace(profile, owner_client, stranger):
    scored(profile, 80, title="Harbour Pilot")
    other = Profile.objects.get(workspace=stranger.workspace)
    scored(other, 90, title="Harbour Pilot Abroad")
    for sort in ("best", "newest"):
        answer = owner_client.get(reverse("jobs:job-list"), {"q": "pilot", "sort": sort})
        page = answer.content.decode()
        assert (answer.context["count"], "Harbour Pilot" in page) == ("1", True)
        assert "Abroad" not in page
    fuzzy = owner_client.get(reverse("jobs:job-list"), {"q": "harbor pilott"}).content.decode()
    assert "Harbour Pilot" in fuzzy
    assert "Abroad" not in fuzzy


def test_pages_in_order_of_time_meet_without_gaps_or_repeats(profile, owner_client):
    for number in range(40):
        listed = timezone.now() - timedelta(days=number // 3)
        scored(profile, 50, title=f"Role {number}", listed_at=listed)
    first = find_jobs(profile, JobFilters(sort="newest"))
    second = find_jobs(profile, JobFilters(sort="newest"), cursor=first.next_cursor)
    jobs = [card.job for card in first.cards + second.cards]
    assert (len(jobs), len({job.pk for job in jobs}), second.next_cursor) == (40, 40, "")
    assert jobs == sorted(jobs, key=lambda job: (job.listed_at, job.pk), reverse=True)


def test_an_empty_result_says_what_to_drop(profile, owner_client):
    scored(
        profile,
        80,
        title="Platform Engineer",
        locations=["Berlin, Germany"],
        remote_policy="onsite",
    )
    page = owner_client.get(
        reverse("jobs:job-list"), {"place": "berlin", "remote": "remote"}
    ).content.decode()
    assert "Drop the way of working to see 1" in page
    assert "Drop the place" not in page


def test_hidden_companies_are_not_listed(profile):
    company = CompanyFactory(workspace=profile.workspace, name="Acme Inc.", normalized_name="acme")
    scored(profile, 80, company=company)
    Preferences.objects.filter(profile=profile).update(hidden_companies=["ACME, Inc"])
    profile.refresh_from_db()
    assert find_jobs(profile, JobFilters()).cards == []


def test_hiding_and_undo(profile, owner_client):
    match = scored(profile, 80)
    owner_client.post(reverse("jobs:job-hide", args=[match.job.public_id]))
    assert find_jobs(profile, JobFilters()).cards == []
    assert find_jobs(profile, JobFilters(sort="newest")).cards == []
    owner_client.post(reverse("jobs:job-unhide", args=[match.job.public_id]))
    assert len(find_jobs(profile, JobFilters()).cards) == 1


def test_htmx_gets_the_results_only(profile, owner_client):
    scored(profile, 80)
    page = owner_client.get(
        reverse("jobs:job-list"), {"q": "backend"}, headers={"HX-Request": "true"}
    )
    assert page.content.decode().lstrip().startswith('<div id="job-results"')
    assert "HX-Request" in page["Vary"]


def test_a_hostile_posting_stays_text(profile, owner_client):
    match = scored(
        profile,
        80,
        title="<script>alert(1)</script>",
        description_text="<img src=x onerror=alert(1)> Python",
        description_html="<img src=x onerror=alert(1)><p>Python</p>",
    )
    page = owner_client.get(reverse("jobs:job-detail", args=[match.job.public_id])).content.decode()
    assert "<script>alert" not in page
    assert "<img" not in page


def test_strangers_and_viewers(profile, stranger_client, viewer_client):
    match = scored(profile, 80)
    detail = reverse("jobs:job-detail", args=[match.job.public_id])
    assert stranger_client.get(detail).status_code == 404
    assert viewer_client.get(detail).status_code == 200
    for name in ("jobs:job-hide", "jobs:job-save"):
        url = reverse(name, args=[match.job.public_id])
        assert stranger_client.post(url).status_code == 404
        assert viewer_client.post(url).status_code == 403
    assert (
        viewer_client.post(
            reverse("jobs:job-import"), {"url": "https://jobs.lever.co/acme"}
        ).status_code
        == 403
    )
    match.refresh_from_db()
    assert match.hidden_at is None
    assert not Source.objects.filter(kind="lever").exists()
