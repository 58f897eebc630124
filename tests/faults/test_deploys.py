"""Migrations under load, and senders of two versions at once (F25)."""

import time

import pytest
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader

from outreach.models import Message
from tests.fakes.smtp_sink import SmtpSink
from tests.faults.ledger_world import check_invariants, wait_until
from tests.faults.sender import finish, start_sender, start_service

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


class NextVersion(migrations.Migration):
    """What the next version might bring: a column that the database fills for those who do not know it, and an index."""

    operations = [
        migrations.AddField(
            "message", "next_note", models.CharField(max_length=20, default="", db_default="")
        ),
        migrations.AddIndex(
            "message", models.Index(fields=["next_note"], name="outreach_message_next")
        ),
    ]


def migrate(*, back=False):
    before = MigrationLoader(connection).project_state()
    migration = NextVersion("next_version", "outreach")
    # As a careful deploy does: rather wait and try again than hold up everybody who waits behind us.
    for _ in range(200):
        try:
            with connection.schema_editor() as editor:
                editor.execute("SET LOCAL lock_timeout = '200ms'")
                (migration.unapply if back else migration.apply)(before.clone(), editor)
        except Exception as error:
            if "lock timeout" not in str(error):
                raise
            time.sleep(0.05)
        else:
            return
    pytest.fail("The migration never got its lock.")


def test_migrations_forwards_and_back_while_senders_of_two_versions_work(world):
    with SmtpSink(delay_seconds=0.02) as sink:
        for _ in range(3):
            world.mailbox(sink)
        world.messages(150)
        older = start_sender(connections=4, batch=20, stop_when_idle=False)
        sink.wait_for(10, seconds=30)
        migrate()
        try:
            # Started after the migration, beside the one from before it; people go on approving mail.
            newer = start_sender(connections=4, batch=20, stop_when_idle=False)
            world.messages(30, prefix="new")
            wait_until(lambda: len(sink.accepted) >= 120, seconds=60)
            assert older.is_alive()
            assert newer.is_alive()
        finally:
            migrate(back=True)
        wait_until(lambda: world.statuses() == {"sent": 180}, seconds=60)
        older.terminate()
        newer.terminate()
        assert finish(older, newer, seconds=30) == [0, 0]
        check_invariants([sink], count=180)
        assert set(Message.objects.values_list("attempts", flat=True)) == {1}


def test_a_rolling_restart_of_every_sender_loses_nothing(world):
    with SmtpSink(delay_seconds=0.02) as sink:
        world.mailbox(sink)
        world.mailbox(sink)
        world.messages(160)
        running = [start_service(DISPATCH_CONNECTIONS=4) for _ in range(2)]
        sink.wait_for(10, seconds=30)
        for _ in range(2):
            old = running.pop(0)
            old.terminate()
            running.append(start_service(DISPATCH_CONNECTIONS=4))
            assert finish(old, seconds=30) == [0]
        wait_until(lambda: world.statuses() == {"sent": 160}, seconds=60)
        for service in running:
            service.terminate()
        assert finish(*running, seconds=30) == [0, 0]
        check_invariants([sink], count=160)
