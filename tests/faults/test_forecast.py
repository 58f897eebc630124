"""In frozen time the forecast equals what was sent: which mail, when to the microsecond, from which mailbox (B-5 D12)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Min

from mailboxes.models import Mailbox, MailboxDay
from mailboxes.ramp import count_days
from outreach.advancing import advance_sequences
from outreach.forecast import forecast
from outreach.models import Message
from tests.factories.jobs import ApplicationFactory, CompanyFactory
from tests.factories.outreach import (
    ApprovalFactory,
    ContactFactory,
    EnrollmentFactory,
    MailboxFactory,
    MessageFactory,
    PackageFactory,
    SequenceVersionFactory,
    StepFactory,
)
from tests.faults.clock import moved_clock
from tests.faults.ledger_world import check_invariants, dispatch

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

# Friday evening in Berlin, noon in New York: windows close and open, and a weekend lies between.
START = datetime(2026, 11, 27, 16, 5, tzinfo=UTC)
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo")
PEOPLE, STEPS, COMPANIES = 12, 2, 8
# More than this many looks means that the sender turns in circles.
MOST_LOOKS = 200


@pytest.fixture
def world(world, sink, settings):
    settings.SMTP_ALLOW_PRIVATE = True
    world.workspace.pace = "normal"
    world.workspace.save()
    boxes = [
        MailboxFactory(
            workspace=world.workspace,
            provider="smtp",
            is_sandbox=False,
            address=f"anna@keller{number}.dev",
            smtp_host="127.0.0.1",
            smtp_port=sink.port,
            smtp_security="none",
            smtp_username="",
            smtp_password="",
            daily_cap=cap,
        )
        for number, cap in enumerate((3, 50))
    ]
    # One day before the end of the ramp's first stage: its cap rises on the way.
    Mailbox.objects.filter(pk=boxes[1].pk).update(
        status="warmup", warmup_started_on=START.date() - timedelta(days=9), ramp_days=2
    )
    world.boxes = boxes
    version = SequenceVersionFactory(workspace=world.workspace)
    world.steps = [
        StepFactory(version=version, number=number + 1, delay_days=2 * number)
        for number in range(STEPS)
    ]
    companies = CompanyFactory.create_batch(COMPANIES, workspace=world.workspace)
    for number in range(PEOPLE):
        add_person(world, companies[number % COMPANIES], number)
    return world


def add_person(world, company, number):
    application = ApplicationFactory(
        profile=world.application.profile,
        job__workspace=world.workspace,
        job__company=company,
        workspace=world.workspace,
    )
    package = PackageFactory(application=application)
    approval = ApprovalFactory(package=package, hold_until=START - timedelta(minutes=1))
    contact = ContactFactory(
        workspace=world.workspace,
        company=company,
        email=f"maria{number}@hiring{number % 5}.dev",
        time_zone=ZONES[number % len(ZONES)],
        is_sample=False,
    )
    enrollment = EnrollmentFactory(
        package=package, contact=contact, version=world.steps[0].version, is_sample=False
    )
    for step in world.steps:
        MessageFactory(
            enrollment=enrollment,
            step=step,
            step_number=step.number,
            is_sample=False,
            scheduled=True,
            approval=approval,
            due_at=START + timedelta(days=2 * (step.number - 1), seconds=number % 4),
            **({} if step.number == 1 else {"status": "approved"}),
        )


def send_everything(clock):
    """Move the clock from one due time to the next, with one look of a sender at each."""
    now = START
    for _ in range(MOST_LOOKS):
        clock.set(now)
        count_days(now=now)
        advance_sequences(now)
        dispatch()
        advance_sequences(now)
        waiting = Message.objects.filter(status="scheduled")
        upcoming = waiting.aggregate(first=Min("due_at"))["first"]
        if upcoming is None:
            return
        now = max(now, upcoming)
    raise AssertionError("The sender did not come to an end.")


def test_the_forecast_equals_what_was_sent(world, sink):
    with moved_clock(START) as clock:
        outlook = forecast(world.workspace, now=START)
        send_everything(clock)
        mails = Message.objects.select_related("mailbox")
        sent = {mail.pk: (mail.sent_at, mail.mailbox_id) for mail in mails}
        caps = {box.pk: box.daily_cap for box in world.boxes}
        for day in MailboxDay.objects.all():
            assert day.sent == day.reserved <= caps[day.mailbox_id]
    foreseen = {number: (mail.at, mail.mailbox_id) for number, mail in outlook.mails.items()}
    assert len(sent) == PEOPLE * STEPS
    assert foreseen == sent
    # The scene is worth something: both mailboxes, several days, and gaps of more than the least.
    assert {mailbox for _, mailbox in sent.values()} == set(caps)
    assert len({at.date() for at, _ in sent.values()}) >= 4
    check_invariants([sink], count=PEOPLE * STEPS)
