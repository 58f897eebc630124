"""How many requests one caller may make in a minute (acceptance LIM-1 to LIM-3), counted in the shared cache.

The caller is told with every answer what is left. When the cache is away nobody is refused: a site that turns people
away because a counter failed does more harm than the requests it would have refused.
"""

import hashlib
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from redis.exceptions import RedisError

from accounts.console.requests import caller_address

logger = logging.getLogger(__name__)

WINDOW_SECONDS = 60
# People in one office share an address, and a page of a signed-in person asks for its news by itself.
SIGNED_IN_FACTOR = 6
# LIM-1: 60 writes a minute for one person; nobody presses Save more often than once a second.
WRITES_A_MINUTE = 60
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# LIM-2 leaves out health. Providers' posts prove themselves by signature and come in bursts from few addresses, and a
# recipient's "stop" must work whoever else pressed it in the same minute (RFC 8058).
FREE_PREFIXES = ("/health", "/static/", "/webhooks/", "/u/")


def count_request(key: str, now: datetime) -> int:
    """Count one request of `key` in the minute of `now` and return how many it has made; 0 when nobody can count."""
    name = f"rate:{key}:{int(now.timestamp()) // WINDOW_SECONDS}"
    try:
        cache.add(name, 0, timeout=2 * WINDOW_SECONDS)
        return int(cache.incr(name))
    except (RedisError, ValueError):  # ValueError: the key ended between the two calls
        logger.warning("Requests cannot be counted, so nobody is refused")
        return 0


def allowance(request: HttpRequest) -> tuple[str, int]:
    """Return under which key a request counts and how many a minute that key may make."""
    session = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    if session and request.method not in SAFE_METHODS:
        return f"write:{hashlib.sha256(session.encode()).hexdigest()[:32]}", WRITES_A_MINUTE
    factor = SIGNED_IN_FACTOR if session else 1
    return f"address:{caller_address(request)}", settings.RATE_LIMIT_PER_MINUTE * factor


class RateLimitMiddleware:
    """Answer 429 to whoever asks too often, and tell everybody what is left."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Count, refuse or pass on, and add X-RateLimit-Limit and X-RateLimit-Remaining."""
        if not settings.RATE_LIMIT_PER_MINUTE or request.path.startswith(FREE_PREFIXES):
            return self.get_response(request)
        now = datetime.now(UTC)
        key, limit = allowance(request)
        used = count_request(key, now)
        response = _refuse(request, now) if used > limit else self.get_response(request)
        response["X-RateLimit-Limit"] = str(limit)
        response["X-RateLimit-Remaining"] = str(max(0, limit - used))
        return response


def _refuse(request: HttpRequest, now: datetime) -> HttpResponse:
    free_at = now + timedelta(seconds=WINDOW_SECONDS)
    response = render(request, "429.html", {"free_at": free_at}, status=429)
    response["Retry-After"] = str(WINDOW_SECONDS)
    return response
