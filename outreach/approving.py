"""A person's yes to exactly the texts they saw, and how it ends: by undo, or by any edit."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from jobs.applications import add_event
from jobs.documents import current_documents
from jobs.models import Application
from outreach.checks import Check, as_json, blockers, run_checks
from outreach.models import Approval, Enrollment, Message, Package
from outreach.planning import PlannedMail, chosen_enrollments, mails_of, plan_package
from outreach.scheduling import pace_for
from outreach.stopping import lock_companies

Status = Message.Status

# How many mails one statement schedules.
MAILS_AT_ONCE = 10_000
UNDONE = "Undone by a person within the time to change one's mind."
# Nothing of these has begun to leave.
_RECALLABLE = (Status.APPROVED, Status.SCHEDULED, Status.HELD, Status.CLAIMED)
_GONE = (Status.SENDING, *Message.LEFT, Status.FAILED)


class ApprovalError(Exception):
    """The package cannot be approved or recalled now; the text is a sentence for the person."""


class ApprovalBlockedError(ApprovalError):
    """Checks forbid it."""

    def __init__(self, checks: list[Check]) -> None:
        """Keep the checks that block."""
        self.checks = checks
        count = f"{len(checks)} thing{'s' if len(checks) != 1 else ''}"
        super().__init__(f"{count} must be mended first: {checks[0].sentence}")


class PackageChangedError(ApprovalError):
    """What would be sent is not what the person was shown."""


@dataclass(frozen=True)
class Approved:
    """An approval in force and whether this call made it."""

    approval: Approval
    is_new: bool


def content_hash(package: Package, enrollments: list[Enrollment] | None = None) -> str:
    """Return the SHA-256 (hex) over every document and every mail with its recipient and its file, in order."""
    chosen = chosen_enrollments(package) if enrollments is None else enrollments
    content = {
        "documents": _documents(package),
        "mails": [
            [
                str(e.contact.public_id),
                mail.step_number,
                mail.recipient,
                mail.subject,
                mail.body,
                mail.attachment_hash,
            ]
            for e in sorted(chosen, key=lambda e: e.pk)
            for mail in mails_of(e)
        ],
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@transaction.atomic
def approve(
    package: Package, user: User, *, now: datetime, seen_hash: str | None = None
) -> Approved:
    """Approve everything the package sends and schedule its first mails after the hold.

    Asks every check again and fails closed. A second click returns the approval that is in force. `seen_hash` is the
    content_hash of what the person was shown. Raises PackageChangedError, ApprovalBlockedError, or ApprovalError for a
    package that is not waiting for anybody.
    """
    package = _lock(package)
    in_force = package.approvals.filter(voided_at=None).first()
    if in_force is not None:
        return Approved(in_force, is_new=False)
    if package.status != Package.Status.READY:
        label = package.get_status_display().lower()
        raise ApprovalError(f"This package is not waiting for an approval: it is {label}.")
    enrollments = chosen_enrollments(package)
    digest = content_hash(package, enrollments)
    if seen_hash is not None and seen_hash != digest:
        raise PackageChangedError(
            "The package changed since you looked at it. Look at it again, then approve."
        )
    checks = run_checks(package, now=now, enrollments=enrollments)
    if blocking := blockers(checks):
        raise ApprovalBlockedError(blocking)
    plan = [planned for planned in plan_package(enrollments, now) if _is_draft(planned)]
    if not plan:
        raise ApprovalError("There is no mail left to approve in this package.")
    approval = _write_approval(package, user, digest, plan, now=now)
    schedule(approval, enrollments, plan)
    package.move_to(Package.Status.APPROVED, checks=as_json(checks))
    count = f"{len(plan)} mail{'s' if len(plan) != 1 else ''}"
    add_event(package.application, "approved", f"Approved {count}", now=now, actor=user)
    return Approved(approval, is_new=True)


@transaction.atomic
def undo_approval(package: Package, user: User, *, now: datetime) -> int:
    """Take an approval back while nothing of it has begun to leave; return how many mails will not go.

    Raises ApprovalError when a mail has left: what has not can still be cancelled one by one.
    """
    package = _lock(package)
    approval = package.approvals.filter(voided_at=None).first()
    if approval is None:
        raise ApprovalError("There is no approval to undo: the package is a draft already.")
    if approval.mails.filter(status__in=_GONE).exists():
        raise ApprovalError(_TOO_LATE)
    recalled = _void(package, approval, UNDONE, now=now)
    if approval.mails.filter(status__in=_GONE).exists():
        raise ApprovalError(_TOO_LATE)  # a sender was faster; all of this is rolled back
    add_event(package.application, "recalled", "Approval undone", now=now, actor=user)
    return recalled


_TOO_LATE = "The first mail has already left, so the approval cannot be undone. You can cancel the mails that still wait."


@transaction.atomic
def void_approval(package: Package, reason: str, *, now: datetime, user: User | None = None) -> int:
    """End the approval in force, if any, because of an edit; return how many mails went back to draft.

    Mails that have left stay as they are; the rest needs a new yes.
    """
    package = _lock(package)
    approval = package.approvals.filter(voided_at=None).first()
    if approval is None:
        return 0
    recalled = _void(package, approval, reason, now=now)
    text = f"Approval withdrawn: {reason}"
    add_event(package.application, "recalled", text, now=now, actor=user)
    return recalled


def hold_of(enrollments: list[Enrollment]) -> timedelta:
    """Return how long one may change one's mind: the longest hold of all recipients."""
    return max(pace_for(e.workspace, e.is_sample).hold for e in enrollments)


def _lock(package: Package) -> Package:
    """Take the company first, as the ledger and the answers do, then the package."""
    company = Application.objects.values_list("job__company_id", flat=True).get(
        pk=package.application_id
    )
    people = package.enrollments.values_list("contact__company_id", flat=True)
    lock_companies([company, *people])
    locked: Package = (
        Package.objects.select_for_update(of=("self",), no_key=True)
        .select_related("workspace", "application__job", "application__profile__user")
        .get(pk=package.pk)
    )
    return locked


def _is_draft(planned: PlannedMail) -> bool:
    return planned.message.status == Status.DRAFT and planned.at is not None


def _documents(package: Package) -> list[dict[str, Any]]:
    return [
        {"kind": document.kind, "version": document.version, "text_hash": document.text_hash}
        for document in current_documents(package.application).values()
        if document is not None
    ]


def _write_approval(
    package: Package, user: User, digest: str, plan: list[PlannedMail], *, now: datetime
) -> Approval:
    mails = [
        {
            "message": str(planned.message.public_id),
            "name": str(planned.enrollment.contact),
            "recipient": planned.message.recipient,
            "step": planned.message.step_number,
            "subject": planned.message.subject,
            "text_hash": planned.message.text_hash,
            "attachment": planned.message.attachment.filename if planned.message.attachment else "",
            "attachment_hash": planned.message.attachment_hash,
            "due_at": planned.at.isoformat() if planned.at else None,
        }
        for planned in plan
    ]
    approval: Approval = Approval.objects.create(
        workspace=package.workspace,
        package=package,
        user=user,
        approved_at=now,
        content_hash=digest,
        items=[*_documents(package), *mails],
        hold_until=now + hold_of([planned.enrollment for planned in plan]),
    )
    return approval


# The first mail of each person is scheduled, the rest waits for the actual send before it. Only drafts move.
SCHEDULE = f"""
UPDATE outreach_message m SET status = CASE WHEN v.is_first THEN '{Status.SCHEDULED}' ELSE '{Status.APPROVED}' END,
    approval_id = %(approval)s, approved_hash = m.text_hash, approved_attachment_hash = m.attachment_hash,
    due_at = v.due_at, status_reason = '', unresolved = '[]', lost_claims = 0, updated_at = now()
FROM unnest(%(ids)s::bigint[], %(dues)s::timestamptz[], %(firsts)s::bool[]) AS v (id, due_at, is_first)
WHERE m.id = v.id AND m.status = '{Status.DRAFT}'
"""  # noqa: S608 - only our own constants are written in


def schedule(approval: Approval, enrollments: list[Enrollment], plan: list[PlannedMail]) -> None:
    """Approve every planned draft and open its sequence, any number of them in a few statements."""
    for start in range(0, len(plan), MAILS_AT_ONCE):
        some = plan[start : start + MAILS_AT_ONCE]
        mails: dict[str, Any] = {
            "approval": approval.pk,
            "ids": [planned.message.pk for planned in some],
            "dues": [planned.at for planned in some],
            "firsts": [planned.is_first for planned in some],
        }
        with connection.cursor() as cursor:
            cursor.execute(SCHEDULE, mails)
    drafts = [e for e in enrollments if e.status == Enrollment.Status.DRAFT]
    Enrollment.objects.filter(
        pk__in=[enrollment.pk for enrollment in drafts], status=Enrollment.Status.DRAFT
    ).update(status=Enrollment.Status.ACTIVE, stop_reason="", updated_at=timezone.now())


def _void(package: Package, approval: Approval, reason: str, *, now: datetime) -> int:
    Approval.objects.filter(pk=approval.pk, voided_at=None).update(
        voided_at=now, void_reason=reason[:300]
    )
    mails = Message.objects.select_for_update(no_key=True).filter(
        enrollment__package=package, status__in=_RECALLABLE
    )
    recalled = sum(_recall(mail) for mail in mails.order_by("pk"))
    for enrollment in package.enrollments.filter(status=Enrollment.Status.ACTIVE):
        enrollment.move_to(Enrollment.Status.DRAFT)
    if package.status == Package.Status.APPROVED:
        package.move_to(Package.Status.READY)
    return recalled


def _recall(mail: Message) -> bool:
    fields: dict[str, Any] = {
        "approval": None,
        "approved_hash": "",
        "approved_attachment_hash": "",
        "due_at": None,
        "status_reason": "",
        "lease_until": None,
        "lease_epoch": None,
    }
    if mail.status == Status.CLAIMED and not mail.move_to(Status.CANCELLED, **fields):
        return False
    return mail.move_to(Status.DRAFT, **fields)
