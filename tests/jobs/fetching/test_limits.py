"""How long and how much a fetch bears, and how often a host is asked."""

from __future__ import annotations

import gzip
import ssl
import time

import pytest

from accounts.internet import is_public_address
from jobs.fetching import Fetcher, FetchRefusedError, FetchTransientError, HostBudget, Limits
from tests.jobs.fetching.board_server import HOST, OTHER, answer


def test_body_over_the_cap_is_refused(server, fetcher):
    server.replies["/exact"] = answer(b"x" * 100_000)
    server.replies["/over"] = answer(b"x" * 100_001)
    assert len(fetcher.fetch(f"https://{HOST}/exact").body) == 100_000
    with pytest.raises(FetchRefusedError, match="larger than"):
        fetcher.fetch(f"https://{HOST}/over")


def test_endless_body_is_cut_off(server, fetcher):
    def endless(connection: ssl.SSLSocket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _number in range(10_000):
            connection.sendall(b"x" * 16_384)

    server.replies["/a"] = endless
    with pytest.raises(FetchRefusedError, match="larger than"):
        fetcher.fetch(f"https://{HOST}/a")


def test_gzip_is_unpacked(server, fetcher):
    server.replies["/a"] = answer(gzip.compress(b"plain"), headers=("Content-Encoding: gzip",))
    assert fetcher.fetch(f"https://{HOST}/a").body == b"plain"
    assert "\r\nAccept-Encoding: gzip\r\n" in server.requests[-1]


def test_gzip_bomb_is_refused(server, fetcher):
    bomb = gzip.compress(b"\0" * 50_000_000)
    assert len(bomb) < 100_000
    server.replies["/a"] = answer(bomb, headers=("Content-Encoding: gzip",))
    with pytest.raises(FetchRefusedError, match="larger than"):
        fetcher.fetch(f"https://{HOST}/a")


def test_cut_and_false_packing_are_transient(server, fetcher):
    server.replies["/cut"] = answer(
        gzip.compress(b"x" * 999)[:-9], headers=("Content-Encoding: gzip",)
    )
    server.replies["/false"] = answer(b"not packed", headers=("Content-Encoding: gzip",))
    for path in ("/cut", "/false"):
        with pytest.raises(FetchTransientError):
            fetcher.fetch(f"https://{HOST}{path}")


def test_unasked_packing_is_refused(server, fetcher):
    server.replies["/a"] = answer(b"x", headers=("Content-Encoding: br",))
    with pytest.raises(FetchRefusedError, match="'br'"):
        fetcher.fetch(f"https://{HOST}/a")


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_slow_drip_ends_at_the_deadline(server, fetcher, start):
    def drip(connection: ssl.SSLSocket) -> None:
        connection.sendall(start)
        for _number in range(100):
            connection.sendall(b"x")
            time.sleep(0.1)

    server.replies["/a"] = drip
    started = time.monotonic()
    with pytest.raises(FetchTransientError, match="too long"):
        fetcher.fetch(f"https://{HOST}/a")
    assert 1.5 < time.monotonic() - started < 4


def test_silent_server_ends_at_the_step(server, fetcher):
    server.replies["/a"] = lambda _connection: time.sleep(1.5)
    started = time.monotonic()
    with pytest.raises(FetchTransientError):
        fetcher.fetch(f"https://{HOST}/a")
    assert time.monotonic() - started < 2


def test_budget_spaces_and_counts_requests():
    now, slept = [1000.0], []
    budget = HostBudget(spacing_seconds=2, per_hour=3, clock=lambda: now[0], sleep=slept.append)
    for _number in range(3):
        budget.take(HOST)
    budget.take(OTHER)
    assert slept == [2, 4]
    with pytest.raises(FetchTransientError, match="hourly budget") as spent:
        budget.take(HOST)
    assert spent.value.retry_after == 3600
    now[0] += 3600
    budget.take(HOST)
    assert len(slept) == 2 or slept[-1] <= 6


def test_budget_does_not_sleep_for_ever():
    slept = []
    budget = HostBudget(spacing_seconds=6, clock=lambda: 0.0, sleep=slept.append)
    budget.take(HOST)
    budget.take(HOST)
    with pytest.raises(FetchTransientError, match="waiting"):
        budget.take(HOST)
    assert slept == [6]


def test_defaults_are_the_safe_ones():
    fetcher = Fetcher()
    assert fetcher.user_agent == "RoleFerry/0.1.0"
    assert fetcher.limits == Limits(20 * 1024 * 1024, 30, 10, 3)
    assert fetcher.network.is_allowed is is_public_address
    assert fetcher.network.dial_port == 443
    assert fetcher.network.tls.verify_mode is ssl.CERT_REQUIRED
    assert fetcher.network.tls.check_hostname
