"""A sender never works on a database that went back in time (fault F26).

Every claim draws a number from one sequence: the epoch of the ledger. The highest number is remembered outside the
database, in Valkey and in a small file, before any of its mails may leave. A sequence that stands below it belongs to a
database restored from a backup (or to a replica that had fallen behind): what it calls scheduled may have left long
ago. Then nothing is claimed, sending is switched off for everybody, and `manage.py reconcile_ledger` must look first.

Losing Valkey, the file or both never stops a sender; it only makes the guard forget.
"""

import asyncio
import fcntl
import logging
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from django.conf import settings
from django.db import connections

from accounts.switches import SENDING, turn_off
from outreach.ledger import Connection
from outreach.valkey_link import ValkeyLink

logger = logging.getLogger(__name__)

RESTORED_REASON = (
    "The database is older than what was already sent: it was restored from a backup or lost its last changes. "
    "Nothing is sent until operations have run “manage.py reconcile_ledger”."
)
# A sender waits for Valkey at most this long, and leaves it alone for a while when it did not answer.
VALKEY_SECONDS = 0.5
VALKEY_REST_SECONDS = 10.0

# The moment of an installation's very first migration: the same after a restore, another one in every other database.
INSTALLATION = (
    "SELECT to_char(min(applied) AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS') FROM django_migrations"
)
DRAWN = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM outreach_dispatch_epoch"

_RAISE = """
if tonumber(ARGV[1]) > tonumber(redis.call('GET', KEYS[1]) or '0') then redis.call('SET', KEYS[1], ARGV[1]) end
return 0
"""


class EpochMark:
    """The highest epoch that one installation ever used, kept twice; either copy alone is enough.

    Never raises: what cannot be read counts as 0, what cannot be written is logged. Safe for any number of writers.
    """

    def __init__(self, installation: str) -> None:
        self.path = Path(settings.STATE_ROOT) / f"dispatch-epoch-{installation}"
        self.key = f"{settings.CACHES['default']['KEY_PREFIX']}:dispatch-epoch:{installation}"
        self._valkey = ValkeyLink(settings.REDIS_URL, seconds=VALKEY_SECONDS)
        self._rest_until = 0.0

    def read(self) -> int:
        """Return the highest number either copy holds, 0 when both are lost."""
        return max(self._read_file(), self._ask_valkey("GET", self.key))

    def raise_to(self, epoch: int) -> None:
        """Remember `epoch` unless a higher one is remembered already."""
        self._write_file(epoch)
        self._ask_valkey("EVAL", _RAISE, 1, self.key, epoch)

    def close(self) -> None:
        """Let go of the connection."""
        self._valkey.close()

    def _read_file(self) -> int:
        try:
            return _number(self.path.read_bytes())
        except FileNotFoundError:
            return 0
        except OSError:
            logger.exception("The remembered epoch cannot be read")
            return 0

    def _write_file(self, epoch: int) -> None:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                if epoch > _number(os.pread(file, 64, 0)):
                    # Always as long: one write replaces the number whole, also when we are killed beside it.
                    os.pwrite(file, b"%020d\n" % epoch, 0)
            finally:
                os.close(file)
        except OSError:
            logger.exception("The epoch cannot be remembered in its file")

    def _ask_valkey(self, *command: str | int) -> int:
        if monotonic() < self._rest_until:
            return 0
        try:
            answer = self._valkey.ask(*command)
        except OSError as error:
            self._rest_until = monotonic() + VALKEY_REST_SECONDS
            logger.warning("Valkey does not keep the epoch now", extra={"error": str(error)})
            return 0
        return _number(answer) if isinstance(answer, bytes) else 0


@dataclass(frozen=True)
class EpochGuard:
    """What one turn of a dispatcher knows of the mark."""

    mark: EpochMark

    async def remember(self, epoch: int) -> None:
        """Keep an epoch that was just drawn. Its mails may leave only afterwards."""
        await asyncio.to_thread(self.mark.raise_to, epoch)

    def close(self) -> None:
        """Let go of what the guard holds."""
        self.mark.close()


@dataclass(frozen=True)
class Standing:
    """Two numbers that must not part: `drawn` by the database's sequence, `remembered` outside it."""

    drawn: int
    remembered: int

    @property
    def is_restored(self) -> bool:
        """Whether the database knows less than was used already."""
        return self.drawn < self.remembered


async def admit(conn: Connection) -> EpochGuard | None:
    """Return the guard of a turn that may begin, or None after switching sending off because the database is old."""
    mark = EpochMark(await _value(conn, INSTALLATION))
    # In this order: between the two looks the sequence only grows, so nobody is accused wrongly.
    remembered = await asyncio.to_thread(mark.read)
    standing = Standing(int(await _value(conn, DRAWN)), remembered)
    if not standing.is_restored:
        return EpochGuard(mark)
    mark.close()
    logger.error(
        "The database is older than what was sent",
        extra={"drawn": standing.drawn, "remembered": standing.remembered},
    )
    await asyncio.to_thread(_switch_off_in_thread)
    return None


def standing() -> tuple[Standing, EpochMark]:
    """Return both numbers and the mark over Django's connection."""
    with connections["default"].cursor() as cursor:
        cursor.execute(INSTALLATION)
        mark = EpochMark(str(cursor.fetchone()[0]))
        remembered = mark.read()
        cursor.execute(DRAWN)
        return Standing(int(cursor.fetchone()[0]), remembered), mark


def _switch_off_in_thread() -> None:
    try:
        turn_off(SENDING, by=None, reason=RESTORED_REASON, now=datetime.now(UTC))
    finally:
        connections.close_all()


async def _value(conn: Connection, sql: str) -> str:
    cursor = await conn.execute(sql)
    row = await cursor.fetchone()
    return str(row[0]) if row else ""


def _number(octets: bytes) -> int:
    digits = octets.strip()
    return int(digits) if digits.isdigit() else 0
