"""Two hosts, several senders on each, one PostgreSQL (F20): slots by host, and no mail twice when a host is lost."""

import random

import pytest
from django.db import connection

from outreach.dispatcher import HOST_SLOTS
from tests.fakes.smtp_sink import SmtpSink
from tests.faults.ledger_world import check_invariants, dispatch, end_leases, recover, wait_until
from tests.faults.sender import NO_SLOT, finish, kill, start_sender

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

ONE_EACH = {"slots_per_host": 1, "slots_in_all": 2, "connections": 4, "batch": 20}


def hosts_at_work():
    """Return how many hosts hold a slot on this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT objid) FROM pg_locks JOIN pg_database d ON d.oid = database"
            " WHERE locktype = 'advisory' AND classid = %s AND granted AND datname = current_database()",
            [HOST_SLOTS],
        )
        return cursor.fetchone()[0]


def test_two_hosts_share_the_work_and_a_third_finds_no_slot(world, seed):
    moments = random.Random(seed)
    with SmtpSink(delay_seconds=0.02) as sink:
        world.mailbox(sink)
        world.mailbox(sink)
        world.messages(120)
        forever = {**ONE_EACH, "stop_when_idle": False}
        first, second = (start_sender(host=host, **forever) for host in ("host-a", "host-b"))
        wait_until(lambda: hosts_at_work() == 2)
        # The same host again, and one host more than there are slots.
        others = [start_sender(host=host, **ONE_EACH) for host in ("host-a", "host-b", "host-c")]
        assert finish(*others) == [NO_SLOT] * 3
        sink.wait_for(moments.randrange(10, 60), seconds=30)
        kill(first)  # the power of one host fails
        wait_until(lambda: hosts_at_work() == 1)
        end_leases()
        recover()  # takes from the living host too; what it learns afterwards still counts
        third = start_sender(host="host-c", **ONE_EACH)
        assert finish(third) == [0]
        second.terminate()
        assert finish(second, seconds=30) == [0]
        end_leases()
        recover()
        dispatch()
        check_invariants([sink], count=120)
        statuses = world.statuses()
        assert set(statuses) <= {"sent", "unknown"}
        assert (
            statuses["unknown"] <= 8
        )  # four connections of the lost host to each of two mailboxes


def test_eight_senders_on_four_hosts_and_no_recovery_by_hand(world, rare_seed):
    """Short leases: whoever is alive finds what the killed ones held, without anybody's help."""
    moments = random.Random(rare_seed)
    with SmtpSink(delay_seconds=0.01) as sink:
        world.mailbox(sink)
        world.mailbox(sink)
        world.messages(150)
        senders = [
            start_sender(
                host=f"host-{number % 4}",
                slots_per_host=2,
                slots_in_all=8,
                connections=2,
                batch=10,
                lease=2.0,
                stop_when_idle=False,
            )
            for number in range(6)
        ]
        sink.wait_for(20, seconds=30)
        for sender in moments.sample(senders, 4):
            kill(sender)
        wait_until(lambda: set(world.statuses()) <= {"sent", "unknown"}, seconds=60)
        for sender in senders:
            sender.terminate()
        finish(*senders, seconds=30)
        check_invariants([sink], count=150)
        assert world.statuses()["unknown"] <= 4 * 2 * 2
