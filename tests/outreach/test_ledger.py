"""What each statement of the ledger may do, and how waiting mail is planned."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import psycopg
import pytest
from django.utils import timezone

from mailboxes.capacity import Room
from mailboxes.models import Mailbox, MailboxDay
from outreach import ledger, ledger_sql
from outreach.carrying import retry_seconds
from outreach.claiming import DueMessage, plan_claims
from outreach.dispatcher import database_address
from outreach.judging import REFUSALS, Outcome, Ticket
from outreach.models import Message
from outreach.scheduling import NORMAL, PRACTICE
from tests.factories.outreach import MailboxFactory, MessageFactory

MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)


def due(number=1, **fields):
    values = {
        "workspace_id": 1,
        "is_sample": False,
        "attempts": 0,
        "mailbox_id": None,
        "company_id": number,
        "contact_zone": "",
        "workspace_zone": "Europe/Berlin",
        "pace": "normal",
        "application_id": number,
        "contact_id": number,
        "domain": f"company{number}.com",
    }
    return DueMessage(id=number, **{**values, **fields})


def room(number=1, **fields):
    values = {
        "workspace_id": 1,
        "address": f"olga{number}@northwind.example",
        "is_sandbox": False,
        "cap": 50,
        "reserved": 0,
        "taken": 0,
        "free_at": MONDAY,
        "quota": 100,
    }
    return Room(id=number, **{**values, **fields})


def with_connection(work):
    async def run():
        async with await psycopg.AsyncConnection.connect(
            database_address(), autocommit=True
        ) as conn:
            return await work(conn)

    return asyncio.run(run())


@pytest.mark.parametrize("name", ledger_sql.MOVES)
def test_every_move_of_the_ledger_is_a_transition(name):
    move = ledger_sql.MOVES[name]
    for old in move.olds:
        assert move.new in Message.TRANSITIONS[old], f"{old} to {move.new}"
        assert f"'{old}'" in move.sql
    assert f"status = '{move.new}'" in move.sql


@pytest.mark.parametrize("name", ["begin", "put back", "fail", "hold", "cancel", "lose", "confirm"])
def test_every_statement_about_a_held_message_names_its_epoch(name):
    assert "m.lease_epoch = v.epoch" in ledger_sql.MOVES[name].sql


def test_every_cause_in_sql_has_its_sentence():
    causes = {
        line.rsplit("THEN ", 1)[1].strip().strip("'")
        for line in (ledger_sql.LASTING + ledger_sql.PASSING).splitlines()
        if "THEN" in line
    }
    assert causes == set(REFUSALS)
    assert all(sentence.endswith(".") for _, sentence in REFUSALS.values())


def test_outside_the_window_mail_waits_with_its_reason():
    night = datetime(2026, 11, 23, 20, tzinfo=UTC)
    plan = plan_claims([due(1)], [room()], {}, night)
    assert plan.claims == {}
    assert plan.delays == {
        1: (
            datetime(2026, 11, 24, 7, 30, tzinfo=UTC),
            "It waits for working hours at the recipient (Mon to Fri, 08:30 to 17:30, Europe/Berlin).",
        )
    }


def test_a_second_try_does_not_wait_for_the_window():
    night = datetime(2026, 11, 23, 20, tzinfo=UTC)
    assert plan_claims([due(1, attempts=1)], [room()], {}, night).claims == {1: 1}


def test_a_real_mailbox_sends_one_and_spreads_the_others():
    plan = plan_claims([due(n) for n in (1, 2, 3)], [room()], {}, MONDAY)
    assert plan.claims == {1: 1}
    times = [MONDAY, plan.delays[2][0], plan.delays[3][0]]
    assert all(later - earlier >= timedelta(seconds=90) for earlier, later in pairwise(times))
    assert (
        plan.delays[2][1] == "olga1@northwind.example leaves at least 90 seconds between two mails."
    )


def test_one_company_hears_from_a_workspace_every_four_working_hours():
    rooms = [room(1), room(2)]
    plan = plan_claims([due(1, company_id=7), due(2, company_id=7)], rooms, {}, MONDAY)
    assert plan.claims == {1: 1}
    assert plan.delays[2] == (
        MONDAY + timedelta(hours=4),
        "Another mail went to this company; 4 working hours lie between two.",
    )
    other = plan_claims([due(3, company_id=7, workspace_id=2)], [room(workspace_id=2)], {}, MONDAY)
    assert other.claims == {3: 1}


def test_practice_mail_knows_neither_window_nor_spacing_nor_gap():
    night = datetime(2026, 11, 21, 2, tzinfo=UTC)
    sample = {"is_sample": True, "pace": "practice", "company_id": 7}
    rooms = [room(is_sandbox=True, free_at=night)]
    plan = plan_claims([due(n, **sample) for n in (1, 2, 3)], rooms, {(1, 7): night}, night)
    assert plan.claims == {1: 1, 2: 1, 3: 1}


def test_sample_mail_never_gets_a_real_mailbox_nor_real_mail_the_sandbox():
    assert plan_claims([due(1, is_sample=True)], [room()], {}, MONDAY).claims == {}
    assert plan_claims([due(1)], [room(is_sandbox=True)], {}, MONDAY).claims == {}


def test_a_thread_stays_on_its_mailbox():
    rooms = [room(1), room(2, reserved=40)]
    assert plan_claims([due(1, mailbox_id=2)], rooms, {}, MONDAY).claims == {1: 2}


def test_a_spent_mailbox_makes_mail_wait_for_the_next_utc_day():
    plan = plan_claims([due(1)], [room(reserved=50)], {}, MONDAY)
    assert plan.delays[1][0] == datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
    assert "used its room for today" in plan.delays[1][1]


def test_slots_that_others_only_hold_do_not_send_mail_to_tomorrow():
    plan = plan_claims([due(1)], [room(reserved=40, taken=10)], {}, MONDAY)
    assert (plan.claims, plan.delays) == ({}, {})


def test_retries_wait_longer_each_time_and_never_less_than_a_minute():
    for attempts in range(12):
        waits = [retry_seconds(attempts, NORMAL) for _ in range(50)]
        assert min(waits) >= 60
        assert max(waits) <= 60 + min(4 * 3600, 300 * 2**attempts)
    assert max(retry_seconds(9, PRACTICE) for _ in range(50)) <= 32


@pytest.mark.django_db(transaction=True)
def test_an_old_epoch_changes_nothing():
    message = MessageFactory(scheduled=True)
    MailboxFactory(workspace=message.workspace)
    message.workspace.pace = "practice"
    message.workspace.save()
    (first,), _ = with_connection(lambda conn: ledger.claim_due(conn, limit=1))
    Message.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    async def lose_and_claim_again(conn):
        await conn.execute(ledger_sql.EXPIRE_CLAIMS.sql)
        return await ledger.claim_due(conn, limit=1)

    (second,), _ = with_connection(lose_and_claim_again)
    assert second.ticket.epoch > first.ticket.epoch
    assert with_connection(lambda conn: ledger.begin_sending(conn, [first])) == set()
    for settle in (
        ledger.mark_sent,
        ledger.mark_failed,
        ledger.mark_held,
        ledger.mark_withdrawn,
        ledger.mark_deferred,
        ledger.mark_unknown,
    ):
        old = [Outcome(first.ticket, delay=60.0, is_try=True)]
        assert with_connection(lambda conn, s=settle, o=old: s(conn, o)) == set()
    assert with_connection(lambda conn: ledger.renew_leases(conn, [first.ticket])) == set()
    message.refresh_from_db()
    assert (message.status, message.lease_epoch) == ("claimed", second.ticket.epoch)
    assert with_connection(lambda conn: ledger.begin_sending(conn, [second])) == {message.pk}


@pytest.mark.django_db(transaction=True)
def test_a_slow_senders_own_proof_turns_unknown_into_sent():
    message = MessageFactory(scheduled=True)
    box = MailboxFactory(workspace=message.workspace)
    message.workspace.pace = "practice"
    message.workspace.save()
    asks, _ = with_connection(lambda conn: ledger.claim_due(conn, limit=1))
    with_connection(lambda conn: ledger.begin_sending(conn, asks))
    outcome = [Outcome(asks[0].ticket, "Nobody can tell.")]
    assert with_connection(lambda conn: ledger.mark_unknown(conn, outcome)) == {message.pk}
    sent = [Outcome(asks[0].ticket, code=250, provider_id="ABC", is_try=True)]
    assert with_connection(lambda conn: ledger.mark_sent(conn, sent)) == {message.pk}
    message.refresh_from_db()
    assert (message.status, message.smtp_code, message.provider_id) == ("sent", 250, "ABC")
    day = MailboxDay.objects.get(mailbox=box)
    assert (day.reserved, day.sent) == (1, 1)
    message.enrollment.refresh_from_db()
    assert (message.enrollment.position, message.enrollment.mailbox) == (1, box)
    assert with_connection(lambda conn: ledger.mark_sent(conn, sent)) == set()
    day.refresh_from_db()
    assert day.sent == 1


@pytest.mark.django_db(transaction=True)
def test_two_mails_of_one_real_mailbox_in_one_group_keep_the_gap(workspace):
    """Two dispatchers may each have claimed one; the commit of `sending` lets only one through."""
    messages = [
        MessageFactory(
            enrollment__package__application__profile__workspace=workspace,
            enrollment__contact__email=f"maria{n}@northwind.com",
            enrollment__is_sample=False,
            is_sample=False,
            scheduled=True,
        )
        for n in (1, 2)
    ]
    box = MailboxFactory(
        workspace=workspace, provider="smtp", is_sandbox=False, address="olga@quay.com"
    )
    asks = []
    for message in messages:
        Message.objects.filter(pk=message.pk).update(
            status="claimed",
            mailbox=box,
            lease_epoch=message.pk,
            lease_until=timezone.now() + timedelta(minutes=1),
        )
        row = due(
            message.pk,
            workspace_id=workspace.pk,
            company_id=message.enrollment.contact.company_id,
            domain="northwind.com",
        )
        asks.append(ledger.Ask(Ticket(message.pk, message.pk), box.pk, row))
    MailboxDay.objects.create(workspace=workspace, mailbox=box, day=timezone.now().date(), cap=50)
    begun = with_connection(lambda conn: ledger.begin_sending(conn, asks))
    assert begun == {messages[0].pk}
    messages[1].refresh_from_db()
    assert messages[1].status == "scheduled"
    assert "90 seconds" in messages[1].status_reason
    again = with_connection(lambda conn: ledger.claim_due(conn, limit=5))
    assert again[0] == []
    assert MailboxDay.objects.get(mailbox=box).reserved == 1


@pytest.mark.django_db(transaction=True)
def test_a_lowered_cap_holds_at_once_but_never_below_what_is_out(workspace):
    message = MessageFactory(
        enrollment__package__application__profile__workspace=workspace, scheduled=True
    )
    workspace.pace = "practice"
    workspace.save()
    box = MailboxFactory(workspace=workspace, daily_cap=40)
    MailboxDay.objects.create(
        workspace=workspace, mailbox=box, day=timezone.now().date(), cap=40, reserved=20
    )
    Mailbox.objects.update(daily_cap=10)
    asks, delayed = with_connection(lambda conn: ledger.claim_due(conn, limit=1))
    assert (asks, delayed) == ([], 1)
    assert MailboxDay.objects.get(mailbox=box).cap == 20
    message.refresh_from_db()
    assert message.due_at.astimezone(UTC).date() == date.today() + timedelta(days=1)  # noqa: DTZ011
