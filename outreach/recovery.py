"""What a lost sender left behind: claims go back, and for the rest somebody is asked whether the mail had left.

Architecture section 6.4: proven means `sent`, disproven means `scheduled`, and everything else is `unknown`: shown to
people, counted against the cap, and never sent again by itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from psycopg.rows import class_row

from outreach import ledger, ledger_sql
from outreach.judging import Outcome, Ticket
from outreach.ledger import Connection

# A "no" counts only when the slowest honest conversation (RFC 5321 section 4.5.3.2: two minutes for DATA, ten for the
# final dot) must be over; before that, the lost sender may only be slow.
SETTLED_SECONDS = 15 * 60.0
UNKNOWN_REASON = (
    "The connection ended before the server's answer, so nobody can tell whether the mail arrived. "
    "It is not sent again by itself."
)


class Verdict(StrEnum):
    """What an oracle knows of a mail."""

    ACCEPTED = "accepted"
    NOT_ACCEPTED = "not_accepted"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Stray:
    """A message that was being sent when its sender was lost."""

    id: int
    epoch: int
    message_id: str
    mailbox_id: int
    is_sample: bool
    sending_at: datetime
    is_settled: bool
    has_proof: bool

    @property
    def ticket(self) -> Ticket:
        """What its lost sender held."""
        return Ticket(self.id, self.epoch)


class Oracle(Protocol):
    """Somebody who can tell whether a server took a mail: a provider's API, the Sent folder by Message-ID."""

    async def outcome(self, stray: Stray) -> Verdict: ...


class NoOracle:
    """Nobody to ask: only a later event proves a mail sent."""

    async def outcome(self, stray: Stray) -> Verdict:
        """Return UNKNOWN."""
        return Verdict.UNKNOWN


@dataclass(frozen=True)
class Recovered:
    """How many messages one look put where."""

    released: int = 0
    late: int = 0
    proven: int = 0
    disproven: int = 0
    unknown: int = 0


# A provider speaks of a mail that it has taken; these types say the opposite or nothing.
_NO_PROOF = ledger_sql.quoted(("deferred", "rejected", "failed", "unknown"))
STRAYS = f"""
SELECT m.id, m.lease_epoch AS epoch, m.message_id, m.mailbox_id, m.is_sample, m.sending_at,
    m.sending_at < now() - make_interval(secs => %(settled)s) AS is_settled,
    EXISTS (SELECT 1 FROM mailboxes_deliveryevent ev WHERE ev.workspace_id = m.workspace_id
        AND ev.message_id IN (m.message_id, btrim(m.message_id, '<>')) AND ev.type NOT IN {_NO_PROOF})
    OR EXISTS (SELECT 1 FROM outreach_reply r WHERE r.message_id = m.id) AS has_proof
FROM outreach_message m
WHERE m.status = 'sending' AND m.lease_until < now()
ORDER BY m.id LIMIT 500
"""  # noqa: S608 - only our own constants are written in


async def recover(
    conn: Connection, oracle: Oracle | None = None, *, settled: float = SETTLED_SECONDS
) -> Recovered:
    """Look once after messages whose sender's lease is over. Safe to run anywhere, any number at once."""
    oracle = oracle or NoOracle()
    cursor = await conn.execute(ledger_sql.EXPIRE_CLAIMS.sql)
    released = len(await cursor.fetchall())
    late = await ledger.hold_late(conn)
    async with conn.cursor(row_factory=class_row(Stray)) as strays:
        await strays.execute(STRAYS, {"settled": settled})
        found = await strays.fetchall()
    verdicts = {stray: await _judge(stray, oracle) for stray in found}
    proven = await ledger.mark_sent(conn, _outcomes(verdicts, Verdict.ACCEPTED))
    # Between asking and now the slow sender may have come back; the epoch in every statement decides.
    disproven = await ledger.mark_withdrawn(conn, _outcomes(verdicts, Verdict.NOT_ACCEPTED))
    unknown = await ledger.mark_unknown(
        conn, _outcomes(verdicts, Verdict.UNKNOWN, reason=UNKNOWN_REASON)
    )
    return Recovered(released, late, len(proven), len(disproven), len(unknown))


async def _judge(stray: Stray, oracle: Oracle) -> Verdict | None:
    """Return the verdict, or None to look again later."""
    if stray.has_proof:
        return Verdict.ACCEPTED
    verdict = await oracle.outcome(stray)
    if verdict == Verdict.NOT_ACCEPTED and not stray.is_settled:
        return None
    return verdict


def _outcomes(
    verdicts: dict[Stray, Verdict | None], wanted: Verdict, *, reason: str = ""
) -> list[Outcome]:
    strays: Iterable[Stray] = (stray for stray, verdict in verdicts.items() if verdict == wanted)
    return [Outcome(stray.ticket, reason) for stray in strays]
