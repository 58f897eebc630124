"""Due, approved mail as the product makes it: three people a company and application, on as many mailboxes as caps ask for."""

from collections.abc import Callable
from datetime import datetime

from django.db import connection
from django.utils import timezone

from jobs.models import Application, Company, Job
from mailboxes.models.mailbox import DAILY_CAP_CEILING
from outreach.models import Approval, Contact, Enrollment, Message, Package
from outreach.scheduling import PEOPLE_PER_APPLICATION
from tests.factories.accounts import ProfileFactory, WorkspaceFactory
from tests.factories.jobs import SourceFactory
from tests.factories.outreach import (
    MailboxFactory,
    SequenceVersionFactory,
    StepFactory,
    text_hash,
)

SUBJECT = "About the role"
BODY = ("I saw the opening for a staff engineer and wanted to reach out to you. \n" * 30)[:1500]


class SendWorld:
    """One workspace with `mails` scheduled messages of 1.5 kB to as many people; replaces every workspace there was."""

    def __init__(self, mails: int, port: int, *, due_at: Callable[[int], datetime]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE accounts_workspace CASCADE")
            cursor.execute("TRUNCATE mailboxes_recipientwindow")
        self.now = timezone.now()
        self.workspace = WorkspaceFactory(pace="practice")
        self.version = SequenceVersionFactory(workspace=self.workspace)
        self.step = StepFactory(version=self.version, number=1)
        # Caps hold in a benchmark too: so many mails a mailbox and day is the most that there is.
        MailboxFactory.create_batch(
            -(-mails // DAILY_CAP_CEILING),
            workspace=self.workspace,
            smtp_port=port,
            daily_cap=DAILY_CAP_CEILING,
        )
        approvals = self._approvals(-(-mails // PEOPLE_PER_APPLICATION))
        enrollments = self._enrollments(mails, approvals)
        Message.objects.bulk_create(
            (
                self._message(number, enrollment, approvals, due_at(number))
                for number, enrollment in enumerate(enrollments)
            ),
            batch_size=1000,
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def _approvals(self, count: int) -> list[Approval]:
        workspace, now = self.workspace, self.now
        profile = ProfileFactory(workspace=workspace)
        source = SourceFactory(workspace=workspace)
        companies = Company.objects.bulk_create(
            Company(workspace=workspace, name=f"Company {n}", normalized_name=f"company {n}")
            for n in range(count)
        )
        jobs = Job.objects.bulk_create(
            Job(
                workspace=workspace,
                source=source,
                company=company,
                company_name=company.name,
                external_id=f"job-{n}",
                title="Backend Engineer",
                listed_at=now,
                last_seen_at=now,
                liveness="live",
            )
            for n, company in enumerate(companies)
        )
        applications = Application.objects.bulk_create(
            Application(
                workspace=workspace,
                profile=profile,
                job=job,
                last_action_at=now,
                status_changed_at=now,
            )
            for job in jobs
        )
        packages = Package.objects.bulk_create(
            Package(workspace=workspace, application=application, status="approved")
            for application in applications
        )
        return Approval.objects.bulk_create(
            Approval(
                workspace=workspace,
                package=package,
                approved_at=now,
                hold_until=now,
                content_hash="0" * 64,
            )
            for package in packages
        )

    def _enrollments(self, mails: int, approvals: list[Approval]) -> list[Enrollment]:
        packages = [approvals[n // PEOPLE_PER_APPLICATION].package for n in range(mails)]
        contacts = Contact.objects.bulk_create(
            (
                Contact(
                    workspace=self.workspace,
                    company=package.application.job.company,
                    first_name=f"P{n}",
                    email=f"p{n}@c{package.pk}.test",
                    email_hash=f"p-{n}",
                    source="test",
                    lawful_basis="legitimate_interest",
                    obtained_at=self.now,
                    is_sample=True,
                )
                for n, package in enumerate(packages)
            ),
            batch_size=1000,
        )
        return Enrollment.objects.bulk_create(
            (
                Enrollment(
                    workspace=self.workspace,
                    package=package,
                    application=package.application,
                    contact=contact,
                    version=self.version,
                    status="active",
                    is_sample=True,
                )
                for package, contact in zip(packages, contacts, strict=True)
            ),
            batch_size=1000,
        )

    def _message(
        self, number: int, enrollment: Enrollment, approvals: list[Approval], due_at: datetime
    ) -> Message:
        recipient = enrollment.contact.email
        return Message(
            workspace=self.workspace,
            enrollment=enrollment,
            step=self.step,
            step_number=1,
            recipient=recipient,
            recipient_hash=enrollment.contact.email_hash,
            recipient_domain=recipient.partition("@")[2],
            subject=SUBJECT,
            body=BODY,
            approval=approvals[number // PEOPLE_PER_APPLICATION],
            approved_hash=text_hash(recipient, SUBJECT, BODY),
            message_id=f"<{enrollment.pk}.1@mail.roleferry.example>",
            is_sample=True,
            status="scheduled",
            due_at=due_at,
        )
