"""Several senders at once (F20, F23): each mail once, and a cap that cannot be passed."""

import asyncio
from dataclasses import replace

import pytest

from mailboxes.models import MailboxDay
from outreach.dispatcher import Dispatcher, NoSlotError
from outreach.models import Message
from tests.fakes.smtp_sink import SmtpSink
from tests.faults.ledger_world import (
    accepted_ids,
    check_invariants,
    dispatch,
    wait_until,
)
from tests.faults.sender import OPTIONS, finish, start_sender

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


def test_two_dispatchers_at_once_send_each_mail_once(world):
    with SmtpSink(delay_seconds=0.002) as sink:
        world.mailbox(sink)
        for _ in range(3):
            world.mailbox(sink)
        world.messages(300)
        assert finish(start_sender(batch=25), start_sender(batch=25)) == [0, 0]
        assert len(sink.accepted) == 300
        assert world.statuses() == {"sent": 300}
        assert len({mail.connection for mail in sink.accepted}) > 8, "only one of them worked"
        check_invariants([sink], count=300)


def test_a_cap_of_37_with_8_senders_and_1000_due_gives_exactly_37(world, sink):
    box = world.mailbox(sink, cap=37)
    world.messages(1000)
    senders = [start_sender(batch=20, connections=4) for _ in range(8)]
    assert finish(*senders) == [0] * 8
    dispatch()  # what a sender holds at the end is not seen by the one that ends before it
    assert len(sink.accepted) == 37
    check_invariants([sink], count=1000)
    assert world.statuses() == {"sent": 37, "scheduled": 963}
    day = MailboxDay.objects.get(mailbox=box)
    assert (day.cap, day.reserved, day.sent) == (37, 37, 37)
    waiting = Message.objects.filter(status="scheduled")
    assert set(waiting.values_list("status_reason", flat=True)) == {
        f"{box.address} has used its room for today (UTC); the next day brings new room."
    }


def test_one_loop_holds_many_racing_dispatchers(world, sink):
    world.mailbox(sink, cap=60)
    world.messages(100)

    async def race():
        options = replace(OPTIONS, batch=7, connections=3)
        return await asyncio.gather(*(Dispatcher(options).run() for _ in range(6)))

    tallies = asyncio.run(race())
    assert sum(tally.get("sent", 0) for tally in tallies) == 60
    assert len(set(accepted_ids(sink))) == len(sink.accepted) == 60
    check_invariants([sink], count=100)


def test_a_taken_slot_is_refused_and_free_again_afterwards(world, sink):
    world.mailbox(sink)
    world.messages(1)
    one = replace(OPTIONS, slots_per_host=1, slots_in_all=1)

    async def second_while_first_works():
        first = Dispatcher(replace(one, stop_when_idle=False))
        running = asyncio.create_task(first.run())
        await asyncio.to_thread(sink.wait_for, 1)
        with pytest.raises(NoSlotError):
            await Dispatcher(one).run()
        first.stop()
        await running
        return await Dispatcher(one).run()

    assert asyncio.run(second_while_first_works()) == {}


def test_a_newly_scheduled_mail_wakes_a_resting_dispatcher_at_once(world, sink):
    world.mailbox(sink)
    sender = start_sender(stop_when_idle=False)
    world.messages(1)
    sink.wait_for(1, seconds=10)
    before = len(sink.accepted)
    rows = world.messages(1, prefix="later")
    sink.wait_for(before + 1, seconds=1.5)
    sender.terminate()
    assert finish(sender, seconds=10) == [0]
    wait_until(lambda: Message.objects.get(pk=rows[0].pk).status == "sent")
    check_invariants([sink], count=2)
