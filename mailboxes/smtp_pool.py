"""Keeping a few connections of one mailbox open and sharing them among many deliveries."""

import asyncio
from dataclasses import dataclass

from mailboxes.receipts import Accepted, Receipt, Stage, TransientTransportError, TransportError
from mailboxes.smtp_session import SmtpEndpoint
from mailboxes.transport import BeforeData, SmtpConnection

# Yahoo asks senders not to put more than 20 messages on one connection.
MESSAGES_PER_CONNECTION = 20
# Providers close quiet sessions after one to five minutes; we leave first.
IDLE_SECONDS = 30.0
# A server that cannot be reached is asked again after 2, 4, 8 ... seconds, at most this many.
LONGEST_REST_SECONDS = 60.0


@dataclass
class PoolHealth:
    """What a pool has seen lately. ``failures`` counts failed openings since the last good one."""

    accepted: int = 0
    failures: int = 0
    last_error: str = ""
    resting_until: float = 0.0


class SmtpPool:
    """The connections of one mailbox, for one event loop: few, reused, closed when idle.

    At most ``max_connections`` messages are under way; more callers wait their turn. A stalled
    server holds only its own pool. Use as an async context manager, or call ``close``.
    """

    def __init__(
        self,
        endpoint: SmtpEndpoint,
        *,
        max_connections: int = 2,
        messages_per_connection: int = MESSAGES_PER_CONNECTION,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self.endpoint = endpoint
        self.health = PoolHealth()
        self._messages_per_connection = messages_per_connection
        self._idle_seconds = idle_seconds
        self._slots = asyncio.Semaphore(max_connections)
        self._idle: list[tuple[SmtpConnection, float]] = []
        self._closing: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> "SmtpPool":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def idle_connections(self) -> int:
        """How many open connections wait for work."""
        return len(self._idle)

    async def deliver(
        self, envelope_from: str, rcpt: str, data: bytes, *, before_data: BeforeData | None = None
    ) -> Receipt:
        """Deliver as SmtpConnection.deliver does, on an idle connection or a new one.

        A kept connection that turns out to be dead before ``before_data`` is replaced once, unseen
        by the caller. Raises TransportError when no connection can be opened (the message is
        untouched), and RefusedMessageError for an unsafe message.
        """
        asked = False

        async def ask() -> bool:
            nonlocal asked
            asked = True
            return before_data is None or await before_data()

        async with self._slots:
            kept = self._take_idle()
            connection = kept or await self._open()
            try:
                receipt = await connection.deliver(envelope_from, rcpt, data, before_data=ask)
                if kept and not asked and not connection.usable:
                    connection = await self._open()
                    receipt = await connection.deliver(envelope_from, rcpt, data, before_data=ask)
            finally:
                self._give_back(connection)
        self.health.accepted += isinstance(receipt, Accepted)
        return receipt

    async def close(self) -> None:
        """Close every idle connection politely. Call it when no delivery is under way."""
        if self._timer is not None:
            self._timer.cancel()
        for connection, _ in self._idle:
            self._close_soon(connection)
        self._idle.clear()
        while self._closing:
            await asyncio.gather(*self._closing)

    async def _open(self) -> SmtpConnection:
        health, now = self.health, asyncio.get_running_loop().time()
        if now < health.resting_until:
            raise TransientTransportError(health.last_error, stage=Stage.CONNECT)
        connection = SmtpConnection(self.endpoint)
        try:
            await connection.open()
        except TransportError as error:
            health.failures += 1
            health.last_error = str(error)
            health.resting_until = now + min(LONGEST_REST_SECONDS, 2.0**health.failures)
            raise
        health.failures, health.last_error, health.resting_until = 0, "", 0.0
        return connection

    def _take_idle(self) -> SmtpConnection | None:
        self._close_overdue()
        while self._idle:
            connection, _ = self._idle.pop()
            if connection.usable:
                return connection
            self._close_soon(connection)
        return None

    def _give_back(self, connection: SmtpConnection) -> None:
        if not connection.usable or connection.offered >= self._messages_per_connection:
            self._close_soon(connection)
            return
        now = asyncio.get_running_loop().time()
        self._idle.append((connection, now + self._idle_seconds))
        if self._timer is None:
            self._watch()

    def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._idle_seconds, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self._close_overdue()
        if self._idle:
            self._watch()

    def _close_overdue(self) -> None:
        now = asyncio.get_running_loop().time()
        overdue = [connection for connection, until in self._idle if until <= now]
        self._idle = [(connection, until) for connection, until in self._idle if until > now]
        for connection in overdue:
            self._close_soon(connection)

    def _close_soon(self, connection: SmtpConnection) -> None:
        task = asyncio.get_running_loop().create_task(connection.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
