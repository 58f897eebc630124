"""The shape of a provider's webhook: verify the raw body, then read it into our words.

An adapter is pure: it touches neither database nor network, so a stored body can be read again at any time (replay).
Storing and applying are the same for every provider and live in mailboxes.events.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from mailboxes.models import DeliveryEvent


class WebhookRefusedError(Exception):
    """The post does not prove that it comes from the provider; nothing of it may be kept."""


class WebhookUnreadableError(Exception):
    """The post is genuine but its body is not what the provider documents; the message says what is wrong."""


@dataclass(frozen=True, kw_only=True)
class ParsedEvent:
    """One event in our words.

    `event_id` is the provider's own id and unique within the endpoint. `occurred_at` is aware. `message_id` carries
    its angle brackets or is empty. `status` is an SMTP or enhanced code as given, `diagnostic` the server's words.
    `raw_mime` holds the received mail for type "inbound".
    """

    event_id: str
    type: DeliveryEvent.Type
    occurred_at: datetime
    message_id: str = ""
    recipient: str = ""
    status: str = ""
    diagnostic: str = ""
    raw_mime: bytes | None = None


@dataclass(frozen=True, kw_only=True)
class SkippedEvent:
    """One entry that could not be read, by its place in the post (from 0) and the reason."""

    position: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class ParsedBatch:
    """Everything one post said; one bad entry never takes the others with it (acceptance A-29 D17)."""

    events: tuple[ParsedEvent, ...] = ()
    skipped: tuple[SkippedEvent, ...] = field(default=())


class WebhookAdapter(ABC):
    """Verify and read the posts of one provider."""

    provider: ClassVar[str]
    # Names of the request headers that verifying and reading need; only these are stored.
    kept_headers: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def verify(self, *, secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        """Return a short verdict such as "hmac-sha256", or raise WebhookRefusedError.

        An empty `secret` is always refused: an endpoint that was never configured is not an open door.
        Compares in constant time. `headers` are looked up without regard to case.
        """

    @abstractmethod
    def parse(self, *, headers: Mapping[str, str], body: bytes) -> ParsedBatch:
        """Return what the body says; raise WebhookUnreadableError when it is not the provider's format at all."""
