"""What holds for every board: alive, empty, dead, unavailable, and never stopped by one bad row."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from jobs.sources.base import BoardRef, BoardStatus
from jobs.sources.registry import ADAPTERS
from tests.jobs.sources.board_rows import (
    ROWS,
    ashby_answer,
    ashby_row,
    ashby_salary,
    ashby_tiers,
    greenhouse_answer,
    greenhouse_row,
    lever_answer,
    lever_row,
    recruitee_answer,
    recruitee_row,
)

KINDS = sorted(ADAPTERS)
EMPTY = {
    "greenhouse": b'{"jobs": [], "meta": {"total": 0}}',
    "lever": b"[]",
    "ashby": b'{"apiVersion": 1, "jobs": []}',
    "recruitee": b'{"offers": []}',
}
ID_KEY = {"greenhouse": "id", "lever": "id", "ashby": "id", "recruitee": "id"}
TITLE_KEY = {"greenhouse": "title", "lever": "text", "ashby": "title", "recruitee": "title"}


def parse(kind: str, body: bytes, status: int = 200, content_type: str = "application/json"):
    return ADAPTERS[kind].parse(body, status, content_type, BoardRef(kind, "acmelines"))


def only_job(kind: str, body: bytes):
    result = parse(kind, body)
    assert result.errors == ()
    assert len(result.jobs) == 1
    return result.jobs[0]


def test_greenhouse_job():
    job = only_job("greenhouse", greenhouse_answer(greenhouse_row()))
    eastern = timezone(timedelta(hours=-4))
    assert (job.source_kind, job.board_token, job.external_id) == (
        "greenhouse",
        "acmelines",
        "4100001",
    )
    assert (job.title, job.company_name) == ("Senior Ferry Engineer", "Acme Lines")
    assert job.url == job.apply_url == "https://job-boards.greenhouse.io/acmelines/jobs/4100001"
    assert (job.location, job.locations, job.remote_policy) == (
        "Remote, Norway",
        ("Remote, Norway",),
        "remote",
    )
    assert (job.department, job.departments) == ("Engines", ("Engines", "Fleet"))
    assert (job.requisition_id, job.employment_type) == ("R-17", "Regular")
    assert job.posted_at == datetime(2026, 5, 1, 8, tzinfo=eastern)
    assert job.updated_at == datetime(2026, 5, 4, 8, tzinfo=eastern)
    assert job.expires_at is None
    assert job.salary_min is None
    assert job.raw["internal_job_id"] == 4000001


def test_greenhouse_content_is_decoded_exactly_once():
    job = only_job("greenhouse", greenhouse_answer(greenhouse_row()))
    assert job.description_html == "<h3>You</h3><p>Know &amp; love C&lt;T&gt;.</p>"
    assert job.description_text == "You\n\nKnow & love C<T>."
    shown = "&lt;p&gt;Write &amp;lt;script&amp;gt;alert(1)&amp;lt;/script&amp;gt;&lt;/p&gt;"
    job = only_job("greenhouse", greenhouse_answer(greenhouse_row(content=shown)))
    assert job.description_html == "<p>Write &lt;script&gt;alert(1)&lt;/script&gt;</p>"
    assert job.description_text == "Write <script>alert(1)</script>"


def pay_range(**changes):
    return {
        "min_cents": 16600000,
        "max_cents": 19500000,
        "currency_type": "USD",
        "title": "US",
        **changes,
    }


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        ([pay_range()], (Decimal(166000), Decimal(195000), "USD", "year")),
        ([pay_range(min_cents=4550, max_cents=6000, title="Hourly")], (Decimal("45.5"), Decimal(60), "USD", "hour")),
        ([pay_range(min_cents=300000, max_cents=400000)], (None, None, "", "")),
        ([pay_range(), pay_range(title="Zone 2")], (None, None, "", "")),
        ([pay_range(currency_type="dollars")], (None, None, "", "")),
        ([pay_range(min_cents=None)], (None, None, "", "")),
        ([], (None, None, "", "")),
        ("none", (None, None, "", "")),
    ],
)  # fmt: skip
def test_greenhouse_pay_needs_exactly_one_clear_range(ranges, expected):
    job = only_job("greenhouse", greenhouse_answer(greenhouse_row(pay_input_ranges=ranges)))
    assert (job.salary_min, job.salary_max, job.salary_currency, job.salary_period) == expected


def test_greenhouse_shows_every_pay_zone():
    row = greenhouse_row(pay_input_ranges=[pay_range(), pay_range(title="Zone 2")])
    job = only_job("greenhouse", greenhouse_answer(row))
    assert job.salary_text == "USD 166,000–195,000 (US); USD 166,000–195,000 (Zone 2)"


def test_greenhouse_answer_that_leaves_jobs_out_is_not_complete():
    body = json.dumps({"jobs": [greenhouse_row()], "meta": {"total": 167}}).encode()
    result = parse("greenhouse", body)
    assert (result.status, result.announced, result.is_complete) == (BoardStatus.LIVE, 167, False)
    assert parse("greenhouse", greenhouse_answer(greenhouse_row())).is_complete


def test_lever_job():
    job = only_job("lever", lever_answer(lever_row()))
    assert job.external_id == "0d0f7c1e-1111-4222-8333-000000000001"
    assert job.title == "Harbour Pilot"
    assert job.url == f"https://jobs.lever.co/acmelines/{job.external_id}"
    assert job.apply_url == f"{job.url}/apply"
    assert (job.location, job.locations) == ("Bergen", ("Bergen", "Oslo"))
    assert (job.employment_type, job.department, job.team) == ("Full-time", "Operations", "Pilots")
    assert job.remote_policy == "hybrid"
    assert job.posted_at == datetime(2026, 1, 5, 6, 59, 28, 549000, tzinfo=UTC)
    assert job.updated_at is None
    assert (job.salary_min, job.salary_max) == (600000, 700000)
    assert (job.salary_currency, job.salary_period) == ("NOK", "year")
    assert (
        job.description_text
        == "Steer.\nDock.\n\nYou have\n\n- A licence\n- Calm\n\nEarn $5,000 extra."
    )


def test_lever_seconds_are_not_taken_for_milliseconds():
    job = only_job("lever", lever_answer(lever_row(createdAt=1767596368, updatedAt="soon")))
    assert job.posted_at is None
    assert job.updated_at is None


@pytest.mark.parametrize(
    ("stated", "period"),
    [
        *(("per-hour-wage", "hour"), ("per-day-wage", "day"), ("per-week-salary", "week")),
        *(("bi-week-salary", "fortnight"), ("semi-month-salary", "half_month")),
        *(("per-month-salary", "month"), ("one-time", ""), ("bi-month-salary", ""), ("", "")),
    ],
)
def test_lever_interval(stated, period):
    salary = {"interval": stated, "currency": "USD", "min": 50, "max": 60}
    job = only_job("lever", lever_answer(lever_row(salaryRange=salary)))
    assert job.salary_period == period
    assert job.salary_min == (50 if period else None)


def test_lever_pay_in_prose_is_not_mined():
    row = lever_row(salaryRange=None, additional="", additionalPlain="Pay: $185,000 - $225,000")
    job = only_job("lever", lever_answer(row))
    assert job.salary_min is None
    assert "$185,000" in job.description_text


def test_lever_places_fall_back_to_the_single_location():
    row = lever_row(categories={"location": "Remote - Norway"}, workplaceType="unspecified")
    job = only_job("lever", lever_answer(row))
    assert (job.locations, job.remote_policy, job.team) == (("Remote - Norway",), "remote", "")


def test_ashby_job():
    job = only_job("ashby", ashby_answer(ashby_row()))
    assert (job.title, job.department, job.team) == ("Sonar Analyst", "Data", "Signals")
    assert (job.location, job.locations) == ("Toronto", ("Toronto", "Halifax"))
    assert (job.remote_policy, job.is_remote) == ("hybrid", True)
    assert job.employment_type == "FullTime"
    assert job.posted_at == datetime(2026, 4, 20, 22, 43, 56, 531000, tzinfo=UTC)
    assert (job.salary_min, job.salary_max) == (102800, 137000)
    assert (job.salary_currency, job.salary_period) == ("CAD", "year")
    assert job.salary_text == "CA$102.8K – CA$137K"
    assert job.description_html == "<p>Listen.</p>"


def test_ashby_unlisted_job_is_hidden_and_counted():
    hidden = ashby_row(id="hidden", isListed=False)
    result = parse("ashby", ashby_answer(hidden, ashby_row()))
    assert [job.title for job in result.jobs] == ["Sonar Analyst"]
    assert (result.hidden, result.status) == (1, BoardStatus.LIVE)
    result = parse("ashby", ashby_answer(hidden))
    assert (result.jobs, result.hidden, result.status) == ((), 1, BoardStatus.EMPTY)


EQUITY = {"compensationType": "EquityPercentage", "interval": "NONE", "minValue": 1, "maxValue": 2}


@pytest.mark.parametrize(
    ("compensation", "expected"),
    [
        (ashby_tiers([ashby_salary(), EQUITY]), (102800, 137000, "CAD", "year")),
        (ashby_tiers([ashby_salary(maxValue=None)]), (102800, None, "CAD", "year")),
        (ashby_tiers([ashby_salary(minValue=None)]), (None, 137000, "CAD", "year")),
        (ashby_tiers([ashby_salary(interval="1 MONTH", minValue=9000, maxValue=9500)]), (9000, 9500, "CAD", "month")),
        (ashby_tiers([ashby_salary(interval="1 HOUR", minValue=40.5, maxValue=50)]), (Decimal("40.5"), 50, "CAD", "hour")),
        (ashby_tiers([ashby_salary(interval="NONE")]), (None, None, "", "")),
        (ashby_tiers([ashby_salary(interval="1 VOYAGE")]), (None, None, "", "")),
        (ashby_tiers([ashby_salary(currencyCode=None)]), (None, None, "", "")),
        (ashby_tiers([ashby_salary(minValue=None, maxValue=None)]), (None, None, "", "")),
        (ashby_tiers([ashby_salary(), ashby_salary(currencyCode="USD")]), (None, None, "", "")),
        (ashby_tiers([ashby_salary()], [ashby_salary()]), (None, None, "", "")),
        (ashby_tiers([EQUITY]), (None, None, "", "")),
        (ashby_tiers(), (None, None, "", "")),
        ({"compensationTiers": "x"}, (None, None, "", "")),
        ({"compensationTiers": [{"components": ["x", None]}]}, (None, None, "", "")),
        (None, (None, None, "", "")),
    ],
)  # fmt: skip
def test_ashby_salary_needs_one_tier_with_one_salary(compensation, expected):
    job = only_job("ashby", ashby_answer(ashby_row(compensation=compensation)))
    assert (job.salary_min, job.salary_max, job.salary_currency, job.salary_period) == expected


def test_recruitee_job():
    job = only_job("recruitee", recruitee_answer(recruitee_row()))
    assert (job.external_id, job.title) == ("2700001", "Buchhalter (m/w/d)")
    assert job.apply_url == "https://jobs.acmelines.example/o/buchhalter/c/new"
    assert (job.location, job.locations) == (
        "Berlin, Berlin, Germany",
        ("Berlin, Berlin, Germany",),
    )
    assert (job.remote_policy, job.is_remote) == ("hybrid", False)
    assert (job.salary_min, job.salary_max, job.salary_currency) == (60000, 75000, "EUR")
    assert job.posted_at == datetime(2026, 5, 5, 10, 10, 39, tzinfo=UTC)
    assert job.description_text == "Count.\n\n- Numbers"
    result = parse("recruitee", recruitee_answer(recruitee_row(status="draft")))
    assert (result.jobs, result.hidden) == ((), 1)


@pytest.mark.parametrize("kind", KINDS)
def test_empty_board_is_empty(kind):
    result = parse(kind, EMPTY[kind])
    assert (result.status, result.jobs, result.errors) == (BoardStatus.EMPTY, (), ())
    assert result.is_complete


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 404), (b'{"error": "x"}', 404), (b"Not Found", 404), (b"", 410), (b"Not Found", 200)],
)
def test_dead_board_is_dead_and_not_empty(kind, body, status):
    result = parse(kind, body, status, "text/plain")
    assert result.status is BoardStatus.DEAD
    assert not result.is_complete
    assert ADAPTERS[kind].name in result.message


def test_dead_bodies_with_a_friendly_status_are_dead():
    assert parse("greenhouse", b'{"status": 404, "error": "Job not found"}').status == "dead"
    assert parse("lever", b'{"ok": false, "error": "Document not found"}').status == "dead"
    assert parse("lever", b'{"ok": false, "error": "Rate limited"}').status == "unavailable"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [0, 301, 401, 403, 429, 500, 502, 503])
def test_failing_board_is_unavailable(kind, status):
    result = parse(kind, EMPTY[kind], status)
    assert result.status is BoardStatus.UNAVAILABLE
    assert not result.is_complete
    assert result.message.endswith(".")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"null", b"42", b'"text"', b"{}", b'{"jobs": {}}', b'{"jobs": null, "offers": 1}'),
        *(b"<html>Sign in</html>", b"[" * 100_000, b"\xff\xfe\x00", b'{"jobs": [', b"9" * 10_000),
    ],
)
def test_answer_that_is_no_list_is_unavailable(kind, body):
    result = parse(kind, body)
    assert result.status is BoardStatus.UNAVAILABLE
    assert result.jobs == ()


@pytest.mark.parametrize("kind", KINDS)
def test_unchanged_board(kind):
    assert parse(kind, b"", 304).status is BoardStatus.UNCHANGED


BAD_ROWS = [
    *(None, 1, "text", [], {}, {"id": 1}, {"id": {"x": 1}, "title": [], "text": 5}),
    {"id": True, "title": True, "text": True},
]


@pytest.mark.parametrize("kind", KINDS)
def test_bad_rows_are_reported_and_stop_nothing(kind):
    row, answer = ROWS[kind]
    nameless = row(**{TITLE_KEY[kind]: "  "})
    result = parse(kind, answer(*BAD_ROWS, nameless, row()))
    assert len(result.jobs) == 1
    assert [index for index, _sentence in result.errors] == list(range(len(BAD_ROWS) + 1))
    assert all(sentence.endswith(".") for _index, sentence in result.errors)
    assert not result.is_complete
    only_bad = parse(kind, answer(nameless))
    assert (only_bad.status, only_bad.jobs) == (BoardStatus.LIVE, ())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "junk", [None, 0, -1, 1e308, "x", "", [], {}, [None], [[]], {"name": {}}, True, "\u0000\u202e"]
)
def test_junk_in_any_field_never_crashes(kind, junk):
    row, answer = ROWS[kind]
    rows = [row(**{key: junk}) for key in row()]
    result = parse(kind, answer(*rows))
    assert result.status in (BoardStatus.LIVE, BoardStatus.EMPTY)


@pytest.mark.parametrize("kind", KINDS)
def test_two_runs_say_the_same(kind):
    row, answer = ROWS[kind]
    body = answer(row(), row(**{ID_KEY[kind]: "second"}))
    assert parse(kind, body) == parse(kind, body)
    assert len(parse(kind, body).jobs) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_repeated_id_counts_once(kind):
    row, answer = ROWS[kind]
    result = parse(kind, answer(row(), row(**{TITLE_KEY[kind]: "Copy"})))
    assert len(result.jobs) == 1
    assert result.jobs[0].title != "Copy"
    assert "appears twice" in result.errors[0][1]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//x.com", "https://", "a b"]
)
def test_row_with_a_hostile_address_is_left_out(kind, url):
    row, answer = ROWS[kind]
    key = {"greenhouse": "absolute_url", "lever": "hostedUrl", "ashby": "jobUrl"}.get(
        kind, "careers_url"
    )
    result = parse(kind, answer(row(**{key: url})))
    assert result.jobs == ()
    assert "no web address" in result.errors[0][1]


@pytest.mark.parametrize("kind", KINDS)
def test_titles_lose_invisible_characters(kind):
    row, answer = ROWS[kind]
    result = parse(kind, answer(row(**{TITLE_KEY[kind]: "\u202eBoss\u200b\n of  Boats\u00a0"})))
    assert result.jobs[0].title == "Boss  of  Boats"


def test_salaries_that_are_no_numbers_are_left_out():
    body = lever_answer(lever_row()).replace(b"600000", b"NaN").replace(b"700000", b"Infinity")
    assert only_job("lever", body).salary_min is None


@pytest.mark.parametrize("kind", KINDS)
def test_every_source_names_its_terms(kind):
    assert ADAPTERS[kind].terms_url.startswith("https://")
