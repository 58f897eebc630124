"""One door for the sender: the pool and the log-in that fit how a mailbox sends.

A sender that carries SMTP alone must stay small, so the clients of web interfaces (tens of megabytes, most of them
Amazon's) are loaded by the first mailbox that needs them.
"""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Protocol, cast

from mailboxes.providers.base import ApiEndpoint
from mailboxes.receipts import Receipt
from mailboxes.smtp_pool import PoolHealth, SmtpPool
from mailboxes.smtp_session import SmtpEndpoint
from mailboxes.transport import BeforeData


class MailPool(Protocol):
    """What both kinds of pool promise; see mailboxes.smtp_pool.SmtpPool."""

    @property
    def endpoint(self) -> SmtpEndpoint | ApiEndpoint:
        """Where it sends; the sender opens a new pool when this changes."""

    health: PoolHealth

    async def deliver(
        self, envelope_from: str, rcpt: str, data: bytes, *, before_data: BeforeData | None = None
    ) -> Receipt:
        """Hand over one mail and return what became of it."""

    async def close(self) -> None:
        """Let go of every connection."""


def open_pool(endpoint: SmtpEndpoint | ApiEndpoint, *, max_connections: int) -> MailPool:
    """Return a new pool for the endpoint."""
    if isinstance(endpoint, SmtpEndpoint):
        return cast(MailPool, SmtpPool(endpoint, max_connections=max_connections))
    module = import_module("mailboxes.providers.pool")
    return cast(MailPool, module.ApiPool(endpoint, max_connections=max_connections))


def token_source(mailbox_id: int) -> Callable[[str], str]:
    """Return what `SmtpEndpoint.renew` calls for a mailbox that logs in by OAuth."""
    return partial(_fresh_token, mailbox_id)


def _fresh_token(mailbox_id: int, refused: str) -> str:
    return str(import_module("mailboxes.credentials").token_in_thread(mailbox_id, refused))
