"""The way out: which addresses may be reached, and a connection pinned to the one that was judged.

Users hand us web addresses, so every one is treated as an attempt to reach our own network
(server-side request forgery). A host is resolved once, every answer must be public, and the
connection goes to exactly that answer, so a name that changes its mind between the check and the
connection (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import cast
from urllib.parse import quote, urlsplit

import dns.exception
import dns.name
import dns.resolver

from accounts.internet import IPAddress, is_public_address

MAX_URL_CHARACTERS = 2_048
HTTPS_PORT = 443
# RFC 1035 section 2.3.4.
MAX_HOST_CHARACTERS = 253
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_FORBIDDEN_CHARACTERS = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029\ufeff]")
# Names that never belong to the public internet (RFC 6761, RFC 8375, RFC 9476, ICANN's .internal).
_PRIVATE_SUFFIXES = (
    *("localhost", "local", "internal", "intranet", "private", "corp", "home", "lan", "home.arpa"),
    *("test", "invalid", "onion", "alt", "in-addr.arpa", "ip6.arpa", "localdomain"),
)


class FetchError(Exception):
    """A page was not fetched; the message is a sentence that can be shown."""


class FetchRefusedError(FetchError):
    """Fetching this is against our rules; trying again will not help."""


class RobotsRefusedError(FetchRefusedError):
    """The site itself asks robots not to read the page."""


class FetchTransientError(FetchError):
    """The other side failed or is busy; `retry_after` is in seconds when it is known."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


@dataclass(frozen=True)
class Target:
    """A judged https address: lower-case ASCII `host` and the `path` with its query."""

    host: str
    path: str

    @property
    def url(self) -> str:
        return f"https://{self.host}{self.path}"


@dataclass
class Deadline:
    """The moment (monotonic seconds) by which everything must be done, and the longest one step."""

    at: float
    step: float

    def seconds_left(self) -> float:
        """Return the time-out of the next step; raises FetchTransientError when none is left."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise FetchTransientError("The site took too long to answer. We will try again later.")
        return min(left, self.step)


def judge_url(url: str) -> Target:
    """Return the target of an address RoleFerry may fetch, or raise FetchRefusedError.

    Only https on port 443 of a named public host, without credentials; an IP address in any
    spelling, a one-word name and names reserved for private use are refused. The fragment is
    dropped.
    """
    if len(url) > MAX_URL_CHARACTERS or _FORBIDDEN_CHARACTERS.search(url):
        raise FetchRefusedError("That is not a web address we can open; copy it from the browser.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise FetchRefusedError(
            "That web address is malformed; copy it from the browser."
        ) from error
    if parts.scheme != "https":
        raise FetchRefusedError("Only https addresses are fetched; use the https:// form.")
    if "@" in parts.netloc:
        raise FetchRefusedError("Addresses with a user name in them are not fetched; remove it.")
    if port not in (None, HTTPS_PORT):
        raise FetchRefusedError("Only the standard https port is fetched; remove the port number.")
    host = _judge_host(parts.hostname or "")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    return Target(host=host, path=f"{path}?{query}" if query else path)


def _judge_host(host: str) -> str:
    try:
        name = host.encode("idna").decode("ascii").lower().removesuffix(".")
    except UnicodeError as error:
        raise FetchRefusedError("The host name in that address is not valid.") from error
    labels = name.split(".")
    if len(name) > MAX_HOST_CHARACTERS or not all(map(_LABEL.fullmatch, labels)):
        raise FetchRefusedError("The host in that address is not a public host name.")
    # A last label that is a number makes the whole an IPv4 address (WHATWG URL, ends-in-a-number).
    if len(labels) < 2 or re.fullmatch(r"\d+|0x[0-9a-f]*", labels[-1]):
        raise FetchRefusedError("Only public host names are fetched, not numbers or local names.")
    if any(name == suffix or name.endswith(f".{suffix}") for suffix in _PRIVATE_SUFFIXES):
        raise FetchRefusedError("That host name is reserved for private networks.")
    return name


def resolve_host(host: str, seconds: float) -> Sequence[str]:
    """Return every A and AAAA answer for `host` from the configured name servers.

    Raises FetchTransientError when there is none. The hosts file and search domains are not
    consulted, so a short or local name never resolves.
    """
    resolver = dns.resolver.Resolver()
    name = dns.name.from_text(host)
    found: list[str] = []
    failure: Exception | None = None
    for kind in ("A", "AAAA"):
        try:
            answer = resolver.resolve(name, kind, lifetime=seconds, search=False)
            found.extend(str(record) for record in answer)
        except dns.exception.DNSException as error:
            failure = error
    if not found:
        raise FetchTransientError(f"The host {host} could not be found.") from failure
    return found


@cache
def verifying_context() -> ssl.SSLContext:
    """Return the context that checks certificates against the system's authorities."""
    return ssl.create_default_context()


@dataclass(frozen=True)
class Network:
    """What a fetch touches outside the process; the defaults are the safe ones.

    Tests replace the resolver, trust their own authority and dial a loopback port. Nothing in the
    product constructs one with arguments.
    """

    resolve: Callable[[str, float], Sequence[str]] = resolve_host
    is_allowed: Callable[[IPAddress], bool] = is_public_address
    tls: ssl.SSLContext = field(default_factory=verifying_context)
    dial_port: int = HTTPS_PORT

    def addresses_of(self, host: str, seconds: float) -> list[IPAddress]:
        """Return the addresses of `host`, or raise FetchRefusedError if even one is not public."""
        addresses = []
        for answer in self.resolve(host, seconds):
            try:
                addresses.append(ipaddress.ip_address(answer))
            except ValueError as error:
                raise FetchRefusedError(f"The host {host} has no valid address.") from error
        if not addresses:
            raise FetchTransientError(f"The host {host} could not be found.")
        if not all(map(self.is_allowed, addresses)):
            raise FetchRefusedError(f"The host {host} points into a private network.")
        return addresses

    def connect(self, host: str, deadline: Deadline) -> DeadlineSocket:
        """Return a TLS connection to one judged address of `host`, its certificate verified."""
        failure: OSError | None = None
        for address in self.addresses_of(host, deadline.seconds_left())[:3]:
            try:
                plain = socket.create_connection(
                    (str(address), self.dial_port), timeout=deadline.seconds_left()
                )
            except OSError as error:
                failure = error
                continue
            plain.settimeout(deadline.seconds_left())
            return DeadlineSocket(self._wrap(plain, host), deadline)
        raise FetchTransientError(f"The host {host} could not be reached.") from failure

    def _wrap(self, plain: socket.socket, host: str) -> ssl.SSLSocket:
        try:
            return self.tls.wrap_socket(plain, server_hostname=host)
        except ssl.SSLCertVerificationError as error:
            plain.close()
            raise FetchRefusedError(
                f"The certificate of {host} is not valid, so it was not trusted."
            ) from error
        except OSError as error:
            plain.close()
            raise FetchTransientError(f"No secure connection to {host} was possible.") from error


class DeadlineSocket:
    """A connected socket on which no operation outlives the deadline, however slow the drip."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._connection = connection
        self._deadline = deadline
        self._has_reader = False

    def sendall(self, data: bytes) -> None:
        """Send everything before the deadline."""
        self._connection.settimeout(self._deadline.seconds_left())
        self._connection.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        """Return a buffered reader, the only form http.client asks for."""
        if mode != "rb":
            raise ValueError("Only reading is supported.")
        self._has_reader = True
        return io.BufferedReader(_DeadlineReader(self._connection, self._deadline))

    def close(self) -> None:
        """Close the connection, or leave that to the reader: http.client hands it over early."""
        if not self._has_reader:
            self._connection.close()


class _DeadlineReader(io.RawIOBase):
    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        super().__init__()
        self._connection = connection
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        self._connection.settimeout(self._deadline.seconds_left())
        return self._connection.recv_into(cast(bytearray, buffer))

    def close(self) -> None:
        if not self.closed:
            self._connection.close()
        super().close()


class PinnedConnection(http.client.HTTPSConnection):
    """An HTTP/1.1 connection that reaches its host only through `network`; proxies are ignored."""

    def __init__(self, host: str, *, network: Network, deadline: Deadline) -> None:
        super().__init__(host, context=network.tls)
        self._network = network
        self._deadline = deadline

    def connect(self) -> None:
        """Connect to a judged address of the host."""
        self.sock = cast(socket.socket, self._network.connect(self.host, self._deadline))
