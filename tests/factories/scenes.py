"""Whole situations: someone is being written to about a role."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone

from outreach.models import Enrollment, Message
from tests.factories.outreach import (
    ApprovalFactory,
    ContactFactory,
    EnrollmentFactory,
    MailboxFactory,
    MessageFactory,
    PackageFactory,
    SequenceVersionFactory,
    StepFactory,
    text_hash,
)

SENT_AT = datetime(2026, 11, 20, 9, tzinfo=UTC)


def being_written_to(package, mailbox, *, sent=1, mails=3, **contact) -> Enrollment:
    """One person whose first `sent` mails were sent and whose others wait (the next scheduled, the rest approved)."""
    company = contact.pop("company", package.application.job.company)
    approval = package.approvals.filter(voided_at=None).first() or ApprovalFactory(package=package)
    enrollment = EnrollmentFactory(
        package=package,
        version=SequenceVersionFactory(workspace=package.workspace),
        contact=ContactFactory(workspace=package.workspace, company=company, **contact),
        mailbox=mailbox,
    )
    for number in range(1, mails + 1):
        StepFactory(version=enrollment.version, number=number)
        state = {"status": "approved", "due_at": timezone.now() + timedelta(days=number)}
        if number <= sent:
            state = {
                "status": "sent",
                "sent_at": SENT_AT,
                "sending_at": SENT_AT,
                "reserved_day": SENT_AT.date(),
                "mailbox": mailbox,
                "lease_epoch": 1,
            }
        elif number == sent + 1:
            state["status"] = "scheduled"
        MessageFactory(
            enrollment=enrollment,
            step_number=number,
            approval=approval,
            approved_hash=text_hash(
                enrollment.contact.email,
                "About the backend role",
                "Hello Maria,\n\nI would like to work with you.\n",
            ),
            **state,
        )
    return enrollment


def first_mail(enrollment) -> Message:
    return enrollment.mails.get(step_number=1)


def statuses(enrollment) -> list[str]:
    """The states of a person's mails, in order."""
    return list(enrollment.mails.order_by("step_number").values_list("status", flat=True))


def package_for(profile, **application):
    return PackageFactory(
        application__profile=profile, application__status="applied", **application
    )


def mailbox_for(workspace):
    return MailboxFactory(workspace=workspace, address="olga@sandbox.test")
