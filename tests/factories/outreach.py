"""Mailboxes, people and a message of the ledger in any state, for tests."""

import hashlib

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from mailboxes.models import Mailbox, WebhookEndpoint
from mailboxes.suppression import recipient_hash
from outreach.models import (
    Approval,
    Contact,
    Enrollment,
    Message,
    Package,
    Sequence,
    SequenceVersion,
    Step,
)
from tests.factories.accounts import WorkspaceFactory
from tests.factories.jobs import ApplicationFactory, CompanyFactory


class MailboxFactory(DjangoModelFactory):
    class Meta:
        model = Mailbox

    workspace = factory.SubFactory(WorkspaceFactory)
    address = factory.Sequence(lambda n: f"olga{n}@sandbox.test")
    display_name = "Olga Owner"
    provider = "sandbox"
    is_sandbox = True
    smtp_host = "127.0.0.1"
    smtp_port = 2525
    smtp_security = "none"
    status = "active"


class WebhookEndpointFactory(DjangoModelFactory):
    class Meta:
        model = WebhookEndpoint

    mailbox = factory.SubFactory(MailboxFactory)
    workspace = factory.SelfAttribute("mailbox.workspace")
    provider = "generic"
    secret = "endpoint-secret"


class ContactFactory(DjangoModelFactory):
    class Meta:
        model = Contact

    workspace = factory.SubFactory(WorkspaceFactory)
    company = factory.SubFactory(CompanyFactory, workspace=factory.SelfAttribute("..workspace"))
    first_name = "Maria"
    last_name = "Marin"
    title = "Head of Engineering"
    email = factory.Sequence(lambda n: f"maria{n}@northwind.test")
    email_hash = factory.LazyAttribute(lambda c: recipient_hash(c.email) if c.email else "")
    verdict = "valid"
    verdict_confidence = 0.95
    source = "typed in"
    lawful_basis = "legitimate_interest"
    obtained_at = factory.LazyFunction(timezone.now)


class SequenceVersionFactory(DjangoModelFactory):
    class Meta:
        model = SequenceVersion

    workspace = factory.SubFactory(WorkspaceFactory)
    sequence = factory.LazyAttribute(
        lambda v: Sequence.objects.get_or_create(workspace=v.workspace, name="Job Seeker Default")[
            0
        ]
    )
    number = factory.Sequence(lambda n: n + 1)


class StepFactory(DjangoModelFactory):
    class Meta:
        model = Step
        django_get_or_create = ("version", "number")

    version = factory.SubFactory(SequenceVersionFactory)
    workspace = factory.SelfAttribute("version.workspace")
    number = 1
    subject = "About {{role|the role}}"
    body = "Hello {{first_name|there}}"


class PackageFactory(DjangoModelFactory):
    class Meta:
        model = Package

    application = factory.SubFactory(ApplicationFactory)
    workspace = factory.SelfAttribute("application.workspace")
    status = "approved"


class ApprovalFactory(DjangoModelFactory):
    class Meta:
        model = Approval

    package = factory.SubFactory(PackageFactory)
    workspace = factory.SelfAttribute("package.workspace")
    approved_at = factory.LazyFunction(timezone.now)
    hold_until = factory.LazyFunction(timezone.now)
    content_hash = "0" * 64


class EnrollmentFactory(DjangoModelFactory):
    class Meta:
        model = Enrollment

    package = factory.SubFactory(PackageFactory)
    workspace = factory.SelfAttribute("package.workspace")
    application = factory.SelfAttribute("package.application")
    contact = factory.SubFactory(
        ContactFactory,
        workspace=factory.SelfAttribute("..workspace"),
        company=factory.SelfAttribute("..application.job.company"),
    )
    version = factory.SubFactory(
        SequenceVersionFactory, workspace=factory.SelfAttribute("..workspace")
    )
    status = "active"
    is_sample = True


def text_hash(recipient: str, subject: str, body: str) -> str:
    """The same value as the database's roleferry_text_hash()."""
    return hashlib.sha256(
        f"{len(recipient)}:{recipient}{len(subject)}:{subject}{body}".encode()
    ).hexdigest()


class MessageFactory(DjangoModelFactory):
    """A draft by default; `scheduled=True` gives an approved, due message."""

    class Meta:
        model = Message

    class Params:
        scheduled = factory.Trait(
            status="scheduled",
            due_at=factory.LazyFunction(timezone.now),
            approval=factory.LazyAttribute(
                lambda m: (
                    m.enrollment.package.approvals.filter(voided_at=None).first()
                    or ApprovalFactory(package=m.enrollment.package)
                )
            ),
            approved_hash=factory.LazyAttribute(
                lambda m: text_hash(m.recipient, m.subject, m.body)
            ),
        )

    enrollment = factory.SubFactory(EnrollmentFactory)
    workspace = factory.SelfAttribute("enrollment.workspace")
    step_number = 1
    step = factory.LazyAttribute(
        lambda m: StepFactory(version=m.enrollment.version, number=m.step_number)
    )
    recipient = factory.SelfAttribute("enrollment.contact.email")
    recipient_hash = factory.SelfAttribute("enrollment.contact.email_hash")
    recipient_domain = factory.LazyAttribute(lambda m: m.recipient.partition("@")[2])
    subject = "About the backend role"
    body = "Hello Maria,\n\nI would like to work with you.\n"
    message_id = factory.Sequence(lambda n: f"<test-{n}@mail.roleferry.example>")
    is_sample = True
