"""A wall taken away must be noticed: without it the invariants fail, so the other tests prove something."""

import asyncio
from dataclasses import replace

import pytest

from mailboxes import capacity
from outreach import ledger_sql
from outreach.dispatcher import Dispatcher
from tests.fakes.smtp_sink import SmtpSink
from tests.faults.ledger_world import check_invariants, dispatch
from tests.faults.sender import OPTIONS

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


def test_without_the_cap_the_check_of_caps_fails(world, sink, monkeypatch):
    world.mailbox(sink, cap=5)
    world.messages(20)
    monkeypatch.setattr(
        capacity, "LOCK_DAYS", capacity.LOCK_DAYS.replace("d.cap - d.reserved", "1000000")
    )
    monkeypatch.setattr(
        capacity,
        "RESERVE",
        "UPDATE mailboxes_mailboxday SET updated_at = now() WHERE mailbox_id = ANY(%(mailboxes)s) RETURNING 1",
    )
    monkeypatch.setattr(
        ledger_sql,
        "CONFIRM",
        replace_sql(ledger_sql.CONFIRM, "SET sent = d.sent + f.mails", "SET sent = 0"),
    )
    dispatch()
    assert len(sink.accepted) > 5
    with pytest.raises(AssertionError, match="I3"):
        check_invariants([sink], count=20)


def test_without_fencing_mails_leave_twice(world, monkeypatch):
    everything = "m.status IN ('scheduled', 'claimed', 'sending')"
    monkeypatch.setattr(
        ledger_sql,
        "DUE",
        ledger_sql.DUE.replace("m.status = 'scheduled'", everything).replace("SKIP LOCKED", ""),
    )
    for name in ("CLAIM", "BEGIN", "CONFIRM"):
        move = getattr(ledger_sql, name)
        for state in ("scheduled", "claimed"):
            move = replace_sql(move, f"m.status = '{state}'", everything)
        move = replace_sql(move, "m.lease_epoch = v.epoch AND ", "")
        monkeypatch.setattr(ledger_sql, name, move)
    verdicts = ledger_sql.VERDICTS.replace("m.status = 'claimed'", everything)
    monkeypatch.setattr(ledger_sql, "VERDICTS", verdicts.replace("AND m.lease_epoch = v.epoch", ""))
    monkeypatch.setattr(
        ledger_sql,
        "LOOK_AGAIN",
        ledger_sql.LOOK_AGAIN.replace("AND m.lease_epoch = v.epoch", ""),
    )

    async def race():
        options = replace(OPTIONS, batch=10, connections=2, seconds=3, stop_grace=1.0)
        return await asyncio.gather(
            *(Dispatcher(options).run() for _ in range(3)), return_exceptions=True
        )

    with SmtpSink(delay_seconds=0.02) as sink:
        world.mailbox(sink)
        world.messages(8)
        asyncio.run(race())
        assert len(sink.accepted) > 8
        with pytest.raises(AssertionError, match="I1"):
            check_invariants([sink], count=8, drained=False)


def replace_sql(move, old, new):
    return replace(move, sql=move.sql.replace(old, new))
