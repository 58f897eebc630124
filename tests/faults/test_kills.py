"""kill -9 (F1, F2) and SIGTERM (F3): nothing twice, nothing lost, unknown at most what was on the wire."""

import random
import time

import pytest

from outreach.models import Message
from tests.fakes.smtp_sink import SmtpSink
from tests.faults.ledger_world import (
    SinkOracle,
    check_invariants,
    dispatch,
    end_leases,
    recover,
)
from tests.faults.sender import finish, kill, start_sender

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

CONNECTIONS = 8


def drain_after_kill(**changes):
    end_leases()
    found = recover(**changes)
    dispatch()
    return found


def test_killed_between_the_servers_reply_and_the_commit(world, sink):
    world.mailbox(sink)
    world.messages(40)
    sender = start_sender(die_after_receipts=5, connections=CONNECTIONS)
    assert finish(sender) == [-9]
    assert Message.objects.filter(status="sending").count() > 0
    found = drain_after_kill()
    assert 0 < found.unknown <= CONNECTIONS
    check_invariants([sink], count=40)
    statuses = world.statuses()
    assert statuses == {"sent": 40 - found.unknown, "unknown": found.unknown}
    # An unknown mail may have arrived: its slot stays used.
    unknown = Message.objects.filter(status="unknown")
    assert all(row.reserved_day and "nobody can tell" in row.status_reason for row in unknown)


def test_killed_between_the_commit_and_data(world, sink):
    world.mailbox(sink)
    world.messages(20)
    assert finish(start_sender(die_after_begins=1, connections=CONNECTIONS)) == [-9]
    found = drain_after_kill()
    assert 0 < found.unknown <= CONNECTIONS
    check_invariants([sink], count=20)


def test_an_oracle_leaves_nothing_unknown(world, sink):
    world.mailbox(sink)
    world.messages(40)
    assert finish(start_sender(die_after_receipts=7, connections=CONNECTIONS)) == [-9]
    drain_after_kill(oracle=SinkOracle(sink), settled=0)
    check_invariants([sink], count=40)
    assert world.statuses() == {"sent": 40}


def test_an_oracles_no_is_not_believed_while_the_lost_sender_may_only_be_slow(world, sink):
    world.mailbox(sink)
    world.messages(5)
    assert finish(start_sender(die_after_begins=1, connections=1)) == [-9]
    end_leases()
    found = recover(oracle=SinkOracle(sink))
    assert (found.disproven, found.unknown) == (0, 0)
    assert Message.objects.filter(status="sending").count() == 1
    found = recover(oracle=SinkOracle(sink), settled=0)
    assert found.disproven == 1
    dispatch()
    check_invariants([sink], count=5)
    assert world.statuses() == {"sent": 5}


def test_killed_at_random_moments(world, seed):
    moments = random.Random(seed)
    with SmtpSink(delay_seconds=0.005) as sink:
        world.mailbox(sink)
        world.mailbox(sink)
        world.messages(150)
        kills = unknown = 0
        for _ in range(3):
            sender = start_sender(connections=CONNECTIONS, stop_when_idle=False, batch=40)
            time.sleep(moments.uniform(0.05, 0.7))
            kill(sender)
            kills += 1
            end_leases()
            unknown += recover().unknown
        dispatch()
        check_invariants([sink], count=150)
        assert unknown <= kills * CONNECTIONS * 2  # two mailboxes, each with its own connections
        assert world.statuses()["unknown"] == unknown


def test_told_to_stop_it_ends_within_30_seconds_and_leaves_nothing_unknown(world):
    with SmtpSink(delay_seconds=0.2) as sink:
        world.mailbox(sink)
        world.messages(80)
        sender = start_sender(connections=CONNECTIONS, stop_when_idle=False)
        sink.wait_for(10)
        began = time.monotonic()
        sender.terminate()
        assert finish(sender, seconds=30) == [0]
        assert time.monotonic() - began < 10
        statuses = world.statuses()
        assert set(statuses) == {"sent", "scheduled"}
        assert statuses["sent"] == len(sink.accepted) < 80
        check_invariants([sink], count=80)
