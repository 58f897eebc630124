"""The one door out: which addresses and answers it refuses before it connects."""

from __future__ import annotations

import ipaddress
import socket
import ssl

import pytest

from accounts.internet import is_public_address
from jobs.fetching import FetchRefusedError, FetchTransientError
from jobs.network import Network, judge_url
from tests.jobs.fetching.board_server import HOST, make_fetcher

REFUSED_URLS = [
    *(f"{scheme}://jobs.acme-board.com/" for scheme in ("http", "ftp", "file", "gopher", "dict", "ldap", "ws", "jar", "netdoc", "HTTP")),
    "//jobs.acme-board.com/", "jobs.acme-board.com", "", " ", "https://", "https:///x", "https://?x", "javascript:alert(1)", "data:text/html,x",
    "file:///etc/passwd", "https:jobs.acme-board.com", "https:/\\jobs.acme-board.com",
    *(f"https://jobs.acme-board.com:{port}/" for port in ("80", "22", "25", "6379", "5432", "8080", "8443", "0", "99999", "-1", "44x")),
    "https://user@jobs.acme-board.com/", "https://user:pass@jobs.acme-board.com/", "https://jobs.acme-board.com@127.0.0.1/",
    "https://127.0.0.1:443@jobs.acme-board.com/", "https://a@b@c.com/",
    "https://localhost/", "https://LOCALHOST/", "https://localhost./", "https://a.localhost/", "https://ip6-localhost/", "https://metadata/",
    "https://redis/", "https://postgres/x", "https://metadata.google.internal/", "https://printer.local/", "https://x.lan/", "https://x.home.arpa/",
    "https://intranet.corp/", "https://x.test/", "https://x.invalid/", "https://abc.onion/", "https://1.0.0.127.in-addr.arpa/",
    "https://127.0.0.1/", "https://127.1/", "https://127.0.1/", "https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/",
    "https://0177.0.0.1/", "https://017700000001/", "https://127.0.0.1./", "https://0/", "https://0.0.0.0/", "https://10.0.0.1/",
    "https://172.16.0.1/", "https://192.168.1.1/", "https://169.254.169.254/latest/meta-data/", "https://100.100.100.200/", "https://8.8.8.8/",
    "https://255.255.255.255/", "https://127.0.0.1%00.acme-board.com/", "https://127。0。0。1/", "https://①②⑦.⓪.⓪.①/", "https://１２７.０.０.１/",
    "https://ⓛocalhost/", "https://[::1]/", "https://[::]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/", "https://[fd00:ec2::254]/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://[2001:4860:4860::8888]/",
    "https://[::1", "https://::1/", "https://[127.0.0.1]/",
    "https://jobs.acme-board.com\\@127.0.0.1/", "https://jobs.acme-board.com\\.evil.com/", "https://jobs.acme-board.com /", "https://jobs.acme\tboard.com/",
    "https://jobs.acme-board.com/\r\nHost: evil.com", "https://jobs.acme-board.com/\nx", "https://jobs.acme-board.com/\x00", " https://jobs.acme-board.com/",
    "https://jobs.acme-board.com/ x", "https://jobs_acme.com/", "https://-jobs.com/", "https://jobs-.com/", "https://jobs..com/", "https://.com/",
    "https://jobs.com,evil.com/", "https://jobs.com;evil.com/", "https://jobs.com%2eevil.com/", "https://jobs.com%23.evil.com/", "https://jobs.com&x.com/",
    "https://*.com/", "https://${jndi:ldap}/", "https://" + "a" * 64 + ".com/", "https://" + "a." * 130 + "com/", "https://jobs.com/" + "x" * 3000,
    "https://a.0x7f/", "https://a.127/", "https://\u202ejobs.com/", "https://\u2028.com/", "https://xn--\u0000.com/",
]  # fmt: skip
PRIVATE_V4 = (
    "127.0.0.1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "169.254.169.254",
    "0.0.0.0",
    "100.64.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "168.63.129.16",
)


def spellings(address: str) -> list[str]:
    """Every way a URL may spell an IPv4 address."""
    number = int(ipaddress.IPv4Address(address))
    octets = address.split(".")
    return [
        address,
        f"{address}.",
        str(number),
        hex(number),
        oct(number).replace("0o", "0"),
        ".".join(map(hex, map(int, octets))),
        ".".join(f"0{int(octet):o}" for octet in octets),
        ".".join(octet.zfill(3) for octet in octets),
        f"{octets[0]}.{number & 0xFFFFFF}",
        f"[::ffff:{address}]",
        f"[64:ff9b::{address}]",
        f"[2002:{number >> 16:x}:{number & 0xFFFF:x}::]",
    ]


PRIVATE_ANSWERS = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254"),
    *("169.254.169.254", "169.254.0.1", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.0.1"),
    *("198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("168.63.129.16", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1", "::127.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2"),
    *("2001:db8::1", "2001:10::1", "2001:20::1", "2002:7f00:1::", "2002:a00:1::1", "2002:0808:0808::1", "3fff::1", "5f00::1"),
    *("fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1", "4000::1", "::ffff:192.168.0.1"),
]  # fmt: skip
PUBLIC_ANSWERS = [
    *("8.8.8.8", "1.1.1.1", "93.184.215.14", "172.15.0.1", "172.32.0.1", "2606:4700::1111"),
    *("::ffff:8.8.8.8", "64:ff9b::808:808", "2a00:1450:4001::1"),
]


def no_connection(host: str, _seconds: float) -> list[str]:
    raise AssertionError(f"{host} was resolved")


@pytest.mark.parametrize("host", [name for ip in PRIVATE_V4 for name in spellings(ip)])
def test_address_in_any_spelling_is_refused_before_resolving(host):
    with pytest.raises(FetchRefusedError):
        make_fetcher(Network(resolve=no_connection)).fetch(f"https://{host}/latest/meta-data/")


@pytest.mark.parametrize("url", REFUSED_URLS)
def test_hostile_address_is_refused_before_resolving(url):
    fetcher = make_fetcher(Network(resolve=no_connection))
    with pytest.raises(FetchRefusedError) as refused:
        fetcher.fetch(url)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize("address", PRIVATE_ANSWERS)
def test_private_answer_is_refused_without_connecting(address, monkeypatch):
    dialled = []
    monkeypatch.setattr(socket, "create_connection", lambda *args, **kwargs: dialled.append(args))
    for answers in ([address], ["8.8.8.8", address], [address, "2606:4700::1111"]):
        fetcher = make_fetcher(Network(resolve=lambda _host, _seconds, found=answers: found))
        with pytest.raises(FetchRefusedError, match="private network"):
            fetcher.fetch(f"https://{HOST}/")
    assert dialled == []


@pytest.mark.parametrize("address", PUBLIC_ANSWERS)
def test_public_addresses_are_allowed(address):
    assert is_public_address(ipaddress.ip_address(address))


def test_malformed_answer_is_refused():
    fetcher = make_fetcher(Network(resolve=lambda _host, _seconds: ["not an address"]))
    with pytest.raises(FetchRefusedError):
        fetcher.fetch(f"https://{HOST}/")


def test_host_without_answers_is_transient():
    fetcher = make_fetcher(Network(resolve=lambda _host, _seconds: []))
    with pytest.raises(FetchTransientError, match="could not be found"):
        fetcher.fetch(f"https://{HOST}/")


def test_rebinding_name_never_gets_a_private_connection(server, certificate):
    """Each connection goes to the answer that was judged; a later answer is judged anew."""
    answers = iter([["127.0.0.1"], ["127.0.0.2"], ["127.0.0.1"]])
    resolved = []

    def rebind(_host: str, _seconds: float) -> list[str]:
        resolved.append(next(answers))
        return resolved[-1]

    network = Network(
        resolve=rebind,
        is_allowed=lambda address: str(address) == "127.0.0.1",
        tls=ssl.create_default_context(cafile=certificate[0]),
        dial_port=server.port,
    )
    with pytest.raises(FetchRefusedError, match="private network"):
        make_fetcher(network).fetch(f"https://{HOST}/jobs")
    assert resolved == [["127.0.0.1"], ["127.0.0.2"]]
    assert server.paths == ["/robots.txt"]


def test_good_addresses_are_normalised():
    target = judge_url("https://Jobs.Münch-Board.de./Stellen/Köln?ort=Köln#x")
    assert target.host == "jobs.xn--mnch-board-9db.de"
    assert target.path == "/Stellen/K%C3%B6ln?ort=K%C3%B6ln"
