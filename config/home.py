"""The front door and the health checks."""

import time

from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import RequestDataTooBig
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.tasks import HEARTBEAT_KEY

FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}
HEARTBEAT_LIMIT_SECONDS = 120  # beat fires every 30 s; four misses mean it or the worker is gone


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Say what RoleFerry does; members go straight to what waits for them."""
    if request.user.is_authenticated:
        return redirect("outreach:today")
    return render(request, "home.html")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400, or 413 to a request that is too large: a page to people, JSON to programs (architecture section 9)."""
    if not isinstance(exception, RequestDataTooBig):
        return render(request, "400.html", status=400)
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // (1024 * 1024)
    if request.content_type in FORMS:
        return render(request, "413.html", {"limit": limit}, status=413)
    message = f"The post is larger than {limit} MB. Split it and send again."
    error = {"code": "too_large", "message": message, "details": {}}
    return JsonResponse({"error": error}, status=413)


@transaction.non_atomic_requests
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Answer that the process lives; touches nothing else."""
    return JsonResponse({"status": "ok"})


@transaction.non_atomic_requests
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 when database, broker, workers and beat all work, else 503 with the part that does not."""
    parts = {"database": _database(), "broker": _broker(), "heartbeat": _heartbeat()}
    good = all(value == "ok" for value in parts.values())
    return JsonResponse(
        {"status": "ok" if good else "degraded", "parts": parts}, status=200 if good else 503
    )


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception:  # noqa: BLE001 - a health check reports every failure
        return "no answer"
    return "ok"


def _broker() -> str:
    try:
        with current_app.connection_for_read() as broker:
            broker.ensure_connection(max_retries=1, timeout=1)
    except Exception:  # noqa: BLE001 - a health check reports every failure
        return "no answer"
    return "ok"


def _heartbeat() -> str:
    try:
        beaten_at = cache.get(HEARTBEAT_KEY)
    except Exception:  # noqa: BLE001 - a health check reports every failure
        return "cache does not answer"
    if beaten_at is None:
        return "no worker has run yet"
    age = time.time() - beaten_at
    return "ok" if age < HEARTBEAT_LIMIT_SECONDS else f"last run {age:.0f} s ago"
