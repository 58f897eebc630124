"""A wall taken away must be noticed: without it the invariants fail, so the other tests prove something."""

import asyncio
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import hypothesis
import pytest
from django.db import IntegrityError, connection
from django.utils import timezone
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from mailboxes import capacity, throttle
from outreach import claiming, epoch_guard, ledger, ledger_sql
from outreach.dispatcher import Dispatcher
from outreach.models import Message
from tests.fakes.smtp_sink import SmtpSink
from tests.faults import test_stops
from tests.faults.clock import moved_clock
from tests.faults.ledger_world import World, check_invariants, dispatch
from tests.faults.sender import OPTIONS
from tests.faults.test_restored import Backup
from tests.faults.test_state_machine import START, WALK, Engine
from tests.faults.test_stops import stop_enrollment, suppress

# Until it is found, and no shrinking: that it is found is enough here.
HUNT = settings(WALK, max_examples=30, phases=[Phase.generate], report_multiple_bugs=False)

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


def test_without_the_windows_the_check_of_windows_fails(world, sink, monkeypatch):
    monkeypatch.setattr(throttle, "RESERVED_PER_HOUR", 5)
    world.mailbox(sink)
    world.messages(20)
    assert dispatch() == {"sent": 5}  # the guard as it is
    Message.objects.filter(status="scheduled").update(due_at=timezone.now())
    endless = throttle.WindowRoom(cap=10**6, left=10**6)
    for module in (claiming, ledger):
        monkeypatch.setattr(module, "open_window", lambda domain, used: endless)
    monkeypatch.setattr(
        throttle,
        "OPEN_WINDOWS",
        throttle.OPEN_WINDOWS.replace("cap - reserved AS room", "1000000 AS room"),
    )
    monkeypatch.setattr(
        throttle,
        "RESERVE_WINDOWS",
        "UPDATE mailboxes_recipientwindow w SET cap = w.cap WHERE w.domain = ANY(%(domains)s)"
        " AND w.hour = %(hour)s AND %(slots)s::int[] IS NOT NULL RETURNING w.domain",
    )
    dispatch()
    assert len(sink.accepted) == 20
    with pytest.raises(AssertionError, match=r"I3: northwind\.test took 20 in an hour of 5"):
        check_invariants([sink], count=20)


def without(monkeypatch, condition):
    """Take one condition out of what is asked before and after `sending` is committed."""
    for name in ("VERDICTS", "LOOK_AGAIN"):
        asked = getattr(ledger_sql, name)
        assert condition in asked, f"{name} does not ask that"
        monkeypatch.setattr(ledger_sql, name, asked.replace(condition, ""))


def test_without_the_look_at_suppressions_the_check_of_stops_fails(world, sink, monkeypatch):
    without(monkeypatch, f"WHEN {ledger_sql.SUPPRESSED} THEN 'suppressed'")
    world.mailbox(sink)
    (message,) = world.messages(1)
    suppress(world, message)
    assert dispatch() == {"sent": 1}
    with pytest.raises(AssertionError, match="I4: sent to a suppressed address"):
        check_invariants([sink], count=1)


def test_without_the_look_at_the_sequence_the_check_of_stops_fails(world, sink, monkeypatch):
    without(monkeypatch, "WHEN e.status <> 'active' THEN 'sequence_stopped'")
    world.mailbox(sink)
    (message,) = world.messages(1)
    stop_enrollment(world, message)
    long_ago = timezone.now() - timedelta(minutes=1)
    type(message.enrollment).objects.update(stopped_at=long_ago)
    assert dispatch() == {"sent": 1}
    with pytest.raises(AssertionError, match="I4: sent to somebody who had answered"):
        check_invariants([sink], count=1)


def test_without_the_second_look_a_stop_in_between_is_missed(world, sink, monkeypatch):
    """Times cannot tell this one, only who committed first: the test that holds the two transactions apart fails."""
    guarding = test_stops.test_stopped_by_a_transaction_that_commits_while_ours_is_under_way
    monkeypatch.setattr(
        ledger_sql,
        "LOOK_AGAIN",
        "SELECT id FROM unnest(%(ids)s::bigint[], %(epochs)s::bigint[]) AS v (id, epoch)",
    )
    with pytest.raises(AssertionError), pytest.MonkeyPatch.context() as inner:
        guarding(world, sink, suppress, inner)
    assert Message.objects.get().status == "sending", "it would have left"


def test_without_the_constraint_on_approvals_the_check_of_texts_fails(world, sink, monkeypatch):
    without(monkeypatch, "m.approved_hash <> m.text_hash OR ")
    world.mailbox(sink)
    world.messages(1)
    with pytest.raises(IntegrityError, match="outreach_message_approved_as_is"):
        Message.objects.update(body="Something else.")
    with constraint_dropped("outreach_message_approved_as_is"):
        Message.objects.update(body="Something else.")
        assert dispatch() == {"sent": 1}
        with pytest.raises(AssertionError, match="a text that nobody approved"):
            check_invariants([sink], count=1)
        Message.objects.all().delete()


@contextmanager
def constraint_dropped(name):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [name]
        )
        (definition,) = cursor.fetchone()
        cursor.execute(f"ALTER TABLE outreach_message DROP CONSTRAINT {name}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE outreach_message ADD CONSTRAINT {name} {definition}")


def test_without_the_guard_of_epochs_a_restored_database_sends_twice(
    own_database, sink, monkeypatch
):
    world = World()
    world.mailbox(sink)
    world.messages(5)
    backup = Backup(own_database)
    assert dispatch() == {"sent": 5}
    backup.restore()
    monkeypatch.setattr(epoch_guard.Standing, "is_restored", False)
    assert dispatch() == {"sent": 5}
    with pytest.raises(AssertionError, match="I1: accepted more than once"):
        check_invariants([sink], count=5)


def test_without_the_look_at_suppressions_the_state_machine_finds_a_way(
    transactional_db, monkeypatch
):
    without(monkeypatch, f"WHEN {ledger_sql.SUPPRESSED} THEN 'suppressed'")
    with moved_clock(START) as clock:
        Engine.clock, Engine.accepted = clock, ()
        with pytest.raises(AssertionError, match="I4"):
            run_state_machine_as_test(hypothesis.seed(0)(Engine), settings=HUNT)


def replace_sql(move, old, new):
    return replace(move, sql=move.sql.replace(old, new))
