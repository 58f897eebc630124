"""Carrying claimed messages to their servers at the same time, and writing down what became of each."""

import asyncio
import contextlib
import logging
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

import psycopg
from psycopg_pool import AsyncConnectionPool

from accounts.encryption import SecretUnreadableError
from mailboxes.capacity import CapReachedError
from mailboxes.pools import MailPool, open_pool
from mailboxes.receipts import (
    Accepted,
    Deferred,
    Lost,
    PermanentTransportError,
    Receipt,
    Rejected,
    TransientTransportError,
)
from mailboxes.throttle import WindowFullError
from outreach import ledger, ledger_sql
from outreach.committing import DATABASE_AWAY, GroupCommitter, end_tasks
from outreach.judging import Ask, Outcome, Ticket
from outreach.ledger import Connection
from outreach.parcels import Parcel, build_mail, endpoint_of, way_of
from outreach.recovery import UNKNOWN_REASON
from outreach.scheduling import Pace

logger = logging.getLogger(__name__)

# Greylisting usually opens after five minutes; four hours is what mail servers themselves settle at.
RETRY_FLOOR_SECONDS, RETRY_BASE_SECONDS, RETRY_CEILING_SECONDS = 60.0, 300.0, 4 * 3600.0
# The practice pace must show a retry while somebody watches.
PRACTICE_RETRY = (2.0, 4.0, 30.0)
# A real mailbox sends one mail in 90 seconds; the second connection serves a retry beside it.
CONNECTIONS_OF_A_REAL_MAILBOX = 2
# A database that is away comes back; what is known about a mail must be written, so we ask again this often.
DATABASE_REST_SECONDS = 0.5
# A mail that met a database error before DATA waits this long, so that a lasting error makes no storm.
DATABASE_DELAY_SECONDS = 5.0


class End(StrEnum):
    """How a message's way through this sender ended; each is a function of the ledger."""

    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"
    DEFERRED = "deferred"
    UNREACHABLE = "unreachable"
    HELD = "held"
    WITHDRAWN = "withdrawn"


@dataclass
class Flight:
    """One message under way. `begun`: the ledger says `sending`; `settled`: nothing is left to write for it."""

    ask: Ask
    started: float
    begun: bool = False
    settled: bool = False
    task: asyncio.Task[None] | None = field(default=None, repr=False)


def retry_seconds(attempts: int, pace: Pace) -> float:
    """Return how long to wait before the next try: exponential with full jitter above a floor."""
    floor, base, ceiling = (
        (RETRY_FLOOR_SECONDS, RETRY_BASE_SECONDS, RETRY_CEILING_SECONDS)
        if pace.has_window
        else PRACTICE_RETRY
    )
    longest = min(ceiling, base * 2.0 ** min(attempts, 16))
    return floor + random.uniform(0, longest)  # noqa: S311 - spreads load, guards nothing


class Carrier:
    """The messages that one sender has in its hands.

    `connections` are the most connections to one sandbox mailbox's server; every mailbox has its own pool and every
    message its own task, so a server that stalls holds up nobody else's mail.
    """

    def __init__(
        self, database: "AsyncConnectionPool[Connection]", *, connections: int, lease: float
    ) -> None:
        self.database, self.connections, self.lease = database, connections, lease
        self.flights: dict[int, Flight] = {}
        self.tally: Counter[str] = Counter()
        self.finished = asyncio.Event()
        self.is_stopping = False
        # By mailbox: what its pool was opened for, and the pool.
        self._pools: dict[int, tuple[tuple[object, ...], MailPool]] = {}
        self._old_pools: list[MailPool] = []
        self._begin: GroupCommitter[Ask, bool] = GroupCommitter(self._begin_group)
        self._settle: GroupCommitter[tuple[End, Outcome], bool] = GroupCommitter(self._settle_group)
        self._services: list[asyncio.Task[None]] = []
        # Beginning and ending mails lock the same mailboxes' days: one after the other they make larger groups, and
        # neither waits for the other inside the database.
        self._writing = asyncio.Lock()

    async def __aenter__(self) -> "Carrier":
        for service in (self._begin, self._settle):
            self._services.append(asyncio.create_task(service.run()))
        return self

    async def __aexit__(self, *_: object) -> None:
        await end_tasks(self._services)
        for pool in [*(pool for _, pool in self._pools.values()), *self._old_pools]:
            await pool.close()

    def quotas(self) -> dict[int, int]:
        """Return, for each mailbox with mail under way, how many more messages we want for it."""
        flying = Counter(flight.ask.mailbox_id for flight in self.flights.values())
        real = {f.ask.mailbox_id for f in self.flights.values() if not f.ask.due.is_sample}
        return {
            mailbox: (CONNECTIONS_OF_A_REAL_MAILBOX if mailbox in real else self.quota) - count
            for mailbox, count in flying.items()
        }

    @property
    def has_suspect(self) -> bool:
        """Whether a message is in our hands that may have killed senders; nothing else is taken beside it."""
        return any(flight.ask.due.is_suspect for flight in self.flights.values())

    @property
    def quota(self) -> int:
        """How many messages of one sandbox mailbox we hold at once: some wait so that no connection does."""
        return self.connections * 4

    def start(self, ask: Ask, parcel: Parcel | None) -> None:
        """Carry one claimed message; without a parcel it was lost between claim and loading."""
        if parcel is None:
            return
        flight = Flight(ask, asyncio.get_running_loop().time())
        self.flights[ask.ticket.id] = flight
        flight.task = asyncio.create_task(self._carry(flight, parcel))

    async def renew(self) -> None:
        """Renew the lease of everything in our hands."""
        tickets = [f.ask.ticket for f in self.flights.values() if not f.settled]
        if not tickets:
            return
        async with self.database.connection() as conn:
            kept = await ledger.renew_leases(conn, tickets, lease=self.lease)
        if len(kept) < len(tickets):
            logger.warning("Leases were lost", extra={"lost": len(tickets) - len(kept)})

    async def stop(self, grace: float) -> None:
        """Begin nothing more, give what is under way `grace` seconds, then cut it off and write down what is known."""
        self.is_stopping = True
        await self._wait(grace)
        cut = list(self.flights.values())
        await end_tasks(flight.task for flight in cut if flight.task is not None)
        for flight in cut:
            if not flight.settled:
                end = End.UNKNOWN if flight.begun else End.WITHDRAWN
                reason = UNKNOWN_REASON if flight.begun else ""
                await self._write(flight, end, Outcome(flight.ask.ticket, reason))

    async def on_receipt(self, ticket: Ticket, receipt: Receipt) -> None:
        """Called with the server's last word, before it is written down."""

    async def _wait(self, seconds: float) -> None:
        tasks = [flight.task for flight in self.flights.values() if flight.task]
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)

    async def _carry(self, flight: Flight, parcel: Parcel) -> None:
        try:
            end, outcome = await self._deliver(flight, parcel)
            if not flight.settled:
                await self._write(flight, end, outcome)
        except asyncio.CancelledError:
            raise
        except Exception:
            # Nothing is lost: the lease ends and recovery looks after the row.
            logger.exception("A message could not be carried", extra={"message_row": parcel.id})
        finally:
            if flight.settled or not self.is_stopping:
                self.flights.pop(parcel.id, None)
            self.finished.set()

    async def _deliver(self, flight: Flight, parcel: Parcel) -> tuple[End, Outcome]:
        ticket = flight.ask.ticket
        try:
            data = await build_mail(parcel)
            pool = self._pool(parcel, is_real=not flight.ask.due.is_sample)
            receipt = await pool.deliver(
                parcel.address, parcel.recipient, data, before_data=lambda: self._may_go(flight)
            )
        except TransientTransportError as error:
            return End.UNREACHABLE, self._again(
                flight,
                parcel,
                f"The mail server of {parcel.address} cannot be used now.",
                str(error),
            )
        except PermanentTransportError as error:
            await self._break_mailbox(parcel, str(error))
            return End.WITHDRAWN, Outcome(
                ticket, f"The mail server of {parcel.address} refuses it.", str(error)
            )
        except (ValueError, SecretUnreadableError) as error:
            return End.HELD, Outcome(ticket, str(error), str(error))
        except (psycopg.Error, CapReachedError, WindowFullError) as error:
            # Our own database failed before DATA, so the mail has not left.
            return End.WITHDRAWN, Outcome(ticket, error=str(error), delay=DATABASE_DELAY_SECONDS)
        await self.on_receipt(ticket, receipt)
        if isinstance(receipt, Rejected):
            await asyncio.to_thread(_note_refusal, ticket.id, receipt)
        return self._read(flight, parcel, receipt)

    def _read(self, flight: Flight, parcel: Parcel, receipt: Receipt) -> tuple[End, Outcome]:
        """Return what the receipt means for the ledger."""
        ticket, domain = flight.ask.ticket, parcel.recipient.rpartition("@")[2]
        if isinstance(receipt, Accepted):
            return End.SENT, Outcome(
                ticket, code=receipt.code, provider_id=receipt.queue_id, is_try=True
            )
        if isinstance(receipt, Rejected):
            said = f"{receipt.code} {receipt.enhanced} {receipt.text}"
            reason = f"The mail was refused for good on its way to {domain}: {said}"
            return End.FAILED, Outcome(ticket, reason, said, code=receipt.code, is_try=True)
        if isinstance(receipt, Deferred):
            said = f"{receipt.code} {receipt.enhanced} {receipt.text}"
            reason = f"The mail was postponed on its way to {domain}: {said}"
            return End.DEFERRED, self._again(flight, parcel, reason, said, code=receipt.code)
        if isinstance(receipt, Lost):
            if receipt.ambiguous:
                return End.UNKNOWN, Outcome(ticket, UNKNOWN_REASON, receipt.reason, is_try=True)
            reason = "The connection broke before the mail was handed over."
            return End.DEFERRED, self._again(flight, parcel, reason, receipt.reason)
        return End.WITHDRAWN, Outcome(ticket)

    def _again(
        self, flight: Flight, parcel: Parcel, reason: str, error: str, *, code: int | None = None
    ) -> Outcome:
        delay = retry_seconds(parcel.attempts, flight.ask.due.timing)
        return Outcome(flight.ask.ticket, reason, error, delay=delay, code=code, is_try=True)

    async def _may_go(self, flight: Flight) -> bool:
        """Commit `sending` right before DATA; say no if the ledger refuses, or if we took too long to be sure."""
        if self.is_stopping:
            return False
        clock = asyncio.get_running_loop()
        asked_at = clock.time()
        if not await self._begin.put(flight.ask):
            flight.settled = True  # the ledger has put it where it belongs
            self.tally["refused"] += 1
            return False
        if clock.time() - asked_at > self.lease / 2:
            return False
        flight.begun = True
        return True

    async def _begin_group(self, asks: list[Ask]) -> list[bool]:
        # The mails whose connections these take over are written down first, so that a crash never leaves more in
        # doubt than there are connections (fault F1).
        await self._settle.flush()
        async with self._writing, self.database.connection() as conn:
            begun = await ledger.begin_sending(conn, asks, lease=self.lease)
        return [ask.ticket.id in begun for ask in asks]

    async def _write(self, flight: Flight, end: End, outcome: Outcome) -> None:
        if await self._settle.put((end, outcome)):
            self.tally[end] += 1
        else:
            logger.error(
                "A message was no longer ours when its outcome was known",
                extra={"message_row": outcome.ticket.id, "outcome": str(end)},
            )
        flight.settled = True

    async def _settle_group(self, group: list[tuple[End, Outcome]]) -> list[bool]:
        """Write outcomes, again and again while the database is away: they are known here and nowhere else."""
        done: set[Ticket] = set()
        while True:
            try:
                async with self._writing, self.database.connection() as conn:
                    for end in End:
                        outcomes = [o for e, o in group if e == end and o.ticket not in done]
                        ids = await _record(conn, end, outcomes)
                        done |= {o.ticket for o in outcomes if o.ticket.id in ids}
                return [outcome.ticket in done for _, outcome in group]
            except DATABASE_AWAY as error:
                logger.warning(
                    "The database did not take outcomes; they are written again soon",
                    extra={"waiting": len(group), "error": str(error)},
                )
                await asyncio.sleep(DATABASE_REST_SECONDS)
            except psycopg.Error:
                if len(group) == 1:
                    raise
                return [await self._settle_alone(item) for item in group]

    async def _settle_alone(self, item: tuple[End, Outcome]) -> bool:
        """Write one outcome of a group that was refused as a whole: a row that cannot be written spoils no other."""
        try:
            return (await self._settle_group([item]))[0]
        except psycopg.Error:
            logger.exception("An outcome was refused", extra={"message_row": item[1].ticket.id})
            return False

    async def _break_mailbox(self, parcel: Parcel, reason: str) -> None:
        with contextlib.suppress(*DATABASE_AWAY):  # found again at the next try
            async with self.database.connection() as conn:
                await ledger.break_mailbox(conn, parcel.mailbox_id, reason)

    def _pool(self, parcel: Parcel, *, is_real: bool) -> MailPool:
        way = way_of(parcel)
        known_way, pool = self._pools.get(parcel.mailbox_id, (None, None))
        if pool is not None and way == known_way:
            return pool
        most = CONNECTIONS_OF_A_REAL_MAILBOX if is_real else self.connections
        new = open_pool(endpoint_of(parcel), max_connections=most)
        if pool is not None:
            self._old_pools.append(pool)
        self._pools[parcel.mailbox_id] = way, new
        return new


def _note_refusal(message_id: int, receipt: Rejected) -> None:
    # Imported when a server refuses: what reads bounces is large, and most senders never need it.
    from outreach.refusals import note_refusal_in_thread

    note_refusal_in_thread(message_id, receipt)


async def _record(conn: Connection, end: End, outcomes: Iterable[Outcome]) -> set[int]:
    rows = list(outcomes)
    if not rows:
        return set()
    if end == End.UNREACHABLE:
        return await ledger.mark_deferred(conn, rows, at_the_end=ledger_sql.HOLD)
    record = {
        End.SENT: ledger.mark_sent,
        End.UNKNOWN: ledger.mark_unknown,
        End.FAILED: ledger.mark_failed,
        End.DEFERRED: ledger.mark_deferred,
        End.HELD: ledger.mark_held,
        End.WITHDRAWN: ledger.mark_withdrawn,
    }[end]
    return await record(conn, rows)
