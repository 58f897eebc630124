"""What servers say and do: postponing, refusing, dropping, stalling (F8 to F11), and servers that are not there."""

import asyncio
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from mailboxes.models import Mailbox, MailboxDay, Suppression
from outreach import ledger
from outreach.dispatcher import Dispatcher
from outreach.models import Message
from tests.factories.outreach import text_hash
from tests.fakes.smtp_sink import Fault, SmtpSink
from tests.faults.ledger_world import check_invariants, dispatch
from tests.faults.sender import OPTIONS

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(
    ("stage", "code"),
    [
        ("mail", "452"),
        ("rcpt", "450"),
        ("rcpt", "451"),
        ("data", "421"),
        ("dot", "421"),
        ("dot", "451"),
    ],
)
def test_every_third_is_postponed_and_comes_later(world, stage, code):
    with SmtpSink(faults=[Fault(stage, code, every=3, times=4)]) as sink:
        world.mailbox(sink)
        world.messages(12)
        tally = dispatch(connections=2)
        postponed = Message.objects.filter(status="scheduled")
        assert tally["deferred"] == postponed.count() > 0
        for row in postponed:
            assert row.attempts == 1
            assert row.smtp_code == int(code)
            assert row.due_at > row.first_attempt_at
            assert row.status_reason.startswith(
                "The mail was postponed on its way to northwind.test"
            )
            assert row.reserved_day is None
        check_invariants([sink], count=12)
        Message.objects.filter(status="scheduled").update(due_at=timezone.now())
        dispatch(connections=2)
        Message.objects.filter(status="scheduled").update(due_at=timezone.now())
        dispatch(connections=2)
        check_invariants([sink], count=12)
        assert world.statuses() == {"sent": 12}
        assert not Suppression.objects.exists()


def test_postponed_for_a_day_it_fails_in_words(world):
    with SmtpSink(faults=[Fault("rcpt", "451")]) as sink:
        world.mailbox(sink)
        (message,) = world.messages(1)
        dispatch()
        Message.objects.update(
            first_attempt_at=timezone.now() - timedelta(hours=24), due_at=timezone.now()
        )
        assert dispatch() == {"deferred": 1}
        message.refresh_from_db()
        assert message.status == "failed"
        assert message.status_reason.endswith("It was tried for 24 hours.")
        assert message.attempts == 2
        check_invariants([sink], count=1)
        assert sink.accepted == []


@pytest.mark.parametrize(
    ("stage", "reply", "suppressed", "mailbox"),
    [
        ("rcpt", "550 5.1.1 No such user here", 1, "active"),
        ("dot", "550 5.1.1 No such user here", 1, "active"),
        ("mail", "550 5.1.1 No such user here", 0, "active"),
        ("rcpt", "550 5.0.0 Something is wrong", 0, "active"),
        ("rcpt", "552 5.2.2 Mailbox full", 0, "active"),
        ("dot", "552 5.3.4 Message too big", 0, "active"),
        ("dot", "554 5.7.1 Refused by policy", 0, "paused"),
        ("rcpt", "550 5.7.26 Unauthenticated sender", 0, "paused"),
    ],
)
def test_a_final_refusal_closes_only_dead_addresses_and_policy_stops_the_mailbox(
    world, stage, reply, suppressed, mailbox
):
    with SmtpSink(faults=[Fault(stage, reply, skip=3, times=1)]) as sink:
        box = world.mailbox(sink)
        world.messages(4)
        assert dispatch(connections=1) == {"sent": 3, "failed": 1}
        failed = Message.objects.get(status="failed")
        assert failed.smtp_code == int(reply[:3])
        assert "refused for good" in failed.status_reason
        assert MailboxDay.objects.get(mailbox=box).reserved == 3
        assert Suppression.objects.count() == suppressed
        if suppressed:
            closed = Suppression.objects.get()
            assert (closed.address, closed.reason) == (failed.recipient, "hard_bounce")
        box.refresh_from_db()
        assert box.status == mailbox
        check_invariants([sink], count=4)


@pytest.mark.parametrize("action", ["accept_drop", "drop"])
def test_dropped_after_the_final_dot_is_unknown_and_never_resent(world, action):
    with SmtpSink(faults=[Fault("dot", action, every=4)]) as sink:
        box = world.mailbox(sink)
        world.messages(8)
        assert dispatch(connections=1) == {"sent": 6, "unknown": 2}
        for _ in range(2):
            dispatch()
        assert world.statuses() == {"sent": 6, "unknown": 2}
        assert len(sink.accepted) == (8 if action == "accept_drop" else 6)
        assert MailboxDay.objects.get(mailbox=box).reserved == 8
        check_invariants([sink], count=8)


def test_dropped_at_data_is_tried_again(world):
    with SmtpSink(faults=[Fault("data", "drop", times=1)]) as sink:
        world.mailbox(sink)
        world.messages(3)
        assert dispatch(connections=1) == {"sent": 2, "deferred": 1}
        Message.objects.filter(status="scheduled").update(due_at=timezone.now())
        dispatch()
        assert world.statuses() == {"sent": 3}
        check_invariants([sink], count=3)


def test_a_server_that_cannot_be_reached_costs_no_mail(world, sink):
    Mailbox.objects.filter(pk=world.mailbox(sink).pk).update(smtp_port=9)
    (message,) = world.messages(1)
    assert dispatch() == {"unreachable": 1}
    message.refresh_from_db()
    assert message.status == "scheduled"
    assert "cannot be used now" in message.status_reason
    Message.objects.update(
        first_attempt_at=timezone.now() - timedelta(hours=24), due_at=timezone.now()
    )
    dispatch()
    message.refresh_from_db()
    assert message.status == "held"
    check_invariants([sink], count=1)


def test_a_refused_log_in_breaks_the_mailbox_and_keeps_the_mail(world):
    with SmtpSink(logins={"olga": "right"}) as sink:
        box = world.mailbox(sink, smtp_username="olga", smtp_password="wrong")
        world.messages(3)
        dispatch()
        box.refresh_from_db()
        assert box.status == "broken"
        assert box.status_reason
        assert world.statuses() == {"scheduled": 3}
        Mailbox.objects.update(status="active")
        box.smtp_password = "right"
        box.save(update_fields=["smtp_password"])
        assert dispatch() == {"sent": 3}
        check_invariants([sink], count=3)


@pytest.mark.parametrize("stage", ["banner", "hello", "mail", "rcpt", "data", "dot"])
def test_a_stalled_server_holds_up_nobody_else(world, sink, stage):
    with SmtpSink(faults=[Fault(stage, "stall")]) as stalled:
        world.mailbox(sink)
        stuck = world.mailbox(stalled)
        rows = world.messages(60)
        half = [row.enrollment_id for row in rows[:30]]
        type(rows[0].enrollment).objects.filter(pk__in=half).update(mailbox=stuck)
        type(rows[0].enrollment).objects.exclude(pk__in=half).update(
            mailbox=Mailbox.objects.exclude(pk=stuck.pk).get()
        )
        took = asyncio.run(send_beside_stalled(sink))
        assert took < 5
        assert Counter(row.recipient for row in Message.objects.filter(status="sent")).total() == 30
        assert set(world.statuses()) <= {"sent", "scheduled", "unknown"}
        unknown = world.statuses()["unknown"]
        assert unknown == (OPTIONS.connections if stage in {"data", "dot"} else 0)
        check_invariants([sink, stalled], count=60)


async def send_beside_stalled(sink):
    dispatcher = Dispatcher(replace(OPTIONS, stop_when_idle=False, stop_grace=0.3))
    began = time.monotonic()
    running = asyncio.create_task(dispatcher.run())
    await asyncio.to_thread(sink.wait_for, 30)
    took = time.monotonic() - began
    await asyncio.sleep(0.2)
    dispatcher.stop()
    await running
    return took


def test_a_mail_that_cannot_be_built_is_held_with_the_sentence(world, sink):
    world.mailbox(sink)
    good, bad = world.messages(2)
    bad.subject = "About\r\nBcc: victim@northwind.test"
    Message.objects.filter(pk=bad.pk).update(subject=bad.subject, approved_hash=text_hash_of(bad))
    assert dispatch() == {"sent": 1, "held": 1}
    bad.refresh_from_db()
    assert bad.status == "held"
    assert "line break" in bad.status_reason
    assert [mail.recipients for mail in sink.accepted] == [(good.recipient,)]
    check_invariants([sink], count=2)


def text_hash_of(message):
    return text_hash(message.recipient, message.subject, message.body)


def test_a_follow_up_threads_under_the_first_mail(world, sink):
    world.mailbox(sink)
    world.mailbox(sink)
    (first,) = world.messages(1)
    dispatch()
    second = world.message(first.enrollment, step=world.step_number(2))
    second.subject = ""
    second.approved_hash = text_hash_of(second)
    second.save()
    assert dispatch() == {"sent": 1}
    one, two = sink.accepted
    assert two.sender == one.sender, "a thread stays on its mailbox"
    headers = two.raw.partition(b"\r\n\r\n")[0]
    assert b"Subject: Re: About the role\r\n" in headers
    assert b"In-Reply-To: " + first.message_id.encode() in headers
    assert b"References: " + first.message_id.encode() in headers
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in headers
    assert b"1 Quay Street" in two.raw
    assert f"+rf-{second.public_id.hex}@".encode() in headers


def test_the_lease_is_renewed_while_a_slow_server_thinks(world):
    with SmtpSink(delay_seconds=2.0) as sink:
        world.mailbox(sink)
        world.messages(2)
        assert dispatch(lease=0.9) == {"sent": 2}
        check_invariants([sink], count=2)


def test_lateness_counts_from_the_due_time_not_from_the_retry(world, sink):
    world.mailbox(sink)
    (message,) = world.messages(1)
    Message.objects.update(due_at=F("due_at") - timedelta(hours=ledger.LATE_HOURS + 1))
    assert dispatch() == {}
    message.refresh_from_db()
    assert sink.accepted == []
