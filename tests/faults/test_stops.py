"""F22: a stop, a suppression or a withdrawn approval between queue, claim and `sending` means no mail at all."""

import asyncio
from datetime import timedelta

import psycopg
import pytest
from django.db import connections
from django.utils import timezone

from mailboxes.models import Mailbox, Suppression
from outreach import ledger
from outreach.dispatcher import database_address
from outreach.models import Enrollment, Message
from tests.faults.ledger_world import check_invariants, dispatch

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


def suppress(world, message):
    Suppression.objects.create(
        workspace=world.workspace,
        scope="workspace",
        address_hash=message.recipient_hash,
        reason="unsubscribed",
    )


def suppress_for_everyone(world, message):
    Suppression.objects.create(
        scope="platform", address_hash=message.recipient_hash, reason="complaint"
    )


def suppress_parent_domain(world, message):
    Suppression.objects.create(
        workspace=world.workspace, scope="workspace", domain="test", reason="manual"
    )


def stop_enrollment(world, message):
    Enrollment.objects.filter(pk=message.enrollment_id).update(
        status="stopped", stop_reason="replied", stopped_at=timezone.now()
    )


def void_approval(world, message):
    type(world.approval).objects.update(voided_at=timezone.now(), void_reason="Edited.")


def close_job(world, message):
    type(world.application.job).objects.update(liveness="closed", closed_at=timezone.now())


def reject_application(world, message):
    type(world.application).objects.update(status="rejected")


def pause_workspace(world, message):
    type(world.workspace).objects.update(sending_paused_at=timezone.now())


def pause_mailbox(world, message):
    Mailbox.objects.update(status="paused", status_reason="Paused by you.")


def weaken_mailbox(world, message):
    Mailbox.objects.update(health=69)


def hold_person(world, message):
    Enrollment.objects.filter(pk=message.enrollment_id).update(status="held")


def extend_hold(world, message):
    type(world.approval).objects.update(hold_until=timezone.now() + timedelta(minutes=5))


STOPS = {
    suppress: "cancelled",
    suppress_for_everyone: "cancelled",
    suppress_parent_domain: "cancelled",
    stop_enrollment: "cancelled",
    void_approval: "held",
    close_job: "cancelled",
    reject_application: "cancelled",
    pause_workspace: "scheduled",
    pause_mailbox: "scheduled",
    weaken_mailbox: "scheduled",
    hold_person: "scheduled",
    extend_hold: "scheduled",
}


def with_connection(work):
    async def run():
        async with await psycopg.AsyncConnection.connect(
            database_address(), autocommit=True
        ) as conn:
            return await work(conn)

    return asyncio.run(run())


@pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop.__name__)
def test_stopped_while_queued(world, sink, stop):
    world.mailbox(sink)
    (message,) = world.messages(1)
    stop(world, message)
    assert "sent" not in dispatch()
    message.refresh_from_db()
    assert (message.status, sink.accepted) == (STOPS[stop], [])
    check_invariants([sink], count=1)


@pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop.__name__)
def test_stopped_between_claim_and_sending(world, sink, stop):
    world.mailbox(sink)
    (message,) = world.messages(1)
    asks, _ = with_connection(lambda conn: ledger.claim_due(conn, limit=10))
    assert [ask.ticket.id for ask in asks] == [message.pk]
    stop(world, message)
    assert with_connection(lambda conn: ledger.begin_sending(conn, asks)) == set()
    message.refresh_from_db()
    assert message.status == STOPS[stop]
    assert message.status_reason
    assert (message.lease_epoch, message.reserved_day) == (None, None)
    check_invariants([sink], count=1)


@pytest.mark.parametrize(
    "stop", [suppress, stop_enrollment, void_approval], ids=lambda stop: stop.__name__
)
def test_stopped_by_a_transaction_that_commits_while_ours_is_under_way(
    world, sink, stop, monkeypatch
):
    """The stop commits after our checks were read and before our commit: only the second look can see it."""
    world.mailbox(sink)
    (message,) = world.messages(1)
    asks, _ = with_connection(lambda conn: ledger.claim_due(conn, limit=10))
    begin = ledger._begin

    async def begin_late(*arguments):
        await asyncio.to_thread(in_other_transaction, stop, world, message)
        return await begin(*arguments)

    monkeypatch.setattr(ledger, "_begin", begin_late)
    assert with_connection(lambda conn: ledger.begin_sending(conn, asks)) == set()
    message.refresh_from_db()
    assert (message.status, message.reserved_day) == ("scheduled", None)
    monkeypatch.undo()
    assert "sent" not in dispatch()
    message.refresh_from_db()
    assert (message.status, sink.accepted) == (STOPS[stop], [])
    check_invariants([sink], count=1)


def in_other_transaction(stop, world, message):
    try:
        stop(world, message)
    finally:
        connections.close_all()


def test_a_released_or_expired_suppression_lets_mail_go(world, sink):
    world.mailbox(sink)
    one, two, three = world.messages(3)
    now = timezone.now()
    common = {"workspace": world.workspace, "scope": "workspace", "reason": "soft_bounce"}
    Suppression.objects.create(
        **common, address_hash=one.recipient_hash, expires_at=now - timedelta(seconds=1)
    )
    Suppression.objects.create(
        **common, address_hash=two.recipient_hash, released_at=now, released_reason="Wrong."
    )
    Suppression.objects.create(
        **common, address_hash=three.recipient_hash, expires_at=now + timedelta(days=30)
    )
    assert dispatch()["sent"] == 2
    assert {mail.recipients[0] for mail in sink.accepted} == {one.recipient, two.recipient}


def test_a_suppressed_person_is_not_written_to_again_later(world, sink):
    world.mailbox(sink)
    (message,) = world.messages(1)
    follow_up = world.message(message.enrollment, step=world.step_number(2, 3), status="approved")
    follow_up.save()
    suppress(world, message)
    dispatch()
    follow_up.refresh_from_db()
    assert follow_up.status == "cancelled"
    message.enrollment.refresh_from_db()
    assert (message.enrollment.status, message.enrollment.stop_reason) == ("stopped", "suppressed")


def test_more_than_a_day_late_is_held_for_a_person(world, sink):
    world.mailbox(sink)
    (late,) = world.messages(1, due_at=timezone.now() - timedelta(hours=25))
    (due,) = world.messages(1, prefix="q", due_at=timezone.now() - timedelta(hours=23))
    assert dispatch() == {"sent": 1}
    with_connection(ledger.hold_late)
    late.refresh_from_db()
    assert (late.status, late.status_reason) == ("held", ledger.LATE_REASON)
    assert Message.objects.get(pk=due.pk).status == "sent"
    check_invariants([sink], count=2)
