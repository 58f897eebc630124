"""A workspace full of due messages, senders in processes of their own, and the invariants I1 to I5."""

import asyncio
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import psycopg
from django.utils import timezone

from mailboxes.models import MailboxDay, Suppression
from outreach import recovery
from outreach.dispatcher import Dispatcher, database_address
from outreach.models import Contact, Enrollment, Message, Step
from tests.factories.accounts import WorkspaceFactory
from tests.factories.jobs import ApplicationFactory
from tests.factories.outreach import (
    ApprovalFactory,
    MailboxFactory,
    PackageFactory,
    SequenceVersionFactory,
    StepFactory,
    text_hash,
)
from tests.faults.sender import OPTIONS

TERMINAL = {"sent", "delivered", "bounced", "complained", "failed", "unknown", "cancelled"}
ACCEPTED = {"sent", "delivered", "bounced", "complained"}


class World:
    """One workspace at practice pace, with sandbox mailboxes on a sink."""

    def __init__(self):
        self.workspace = WorkspaceFactory(pace="practice")
        self.application = ApplicationFactory(
            profile__workspace=self.workspace, job__workspace=self.workspace
        )
        self.package = PackageFactory(application=self.application)
        self.approval = ApprovalFactory(
            package=self.package, hold_until=timezone.now() - timedelta(minutes=1)
        )
        self.version = SequenceVersionFactory(workspace=self.workspace)
        self.step = StepFactory(version=self.version, number=1)

    def mailbox(self, sink, *, cap=100, **fields):
        return MailboxFactory(
            workspace=self.workspace, smtp_port=sink.port, daily_cap=cap, **fields
        )

    def step_number(self, number, delay_days=0):
        return Step.objects.get_or_create(
            version=self.version,
            number=number,
            defaults={"workspace": self.workspace, "body": "Hello", "delay_days": delay_days},
        )[0]

    def messages(self, count, *, due_at=None, prefix="p"):
        """Make `count` approved, due messages to as many people, in a few statements."""
        now = timezone.now()
        contacts = Contact.objects.bulk_create(
            Contact(
                workspace=self.workspace,
                company=self.application.job.company,
                first_name=f"P{n}",
                email=f"{prefix}{n}@northwind.test",
                email_hash=f"{prefix}-{n}",
                source="test",
                lawful_basis="legitimate_interest",
                obtained_at=now,
                is_sample=True,
            )
            for n in range(count)
        )
        enrollments = Enrollment.objects.bulk_create(
            Enrollment(
                workspace=self.workspace,
                package=self.package,
                application=self.application,
                contact=contact,
                version=self.version,
                status="active",
                is_sample=True,
            )
            for contact in contacts
        )
        return Message.objects.bulk_create(
            self.message(enrollment, due_at=due_at or now) for enrollment in enrollments
        )

    def message(self, enrollment, *, step=None, **fields):
        subject, body = "About the role", "Hello,\n\nI would like to talk.\n"
        recipient = enrollment.contact.email
        step = step or self.step
        return Message(
            workspace=self.workspace,
            enrollment=enrollment,
            step=step,
            step_number=step.number,
            recipient=recipient,
            recipient_hash=enrollment.contact.email_hash,
            recipient_domain=recipient.partition("@")[2],
            subject=subject,
            body=body,
            approval=self.approval,
            approved_hash=text_hash(recipient, subject, body),
            message_id=f"<{enrollment.pk}.{step.number}@mail.roleferry.example>",
            is_sample=True,
            **{"status": "scheduled", "due_at": timezone.now(), **fields},
        )

    def statuses(self):
        return Counter(Message.objects.values_list("status", flat=True))


def dispatch(dispatcher_class=Dispatcher, **changes):
    """Run one dispatcher in this process until nothing is due; return how many messages ended how."""

    async def run():
        return await dispatcher_class(replace(OPTIONS, **changes)).run()

    return asyncio.run(run())


def end_leases():
    """Let the leases of lost senders end now instead of waiting for it."""
    Message.objects.filter(status__in=["claimed", "sending"]).update(
        lease_until=timezone.now() - timedelta(seconds=1)
    )


def wait_until(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def accepted_ids(sink):
    return [mail.message_id for mail in sink.accepted]


def check_invariants(sinks, *, count, drained=True):
    """Assert I1 to I5 over the whole ledger and what the sinks really took."""
    rows = list(Message.objects.select_related("enrollment"))
    taken = Counter(identifier for sink in sinks for identifier in accepted_ids(sink))
    doubles = {identifier: n for identifier, n in taken.items() if n > 1}
    assert not doubles, f"I1: accepted more than once: {doubles}"

    assert len(rows) == count, "I2: a message was lost or invented"
    by_id = {row.message_id: row for row in rows}
    assert set(taken) <= set(by_id), "I2: something left that is not in the ledger"
    wrong = [row for row in rows if row.status in ACCEPTED and row.message_id not in taken]
    assert not wrong, f"I2: marked sent but never accepted: {wrong}"
    silent = [
        by_id[identifier].status
        for identifier in taken
        if by_id[identifier].status not in ACCEPTED | {"unknown"}
        and not (not drained and by_id[identifier].status == "sending")
    ]
    assert not silent, f"I2: accepted, but the ledger says {silent}"

    check_caps(rows, taken)
    check_suppressions(rows, taken)
    loose = [
        row
        for row in rows
        if row.status not in TERMINAL | {"draft"} and row.due_at is None and row.lease_until is None
    ]
    assert not loose, f"I5: neither a lease nor a due time: {loose}"
    if drained:
        flying = [row for row in rows if row.status in {"claimed", "sending"}]
        assert not flying, f"I5: still in somebody's hands after the drain: {flying}"


def check_caps(rows, taken):
    """I3: accepts per mailbox and day stay within the cap, and reserved slots are exactly what is out."""
    accepts = Counter((row.mailbox_id, row.reserved_day) for row in rows if row.message_id in taken)
    out = Counter(
        (row.mailbox_id, row.reserved_day) for row in rows if row.reserved_day is not None
    )
    days = {(day.mailbox_id, day.day): day for day in MailboxDay.objects.all()}
    for key, number in accepts.items():
        assert key in days, "I3: accepted without a reserved slot"
        assert number <= days[key].cap, f"I3: {number} accepts on a cap of {days[key].cap}"
    for key, day in days.items():
        assert day.reserved == out[key], f"I3: {day.reserved} reserved, {out[key]} out"


def check_suppressions(rows, taken):
    """I4: nothing began after a suppression of its address was there."""
    closed = dict(
        Suppression.objects.filter(released_at=None).values_list("address_hash", "created_at")
    )
    for row in rows:
        if row.message_id in taken and row.recipient_hash in closed:
            assert row.sending_at < closed[row.recipient_hash], "I4: sent to a suppressed address"


def recover(oracle=None, **options):
    """Look once after lost messages, as every dispatcher does."""

    async def look():
        async with await psycopg.AsyncConnection.connect(
            database_address(), autocommit=True
        ) as conn:
            return await recovery.recover(conn, oracle, **options)

    return asyncio.run(look())
