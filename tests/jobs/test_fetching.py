"""The one door out: what it refuses, whom it reaches, and how long and how much it bears."""

from __future__ import annotations

import gzip
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from accounts.internet import is_public_address
from jobs.fetching import (
    Fetcher,
    FetchRefusedError,
    FetchTransientError,
    HostBudget,
    Limits,
    RobotsCache,
)
from jobs.network import Network, judge_url
from jobs.sources.base import BoardStatus
from jobs.sources.registry import board_from_url, fetch_board
from tests.jobs.sources.board_rows import greenhouse_answer, greenhouse_row

HOST = "jobs.acme-board.com"
OTHER = "moved.acme-board.com"
API = "boards-api.greenhouse.io"
ALLOW = b"User-agent: *\nDisallow: /private\n"

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

Reply = Callable[[str], bytes]


def answer(body: bytes = b"", *, status: str = "200 OK", headers: tuple[str, ...] = ()) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


class BoardServer:
    """A TLS server on loopback that answers by path and records what it was asked."""

    def __init__(self, certificate: tuple[str, str]) -> None:
        self.replies: dict[str, bytes | Callable[[ssl.SSLSocket], None]] = {
            "/robots.txt": answer(ALLOW)
        }
        self.requests: list[str] = []
        self.names: list[str | None] = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*certificate)
        self._context.sni_callback = lambda _sock, name, _context: self.names.append(name)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                plain, _peer = self._listener.accept()
            except OSError:
                return
            with plain:
                self._answer(plain)

    def _answer(self, plain: socket.socket) -> None:
        plain.settimeout(5)
        try:
            with self._context.wrap_socket(plain, server_side=True) as connection:
                request = b""
                while b"\r\n\r\n" not in request:
                    chunk = connection.recv(65536)
                    if not chunk:
                        return
                    request += chunk
                text = request.decode()
                self.requests.append(text)
                path = text.split(" ")[1].split("?")[0]
                reply = self.replies.get(path, answer(b"gone", status="404 Not Found"))
                if callable(reply):
                    reply(connection)
                else:
                    connection.sendall(reply)
        except (OSError, ssl.SSLError):
            return  # the client gave up, as several tests mean it to

    @property
    def paths(self) -> list[str]:
        return [request.split(" ")[1] for request in self.requests]

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=10)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> tuple[str, str]:
    """A self-signed certificate for the two test hosts: (certificate file, key file)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in (HOST, OTHER, API)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(built.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return str(folder / "cert.pem"), str(folder / "key.pem")


@pytest.fixture
def server(certificate) -> Iterator[BoardServer]:
    running = BoardServer(certificate)
    yield running
    running.close()


@pytest.fixture
def fetcher(server, certificate) -> Fetcher:
    """A fetcher whose every host is the loopback server, with time-outs of one second."""
    network = Network(
        resolve=lambda _host, _seconds: ["127.0.0.1"],
        is_allowed=lambda address: address == ipaddress.ip_address("127.0.0.1"),
        tls=ssl.create_default_context(cafile=certificate[0]),
        dial_port=server.port,
    )
    return make_fetcher(network)


def make_fetcher(network: Network, **settings) -> Fetcher:
    settings.setdefault("limits", Limits(body_bytes=100_000, total_seconds=2, step_seconds=1))
    return Fetcher(
        site_url="https://roleferry.example/",
        network=network,
        pacer=HostBudget(spacing_seconds=0),
        robots=RobotsCache(),
        **settings,
    )


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


def test_short_body_is_transient(server, fetcher):
    server.replies["/a"] = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"
    with pytest.raises(FetchTransientError):
        fetcher.fetch(f"https://{HOST}/a")


def test_nonsense_is_transient(server, fetcher):
    server.replies["/a"] = b"SSH-2.0-OpenSSH\r\n\r\n"
    with pytest.raises(FetchTransientError, match="did not answer properly"):
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


def test_good_addresses_are_normalised():
    target = judge_url("https://Jobs.Münch-Board.de./Stellen/Köln?ort=Köln#x")
    assert target.host == "jobs.xn--mnch-board-9db.de"
    assert target.path == "/Stellen/K%C3%B6ln?ort=K%C3%B6ln"
