"""Which board an address or an upload belongs to, and what is refused."""

from __future__ import annotations

import ipaddress
import json

import pytest

from jobs.fetching import Fetcher, HostBudget, RobotsCache
from jobs.network import Network
from jobs.sources.base import BoardRef, BoardStatus, UnlistedSourceError
from jobs.sources.evaluating import evaluate_boards
from jobs.sources.registry import adapter_for, board_from_url, detect_saved_answer, fetch_board
from tests.jobs.sources.board_rows import ROWS, ashby_row, greenhouse_row, lever_row, recruitee_row

ADDRESSES = [
    ("https://boards.greenhouse.io/acme", BoardRef("greenhouse", "acme")),
    ("https://boards.greenhouse.io/acme/", BoardRef("greenhouse", "acme")),
    ("boards.greenhouse.io/Acme?t=1#x", BoardRef("greenhouse", "acme")),
    ("http://boards.greenhouse.io/acme/jobs/12", BoardRef("greenhouse", "acme", "", "12")),
    ("https://job-boards.greenhouse.io/acme/jobs/1", BoardRef("greenhouse", "acme", "", "1")),
    ("https://job-boards.eu.greenhouse.io/acme/jobs/1", BoardRef("greenhouse", "acme", "eu", "1")),
    ("https://boards.eu.greenhouse.io/acme", BoardRef("greenhouse", "acme", "eu")),
    ("https://boards-api.greenhouse.io/v1/boards/acme/jobs?content=true", BoardRef("greenhouse", "acme")),
    ("https://api.greenhouse.io/v1/boards/acme/jobs/5", BoardRef("greenhouse", "acme", "", "5")),
    ("https://boards.greenhouse.io/embed/job_board?for=acme", BoardRef("greenhouse", "acme")),
    ("https://boards.greenhouse.io/embed/job_app?for=acme&token=77", BoardRef("greenhouse", "acme", "", "77")),
    ("https://jobs.lever.co/acme", BoardRef("lever", "acme")),
    ("https://jobs.lever.co/Acme/abc-1", BoardRef("lever", "Acme", "", "abc-1")),
    ("https://jobs.lever.co/acme/abc-1/apply?lever-source=x", BoardRef("lever", "acme", "", "abc-1")),
    ("https://jobs.eu.lever.co/acme", BoardRef("lever", "acme", "eu")),
    ("https://api.lever.co/v0/postings/acme?mode=json", BoardRef("lever", "acme")),
    ("https://api.eu.lever.co/v0/postings/acme/abc", BoardRef("lever", "acme", "eu", "abc")),
    ("https://jobs.ashbyhq.com/acme", BoardRef("ashby", "acme")),
    ("https://jobs.ashbyhq.com/Acme%20Lines/abc/application", BoardRef("ashby", "Acme Lines", "", "abc")),
    ("https://api.ashbyhq.com/posting-api/job-board/acme?includeCompensation=true", BoardRef("ashby", "acme")),
    ("https://acme.recruitee.com/", BoardRef("recruitee", "acme")),
    ("https://acme.recruitee.com/o/some-job", BoardRef("recruitee", "acme", "", "some-job")),
    ("https://acme.recruitee.com/api/offers/", BoardRef("recruitee", "acme")),
]  # fmt: skip


@pytest.mark.parametrize(("url", "ref"), ADDRESSES)
def test_public_addresses_name_their_board(url, ref):
    assert board_from_url(url) == ref
    adapter = adapter_for(ref.kind)
    assert adapter.board_from_url(adapter.api_url(ref)).token == ref.token


@pytest.mark.parametrize(
    "url",
    [
        *(
            "https://www.linkedin.com/jobs/view/1",
            "https://de.indeed.com/x",
            "https://www.glassdoor.com/x",
        ),
        *(
            "https://boards.greenhouse.io/",
            "https://www.greenhouse.io/acme",
            "https://jobs.lever.co/",
        ),
        *(
            "https://api.lever.co/v1/acme",
            "https://www.recruitee.com/",
            "https://app.recruitee.com/x",
        ),
        *(
            "https://boards.greenhouse.io.evil.com/acme",
            "https://evil.com/boards.greenhouse.io/acme",
        ),
        *(
            "https://jobs.lever.co@evil.com/acme",
            "https://evil.com#jobs.lever.co/acme",
            "https://xjobs.lever.co/a",
        ),
        *(
            "javascript://jobs.lever.co/acme",
            "ftp://jobs.lever.co/acme",
            "",
            "   ",
            "https://[",
            "not a url",
        ),
        *(
            "https://jobs.lever.co/..%2f..",
            "https://jobs.lever.co/a;b",
            "https://jobs.ashbyhq.com/%2e%2e%2fx",
        ),
        *(
            "https://acme.evil.recruitee.com/",
            "https://a_b.recruitee.com/",
            "https://boards.greenhouse.io/jobs/5",
        ),
    ],
)
def test_unlisted_addresses_are_refused_with_a_way_on(url):
    with pytest.raises(UnlistedSourceError, match="Paste the posting"):
        board_from_url(url)


def test_api_addresses():
    assert (
        adapter_for("lever").api_url(BoardRef("lever", "acme", "eu"))
        == "https://api.eu.lever.co/v0/postings/acme?mode=json"
    )
    assert adapter_for("ashby").api_url(BoardRef("ashby", "Acme Lines")) == (
        "https://api.ashbyhq.com/posting-api/job-board/Acme%20Lines?includeCompensation=true"
    )
    with pytest.raises(UnlistedSourceError, match="'monster'"):
        adapter_for("monster")


@pytest.mark.parametrize("kind", sorted(ROWS))
def test_saved_answers_are_recognised(kind):
    row, answer = ROWS[kind]
    saved = detect_saved_answer(b"\n " + answer(row()))
    token = {"ashby": "Acme Lines"}.get(kind, "acmelines")
    assert saved.ref == BoardRef(kind, token)
    assert saved.result.status is BoardStatus.LIVE
    assert saved.result.jobs[0].board_token == token


def test_saved_answers_without_jobs():
    assert detect_saved_answer(b"[]").result.status is BoardStatus.EMPTY
    assert detect_saved_answer(b'{"offers": []}').ref.kind == "recruitee"
    assert detect_saved_answer(b'{"jobs": [], "meta": {"total": 0}}').ref.kind == "greenhouse"
    assert detect_saved_answer(b'{"jobs": [], "apiVersion": "1"}').ref.kind == "ashby"
    for body, kind in (
        (b"Not Found", "ashby"),
        (b'{"status": 404, "error": "Job not found"}', "greenhouse"),
        (b'{"ok": false, "error": "Document not found"}', "lever"),
    ):
        saved = detect_saved_answer(body)
        assert (saved.ref.kind, saved.result.status) == (kind, BoardStatus.DEAD)


@pytest.mark.parametrize(
    "body",
    [
        *(
            b"",
            b"{}",
            b"null",
            b"1",
            b'"x"',
            b"[1]",
            b'[{"a": 1}]',
            b'{"jobs": []}',
            b'{"jobs": [{"a": 1}]}',
        ),
        *(
            b"<html></html>",
            b"%PDF-1.7",
            b"[" * 99_999,
            b"\x00\xff",
            b'{"jobs": {"absolute_url": 1}}',
        ),
    ],
)
def test_other_uploads_are_not_taken_for_a_board(body):
    assert detect_saved_answer(body) is None


def test_failed_fetch_is_an_unavailable_board_with_its_sentence():
    network = Network(
        resolve=lambda _host, _seconds: ["10.0.0.1"],
        is_allowed=lambda address: address not in ipaddress.ip_network("10.0.0.0/8"),
    )
    fetcher = Fetcher(network=network, pacer=HostBudget(), robots=RobotsCache())
    result = fetch_board(fetcher, BoardRef("lever", "acme"), etag='"1"')
    assert (result.status, result.etag) == (BoardStatus.UNAVAILABLE, '"1"')
    assert result.message == "The host api.lever.co points into a private network."


def test_evaluation_counts_right_wrong_and_crashed(tmp_path):
    for kind, make in (
        *(("greenhouse", greenhouse_row), ("lever", lever_row), ("recruitee", recruitee_row)),
        ("ashby", ashby_row),
    ):
        (tmp_path / f"{kind}.json").write_bytes(ROWS[kind][1](make()))
    (tmp_path / "hidden.json").write_bytes(ROWS["ashby"][1](ashby_row(isListed=False)))
    truth = [
        {"file": "greenhouse.json", "ats": "greenhouse", "external_id": "4100001", "title": "Senior Ferry Engineer",
         "company": "Acme Lines", "departments": ["Engines", "Fleet"], "updated": "2026-05-04T08:00:00-04:00"},
        {"file": "lever.json", "ats": "lever", "external_id": lever_row()["id"], "workplace": "hybrid", "created_ms": 1767596368549,
         "salary": lever_row()["salaryRange"], "all_locations": ["Bergen", "Oslo"]},
        {"file": "ashby.json", "ats": "ashby", "external_id": ashby_row()["id"], "remote": True, "workplace": "Hybrid",
         "compensation": "CA$102.8K – CA$137K", "secondary": ["Halifax"], "listed": True},
        {"file": "recruitee.json", "ats": "recruitee", "external_id": "2700001", "salary": recruitee_row()["salary"], "remote": False},
        {"file": "hidden.json", "ats": "ashby", "external_id": ashby_row()["id"], "title": "Sonar Analyst", "listed": False},
        {"file": "lever.json", "ats": "lever", "external_id": lever_row()["id"], "title": "Captain"},
        {"file": "lever.json", "ats": "lever", "external_id": "unknown"},
        {"file": "missing.json", "ats": "lever", "external_id": "x"},
    ]  # fmt: skip
    lines = [json.dumps({**row, "index": 0}) for row in truth]
    (tmp_path / "truth.jsonl").write_text("\n".join(lines))
    scores = evaluate_boards(tmp_path)
    assert {name: scores[name] for name in ("cases", "right", "wrong", "crashed")} == {
        "cases": 8,
        "right": 5,
        "wrong": 2,
        "crashed": 1,
    }
    assert scores["details"][0]["fields"]["title"] == {
        "expected": "Captain",
        "imported": "Harbour Pilot",
    }
