"""The one guarded door for outbound HTTP.

Every request leaves through `Fetcher.fetch`: judged address, pinned connection, robots.txt, one
honest name, bounded size and time, redirects followed by hand and judged again.
"""

from __future__ import annotations

import http.client
import logging
import time
import zlib
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Literal, Protocol
from urllib.parse import urljoin

from jobs.network import (
    Deadline,
    FetchError,
    FetchRefusedError,
    FetchTransientError,
    Network,
    PinnedConnection,
    RobotsRefusedError,
    Target,
    judge_url,
)
from jobs.robots import ALLOW_ALL, MAX_BYTES, RobotsRules, parse_robots

__all__ = [
    "FetchError",
    "FetchRefusedError",
    "FetchTransientError",
    "Fetched",
    "Fetcher",
    "HostBudget",
    "Limits",
    "Network",
    "Pacer",
    "RobotsCache",
    "RobotsVerdict",
]

logger = logging.getLogger(__name__)

ROBOT = "RoleFerry"
VERSION = "0.1.0"
REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
# RFC 9309 section 2.4: a robots.txt is not to be used from the cache for more than 24 hours.
ROBOTS_CACHE_SECONDS = 24 * 3600
MAX_CACHED_HOSTS = 2_000
# A worker does not sleep longer than this for its turn at a host.
MAX_WAIT_SECONDS = 10.0
_CHUNK_BYTES = 65_536

RobotsVerdict = Literal["allowed", "disallowed", "unknown"]


@dataclass(frozen=True)
class Limits:
    """Bounds of one fetch with all its redirects: bytes (before and after unpacking), seconds."""

    body_bytes: int = 20 * 1024 * 1024
    total_seconds: float = 30.0
    step_seconds: float = 10.0
    redirects: int = 3


@dataclass(frozen=True)
class Fetched:
    """An answer: `headers` with lower-case names, `body` unpacked, `robots` what the site allows.

    `robots` is "unknown" only for answers fetched without asking (robots.txt itself).
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    final_url: str
    robots: RobotsVerdict
    fetched_at: datetime

    @property
    def etag(self) -> str:
        return self.headers.get("etag", "")

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")


class Pacer(Protocol):
    """Decides when a host may be asked again."""

    def take(self, host: str) -> None:
        """Return when `host` may be asked now, or raise FetchTransientError with retry_after."""


@dataclass
class HostBudget:
    """Spaces requests to one host and counts them per hour, within this process.

    Waits for the spacing (at most `spacing_seconds`); an hour's budget that is spent raises
    FetchTransientError instead.
    """

    spacing_seconds: float = 1.0
    per_hour: int = 600
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _taken: dict[str, deque[float]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def take(self, host: str) -> None:
        """Take one request to `host` out of the budget, after the spacing has passed."""
        with self._lock:
            now = self.clock()
            taken = self._taken.setdefault(host, deque())
            while taken and taken[0] <= now - 3600:
                taken.popleft()
            if len(taken) >= self.per_hour:
                raise FetchTransientError(
                    f"The hourly budget of requests to {host} is spent. We continue later.",
                    retry_after=taken[0] + 3600 - now,
                )
            start = max(now, taken[-1] + self.spacing_seconds) if taken else now
            if start - now > MAX_WAIT_SECONDS:
                raise FetchTransientError(
                    f"Too many requests to {host} are waiting. We continue later.",
                    retry_after=start - now,
                )
            taken.append(start)
        if start > now:
            self.sleep(start - now)


@dataclass
class RobotsCache:
    """Remembers each host's robots.txt rules for a day, within this process."""

    clock: Callable[[], float] = time.monotonic
    _rules: dict[str, tuple[float, RobotsRules]] = field(default_factory=dict)

    def get(self, host: str) -> RobotsRules | None:
        """Return a host's rules unless they are unknown or older than a day."""
        expires_at, rules = self._rules.get(host, (0.0, None))
        return rules if rules is not None and expires_at > self.clock() else None

    def put(self, host: str, rules: RobotsRules) -> None:
        """Remember a host's rules."""
        if len(self._rules) >= MAX_CACHED_HOSTS:
            self._rules.clear()
        self._rules[host] = (self.clock() + ROBOTS_CACHE_SECONDS, rules)


# One budget and one memory for all fetchers of a process: a host does not care which task asks.
SHARED_BUDGET = HostBudget()
SHARED_ROBOTS = RobotsCache()


@dataclass
class Fetcher:
    """Fetches public pages. Safe without any setting; `site_url` only makes our name reachable.

    `is_listed_host` narrows which hosts may be asked (and redirected to); None allows every
    public host.
    """

    site_url: str = ""
    network: Network = field(default_factory=Network)
    limits: Limits = field(default_factory=Limits)
    pacer: Pacer = field(default_factory=lambda: SHARED_BUDGET)
    robots: RobotsCache = field(default_factory=lambda: SHARED_ROBOTS)
    is_listed_host: Callable[[str], bool] | None = None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    @property
    def user_agent(self) -> str:
        """The one name under which RoleFerry asks, with a page that explains why."""
        about = f" (+{self.site_url.rstrip('/')}/about/fetching)" if self.site_url else ""
        return f"{ROBOT}/{VERSION}{about}"

    def fetch(self, url: str, *, etag: str = "", accept: str = "*/*") -> Fetched:
        """Return the answer to a GET of `url`, whatever its status.

        With `etag` (from an earlier answer) the site may answer 304 without a body. Raises
        FetchRefusedError for what we must not fetch and FetchTransientError for what failed.
        """
        headers = {"Accept": accept, "If-None-Match": etag}
        deadline = self._deadline()
        target = judge_url(url)
        for _hop in range(self.limits.redirects + 1):
            self._check_listed(target)
            self._check_robots(target, deadline)
            answer = self._request(target, headers, deadline, self.limits.body_bytes)
            if answer.status not in REDIRECT_STATUSES:
                return answer
            target = _redirect_target(target, answer)
        raise FetchRefusedError(
            f"The address redirects more than {self.limits.redirects} times, so it was given up."
        )

    def _deadline(self) -> Deadline:
        return Deadline(time.monotonic() + self.limits.total_seconds, self.limits.step_seconds)

    def _check_listed(self, target: Target) -> None:
        if self.is_listed_host is not None and not self.is_listed_host(target.host):
            raise FetchRefusedError(
                f"{target.host} is not among the sites RoleFerry reads. Paste the text instead."
            )

    def _check_robots(self, target: Target, deadline: Deadline) -> None:
        if self._robots_rules(target.host, deadline).allows(target.path):
            return
        logger.warning("robots.txt disallows a fetch", extra={"host": target.host})
        raise RobotsRefusedError(
            f"{target.host} asks robots not to read this page, so RoleFerry does not. "
            "Paste the text instead."
        )

    def _robots_rules(self, host: str, deadline: Deadline) -> RobotsRules:
        rules = self.robots.get(host)
        if rules is None:
            rules = self._read_robots(host, deadline)
            self.robots.put(host, rules)
        return rules

    def _read_robots(self, host: str, deadline: Deadline) -> RobotsRules:
        """Return a host's rules (RFC 9309 section 2.3.1): none for 4xx, no fetch at all for 5xx."""
        target = Target(host, "/robots.txt")
        answer = None
        for _hop in range(self.limits.redirects + 1):
            answer = self._request(target, {"Accept": "text/plain"}, deadline, MAX_BYTES, cut=True)
            if answer.status not in REDIRECT_STATUSES:
                break
            target = _redirect_target(target, answer)
            self._check_listed(target)
        status = answer.status if answer else 0
        if answer and status == 200:
            return parse_robots(answer.body, robot=ROBOT)
        if status == 429 or status >= 500:
            raise FetchTransientError(
                f"{host} could not say what robots may read, so nothing was read. "
                "We will try again later."
            )
        return ALLOW_ALL

    def _request(
        self,
        target: Target,
        headers: Mapping[str, str],
        deadline: Deadline,
        body_bytes: int,
        *,
        cut: bool = False,
    ) -> Fetched:
        """Send one GET on a connection of its own; `cut` keeps the start of too long a body."""
        self.pacer.take(target.host)
        connection = PinnedConnection(target.host, network=self.network, deadline=deadline)
        sent = {"User-Agent": self.user_agent, "Accept-Encoding": "gzip", "Connection": "close"}
        sent |= {name: value for name, value in headers.items() if value}
        try:
            connection.request("GET", target.path, headers=sent)
            with closing(connection.getresponse()) as response:
                body = _read_body(response, body_bytes, cut=cut)
        except TimeoutError as error:
            raise FetchTransientError(
                f"{target.host} took too long to answer. We will try again later."
            ) from error
        except (OSError, http.client.HTTPException, zlib.error) as error:
            raise FetchTransientError(
                f"{target.host} did not answer properly. We will try again later."
            ) from error
        except ValueError as error:
            raise FetchRefusedError("That address cannot be sent as a request.") from error
        finally:
            connection.close()
        is_robots_file = target.path == "/robots.txt"
        return Fetched(
            status=response.status,
            headers={name.lower(): value for name, value in response.getheaders()},
            body=body,
            final_url=target.url,
            robots="unknown" if is_robots_file else "allowed",
            fetched_at=self.now(),
        )


def _redirect_target(target: Target, answer: Fetched) -> Target:
    """Return where a redirect leads, judged like a first address."""
    location = answer.headers.get("location", "")
    if not location:
        raise FetchTransientError(f"{target.host} redirects without saying where.")
    try:
        joined = urljoin(target.url, location)
    except ValueError as error:
        raise FetchRefusedError(f"{target.host} redirects to a malformed address.") from error
    return judge_url(joined)


def _read_body(response: http.client.HTTPResponse, body_bytes: int, *, cut: bool) -> bytes:
    """Return the unpacked body, counting bytes before and after unpacking."""
    encoding = (response.getheader("Content-Encoding") or "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip", ""):
        raise FetchRefusedError(
            f"The answer is packed as {encoding[:20]!r}, which nobody asked for."
        )
    unpacker = zlib.decompressobj(wbits=31) if "gzip" in encoding else None
    received, parts = 0, bytearray()
    while chunk := response.read1(_CHUNK_BYTES):
        received += len(chunk)
        if unpacker is not None:
            chunk = unpacker.decompress(chunk, body_bytes + 1 - len(parts))
        parts += chunk
        if received > body_bytes or len(parts) > body_bytes:
            if cut:
                return bytes(parts[:body_bytes])
            raise FetchRefusedError(
                f"The answer is larger than {body_bytes // (1024 * 1024)} MB, so it was not read."
            )
    if unpacker is not None and received and not unpacker.eof:
        raise zlib.error("The packed answer ends too early.")
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    return bytes(parts)
