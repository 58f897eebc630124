"""What a lost sender left behind: claims go back, and for the rest somebody is asked whether the mail had left.

Architecture section 6.4: proven means `sent`, disproven means `scheduled`, and everything else is `unknown`: shown to
people, counted against the cap, and never sent again by itself.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from importlib import import_module
from typing import Protocol

from psycopg.rows import class_row

from outreach import ledger, ledger_sql
from outreach.judging import Outcome, Ticket
from outreach.ledger import Connection
from outreach.models import Message

# A "no" counts only when the slowest honest conversation (RFC 5321 section 4.5.3.2: two minutes for DATA, ten for the
# final dot) must be over; before that, the lost sender may only be slow.
SETTLED_SECONDS = 15 * 60.0
# Before that it is asked once a minute: a mail server is not ours to besiege.
LOOKS_APART_SECONDS = 60.0
# An `unknown` mail is asked about again this long after its sending began; what nobody knows in a day is for people.
UNKNOWN_LOOKS = (15 * 60.0, 3600.0, 6 * 3600.0, 24 * 3600.0)
EVENT_PROOF = "A provider's event or an answer shows that it arrived."
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
class Answer:
    """An oracle's verdict and the words that are kept with the message: who said what, and where."""

    verdict: Verdict
    proof: str = ""


@dataclass(frozen=True)
class Stray:
    """A message whose sender was lost while sending it, or whose outcome nobody could tell so far."""

    id: int
    epoch: int
    status: str
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
    """Somebody who can tell whether a server took a mail: a provider's API, the Sent folder by Message-ID.

    It is asked about many strays at the same time, so it may gather them.
    """

    async def outcome(self, stray: Stray) -> Answer | Verdict: ...


class LateOracle:
    """Asks the mailboxes themselves; loads what speaks with them when the first mail was lost, as few senders need it."""

    def __init__(self) -> None:
        self._oracles: list[Oracle] = []

    async def outcome(self, stray: Stray) -> Answer | Verdict:
        """Return what the stray's mailbox knows of it."""
        if not self._oracles:
            module = await asyncio.to_thread(import_module, "outreach.oracles")
            self._oracles.append(module.MailboxOracle())
        # Several may have waited for the module; the first one's oracle serves all.
        return await self._oracles[0].outcome(stray)


class NoOracle:
    """Nobody to ask: only a later event proves a mail sent."""

    async def outcome(self, stray: Stray) -> Answer | Verdict:
        """Return UNKNOWN."""
        return Verdict.UNKNOWN


@dataclass(frozen=True)
class Recovered:
    """How many messages one look put where; `unknown` counts those that became it now."""

    released: int = 0
    late: int = 0
    proven: int = 0
    disproven: int = 0
    unknown: int = 0


# A provider speaks of a mail that it has taken; these types say the opposite or nothing.
_NO_PROOF = ledger_sql.quoted(("deferred", "rejected", "failed", "unknown"))
_FACTS = f"""m.id, m.lease_epoch AS epoch, m.status, m.message_id, m.mailbox_id, m.is_sample, m.sending_at,
    m.sending_at < now() - make_interval(secs => %(settled)s) AS is_settled,
    EXISTS (SELECT 1 FROM mailboxes_deliveryevent ev WHERE ev.workspace_id = m.workspace_id
        AND ev.message_id IN (m.message_id, btrim(m.message_id, '<>')) AND ev.type NOT IN {_NO_PROOF})
    OR EXISTS (SELECT 1 FROM outreach_reply r WHERE r.message_id = m.id) AS has_proof"""  # noqa: S608 - only our own constants are written in
# Noting that somebody asks and reading the rows is one statement: of many dispatchers one asks the mail server.
STRAYS = f"""
UPDATE outreach_message m SET asked_at = now()
WHERE m.id IN (SELECT id FROM outreach_message
    WHERE status = 'sending' AND lease_until < now()
    AND (asked_at IS NULL OR asked_at < now() - make_interval(secs => %(apart)s)
        OR sending_at < now() - make_interval(secs => %(settled)s))
    ORDER BY id LIMIT 500 FOR UPDATE SKIP LOCKED)
RETURNING {_FACTS}
"""  # noqa: S608 - only our own constants are written in
# Operations' partial index over rare states makes this cheap among millions.
UNKNOWNS = f"""
UPDATE outreach_message m SET asked_at = now()
WHERE m.id IN (SELECT id FROM outreach_message
    WHERE status = 'unknown' AND lease_epoch IS NOT NULL AND EXISTS (
        SELECT 1 FROM unnest(%(looks)s::float8[]) AS look (after)
        WHERE sending_at + make_interval(secs => look.after) <= now()
        AND (asked_at IS NULL OR asked_at < sending_at + make_interval(secs => look.after)))
    ORDER BY id LIMIT 500 FOR UPDATE SKIP LOCKED)
RETURNING {_FACTS}
"""  # noqa: S608 - only our own constants are written in
# A mail that was sent was sent when its sending began, however late that was proved: the next step counts from there.
KEEP_PROOF = """
UPDATE outreach_message m SET proof = left(v.proof, 300),
    sent_at = CASE WHEN m.status = 'sent' THEN coalesce(m.sending_at, m.sent_at) ELSE m.sent_at END
FROM unnest(%(ids)s::bigint[], %(proofs)s::text[]) AS v (id, proof) WHERE m.id = v.id
"""


async def recover(
    conn: Connection, oracle: Oracle | None = None, *, settled: float = SETTLED_SECONDS
) -> Recovered:
    """Look once after messages whose sender's lease is over, and after those `unknown` whose next look is due.

    Safe to run anywhere, any number at once.
    """
    oracle = oracle or NoOracle()
    released = await ledger.expire_claims(conn)
    late = await ledger.hold_late(conn)
    wanted = {"settled": settled, "apart": LOOKS_APART_SECONDS, "looks": list(UNKNOWN_LOOKS)}
    async with conn.cursor(row_factory=class_row(Stray)) as rows:
        strays = await (await rows.execute(STRAYS, wanted)).fetchall()
        strays += await (await rows.execute(UNKNOWNS, wanted)).fetchall()
    answers = await asyncio.gather(*(_judge(stray, oracle) for stray in strays))
    judged = list(zip(strays, answers, strict=True))
    proven = await _settle(conn, ledger.mark_sent, _of(judged, Verdict.ACCEPTED, "any"))
    # Between asking and now the slow sender may have come back; the epoch in every statement decides.
    put_back = _of(judged, Verdict.NOT_ACCEPTED, Message.Status.SENDING)
    reopened = _of(judged, Verdict.NOT_ACCEPTED, Message.Status.UNKNOWN)
    disproven = await _settle(conn, ledger.mark_withdrawn, put_back)
    disproven += await _settle(conn, ledger.mark_reopened, reopened)
    lost = _of(judged, Verdict.UNKNOWN, Message.Status.SENDING)
    unknown = await ledger.mark_unknown(
        conn, [Outcome(stray.ticket, UNKNOWN_REASON) for stray, _ in lost]
    )
    return Recovered(released, late, proven, disproven, len(unknown))


async def _judge(stray: Stray, oracle: Oracle) -> Answer | None:
    """Return the answer, or None to look again later."""
    if stray.has_proof:
        return Answer(Verdict.ACCEPTED, EVENT_PROOF)
    found = await oracle.outcome(stray)
    answer = found if isinstance(found, Answer) else Answer(found)
    if answer.verdict == Verdict.NOT_ACCEPTED and not stray.is_settled:
        return None
    return answer


Judged = list[tuple[Stray, Answer]]


def _of(judged: list[tuple[Stray, Answer | None]], verdict: Verdict, status: str) -> Judged:
    return [
        (stray, answer)
        for stray, answer in judged
        if answer is not None and answer.verdict == verdict and status in {stray.status, "any"}
    ]


async def _settle(
    conn: Connection,
    mark: Callable[[Connection, Sequence[Outcome]], Awaitable[set[int]]],
    judged: Judged,
) -> int:
    """Move the messages and keep what proved it, in one transaction; return how many were still ours to move."""
    if not judged:
        return 0
    async with conn.transaction():
        moved = await mark(conn, [Outcome(stray.ticket) for stray, _ in judged])
        proofs = {stray.id: answer.proof for stray, answer in judged if stray.id in moved}
        await conn.execute(KEEP_PROOF, {"ids": list(proofs), "proofs": list(proofs.values())})
    return len(moved)
