"""The sender: takes a slot, carries what is due for a while, looks after what others lost.

Any number of dispatchers may run at once, on one host or many; the ledger alone decides who sends what. A dispatcher
needs PostgreSQL and nothing else. Slots are session-level advisory locks and wake-ups come by LISTEN, so its database
address must not go through a pooler in transaction mode.
"""

import asyncio
import logging
import socket
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.conf import settings
from django.db import connections
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo
from psycopg_pool import AsyncConnectionPool

from outreach import epoch_guard, ledger
from outreach.carrying import Carrier
from outreach.committing import DATABASE_AWAY, end_tasks
from outreach.epoch_guard import EpochGuard
from outreach.ledger import Connection
from outreach.parcels import load_parcels
from outreach.recovery import Oracle, recover

logger = logging.getLogger(__name__)

# The first key of the advisory locks; the numbers mean nothing but must differ and never change.
ALL_SLOTS, HOST_SLOTS = 5_271_001, 5_271_002
# One turn of a Celery worker: shorter than its time limits, longer than beat's ten seconds.
DRAIN_SECONDS = 55.0
# After its turn a sender waits this long for servers that are slow to answer; Celery's limit is 540 seconds.
LONGEST_SECONDS = 480.0
# A mail under way for less than this ends by itself soon; for longer ones the turn goes on beside them.
QUICK_SECONDS = 5.0
# Ordered to stop, we have 30 seconds (fault F3); what is then still open is cut off.
STOP_GRACE_SECONDS = 20.0
# Notices come at once; this is for the one that got lost.
POLL_SECONDS = 2.0
RECOVERY_SECONDS = 10.0
CHORE_SECONDS = 5.0
DATABASE_CONNECTIONS = 4


@dataclass(frozen=True)
class Options:
    """How a dispatcher works. `seconds`: its turn; None for until stopped. `batch`: messages taken at once.

    `in_flight` bounds all messages in hand, several times `connections` (to one server), so that many stalled servers
    leave room for the others. `chores` run beside sending, in a thread, with the time passed in. `is_stopping` is
    asked twice a second.
    """

    seconds: float | None = DRAIN_SECONDS
    connections: int = field(default_factory=lambda: settings.DISPATCH_CONNECTIONS)
    in_flight: int = field(default_factory=lambda: settings.DISPATCH_CONNECTIONS * 16)
    batch: int = 200
    lease: float = ledger.LEASE_SECONDS
    slots_per_host: int = field(default_factory=lambda: settings.DISPATCH_SLOTS_PER_HOST)
    slots_in_all: int = field(default_factory=lambda: settings.DISPATCH_SLOTS_TOTAL)
    stop_grace: float = STOP_GRACE_SECONDS
    stop_when_idle: bool = False
    chores: tuple[Callable[[datetime], object], ...] = ()
    is_stopping: Callable[[], bool] = bool
    oracle: Oracle | None = None


class NoSlotError(Exception):
    """Every slot of this host, or of all hosts, is taken; that is normal and somebody else is sending."""


def database_address() -> str:
    """Return the connection string of Django's default database."""
    wanted = connections["default"].settings_dict
    parts = {
        "dbname": wanted["NAME"],
        "user": wanted["USER"],
        "password": wanted["PASSWORD"],
        "host": wanted["HOST"],
        "port": wanted["PORT"],
        **{key: value for key, value in wanted["OPTIONS"].items() if isinstance(value, str)},
    }
    return make_conninfo(**{key: value for key, value in parts.items() if value})


async def take_slot(conn: Connection, *, per_host: int, in_all: int) -> bool:
    """Take one of this host's slots and one of all; they are free again when the connection ends."""
    name = settings.DISPATCH_HOST or socket.gethostname()
    host = zlib.crc32(name.encode()) >> 8 << 7
    for space, first, count in ((HOST_SLOTS, host, per_host), (ALL_SLOTS, 0, in_all)):
        cursor = await conn.execute(
            # The subquery is evaluated row by row until one lock is ours, and takes no second one.
            "SELECT n FROM generate_series(%s::int, %s::int) n WHERE pg_try_advisory_lock(%s::int, n) LIMIT 1",
            [first, first + count - 1, space],
        )
        if await cursor.fetchone() is None:
            return False
    return True


class Dispatcher:
    """One turn of sending. Make a new one for each turn."""

    carrier_class = Carrier

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self.wake = asyncio.Event()
        self.stopping = asyncio.Event()
        self._problem: BaseException | None = None
        self._guard: EpochGuard | None = None
        # Whether the turn was not begun because the database is older than what was sent.
        self.is_refused = False

    def stop(self) -> None:
        """Begin nothing more and end soon; safe to call from a signal handler of the event loop."""
        self.stopping.set()
        self.wake.set()

    async def run(self) -> dict[str, int]:
        """Send what is due until the turn is over; return how many messages ended how.

        Raises NoSlotError when no slot is free and one of DATABASE_AWAY when it cannot be written. Does nothing on a
        database that is older than what was sent (outreach.epoch_guard).
        """
        options, address = self.options, database_address()
        slot = await AsyncConnection.connect(address, autocommit=True)
        try:
            if not await take_slot(
                slot, per_host=options.slots_per_host, in_all=options.slots_in_all
            ):
                raise NoSlotError
            self._guard = await epoch_guard.admit(slot)
            self.is_refused = self._guard is None
            if self.is_refused:
                return {}
            await slot.execute("LISTEN outreach_scheduled")
            async with AsyncConnectionPool(
                address,
                min_size=1,
                max_size=DATABASE_CONNECTIONS,
                kwargs={"autocommit": True},
                open=False,
                timeout=10,
            ) as database:
                return await self._send(database, slot)
        finally:
            if self._guard is not None:
                self._guard.close()
            await slot.close()

    async def _send(
        self, database: "AsyncConnectionPool[Connection]", slot: Connection
    ) -> dict[str, int]:
        options = self.options
        async with self.carrier_class(
            database, connections=options.connections, lease=options.lease
        ) as carrier:
            beside = [
                asyncio.create_task(self._guarded(work))
                for work in (
                    self._hear_notices(slot),
                    self._every(options.lease / 3, carrier.renew),
                    self._every(RECOVERY_SECONDS, lambda: self._recover(database)),
                    self._watch_for_stop(),
                    self._run_chores(),
                )
            ]
            try:
                await self._drain(database, carrier)
            finally:
                await carrier.stop(options.stop_grace)
                await end_tasks(beside)
        if self._problem is not None:
            raise self._problem
        return dict(carrier.tally)

    async def _drain(self, database: "AsyncConnectionPool[Connection]", carrier: Carrier) -> None:
        clock = asyncio.get_running_loop()
        began = clock.time()
        while not self.stopping.is_set():
            if self._is_over(carrier, clock.time() - began, clock.time()):
                return
            self.wake.clear()
            if await self._claim(database, carrier):
                continue
            if self.options.stop_when_idle and not carrier.flights:
                return
            await self._pause(database, carrier)

    def _is_over(self, carrier: Carrier, spent: float, now: float) -> bool:
        """Whether the turn is over and nothing slow is under way (or we waited for it long enough)."""
        if self.options.seconds is None or spent < self.options.seconds:
            return False
        slow = any(now - flight.started > QUICK_SECONDS for flight in carrier.flights.values())
        return not slow or spent > LONGEST_SECONDS

    async def _claim(self, database: "AsyncConnectionPool[Connection]", carrier: Carrier) -> int:
        """Take what is due if there is room and start carrying it; return how many messages were moved at all."""
        room = min(self.options.batch, self.options.in_flight - len(carrier.flights))
        if room <= 0 or carrier.has_suspect:
            return 0
        try:
            async with database.connection() as conn:
                asks, delayed = await ledger.claim_due(
                    conn,
                    limit=room,
                    lease=self.options.lease,
                    quotas=carrier.quotas(),
                    quota=carrier.quota,
                    in_hand=len(carrier.flights),
                )
                parcels = await load_parcels(conn, asks) if asks else {}
        except DATABASE_AWAY:
            logger.warning("The database is away; looking again soon")
            return 0
        if asks and self._guard is not None:
            await self._guard.remember(max(ask.ticket.epoch for ask in asks))
        for ask in asks:
            carrier.start(ask, parcels.get(ask.ticket))
        return len(asks) + delayed

    async def _pause(self, database: "AsyncConnectionPool[Connection]", carrier: Carrier) -> None:
        """Wait for a notice, for half of what is under way to end, for the next due time, or for the poll."""
        seconds = POLL_SECONDS
        try:
            async with database.connection() as conn:
                next_due = await ledger.seconds_to_next(conn)
            seconds = min(seconds, max(next_due or seconds, 0.01))
        except DATABASE_AWAY:
            pass  # the wait below is what the database needs
        deadline = asyncio.get_running_loop().time() + seconds
        low_water = len(carrier.flights) // 2
        while not self.wake.is_set():
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0 or (low_water and len(carrier.flights) <= low_water):
                return
            carrier.finished.clear()
            waits = [asyncio.create_task(event.wait()) for event in (self.wake, carrier.finished)]
            await asyncio.wait(waits, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            for task in waits:
                task.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
            if not carrier.flights:
                return

    async def _hear_notices(self, slot: Connection) -> None:
        async for _ in slot.notifies():
            self.wake.set()

    async def _recover(self, database: "AsyncConnectionPool[Connection]") -> None:
        async with database.connection() as conn:
            found = await recover(conn, self.options.oracle)
        if found.released or found.unknown:
            logger.warning(
                "Messages of a lost sender were found",
                extra={"released": found.released, "unknown": found.unknown},
            )
        if found.released or found.disproven:
            self.wake.set()

    async def _run_chores(self) -> None:
        if not self.options.chores:
            return
        with ThreadPoolExecutor(1, "dispatcher-chores") as thread:
            await self._every(
                CHORE_SECONDS,
                lambda: asyncio.get_running_loop().run_in_executor(thread, self._do_chores),
            )

    def _do_chores(self) -> None:
        try:
            for chore in self.options.chores:
                chore(datetime.now(UTC))
        except Exception:
            logger.exception("A chore beside sending failed")
        finally:
            connections.close_all()

    async def _watch_for_stop(self) -> None:
        while not self.options.is_stopping():
            await asyncio.sleep(0.5)
        self.stop()

    async def _every(self, seconds: float, work: Callable[[], object]) -> None:
        while True:
            try:
                await work()  # type: ignore[misc]
            except DATABASE_AWAY:
                logger.warning("The database is away; trying again soon")
            await asyncio.sleep(seconds)

    async def _guarded(self, work: object) -> None:
        """Run one of the tasks beside sending; if it breaks, the turn ends and tells why."""
        try:
            await work  # type: ignore[misc]
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - raised again by _send
            self._problem = error
            self.stop()
