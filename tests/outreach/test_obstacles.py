"""Why a mail waits, in the words of the guard that holds it: each alone is the primary reason, and nothing else is."""

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.models import PlatformSwitch
from mailboxes.models import DomainQuarantine, Mailbox, MailboxDay, RecipientWindow
from mailboxes.throttle import COMPANY_PER_HOUR
from outreach.judging import ENOUGH_PEOPLE
from outreach.models import Message, Sequence
from outreach.outbox import why_not_sending
from tests.factories.outreach import EnrollmentFactory, MailboxFactory, MessageFactory

pytestmark = pytest.mark.django_db

# A Monday at ten, inside the window.
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture
def message(workspace):
    row = MessageFactory(
        enrollment__package__application__profile__workspace=workspace,
        enrollment__contact__email="maria@northwind.com",
        enrollment__is_sample=False,
        is_sample=False,
        scheduled=True,
        due_at=NOW,
    )
    type(row.approval).objects.update(hold_until=NOW - timedelta(minutes=1))
    MailboxFactory(workspace=workspace, provider="smtp", is_sandbox=False, address="olga@Quay.com")
    return row


def primary(message):
    checks = why_not_sending(Message.objects.get(pk=message.pk), NOW)
    return [(check.name, check.sentence) for check in checks if check.is_primary]


def used_today(mails):
    box = Mailbox.objects.get()
    MailboxDay.objects.create(
        workspace=box.workspace, mailbox=box, day=NOW.date(), cap=max(mails, 1), reserved=mails
    )


def test_nothing_stands_in_the_way(message):
    assert primary(message) == []


def test_the_platform_is_off(message):
    PlatformSwitch.objects.create(
        key="sending", is_off=True, reason="A block list names us.", changed_at=NOW
    )
    assert primary(message) == [
        ("Platform", "RoleFerry has stopped all sending for now. A block list names us.")
    ]


def test_the_sequence_is_paused(message):
    Sequence.objects.update(paused_at=NOW, paused_reason="Too many bounces.")
    assert primary(message) == [
        ("Campaign", "The sequence “Job Seeker Default” is paused. Too many bounces.")
    ]


def test_the_mailboxs_domain_is_closed_unless_another_can_send(message):
    DomainQuarantine.objects.create(domain="QUAY.com", reason="Listed.", begun_at=NOW)
    assert primary(message) == [
        ("Mailbox", "RoleFerry has closed the domain of olga@Quay.com for now.")
    ]
    MailboxFactory(
        workspace=message.workspace, provider="smtp", is_sandbox=False, address="olga@open.com"
    )
    assert primary(message) == []


def test_the_ramp_makes_the_room_small(message):
    Mailbox.objects.update(status="warmup", warmup_started_on=date(2026, 11, 20))
    used_today(5)
    assert primary(message) == [
        (
            "Room today",
            "olga@Quay.com has used its room for today (UTC), which are 5 mails while it warms up.",
        )
    ]


def test_the_plan_is_used_up_by_other_mailboxes(message):
    second = MailboxFactory(
        workspace=message.workspace,
        provider="smtp",
        is_sandbox=False,
        status="paused",
        status_reason="Paused by you.",
    )
    MailboxDay.objects.create(
        workspace=message.workspace, mailbox=second, day=NOW.date(), cap=50, reserved=50
    )
    assert primary(message) == [
        ("Plan", "The plan “Free” allows 50 mails a day (UTC), and they are used.")
    ]


def test_the_hour_of_the_recipients_domain_is_full(message):
    RecipientWindow.objects.create(
        domain="northwind.com", hour=NOW, cap=COMPANY_PER_HOUR, reserved=COMPANY_PER_HOUR
    )
    RecipientWindow.objects.create(domain="other.com", hour=NOW, cap=1, reserved=1)
    assert primary(message) == [
        (
            "Recipient's domain",
            "northwind.com gets at most 20 of our mails in an hour; this one waits for room.",
        )
    ]
    RecipientWindow.objects.filter(domain="northwind.com").update(hour=NOW - timedelta(hours=1))
    assert primary(message) == []


def test_three_other_people_were_written_to(message):
    long_ago = NOW - timedelta(days=30)
    for number in range(3):
        assert primary(message) == []
        other = EnrollmentFactory(
            package=message.enrollment.package,
            contact__email=f"p{number}@northwind.com",
            is_sample=False,
        )
        mail = MessageFactory(enrollment=other, is_sample=False)
        Message.objects.filter(pk=mail.pk).update(
            status="delivered",
            approval=message.approval,
            approved_hash=mail.text_hash or Message.objects.get(pk=mail.pk).text_hash,
            sent_at=long_ago,
            sending_at=long_ago,
            reserved_day=long_ago.date(),
        )
    assert primary(message) == [("People", ENOUGH_PEOPLE)]
