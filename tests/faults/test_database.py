"""PostgreSQL dies, is full, refuses, waits or has no disk (F6, F7, F27): late at worst, and it mends itself."""

import random
import subprocess
import threading
import time
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection, connections

from outreach.models import Message
from tests.conftest import logged_in
from tests.factories.accounts import MembershipFactory, ProfileFactory, UserFactory
from tests.fakes.smtp_sink import SmtpSink
from tests.faults.ledger_world import (
    World,
    check_invariants,
    dispatch,
    end_leases,
    recover,
    wait_until,
)
from tests.faults.own_servers import own_folder
from tests.faults.sender import finish, kill, start_sender, start_service

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

RECOVERY_SECONDS = 30


@pytest.fixture
def slow_sink():
    with SmtpSink(delay_seconds=0.01) as server:
        yield server


@contextmanager
def service(**settings):
    """`manage.py dispatch` beside the test; told to stop it must end well."""
    running = start_service(**settings)
    try:
        yield running
        running.terminate()
        assert finish(running, seconds=30) == [0]
    finally:
        running.kill()


def drained():
    return not Message.objects.filter(status__in=["scheduled", "claimed", "sending"]).exists()


def test_postgres_crashes_mid_batch_and_comes_back(own_database, slow_sink, rare_seed):
    moments = random.Random(rare_seed)
    world = World()
    world.mailbox(slow_sink)
    world.mailbox(slow_sink)
    world.messages(150)
    with service() as running:
        slow_sink.wait_for(moments.randrange(10, 80))
        own_database.crash()
        time.sleep(moments.uniform(0.0, 1.0))
        own_database.restart()
        connections.close_all()
        wait_until(drained, RECOVERY_SECONDS)
        assert running.is_alive()
    check_invariants([slow_sink], count=150)
    # The sender lived, so it knew what became of everything it had on the wire.
    assert world.statuses() == {"sent": 150}


def test_a_crash_that_takes_the_sender_along_loses_nothing(own_database, slow_sink, rare_seed):
    moments = random.Random(rare_seed)
    world = World()
    world.mailbox(slow_sink)
    world.messages(60)
    sender = start_sender(stop_when_idle=False, connections=4)
    slow_sink.wait_for(moments.randrange(5, 30))
    own_database.crash()
    kill(sender)
    own_database.restart()
    connections.close_all()
    end_leases()
    found = recover()
    dispatch()
    assert found.unknown <= 4, "no more than were on the wire"
    check_invariants([slow_sink], count=60)
    assert world.statuses()["sent"] == 60 - found.unknown


def test_with_every_connection_taken_senders_wait_and_go_on(own_database, slow_sink):
    world = World()
    world.mailbox(slow_sink)
    world.messages(20)
    with every_connection_taken(own_database), service() as running:
        before = refusals(own_database)
        time.sleep(3)
        asked = refusals(own_database) - before
        assert running.is_alive()
        assert slow_sink.accepted == []
        assert 0 < asked < 30, "it asks again, but not in a storm"
        give_back(own_database)
        wait_until(drained, RECOVERY_SECONDS)
    check_invariants([slow_sink], count=20)
    assert world.statuses() == {"sent": 20}


def test_statement_timeouts_and_deadlocks_cost_time_only(own_database, slow_sink, rare_seed):
    moments = random.Random(rare_seed)
    world = World()
    world.mailbox(slow_sink)
    world.messages(60)
    name = connection.settings_dict["NAME"]
    own_database.execute(f"ALTER DATABASE {name} SET statement_timeout = '150ms'")
    own_database.execute(f"ALTER DATABASE {name} SET deadlock_timeout = '20ms'")
    stop = threading.Event()
    quarreller = threading.Thread(target=quarrel, args=(own_database, name, moments, stop))
    with service():
        quarreller.start()
        slow_sink.wait_for(15, seconds=RECOVERY_SECONDS)
        time.sleep(1)
        stop.set()
        quarreller.join()
        wait_until(drained, RECOVERY_SECONDS)
    check_invariants([slow_sink], count=60)
    assert world.statuses() == {"sent": 60}
    assert max(Message.objects.values_list("attempts", flat=True)) == 1, "the server was asked once"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = %s", [name])
        assert cursor.fetchone()[0] > 0, "nobody was ever deadlocked, so this proved nothing"


def test_a_read_only_database_sends_nothing_and_pages_live(own_database, slow_sink):
    world = World()
    world.mailbox(slow_sink)
    world.mailbox(slow_sink)
    world.messages(120)
    client = member_of(world)
    with service() as running:
        slow_sink.wait_for(20)
        own_database.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        own_database.execute("SELECT pg_reload_conf()")
        try:
            time.sleep(1)
            left = len(slow_sink.accepted)
            connection.close()
            assert client.get("/outbox/").status_code == 200
            time.sleep(1)
            assert running.is_alive()
            assert len(slow_sink.accepted) == left < 120
        finally:
            own_database.execute("ALTER SYSTEM RESET default_transaction_read_only")
            own_database.execute("SELECT pg_reload_conf()")
        connection.close()
        wait_until(drained, RECOVERY_SECONDS)
    check_invariants([slow_sink], count=120)
    assert world.statuses() == {"sent": 120}


def test_a_full_disk_sends_nothing_uncommitted_and_pages_live(own_database, slow_sink):
    world = World()
    world.mailbox(slow_sink)
    world.mailbox(slow_sink)
    world.messages(120)
    client = member_of(world)
    with small_disk(own_database) as ballast:
        with service() as running:
            time.sleep(3)
            assert running.is_alive()
            left = len(slow_sink.accepted)
            assert client.get("/outbox/").status_code == 200
            assert Message.objects.filter(status__in=["sending", "sent"]).count() >= left
            ballast.unlink()
            wait_until(drained, RECOVERY_SECONDS)
        check_invariants([slow_sink], count=120)
        assert left < 120, "the disk was never full"
        assert world.statuses() == {"sent": 120}


def member_of(world):
    user = UserFactory(email="olga@roleferry.example")
    owner = MembershipFactory(workspace=world.workspace, role="owner", user=user)
    ProfileFactory(workspace=world.workspace, user=user)
    return logged_in(owner)


@contextmanager
def every_connection_taken(cluster):
    """Hold every connection the server has, but the test's own."""
    cluster.held = []
    connection.ensure_connection()
    with pytest.raises(psycopg.OperationalError, match="too many clients"):
        take_all(cluster)
    try:
        yield
    finally:
        give_back(cluster)


def take_all(cluster):
    while True:
        cluster.held.append(psycopg.connect(cluster.server.url_of("postgres")))


def give_back(cluster):
    while cluster.held:
        cluster.held.pop().close()


def refusals(cluster):
    """Return how often the server has refused a connection."""
    logs = [cluster.server.folder / "server.log", cluster.folder / "again.log"]
    return sum(log.read_bytes().count(b"too many clients") for log in logs if log.exists())


def quarrel(cluster, name, moments, stop):
    """Take messages first and days second, against the ledger's order, and keep them for a while."""
    with psycopg.connect(
        cluster.server.url_of(name), autocommit=True, options="-c statement_timeout=0"
    ) as conn:
        while not stop.is_set():
            try:
                with conn.transaction():
                    conn.execute(
                        "SELECT id FROM outreach_message WHERE status IN ('claimed', 'sending')"
                        " ORDER BY id DESC LIMIT 20 FOR UPDATE"
                    )
                    time.sleep(moments.uniform(0.0, 0.2))
                    conn.execute("SELECT id FROM mailboxes_mailboxday FOR UPDATE")
            except psycopg.errors.DeadlockDetected:
                continue
            time.sleep(moments.uniform(0.0, 0.05))


@contextmanager
def small_disk(cluster):
    """Keep the messages on a disk without a free byte; removing the file that is given makes room."""
    disk = own_folder()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(disk)]
    if subprocess.run(mounting, check=False, capture_output=True).returncode:
        disk.rmdir()
        pytest.skip("This account may not mount a small disk.")
    name = connection.settings_dict["NAME"]
    space = disk / "space"
    space.mkdir(mode=0o700)
    cluster.server.account.own(space)
    try:
        cluster.execute(f"CREATE TABLESPACE small LOCATION '{space}'")
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE outreach_message SET TABLESPACE small")
        ballast = disk / "ballast"
        with ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"0" * 4096)
            except OSError:
                pass
        yield ballast
        connection.close()
    finally:
        connection.close()
        cluster.drop(name)
        cluster.execute("DROP TABLESPACE IF EXISTS small")
        subprocess.run(["umount", str(disk)], check=True)
        disk.rmdir()
