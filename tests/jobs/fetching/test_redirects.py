"""Redirects are judged like first addresses, and only listed hosts are asked."""

from __future__ import annotations

import ssl

import pytest

from jobs.fetching import FetchRefusedError, FetchTransientError
from jobs.network import Network
from tests.jobs.fetching.board_server import HOST, OTHER, answer, make_fetcher


def test_redirects_are_followed_by_hand(server, fetcher):
    server.replies["/a"] = answer(status="302 Found", headers=("Location: /b",))
    server.replies["/b"] = answer(status="301 Moved", headers=(f"Location: https://{OTHER}/c",))
    server.replies["/c"] = answer(b"there")
    fetched = fetcher.fetch(f"https://{HOST}/a")
    assert (fetched.body, fetched.final_url) == (b"there", f"https://{OTHER}/c")
    assert server.paths == ["/robots.txt", "/a", "/b", "/robots.txt", "/c"]


def test_fourth_redirect_is_refused(server, fetcher):
    server.replies["/a"] = answer(status="302 Found", headers=("Location: /a",))
    with pytest.raises(FetchRefusedError, match="more than 3 times"):
        fetcher.fetch(f"https://{HOST}/a")
    assert server.paths.count("/a") == 4


@pytest.mark.parametrize(
    "location",
    [
        *(
            "http://jobs.acme-board.com/",
            "https://127.0.0.1/",
            "https://localhost/",
            "//127.0.0.1/",
        ),
        *(
            "https://[::1]/",
            "file:///etc/passwd",
            "https://169.254.169.254/latest",
            "gopher://x.com",
        ),
        *("https://jobs.acme-board.com:8443/", "https://u:p@jobs.acme-board.com/", "https://[bad/"),
        *("\\\\127.0.0.1\\x", "https://0x7f000001/", "javascript:alert(1)"),
    ],
)
def test_redirect_to_a_forbidden_place_is_refused(server, fetcher, location):
    server.replies["/a"] = answer(status="302 Found", headers=(f"Location: {location}",))
    with pytest.raises(FetchRefusedError):
        fetcher.fetch(f"https://{HOST}/a")
    assert server.paths == ["/robots.txt", "/a"]


def test_redirect_to_a_private_host_is_refused(server, certificate):
    network = Network(
        resolve=lambda host, _seconds: ["127.0.0.1"] if host == HOST else ["10.0.0.1"],
        is_allowed=lambda address: str(address) == "127.0.0.1",
        tls=ssl.create_default_context(cafile=certificate[0]),
        dial_port=server.port,
    )
    server.replies["/a"] = answer(status="307 Away", headers=(f"Location: https://{OTHER}/x",))
    with pytest.raises(FetchRefusedError, match="private network"):
        make_fetcher(network).fetch(f"https://{HOST}/a")
    assert server.paths == ["/robots.txt", "/a"]


def test_redirect_to_a_disallowed_path_is_refused(server, fetcher):
    server.replies["/a"] = answer(status="302 Found", headers=("Location: /private/x",))
    with pytest.raises(FetchRefusedError, match="asks robots"):
        fetcher.fetch(f"https://{HOST}/a")
    assert server.paths == ["/robots.txt", "/a"]


def test_redirect_without_a_place_is_transient(server, fetcher):
    server.replies["/a"] = answer(status="302 Found")
    with pytest.raises(FetchTransientError, match="without saying where"):
        fetcher.fetch(f"https://{HOST}/a")


def test_only_listed_hosts_are_asked(server, fetcher):
    fetcher.is_listed_host = lambda host: host == HOST
    server.replies["/a"] = answer(status="302 Found", headers=(f"Location: https://{OTHER}/x",))
    with pytest.raises(FetchRefusedError, match=f"{OTHER} is not among the sites"):
        fetcher.fetch(f"https://{HOST}/a")
    with pytest.raises(FetchRefusedError, match="is not among the sites"):
        fetcher.fetch("https://www.linkedin.com/jobs/view/1")
    assert server.paths == ["/robots.txt", "/a"]
