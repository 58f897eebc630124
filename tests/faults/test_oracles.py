"""kill -9 between the server's 250 and our commit, with a real IMAP server to ask: proven, disproven, or asked again later."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from mailboxes.models import Mailbox, MailboxDay
from outreach import oracles
from outreach.models import Message
from outreach.oracles import MailboxOracle
from outreach.recovery import Answer, Verdict
from tests.fakes.dovecot import PASSWORD, Dovecot, needs_dovecot
from tests.faults.ledger_world import accepted_ids, check_invariants, dispatch, end_leases, recover
from tests.faults.sender import finish, start_sender

pytestmark = [
    pytest.mark.faults,
    pytest.mark.django_db(transaction=True),
    needs_dovecot,
]

ADDRESS = "olga@real-company.com"
COUNT = 12


@pytest.fixture(scope="module")
def dovecot():
    with Dovecot() as server:
        yield server


@pytest.fixture
def mailbox(world, sink, dovecot):
    """A mailbox that sends to the sink and is read at Dovecot."""
    return world.mailbox(
        sink,
        address=f"olga-{world.workspace.pk}@real-company.com",
        imap_host="127.0.0.1",
        imap_port=dovecot.port,
        imap_security="none",
        imap_username=f"olga-{world.workspace.pk}@real-company.com",
        imap_password=PASSWORD,
        sent_folder="Sent",
    )


def file_copies(dovecot, mailbox, mails):
    for mail in mails:
        dovecot.deliver(mailbox.imap_username, "Sent", mail.raw)


def settle():
    """Let the slowest honest conversation be over."""
    Message.objects.filter(status__in=["sending", "unknown"]).update(
        sending_at=timezone.now() - timedelta(minutes=16)
    )


def killed_in_mid_send(**changes):
    assert finish(start_sender(connections=4, **changes)) == [-9]
    end_leases()
    return Message.objects.filter(status="sending").count()


def counts_agree():
    out = Message.objects.exclude(reserved_day=None).count()
    assert sum(MailboxDay.objects.values_list("reserved", flat=True)) == out


def test_a_copy_in_the_sent_folder_proves_it_and_nothing_goes_twice(world, sink, dovecot, mailbox):
    world.messages(COUNT)
    strays = killed_in_mid_send(die_after_receipts=5)
    file_copies(dovecot, mailbox, sink.accepted)
    Mailbox.objects.update(files_sent_copies=True)
    taken = set(accepted_ids(sink))
    recover(MailboxOracle())
    proven = Message.objects.exclude(proof="")
    assert 0 < proven.count() <= strays
    assert {row.message_id for row in proven} <= taken
    for row in proven:
        assert (row.status, row.sent_at) == ("sent", row.sending_at)
        assert "by its Message-ID in “Sent” of olga-" in row.proof
    # What was not there is not given up while its sender may only be slow.
    assert Message.objects.filter(status="unknown").count() == 0
    settle()
    recover(MailboxOracle())
    dispatch(oracle=MailboxOracle())
    check_invariants([sink], count=COUNT)
    assert world.statuses() == {"sent": COUNT}
    counts_agree()


def test_what_is_not_there_is_sent_once_where_the_server_files_copies(
    world, sink, dovecot, mailbox
):
    world.messages(4)
    assert killed_in_mid_send(die_after_begins=1) > 0
    file_copies(dovecot, mailbox, sink.accepted)
    Mailbox.objects.update(files_sent_copies=True)
    settle()
    found = recover(MailboxOracle())
    assert found.disproven > 0
    assert found.unknown == 0
    rows = Message.objects.filter(status="scheduled").exclude(proof="")
    assert rows.count() == found.disproven
    assert all("files every mail" in row.proof and row.reserved_day is None for row in rows)
    dispatch()
    check_invariants([sink], count=4)
    assert world.statuses() == {"sent": 4}


@pytest.mark.parametrize(
    "learned",
    [{}, {"files_sent_copies": False}, {"files_sent_copies": True, "sent_folder": "Another"}],
)
def test_absence_proves_nothing_where_the_server_files_no_copies_there(
    world, sink, dovecot, mailbox, learned
):
    Mailbox.objects.update(**{"files_sent_copies": None, **learned})
    world.messages(3)
    strays = killed_in_mid_send(die_after_begins=1)
    settle()
    assert recover(MailboxOracle()).unknown == strays
    dispatch()
    check_invariants([sink], count=3)
    assert world.statuses()["unknown"] == strays


def test_a_mailbox_that_was_away_is_asked_again_and_proves_it_later(world, sink, dovecot, mailbox):
    world.messages(6)
    strays = killed_in_mid_send(die_after_receipts=2)
    Mailbox.objects.update(files_sent_copies=True)
    dovecot.stop()
    try:
        assert recover(MailboxOracle()).unknown == strays
        assert recover(MailboxOracle()).proven == 0
    finally:
        dovecot.start()
    file_copies(dovecot, mailbox, sink.accepted)
    # Not before its time: a quarter of an hour after the sending began.
    assert recover(MailboxOracle()).proven == 0
    settle()
    Message.objects.filter(status="unknown").update(asked_at=F("sending_at"))
    found = recover(MailboxOracle())
    assert found.proven + found.disproven == strays
    assert found.proven > 0
    dispatch()
    check_invariants([sink], count=6)
    assert world.statuses() == {"sent": 6}
    counts_agree()


def test_unknown_rows_are_asked_at_their_times_and_then_left_to_people(world, sink):
    asked = []

    class Counting:
        async def outcome(self, stray):
            asked.append(stray.id)
            return Verdict.UNKNOWN

    world.mailbox(sink)
    world.messages(1)
    assert killed_in_mid_send(die_after_begins=1) == 1
    recover(Counting())
    row = Message.objects.get()
    asked.clear()
    for hours, expected in [
        (0.2, 0),
        (0.3, 1),
        (0.9, 0),
        (1.1, 1),
        (5, 0),
        (6.5, 1),
        (25, 1),
        (72, 0),
    ]:
        moment = timezone.now() - timedelta(hours=hours)
        # The same row, seen as if its sending had begun that long ago and every earlier look had been made.
        earlier = [after for after in (0.25, 1, 6, 24) if after < hours][: -1 if expected else None]
        Message.objects.update(
            sending_at=moment, asked_at=moment + timedelta(hours=(earlier or [0])[-1], minutes=1)
        )
        for _ in range(2):
            recover(Counting())
        assert len(asked) == expected, f"{hours} hours after"
        asked.clear()
    row.refresh_from_db()
    assert row.status == "unknown"
    assert sink.accepted == []


def test_fifty_strays_of_a_mailbox_are_one_visit(world, sink, monkeypatch):
    visits = []

    def look(mailbox, strays):
        visits.append(len(strays))
        return {stray.id: Answer(Verdict.ACCEPTED, "The provider knows it.") for stray in strays}

    monkeypatch.setitem(oracles.PROVIDER_ORACLES, "sandbox", look)
    world.mailbox(sink)
    world.messages(50)
    finish(start_sender(die_after_begins=1, connections=4))
    Message.objects.update(
        status="sending",
        mailbox=Mailbox.objects.get(),
        lease_epoch=F("id"),
        lease_until=timezone.now() - timedelta(seconds=1),
        sending_at=timezone.now() - timedelta(minutes=1),
        reserved_day=timezone.now().date(),
    )
    MailboxDay.objects.update(reserved=50)
    assert recover(MailboxOracle()).proven == 50
    assert visits == [50]
    assert set(Message.objects.values_list("proof", flat=True)) == {"The provider knows it."}


def test_a_late_no_reopens_an_unknown_mail_but_never_an_old_one(world, sink):
    class No:
        async def outcome(self, stray):
            return Answer(Verdict.NOT_ACCEPTED, "It is not there.")

    world.mailbox(sink)
    world.messages(1)
    assert killed_in_mid_send(die_after_begins=1) == 1
    recover()
    assert world.statuses() == {"unknown": 1}
    long_ago = timezone.now() - timedelta(hours=25)
    Message.objects.update(sending_at=long_ago, due_at=long_ago, asked_at=long_ago)
    assert recover(No()).disproven == 1
    recover()
    row = Message.objects.get()
    assert (row.status, row.proof, row.reserved_day) == ("held", "It is not there.", None)
    dispatch()
    assert sink.accepted == []
    counts_agree()
