"""A database restored from an older backup (F26): nothing leaves until what left since the backup is known again."""

from datetime import timedelta
from io import StringIO

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.switches import SENDING, switch_of, turn_on
from outreach import epoch_guard, reconciling
from outreach.models import Message
from outreach.reconciling import TooEarlyError, reconcile
from outreach.recovery import NoOracle
from tests.factories.accounts import UserFactory
from tests.faults.ledger_world import (
    SinkOracle,
    World,
    check_invariants,
    dispatch,
    wait_until,
)
from tests.faults.sender import finish, start_service

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


class Backup:
    """A copy of the database as it was at one moment."""

    def __init__(self, cluster):
        self.cluster, self.name = cluster, connection.settings_dict["NAME"]
        self._copy(self.name, f"{self.name}_backup")

    def restore(self):
        connections.close_all()
        self.cluster.drop(self.name)
        self._copy(f"{self.name}_backup", self.name)
        self.cluster.drop(f"{self.name}_backup")

    def _copy(self, source, target):
        connections.close_all()
        self.cluster.execute(f"CREATE DATABASE {target} TEMPLATE {source}")


@pytest.fixture
def restored(own_database, sink):
    """10 mails left before the backup, 12 of 20 after it; the restored database calls all 20 due."""
    world = World()
    world.mailbox(sink)
    world.messages(10)
    assert dispatch() == {"sent": 10}
    later = world.messages(20, prefix="q")
    backup = Backup(own_database)
    kept = [row.pk for row in later[:8]]
    Message.objects.filter(pk__in=kept).update(due_at=timezone.now() + timedelta(hours=1))
    assert dispatch() == {"sent": 12}
    backup.restore()
    assert world.statuses() == {"sent": 10, "scheduled": 20}
    return world


def switch_on():
    operator = UserFactory(is_staff=True, is_superuser=True)
    assert turn_on(SENDING, by=operator, reason="We looked.", now=timezone.now())


def look(oracle):
    """Reconcile, long enough after the restore."""
    now = timezone.now()
    return reconcile(oracle, now=now, restored_at=now, settled=0)


def test_nothing_leaves_until_it_is_reconciled(restored, sink):
    for _ in range(2):
        assert dispatch() == {}
        assert switch_of(SENDING).reason == epoch_guard.RESTORED_REASON
        # Switching it on is not enough: the database still knows less than was sent.
        switch_on()
    assert len(sink.accepted) == 22
    done = look(SinkOracle(sink))
    assert (done.was_needed, done.counts) == (True, {"sent": 12, "not sent": 8})
    assert dispatch() == {"sent": 8}
    check_invariants([sink], count=30)
    assert restored.statuses() == {"sent": 30}
    assert not epoch_guard.standing()[0].is_restored


def test_a_service_stays_and_goes_on_by_itself_afterwards(restored, sink):
    service = start_service(STATE_ROOT=settings.STATE_ROOT)
    wait_until(lambda: switch_of(SENDING) is not None)
    assert service.is_alive()
    look(SinkOracle(sink))
    switch_on()
    sink.wait_for(30, seconds=30)
    service.terminate()
    assert finish(service, seconds=30) == [0]
    check_invariants([sink], count=30)


def test_without_anybody_to_ask_nothing_is_sent_again(restored, sink):
    assert dispatch() == {}
    done = look(NoOracle())
    assert done.counts == {"unknown": 20}
    switch_on()
    assert dispatch() == {}
    check_invariants([sink], count=30)
    assert restored.statuses() == {"sent": 10, "unknown": 20}


def test_a_run_that_was_killed_is_done_again(restored, sink, monkeypatch):
    def killed(floor):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(reconciling, "_lift_epochs", killed)
        with pytest.raises(KeyboardInterrupt):
            look(SinkOracle(sink))
    assert dispatch() == {}
    done = look(SinkOracle(sink))
    assert done.counts == {"not sent": 8}
    switch_on()
    assert dispatch() == {"sent": 8}
    check_invariants([sink], count=30)


def test_an_old_sender_that_may_still_talk_is_waited_for(restored, sink):
    now = timezone.now()
    with pytest.raises(TooEarlyError):
        reconcile(SinkOracle(sink), now=now, restored_at=now - timedelta(minutes=14))
    assert restored.statuses() == {"sent": 10, "scheduled": 20}
    assert dispatch() == {}


def test_the_command_says_what_it_did_and_leaves_sending_off(restored, sink):
    with pytest.raises(CommandError, match="Wait until"):
        call_command("reconcile_ledger")
    switch = switch_of(SENDING)
    type(switch).objects.update(changed_at=timezone.now() - timedelta(minutes=16))
    said = StringIO()
    call_command("reconcile_ledger", stdout=said)
    assert "20 cannot be proved either way" in said.getvalue()
    assert AuditEntry.objects.filter(verb="ledger.reconcile", affected_count=20).count() == 1
    assert dispatch() == {}
    assert switch_of(SENDING) is not None
    assert len(sink.accepted) == 22
    said = StringIO()
    call_command("reconcile_ledger", stdout=said)
    assert "nothing to do" in said.getvalue()


@pytest.mark.parametrize("lost", ["file", "valkey", "both"])
def test_one_memory_is_enough_and_losing_both_blocks_nobody(world, sink, lost):
    world.mailbox(sink)
    world.messages(3)
    assert dispatch() == {"sent": 3}
    standing, mark = epoch_guard.standing()
    assert standing.remembered == standing.drawn >= 3
    mark.raise_to(standing.drawn + 1)
    if lost in {"file", "both"}:
        mark.path.unlink()
    if lost in {"valkey", "both"}:
        cache.clear()
    mark.close()
    world.messages(2, prefix="q")
    assert dispatch() == ({"sent": 2} if lost == "both" else {})
    assert (switch_of(SENDING) is None) == (lost == "both")


def test_neither_an_unwritable_folder_nor_a_dead_valkey_stops_a_sender(world, sink, tmp_path):
    settings.REDIS_URL, before = f"unix://{tmp_path}/nobody.sock", settings.REDIS_URL
    settings.STATE_ROOT = tmp_path / "a-file" / "state"
    (tmp_path / "a-file").write_text("in the way")
    try:
        world.mailbox(sink)
        world.messages(3)
        assert dispatch() == {"sent": 3}
        assert epoch_guard.standing()[0].remembered == 0
    finally:
        settings.REDIS_URL = before
