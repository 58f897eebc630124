"""The send ledger: what may happen to a message (architecture section 6), in batches, by the database's clock.

Every function takes a psycopg connection in autocommit mode and makes its own transactions. A message that a sender
holds is named by a `Ticket`: id and epoch. The epoch is new for every claim, and every later statement names it, so
whoever lost a message cannot change it any more.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import dict_row

from mailboxes import capacity, throttle
from mailboxes.capacity import CapReachedError, Room, caps_today
from mailboxes.throttle import WindowFullError, WindowRoom, cap_for_domain
from outreach import ledger_sql as sql
from outreach.claiming import (
    LOST_CLAIMS_LIMIT,
    DueMessage,
    open_window,
    plan_claims,
    travel_together,
)
from outreach.judging import REFUSALS, Ask, Judge, Outcome, Ticket
from outreach.scheduling import LATE_LIMIT

# How long a sender holds a message without a sign of life. Senders renew at a third of it.
LEASE_SECONDS = 60.0
# Architecture section 6: a deferred message is tried again for at most 24 hours.
RETRY_HOURS = 24
LATE_HOURS = int(LATE_LIMIT.total_seconds() // 3600)
LATE_REASON = "It is more than 24 hours late. Look at it and send it again, or cancel it."
LOST_REASON = (
    f"{LOST_CLAIMS_LIMIT} times a sender ended without a word while it had this mail in hand. "
    "It was not sent. Look at it, then send it again or cancel it."
)

Connection = AsyncConnection[Any]


async def claim_due(
    conn: Connection,
    *,
    limit: int,
    lease: float = LEASE_SECONDS,
    quotas: Mapping[int, int] | None = None,
    quota: int = 100,
    in_hand: int = 0,
) -> tuple[list[Ask], int]:
    """Take up to `limit` due messages for this sender; give those that must wait a later due time and the reason.

    Returns what was taken and how many were given a later time.

    `quotas`: mailbox id to how many more this sender wants to carry for it (default `quota`); those at 0 are skipped.
    `in_hand`: how many messages it carries; one that may have killed senders is taken only by a sender with none.
    """
    quotas = quotas or {}
    busy = [mailbox for mailbox, left in quotas.items() if left <= 0]
    async with conn.pipeline(), conn.transaction():
        wanted = {"busy": busy, "limit": limit, "late_hours": LATE_HOURS, "is_busy": in_hand > 0}
        found = await _ask(conn, sql.DUE, wanted)
        due = travel_together([DueMessage(**row) for row in await found.fetchall()])
        if not due:
            return [], 0
        companies = {message.company_id for message in due if message.timing.spacing_hours}
        domains = sorted({message.domain for message in due})
        workspaces = list({message.workspace_id for message in due})
        mailboxes = await _ask(conn, sql.ROOMS, {"workspaces": workspaces})
        written = await _ask(conn, sql.LAST_WRITTEN, {"companies": list(companies)})
        windows = await _ask(conn, sql.WINDOWS, {"domains": domains})
        rooms, now = await _rooms(conn, await mailboxes.fetchall(), quotas, quota)
        plan = plan_claims(due, rooms, await _times(written), now, await _windows(windows))
        if plan.delays:
            dues, reasons = zip(*plan.delays.values(), strict=True)
            delays = {"ids": list(plan.delays), "dues": list(dues), "reasons": list(reasons)}
            await _ask(conn, sql.POSTPONE, delays)
        claims = {"ids": list(plan.claims), "mailboxes": list(plan.claims.values())}
        moved = await _ask(conn, sql.CLAIM.sql, {**claims, "lease": lease})
        claimed = {row["id"]: row for row in await moved.fetchall()}
    asks = [
        Ask(Ticket(message.id, row["lease_epoch"]), row["mailbox_id"], message)
        for message in due
        if (row := claimed.get(message.id))
    ]
    return asks, len(plan.delays)


async def begin_sending(
    conn: Connection, asks: Sequence[Ask], *, lease: float = LEASE_SECONDS
) -> set[int]:
    """Move claimed messages to `sending` and reserve their slots, all in one transaction; return the ids that may go.

    Whatever must not go (architecture section 6.3) is moved to where it belongs with its reason. Afterwards, with
    `sending` visible to everyone, the lasting reasons are asked once more: a stop or a suppression that was committed
    before our commit is seen, whichever way the two transactions overlapped.
    """
    async with conn.pipeline():
        async with conn.transaction():
            judge = await _lock_and_look(conn, asks)
            for ask in asks:
                judge.judge(ask)
            begun = await _begin(conn, judge, lease)
            await _refuse(conn, judge)
        return await _look_again(conn, [ask.ticket for ask in asks if ask.ticket.id in begun])


async def mark_sent(conn: Connection, outcomes: Sequence[Outcome]) -> set[int]:
    """Record that the server took the messages; return the ids that were still ours to record."""
    async with conn.pipeline():
        sent = await _settle(conn, sql.CONFIRM, outcomes)
        await conn.execute(sql.PRAISE, {"ids": list(sent)})
    return sent


async def mark_unknown(conn: Connection, outcomes: Sequence[Outcome]) -> set[int]:
    """Record that nobody can tell: the slot stays used, and nothing resends the message by itself."""
    return await _settle(conn, sql.LOSE, outcomes)


async def mark_failed(conn: Connection, outcomes: Sequence[Outcome]) -> set[int]:
    """Record a final refusal (5xx) and give the slot back."""
    return await _settle(conn, sql.FAIL, outcomes)


async def mark_held(conn: Connection, outcomes: Sequence[Outcome]) -> set[int]:
    """Hand claimed messages that cannot be carried as they are to a person."""
    return await _settle(conn, sql.HOLD, outcomes)


async def mark_withdrawn(conn: Connection, outcomes: Sequence[Outcome]) -> set[int]:
    """Put back messages that have surely not left; the slot is free again."""
    return await _settle(conn, sql.PUT_BACK, outcomes)


async def mark_reopened(conn: Connection, outcomes: Sequence[Outcome]) -> set[int]:
    """Let `unknown` messages that have surely not left be due again; their slots are free again."""
    return await _settle(conn, sql.REOPEN, outcomes)


async def mark_deferred(
    conn: Connection, outcomes: Sequence[Outcome], *, at_the_end: sql.Move = sql.FAIL
) -> set[int]:
    """Put back messages for another try after `delay` seconds; past 24 hours from the first try they end instead.

    `at_the_end` is FAIL when the recipient's side refuses, HOLD when our own server cannot be reached.
    """
    async with conn.transaction():
        done = await _settle(conn, sql.PUT_BACK, outcomes)
        over = [
            replace(outcome, reason=f"{outcome.reason} It was tried for {RETRY_HOURS} hours.")
            for outcome in outcomes
            if outcome.ticket.id not in done
        ]
        return done | await _settle(conn, at_the_end, over)


async def renew_leases(
    conn: Connection, tickets: Sequence[Ticket], *, lease: float = LEASE_SECONDS
) -> set[int]:
    """Keep holding messages; return the ids that are still ours."""
    cursor = await conn.execute(sql.RENEW, {**_keys(tickets), "lease": lease})
    return {row[0] for row in await cursor.fetchall()}


async def break_mailbox(conn: Connection, mailbox_id: int, reason: str) -> None:
    """Stop a mailbox whose server refuses it for good, until its owner has repaired it."""
    await conn.execute(sql.BREAK_MAILBOX, {"mailbox": mailbox_id, "reason": reason})


async def hold_late(conn: Connection) -> int:
    """Hold messages more than 24 hours past due for a person; return how many."""
    cursor = await conn.execute(
        sql.HOLD_LATE.sql, {"reason": LATE_REASON, "late_hours": LATE_HOURS}
    )
    return len(await cursor.fetchall())


async def expire_claims(conn: Connection) -> int:
    """Let go of what lost senders held before DATA; return how many messages are due again.

    A message that lost too many senders is held for a person instead.
    """
    await conn.execute(sql.HOLD_LOST.sql, {"reason": LOST_REASON})
    cursor = await conn.execute(sql.EXPIRE_CLAIMS.sql)
    return len(await cursor.fetchall())


async def seconds_to_next(conn: Connection) -> float | None:
    """Return how long until the next scheduled message is due, or None when none is."""
    cursor = await conn.execute(sql.NEXT_DUE)
    row = await cursor.fetchone()
    return row[0] if row else None


async def _ask(conn: Connection, statement: str, values: Mapping[str, Any]) -> AsyncCursor[Any]:
    """Send a statement; who needs its rows fetches them. Within a pipeline, all that was sent makes one round trip."""
    return await conn.cursor(row_factory=dict_row).execute(statement, values)


async def _lock_and_look(conn: Connection, asks: Sequence[Ask]) -> Judge:
    """Take every lock of `sending` in the order that all keep, then read what the decision rests on."""
    # First of all locks, as in outreach.stopping: who stops writing to a company and who writes take turns.
    companies = list({ask.due.company_id for ask in asks})
    applications = [ask.due.application_id for ask in asks if ask.due.timing.people_limit]
    domains = sorted({ask.due.domain for ask in asks})
    caps = {"domains": domains, "caps": [cap_for_domain(domain) for domain in domains]}
    await conn.execute(sql.LOCK_TIMEOUT)
    locked = {"companies": companies, "applications": applications}
    await _ask(conn, sql.LOCK_COMPANIES, locked)
    days = await _ask(conn, capacity.LOCK_DAYS, {"mailboxes": [*{a.mailbox_id for a in asks}]})
    windows = await _ask(conn, throttle.OPEN_WINDOWS, caps)
    written = await _ask(conn, sql.LAST_WRITTEN, {"companies": companies})
    people = await _ask(conn, sql.WRITTEN_PEOPLE, {"applications": applications})
    verdicts = await _ask(conn, sql.VERDICTS, _keys([ask.ticket for ask in asks]))
    return Judge(
        {row["mailbox_id"]: row for row in await days.fetchall()},
        {row["domain"]: row for row in await windows.fetchall()},
        await _times(written),
        {row["application_id"]: row["people"] for row in await people.fetchall()},
        {row["id"]: row for row in await verdicts.fetchall()},
    )


async def _begin(conn: Connection, judge: Judge, lease: float) -> set[int]:
    if not judge.granted:
        return set()
    days = [judge.days[ask.mailbox_id]["day"] for ask in judge.granted]
    hour = judge.windows[judge.granted[0].due.domain]["hour"]
    keys = _keys([ask.ticket for ask in judge.granted])
    moved = await _ask(conn, sql.BEGIN.sql, {**keys, "days": days, "hour": hour, "lease": lease})
    rows = await moved.fetchall()
    slots = Counter(row["mailbox_id"] for row in rows)
    of_domains = Counter(row["domain"] for row in rows)
    room = {"mailboxes": [*slots], "slots": [*slots.values()], "day": days[0]}
    reserved = await _ask(conn, capacity.RESERVE, room)
    room = {"domains": [*of_domains], "slots": [*of_domains.values()], "hour": hour}
    windows = await _ask(conn, throttle.RESERVE_WINDOWS, room)
    begun = [row["id"] for row in rows]
    await conn.execute(sql.BIND, {"ids": begun})
    await conn.execute(sql.STAMP, {"mailboxes": sorted(slots)})
    if len(await reserved.fetchall()) != len(slots):
        raise CapReachedError("A mailbox's day had less room than was counted under its lock.")
    if len(await windows.fetchall()) != len(of_domains):
        raise WindowFullError("A recipient domain's hour had less room than was counted.")
    return set(begun)


async def _refuse(conn: Connection, judge: Judge) -> None:
    moves = {"hold": sql.HOLD, "cancel": sql.CANCEL, "put back": sql.PUT_BACK}
    for name, outcomes in judge.refused.items():
        if outcomes:
            await conn.execute(moves[name].sql, _facts(outcomes))
    if judge.to_stop:
        await conn.execute(sql.STOP_SUPPRESSED, {"enrollments": judge.to_stop})
        reason = {"reason": REFUSALS["suppressed"][1], "enrollments": judge.to_stop}
        await conn.execute(sql.CANCEL_REST.sql, reason)


async def _look_again(conn: Connection, tickets: list[Ticket]) -> set[int]:
    if not tickets:
        return set()
    cursor = await conn.execute(sql.LOOK_AGAIN, _keys(tickets))
    fine = {row[0] for row in await cursor.fetchall()}
    overtaken = [Outcome(ticket) for ticket in tickets if ticket.id not in fine]
    if overtaken:
        # Nothing was offered yet. The next claim finds the cause and puts the message where it belongs.
        await mark_withdrawn(conn, overtaken)
    return fine


async def _rooms(
    conn: Connection, rows: Sequence[Mapping[str, Any]], quotas: Mapping[int, int], quota: int
) -> tuple[list[Room], datetime]:
    """Return the mailboxes that may send, their day opened at today's cap, and the time by the database."""
    now: datetime = rows[0]["now"] if rows else datetime.now(UTC)
    caps = caps_today(rows)
    rooms = [
        Room(
            id=row["id"],
            workspace_id=row["workspace_id"],
            address=row["address"],
            is_sandbox=row["is_sandbox"],
            cap=caps[row["id"]],
            reserved=row["reserved"],
            taken=row["taken"],
            free_at=row["free_at"],
            quota=quotas.get(row["id"], quota),
        )
        for row in rows
    ]
    new = [
        room
        for room, row in zip(rooms, rows, strict=True)
        if row["open_cap"] != max(room.cap, room.reserved)
    ]
    if new:
        opened = {"mailboxes": [room.id for room in new], "caps": [room.cap for room in new]}
        await conn.execute(capacity.OPEN_DAYS, opened)
    return rooms, now


async def _times(written: AsyncCursor[Any]) -> dict[tuple[int, int], datetime]:
    return {(row["workspace_id"], row["company_id"]): row["at"] for row in await written.fetchall()}


async def _windows(used: AsyncCursor[Any]) -> dict[str, WindowRoom]:
    return {
        row["domain"]: open_window(row["domain"], used=row["used"]) for row in await used.fetchall()
    }


async def _settle(conn: Connection, move: sql.Move, outcomes: Sequence[Outcome]) -> set[int]:
    if not outcomes:
        return set()
    async with conn.pipeline(), conn.transaction():
        keys = _keys([outcome.ticket for outcome in outcomes])
        await conn.execute(sql.LOCK_DAYS_OF, keys)
        if move.gives_back:
            await conn.execute(sql.LOCK_WINDOWS_OF, keys)
        cursor = await conn.execute(move.sql, _facts(outcomes))
        return {row[0] for row in await cursor.fetchall()}


def _keys(tickets: Sequence[Ticket]) -> dict[str, list[int]]:
    return {
        "ids": [ticket.id for ticket in tickets],
        "epochs": [ticket.epoch for ticket in tickets],
    }


def _facts(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    return {
        **_keys([outcome.ticket for outcome in outcomes]),
        "dues": [outcome.due_at for outcome in outcomes],
        "delays": [outcome.delay for outcome in outcomes],
        "reasons": [_line(outcome.reason, 300) for outcome in outcomes],
        "errors": [_line(outcome.error, 500) for outcome in outcomes],
        "codes": [outcome.code for outcome in outcomes],
        "provider_ids": [_line(outcome.provider_id, 200) for outcome in outcomes],
        "tried": [int(outcome.is_try) for outcome in outcomes],
        "retry_hours": RETRY_HOURS,
    }


def _line(text: str, limit: int) -> str:
    # PostgreSQL stores no NUL; a server's words may hold anything.
    return text.replace("\x00", "")[:limit]
