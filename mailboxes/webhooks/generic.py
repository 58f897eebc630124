"""RoleFerry's own signed webhook, for anything without an adapter (the sandbox speaks it too).

Signature: header X-RoleFerry-Signature is `v1=` and the hex HMAC-SHA256, under the endpoint's secret, of the header
X-RoleFerry-Timestamp (seconds since 1970), a dot, and the raw body.
Body: {"events": [{"event_id", "type", "timestamp", "message_id", "recipient", "bounce": {"status", "diagnostic"},
"raw_mime"}]}; `timestamp` is ISO 8601 with an offset or seconds since 1970, `raw_mime` is base64 and belongs to inbound.
"""

import base64
import binascii
import hashlib
import hmac
import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from mailboxes.models import DeliveryEvent
from mailboxes.webhooks.base import (
    ParsedBatch,
    ParsedEvent,
    SkippedEvent,
    WebhookAdapter,
    WebhookRefusedError,
    WebhookUnreadableError,
)

TIMESTAMP_HEADER = "X-RoleFerry-Timestamp"
SIGNATURE_HEADER = "X-RoleFerry-Signature"
# A captured post must not be usable later; five minutes allow for clocks that differ (quality.md F16).
FRESH_SECONDS = 300
# More than any provider puts into one post; a larger list is split by an honest sender.
EVENTS_LIMIT = 10_000
# Seconds beyond this year are milliseconds or nonsense; datetime could not hold them everywhere.
LATEST_SECONDS = 32_503_680_000  # 1 January 3000


class UnreadableEventError(ValueError):
    """One entry of the list cannot be read; the message says what is wrong with it."""


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """Return the value of the signature header for a post."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    return f"v1={digest.hexdigest()}"


class GenericAdapter(WebhookAdapter):
    """See the module's description for the format."""

    provider: ClassVar[str] = "generic"
    kept_headers: ClassVar[tuple[str, ...]] = (TIMESTAMP_HEADER, SIGNATURE_HEADER)

    def verify(self, *, secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        """See WebhookAdapter.verify."""
        given, timestamp = headers.get(SIGNATURE_HEADER, ""), headers.get(TIMESTAMP_HEADER, "")
        if not secret:
            raise WebhookRefusedError("The endpoint has no secret.")
        if not re.fullmatch(r"[0-9]{1,11}", timestamp):
            raise WebhookRefusedError("The timestamp is missing or is not a number of seconds.")
        # Before the time is judged: a forger learns nothing about our clock.
        expected = sign(secret, int(timestamp), body)
        if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")):
            raise WebhookRefusedError("The signature does not fit.")
        if abs(now.timestamp() - int(timestamp)) > FRESH_SECONDS:
            raise WebhookRefusedError("The post is too old.")
        return "hmac-sha256"

    def parse(self, *, headers: Mapping[str, str], body: bytes) -> ParsedBatch:
        """See WebhookAdapter.parse."""
        entries = _entries(body)
        events: list[ParsedEvent] = []
        skipped: list[SkippedEvent] = []
        for position, entry in enumerate(entries):
            try:
                events.append(_event(entry))
            except UnreadableEventError as error:
                skipped.append(SkippedEvent(position=position, reason=str(error)))
        return ParsedBatch(events=tuple(events), skipped=tuple(skipped))


def _entries(body: bytes) -> list[Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise WebhookUnreadableError("The body is not JSON in UTF-8.") from error
    entries = content.get("events") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        raise WebhookUnreadableError('The body needs a list named "events".')
    if len(entries) > EVENTS_LIMIT:
        raise WebhookUnreadableError(f"At most {EVENTS_LIMIT} events fit into one post.")
    return entries


def _event(entry: object) -> ParsedEvent:
    if not isinstance(entry, dict):
        raise UnreadableEventError("An event must be an object.")
    kind = _text(entry, "type", limit=40)
    bounce = entry.get("bounce") or {}
    if not isinstance(bounce, dict):
        raise UnreadableEventError('"bounce" must be an object.')
    event_id = _text(entry, "event_id", limit=200)
    if not event_id:
        raise UnreadableEventError('"event_id" is missing.')
    known = kind in DeliveryEvent.Type.values
    event_type = DeliveryEvent.Type(kind) if known else DeliveryEvent.Type.UNKNOWN
    return ParsedEvent(
        event_id=event_id,
        type=event_type,
        occurred_at=_moment(entry.get("timestamp")),
        message_id=bracketed(_text(entry, "message_id", limit=996)),
        recipient=_text(entry, "recipient", limit=254),
        status=_text(bounce, "status", limit=40),
        diagnostic=_text(bounce, "diagnostic", limit=5_000),
        raw_mime=_raw_mime(entry) if event_type == DeliveryEvent.Type.INBOUND else None,
    )


def bracketed(message_id: str) -> str:
    """Return a Message-ID with its angle brackets; many providers leave them out."""
    bare = message_id.strip().strip("<>").strip()
    return f"<{bare}>" if bare else ""


def _text(entry: Mapping[str, Any], name: str, *, limit: int) -> str:
    value = entry.get(name)
    if value is None:
        return ""
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise UnreadableEventError(f'"{name}" must be text.')
    # PostgreSQL text holds no NUL, and lone surrogates (JSON "\\ud800") are not characters.
    text = str(value).replace("\x00", "").encode("utf-8", "replace").decode().strip()
    if len(text) > limit:
        raise UnreadableEventError(f'"{name}" is longer than {limit} characters.')
    return text


def _moment(value: object) -> datetime:
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not math.isfinite(value) or not 0 <= value < LATEST_SECONDS:
            raise UnreadableEventError('"timestamp" is not a time in seconds since 1970.')
        return datetime.fromtimestamp(value, tz=UTC)
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise UnreadableEventError('"timestamp" must be ISO 8601 with an offset, or seconds.')
    if not 1970 <= moment.year < 3000:
        raise UnreadableEventError('"timestamp" is not a time in seconds since 1970.')
    return moment.astimezone(UTC)


def _raw_mime(entry: Mapping[str, Any]) -> bytes:
    value = entry.get("raw_mime")
    if not isinstance(value, str) or not value:
        raise UnreadableEventError('An inbound event needs "raw_mime".')
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnreadableEventError('"raw_mime" is not base64.') from error
