"""What a site's robots.txt lets the fetcher read, and when it is asked."""

from __future__ import annotations

import ssl

import pytest

from jobs.fetching import FetchRefusedError, FetchTransientError, RobotsCache
from jobs.network import Network
from tests.jobs.fetching.board_server import HOST, answer, make_fetcher


def test_disallowed_path_is_refused_and_logged(server, fetcher, caplog):
    server.replies["/private/jobs"] = answer(b"secret")
    with pytest.raises(FetchRefusedError, match="asks robots not to read"):
        fetcher.fetch(f"https://{HOST}/private/jobs")
    assert server.paths == ["/robots.txt"]
    assert [record.host for record in caplog.records] == [HOST]


def test_robots_is_asked_once_a_day(server, certificate):
    now = [0.0]
    network = Network(
        resolve=lambda _host, _seconds: ["127.0.0.1"],
        is_allowed=lambda _address: True,
        tls=ssl.create_default_context(cafile=certificate[0]),
        dial_port=server.port,
    )
    fetcher = make_fetcher(network)
    fetcher.robots = RobotsCache(clock=lambda: now[0])
    for moment in (0, 10, 24 * 3600 + 1):
        now[0] = moment
        fetcher.fetch(f"https://{HOST}/jobs")
    assert server.paths == ["/robots.txt", "/jobs", "/jobs", "/robots.txt", "/jobs"]


@pytest.mark.parametrize("status", ["404 Not Found", "403 Forbidden", "410 Gone"])
def test_missing_robots_allows(server, fetcher, status):
    server.replies["/robots.txt"] = answer(status=status)
    server.replies["/private/x"] = answer(b"ok")
    assert fetcher.fetch(f"https://{HOST}/private/x").body == b"ok"


@pytest.mark.parametrize("status", ["500 Oops", "503 Busy", "429 Slow down"])
def test_broken_robots_stops_the_fetch(server, fetcher, status):
    server.replies["/robots.txt"] = answer(status=status)
    with pytest.raises(FetchTransientError, match="what robots may read"):
        fetcher.fetch(f"https://{HOST}/jobs")
    assert server.paths == ["/robots.txt"]
