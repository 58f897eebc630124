"""The broker dies, forgets or is never there (F4, F5), and a worker is told to stop in the middle of a turn (F3)."""

import random
import signal
import subprocess
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from outreach.models import Message
from tests.fakes.smtp_sink import SmtpSink
from tests.faults.celery_processes import celery
from tests.faults.ledger_world import check_invariants, wait_until
from tests.faults.own_servers import OwnValkey
from tests.faults.sender import finish, start_service

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

RESUMES_SECONDS = 30
# From a process that does not exist yet to its first mail, on a busy machine.
STARTS_SECONDS = 60


@pytest.fixture
def broker():
    server = OwnValkey()
    yield server
    server.stop()


@pytest.fixture
def slow_sink():
    with SmtpSink(delay_seconds=0.05) as server:
        yield server


def kill_and_restart(broker, moments):
    broker.kill()
    time.sleep(moments.uniform(0.5, 2.0))
    broker.restart()


def kill_for_longer_than_a_turn(broker, moments):
    broker.kill()
    time.sleep(4)
    broker.restart()


def flush(broker, moments):
    assert broker.say("FLUSHALL") == "+OK"


def test_the_broker_comes_back_and_sending_resumes_without_a_restart(
    world, slow_sink, broker, tmp_path, rare_seed
):
    moments = random.Random(rare_seed)
    faults = [kill_and_restart, kill_for_longer_than_a_turn, flush]
    moments.shuffle(faults)
    world.mailbox(slow_sink)
    world.mailbox(slow_sink)
    (tmp_path / "second").mkdir()
    with (
        celery(tmp_path, broker.url) as processes,
        celery(tmp_path / "second", broker.url, kinds=["beat"]) as second_beat,  # F20
    ):
        for number, fault in enumerate(faults):
            before = len(slow_sink.accepted)
            world.messages(30, prefix=f"during{number}-")
            slow_sink.wait_for(before + moments.randrange(1, 20), seconds=STARTS_SECONDS)
            fault(broker, moments)
            wait_until(lambda: set(world.statuses()) == {"sent"}, RESUMES_SECONDS)
            # What comes after the turn that was under way needs one that begins after the fault.
            time.sleep(2.5)
            world.messages(5, prefix=f"after{number}-")
            wait_until(lambda: set(world.statuses()) == {"sent"}, RESUMES_SECONDS)
        assert [process.poll() for process in [*processes, *second_beat]] == [None] * 3
    check_invariants([slow_sink], count=105)
    assert world.statuses() == {"sent": 105}


def test_without_a_broker_a_running_dispatcher_sends_what_becomes_due(world, sink, tmp_path):
    """No notice either: only the poll can find what becomes due."""
    world.mailbox(sink)
    world.messages(5)
    world.messages(5, prefix="soon", due_at=timezone.now() + timedelta(seconds=3))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE outreach_message DISABLE TRIGGER outreach_message_scheduled")
    try:
        service = start_service(
            REDIS_URL=f"unix://{tmp_path}/nobody.sock", STATE_ROOT=tmp_path / "state"
        )
        sink.wait_for(10, seconds=STARTS_SECONDS)
        world.messages(5, prefix="unannounced")
        sink.wait_for(15, seconds=30)
        service.terminate()
        assert finish(service, seconds=30) == [0]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE outreach_message ENABLE TRIGGER outreach_message_scheduled")
    lags = [row.sending_at - row.due_at for row in Message.objects.all()]
    assert max(lags) < timedelta(seconds=60)
    assert not [lag for lag in lags if lag < timedelta(0)]
    check_invariants([sink], count=15)


def test_a_worker_told_to_stop_in_a_turn_ends_within_30_seconds_with_nothing_unknown(
    world, broker, tmp_path
):
    with SmtpSink(delay_seconds=0.3) as sink:
        world.mailbox(sink)
        world.messages(80)
        with celery(tmp_path, broker.url, FAULT_TURN_SECONDS="55") as (worker, beat):
            sink.wait_for(10, seconds=STARTS_SECONDS)
            began = time.monotonic()
            worker.send_signal(signal.SIGTERM)
            try:
                assert worker.wait(30) == 0
            except subprocess.TimeoutExpired:
                pytest.fail((tmp_path / "worker.log").read_text()[-2000:])
            assert time.monotonic() - began < 30
            assert beat.poll() is None
        statuses = world.statuses()
        assert set(statuses) == {"sent", "scheduled"}
        assert statuses["sent"] == len(sink.accepted) < 80
        check_invariants([sink], count=80)
