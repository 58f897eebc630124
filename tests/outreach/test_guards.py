"""What forbids a mail to leave, set after it was claimed: refused at `sending`, put where it belongs, no slot used."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone

from accounts.isolation import READ_ONLY_TABLES, workspace_walls
from accounts.models import PlatformSwitch
from mailboxes import throttle
from mailboxes.models import DomainQuarantine, MailboxDay, RecipientWindow
from outreach import ledger
from outreach.claiming import travel_together
from outreach.judging import ENOUGH_PEOPLE, Outcome, Ticket
from outreach.models import Message, Sequence
from tests.factories.jobs import ApplicationFactory
from tests.factories.outreach import (
    ApprovalFactory,
    ContactFactory,
    EnrollmentFactory,
    MailboxFactory,
    MessageFactory,
    PackageFactory,
)
from tests.outreach.test_ledger import due, with_connection

pytestmark = pytest.mark.django_db(transaction=True)

SOME_TIME_AGO = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def box(workspace):
    workspace.pace = "practice"
    workspace.save()
    return MailboxFactory(workspace=workspace, address="olga@Quay.test")


@pytest.fixture
def message(workspace, box):
    return MessageFactory(
        enrollment__package__application__profile__workspace=workspace, scheduled=True
    )


def claim():
    return with_connection(lambda conn: ledger.claim_due(conn, limit=50))[0]


def begin(asks):
    return with_connection(lambda conn: ledger.begin_sending(conn, asks))


def assert_nothing_used(message, status="scheduled"):
    message.refresh_from_db()
    assert (message.status, message.reserved_day, message.reserved_hour, message.sending_at) == (
        status,
        None,
        None,
        None,
    )
    assert sum(MailboxDay.objects.values_list("reserved", flat=True)) == 0
    assert sum(RecipientWindow.objects.values_list("reserved", flat=True)) == 0


def switch_off(message):
    PlatformSwitch.objects.create(
        key="sending", is_off=True, reason="Trouble.", changed_at=SOME_TIME_AGO
    )


def quarantine(message):
    DomainQuarantine.objects.create(
        domain="qUAY.TEST", reason="On a block list.", begun_at=SOME_TIME_AGO
    )


def pause_campaign(message):
    Sequence.objects.update(paused_at=SOME_TIME_AGO, paused_reason="Too many bounces.")


LASTING = [
    (switch_off, "RoleFerry has stopped all sending for now."),
    (quarantine, "RoleFerry has closed the mailbox's domain for now."),
    (pause_campaign, "The sequence this mail belongs to is paused."),
]


@pytest.mark.parametrize(("forbid", "sentence"), LASTING)
def test_claimed_before_it_is_put_back_at_sending(message, forbid, sentence):
    due_at = message.due_at
    asks = claim()
    assert len(asks) == 1
    forbid(message)
    assert begin(asks) == set()
    assert_nothing_used(message)
    assert (message.status_reason, message.due_at) == (sentence, due_at)
    assert claim() == []


@pytest.mark.parametrize(("forbid", "sentence"), LASTING)
def test_set_before_the_claim_nothing_is_taken_nor_moved(message, forbid, sentence):
    forbid(message)
    assert with_connection(lambda conn: ledger.claim_due(conn, limit=50)) == ([], 0)
    assert_nothing_used(message)
    assert message.status_reason == ""


@pytest.mark.parametrize(("forbid", "sentence"), LASTING)
def test_committed_while_sending_is_being_committed_it_is_seen_too(
    message, forbid, sentence, monkeypatch
):
    """Between our reading and our commit the other transaction may commit; then the second look finds it."""
    asks = claim()
    look_again = ledger._look_again

    async def late_look(conn, tickets):
        await asyncio.to_thread(forbid_from_elsewhere)
        return await look_again(conn, tickets)

    def forbid_from_elsewhere():
        forbid(message)
        connections.close_all()

    monkeypatch.setattr(ledger, "_look_again", late_look)
    assert begin(asks) == set()
    assert_nothing_used(message)


def test_what_is_released_or_lies_elsewhere_forbids_nothing(message):
    PlatformSwitch.objects.create(key="sending", is_off=False, changed_at=SOME_TIME_AGO)
    DomainQuarantine.objects.create(
        domain="quay.test",
        reason="On a block list.",
        begun_at=SOME_TIME_AGO,
        released_at=SOME_TIME_AGO,
        released_reason="Delisted.",
    )
    DomainQuarantine.objects.create(
        domain="other.test", reason="On a block list.", begun_at=SOME_TIME_AGO
    )
    Sequence.objects.create(
        workspace=message.workspace, name="Other", paused_at=SOME_TIME_AGO, paused_reason="No."
    )
    assert begin(claim()) == {message.pk}


def test_another_mailbox_carries_what_a_closed_domain_cannot(message, box):
    other = MailboxFactory(workspace=message.workspace, address="olga@open.test")
    quarantine(message)
    (ask,) = claim()
    assert ask.mailbox_id == other.pk


@pytest.fixture
def crowd(workspace, box):
    """Five people of one application, at the normal pace, by mail whose time is always now."""
    workspace.pace = "normal"
    workspace.save()
    application = ApplicationFactory(profile__workspace=workspace, job__workspace=workspace)
    package = PackageFactory(application=application)
    approval = ApprovalFactory(package=package)
    rows = [
        MessageFactory(enrollment=EnrollmentFactory(package=package), scheduled=True)
        for _ in range(5)
    ]
    assert {row.approval_id for row in rows} == {approval.pk}
    return rows


def ask_for(message, box):
    """Claim one message by hand, whatever the hour is, and return its ask."""
    Message.objects.filter(pk=message.pk).update(
        status="claimed",
        mailbox=box,
        lease_epoch=message.pk,
        lease_until=timezone.now() + timedelta(minutes=1),
    )
    MailboxDay.objects.get_or_create(
        workspace=box.workspace, mailbox=box, day=datetime.now(UTC).date(), defaults={"cap": 50}
    )
    contact = message.enrollment.contact
    row = due(
        message.pk,
        workspace_id=message.workspace_id,
        is_sample=True,
        company_id=contact.company_id,
        application_id=message.enrollment.application_id,
        contact_id=contact.pk,
        domain=message.recipient_domain,
    )
    return ledger.Ask(Ticket(message.pk, message.pk), box.pk, row)


def without_spacing(monkeypatch):
    monkeypatch.setattr("outreach.judging.wait_for_company", lambda *args: None)


def test_a_fourth_person_of_one_application_is_held_also_within_one_batch(crowd, box, monkeypatch):
    without_spacing(monkeypatch)
    assert begin([ask_for(row, box) for row in crowd[:4]]) == {row.pk for row in crowd[:3]}
    fourth = crowd[3]
    fourth.refresh_from_db()
    assert (fourth.status, fourth.status_reason) == ("held", ENOUGH_PEOPLE)
    assert "3 people" in ENOUGH_PEOPLE
    assert MailboxDay.objects.get().reserved == 3
    assert RecipientWindow.objects.get().reserved == 3


def test_of_those_already_written_to_and_other_applications_nobody_is_held(crowd, box, monkeypatch):
    without_spacing(monkeypatch)
    now = timezone.now()
    out = {"sending_at": now, "sent_at": now, "reserved_day": now.date(), "mailbox": box}
    for row, status in zip(crowd, ["delivered", "unknown", "bounced"], strict=False):
        Message.objects.filter(pk=row.pk).update(status=status, **out)
    again = MessageFactory(enrollment=crowd[0].enrollment, step_number=2, scheduled=True)
    other = MessageFactory(
        enrollment__package__application__profile__workspace=box.workspace, scheduled=True
    )
    asks = [ask_for(row, box) for row in (again, other, crowd[3])]
    assert begin(asks) == {again.pk, other.pk}
    crowd[3].refresh_from_db()
    assert crowd[3].status == "held"


def test_people_of_another_company_are_counted_too(crowd, box, monkeypatch):
    without_spacing(monkeypatch)
    begin([ask_for(row, box) for row in crowd[:3]])
    agent = ContactFactory(workspace=box.workspace)
    assert agent.company_id != crowd[0].enrollment.contact.company_id
    mail = MessageFactory(
        enrollment=EnrollmentFactory(package=crowd[0].enrollment.package, contact=agent),
        scheduled=True,
    )
    assert begin([ask_for(mail, box)]) == set()
    mail.refresh_from_db()
    assert mail.status == "held"


def this_hour():
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


def fill_hour(domain, *, left):
    cap = throttle.cap_for_domain(domain)
    return RecipientWindow.objects.create(
        domain=domain, hour=this_hour(), cap=cap, reserved=cap - left
    )


def test_a_full_hour_of_the_recipients_domain_puts_back_what_was_claimed(message):
    asks = claim()
    window = fill_hour("northwind.test", left=0)
    assert begin(asks) == set()
    message.refresh_from_db()
    assert message.status == "scheduled"
    assert message.status_reason == (
        "northwind.test gets at most 1000000 of our mails in an hour; this one waits for room."
    )
    hour = this_hour() + timedelta(hours=1)
    assert hour <= message.due_at < hour + timedelta(hours=1)
    assert (message.reserved_day, message.reserved_hour) == (None, None)
    window.refresh_from_db()
    assert window.reserved == window.cap
    assert MailboxDay.objects.get().reserved == 0


def test_a_slot_of_the_hour_is_taken_once_and_given_back_with_the_days(message):
    RETRY = [Outcome(Ticket(0, 0), delay=60.0, is_try=True)]  # noqa: N806
    for settle, status, reserved in (
        (ledger.mark_withdrawn, "scheduled", 0),
        (ledger.mark_deferred, "scheduled", 0),
        (ledger.mark_unknown, "unknown", 1),
        (ledger.mark_sent, "sent", 1),
    ):
        if message.status == "scheduled":
            Message.objects.update(due_at=timezone.now(), first_attempt_at=None)
            asks = claim()
            assert begin(asks) == {message.pk}
            message.refresh_from_db()
            assert message.reserved_hour == this_hour()
            assert RecipientWindow.objects.get().reserved == 1
        outcomes = [Outcome(asks[0].ticket, delay=RETRY[0].delay, is_try=True)]
        assert with_connection(lambda conn, s=settle, o=outcomes: s(conn, o)) == {message.pk}
        message.refresh_from_db()
        assert message.status == status
        assert RecipientWindow.objects.get().reserved == reserved
        assert MailboxDay.objects.get().reserved == reserved
        assert (message.reserved_hour is not None) == bool(reserved)


def test_a_final_refusal_gives_the_hours_slot_back(message):
    asks = claim()
    begin(asks)
    failed = [Outcome(asks[0].ticket, "Refused.", code=550, is_try=True)]
    assert with_connection(lambda conn: ledger.mark_failed(conn, failed)) == {message.pk}
    assert RecipientWindow.objects.get().reserved == 0


def test_the_database_refuses_to_reserve_past_the_hours_cap():
    window = fill_hour("northwind.test", left=0)
    with pytest.raises(IntegrityError, match="cap_holds"), transaction.atomic():
        RecipientWindow.objects.filter(pk=window.pk).update(reserved=window.cap + 1)


def test_a_lowered_hour_never_goes_below_what_is_reserved():
    RecipientWindow.objects.create(domain="small.com", hour=this_hour(), cap=500, reserved=70)
    with connection.cursor() as cursor:
        cursor.execute(
            throttle.OPEN_WINDOWS, {"domains": ["small.com", "big.com"], "caps": [20, 9]}
        )
        rows = cursor.fetchall()
    assert [(domain, left) for domain, _, left in rows] == [("big.com", 9), ("small.com", 0)]


def end_lease():
    Message.objects.filter(status="claimed").update(
        lease_until=timezone.now() - timedelta(seconds=1)
    )


def test_a_mail_that_lost_three_senders_is_held_for_a_person(message):
    for losses in (1, 2):
        assert len(claim()) == 1
        end_lease()
        assert with_connection(ledger.expire_claims) == 1
        message.refresh_from_db()
        assert (message.status, message.lost_claims, message.lease_epoch) == (
            "scheduled",
            losses,
            None,
        )
    assert len(claim()) == 1
    end_lease()
    assert with_connection(ledger.expire_claims) == 0
    assert_nothing_used(message, status="held")
    assert (message.lost_claims, message.status_reason) == (3, ledger.LOST_REASON)
    assert message.status_reason.startswith("3 times a sender ended without a word")
    assert claim() == []


def test_a_mail_that_may_kill_senders_travels_alone():
    suspect, other, second = due(1, lost_claims=2), due(2), due(3, lost_claims=1)
    assert travel_together([suspect, other, second]) == [suspect]
    assert travel_together([other, suspect, second]) == [other, second]
    assert travel_together([]) == []


def test_a_sender_with_mail_in_hand_takes_no_suspect(message):
    Message.objects.update(lost_claims=2)
    assert with_connection(lambda conn: ledger.claim_due(conn, limit=5, in_hand=1)) == ([], 0)
    (ask,) = with_connection(lambda conn: ledger.claim_due(conn, limit=5))[0]
    assert ask.due.is_suspect


def test_platform_tables_are_read_only_behind_the_walls(workspace):
    switch_off(None)
    with workspace_walls(workspace.pk), connection.cursor() as cursor:
        for table in READ_ONLY_TABLES:
            cursor.execute(f"SELECT count(*) FROM {table}")
            for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET id = id"):
                with pytest.raises(Exception, match="permission denied"), transaction.atomic():
                    cursor.execute(statement)
    with (
        workspace_walls(workspace.pk),
        pytest.raises(Exception, match="permission denied"),
        transaction.atomic(),
    ):
        RecipientWindow.objects.create(domain="a.com", hour=this_hour(), cap=1)
    assert PlatformSwitch.objects.get().is_off
