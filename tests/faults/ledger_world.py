"""A workspace full of due messages, dispatchers in this process, and what waits for them."""

import asyncio
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import psycopg
from django.utils import timezone

from mailboxes.models import Mailbox
from outreach import recovery
from outreach.dispatcher import Dispatcher, database_address
from outreach.models import Contact, Enrollment, Message, Step
from outreach.recovery import Verdict
from tests.factories.accounts import WorkspaceFactory
from tests.factories.jobs import ApplicationFactory, JobFactory
from tests.factories.outreach import (
    ApprovalFactory,
    ContactFactory,
    EnrollmentFactory,
    MailboxFactory,
    PackageFactory,
    SequenceVersionFactory,
    StepFactory,
    text_hash,
)
from tests.faults.invariants import check_invariants  # noqa: F401 - what every fault ends with
from tests.faults.sender import OPTIONS


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

    def real_mailbox(self, sink, *, cap=100, **fields):
        """A mailbox of a person, at a domain that may be real, on the sink all the same."""
        number = Mailbox.objects.count()
        real = {"address": f"olga{number}@harbour-studio.com", "is_sandbox": False}
        return self.mailbox(sink, cap=cap, provider="smtp", **real, **fields)

    def real_messages(self, count, *, due_at=None, domain="northwind-freight{}.com"):
        """Make `count` approved, due messages to people at as many companies, each for an opening of its own."""
        rows = []
        for n in range(count):
            job = JobFactory(workspace=self.workspace)
            application = ApplicationFactory(profile=self.application.profile, job=job)
            package = PackageFactory(application=application)
            contact = ContactFactory(
                workspace=self.workspace, company=job.company, email=f"p{n}@{domain.format(n)}"
            )
            enrollment = EnrollmentFactory(
                package=package, contact=contact, version=self.version, is_sample=False
            )
            approval = ApprovalFactory(
                package=package, hold_until=timezone.now() - timedelta(minutes=1)
            )
            row = self.message(
                enrollment, due_at=due_at or timezone.now(), is_sample=False, approval=approval
            )
            row.save()
            rows.append(row)
        return rows

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
            approved_hash=text_hash(recipient, subject, body),
            message_id=f"<{enrollment.pk}.{step.number}@mail.roleferry.example>",
            **{
                "approval": self.approval,
                "is_sample": True,
                "status": "scheduled",
                "due_at": timezone.now(),
                **fields,
            },
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
        assert time.monotonic() < deadline, (
            f"it did not happen in time: {dict(World.statuses(None))}"
        )
        time.sleep(0.01)


def accepted_ids(sink):
    return [mail.message_id for mail in sink.accepted]


class SinkOracle:
    """Knows what the sink took, as a provider's API would."""

    def __init__(self, *sinks):
        self.sinks = sinks

    async def outcome(self, stray):
        taken = any(stray.message_id in accepted_ids(sink) for sink in self.sinks)
        return Verdict.ACCEPTED if taken else Verdict.NOT_ACCEPTED


def recover(oracle=None, **options):
    """Look once after lost messages, as every dispatcher does."""

    async def look():
        async with await psycopg.AsyncConnection.connect(
            database_address(), autocommit=True
        ) as conn:
            return await recovery.recover(conn, oracle, **options)

    return asyncio.run(look())
