"""The ways into the dispatcher: the command, the task, chores, slots."""

import asyncio
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from outreach import advancing, tasks
from outreach.dispatcher import Dispatcher, Options, database_address
from outreach.models import Message
from tests.fakes.smtp_sink import SmtpSink
from tests.faults.ledger_world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sink():
    with SmtpSink() as server:
        yield server


def test_the_command_sends_without_celery(sink):
    world = World()
    world.mailbox(sink)
    world.messages(5)
    out = StringIO()
    call_command("dispatch", once=True, stdout=out)
    assert out.getvalue() == "5 sent\n"
    assert len(sink.accepted) == 5


def test_the_task_sends_and_ends_when_its_worker_stops(sink, monkeypatch):
    world = World()
    world.mailbox(sink)
    world.messages(5)
    monkeypatch.setattr(tasks._STOPPING, "is_set", lambda: len(sink.accepted) == 5)
    tasks.dispatch()
    assert set(Message.objects.values_list("status", flat=True)) == {"sent"}


def test_a_broken_chore_does_not_stop_sending(sink):
    world = World()
    world.mailbox(sink)
    world.messages(3)
    told = []

    def chore(now):
        told.append(now)
        raise RuntimeError("broken")

    tally = asyncio.run(Dispatcher(Options(stop_when_idle=True, chores=(chore,))).run())
    assert tally == {"sent": 3}
    assert told


def test_a_whole_sequence_goes_out_at_practice_pace(sink):
    """The dispatcher's chores advance the sequence: no Celery, no beat."""
    world = World()
    world.mailbox(sink)
    (first,) = world.messages(1)
    world.message(first.enrollment, step=world.step_number(2), status="approved").save()

    async def run():
        dispatcher = Dispatcher(Options(chores=(advancing.advance_sequences,)))
        running = asyncio.create_task(dispatcher.run())
        await asyncio.to_thread(sink.wait_for, 2, 20)
        dispatcher.stop()
        await running

    asyncio.run(run())
    assert [mail.message_id for mail in sink.accepted] == [
        message.message_id for message in Message.objects.order_by("step_number")
    ]


def test_the_address_is_that_of_djangos_database():
    assert f"dbname={connection.settings_dict['NAME']}" in database_address()
