"""What a site gets to see, and what becomes of its answer."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC

import pytest

from jobs.fetching import FetchRefusedError, FetchTransientError
from jobs.network import Network
from jobs.sources.base import BoardStatus
from jobs.sources.registry import board_from_url, fetch_board
from tests.jobs.fetching.board_server import HOST, answer, make_fetcher
from tests.jobs.sources.board_rows import greenhouse_answer, greenhouse_row


def test_answer_of_a_board(server, fetcher):
    server.replies["/v1/jobs"] = answer(
        b'{"jobs": []}', headers=('ETag: W/"7"', "Content-Type: application/json")
    )
    fetched = fetcher.fetch(
        f"https://{HOST.upper()}:443/v1/jobs?a=1&b=%20#part", accept="application/json"
    )
    assert (fetched.status, fetched.body, fetched.etag) == (200, b'{"jobs": []}', 'W/"7"')
    assert fetched.content_type == "application/json"
    assert fetched.final_url == f"https://{HOST}/v1/jobs?a=1&b=%20"
    assert fetched.robots == "allowed"
    assert fetched.fetched_at.tzinfo is UTC
    asked = server.requests[-1]
    assert asked.startswith("GET /v1/jobs?a=1&b=%20 HTTP/1.1\r\n")
    assert f"\r\nHost: {HOST}\r\n" in asked
    assert (
        "\r\nUser-Agent: RoleFerry/0.1.0 (+https://roleferry.example/about/fetching)\r\n" in asked
    )
    assert "\r\nAccept: application/json\r\n" in asked
    assert "If-None-Match" not in asked
    assert "Cookie" not in asked
    assert set(server.names) == {HOST}


def test_unchanged_board_answers_304(server, fetcher):
    server.replies["/jobs"] = answer(status="304 Not Modified")
    fetched = fetcher.fetch(f"https://{HOST}/jobs", etag='W/"7"')
    assert (fetched.status, fetched.body) == (304, b"")
    assert '\r\nIf-None-Match: W/"7"\r\n' in server.requests[-1]


def test_header_injection_through_the_etag_is_refused(server, fetcher):
    with pytest.raises(FetchRefusedError):
        fetcher.fetch(f"https://{HOST}/jobs", etag="x\r\nX-Evil: 1")
    assert server.paths == ["/robots.txt"]


def test_certificate_of_another_name_is_refused(server, fetcher):
    with pytest.raises(FetchRefusedError, match="certificate"):
        fetcher.fetch("https://somebody-else.com/")
    assert server.requests == []


def test_proxy_environment_is_ignored(server, fetcher, monkeypatch):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://10.0.0.1:3128")
    server.replies["/jobs"] = answer(b"ok")
    assert fetcher.fetch(f"https://{HOST}/jobs").body == b"ok"


def test_short_body_is_transient(server, fetcher):
    server.replies["/a"] = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"
    with pytest.raises(FetchTransientError):
        fetcher.fetch(f"https://{HOST}/a")


def test_nonsense_is_transient(server, fetcher):
    server.replies["/a"] = b"SSH-2.0-OpenSSH\r\n\r\n"
    with pytest.raises(FetchTransientError, match="did not answer properly"):
        fetcher.fetch(f"https://{HOST}/a")


def test_refused_connection_is_transient(certificate):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    network = Network(
        resolve=lambda _host, _seconds: ["127.0.0.1"],
        is_allowed=lambda _address: True,
        tls=ssl.create_default_context(cafile=certificate[0]),
        dial_port=port,
    )
    with pytest.raises(FetchTransientError, match="could not be reached"):
        make_fetcher(network).fetch(f"https://{HOST}/")


def test_board_from_address_to_jobs_and_back_for_changes(server, fetcher):
    ref = board_from_url("https://job-boards.greenhouse.io/acmelines/jobs/4100001")
    path = "/v1/boards/acmelines/jobs"
    server.replies[path] = answer(greenhouse_answer(greenhouse_row()), headers=('ETag: "v1"',))
    result = fetch_board(fetcher, ref)
    assert (result.status, result.etag) == (BoardStatus.LIVE, '"v1"')
    assert [job.external_id for job in result.jobs] == ["4100001"]
    assert server.paths == ["/robots.txt", f"{path}?content=true"]

    server.replies[path] = answer(status="304 Not Modified")
    result = fetch_board(fetcher, ref, etag=result.etag)
    assert (result.status, result.etag) == (BoardStatus.UNCHANGED, '"v1"')
    assert '\r\nIf-None-Match: "v1"\r\n' in server.requests[-1]

    server.replies[path] = answer(b'{"status": 404, "error": "Job not found"}', status="404 No")
    assert fetch_board(fetcher, ref).status is BoardStatus.DEAD
    server.replies[path] = answer(status="502 Bad Gateway")
    assert fetch_board(fetcher, ref).status is BoardStatus.UNAVAILABLE


def test_a_board_whose_site_refuses_robots_says_so(server, fetcher):
    server.replies["/robots.txt"] = answer(b"User-agent: *\nDisallow: /")
    result = fetch_board(fetcher, board_from_url("https://job-boards.greenhouse.io/acmelines"))
    assert (result.status, result.robots) == (BoardStatus.UNAVAILABLE, "disallowed")
    assert "asks robots not to read" in result.message
    assert server.paths == ["/robots.txt"]
