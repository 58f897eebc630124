"""A person's yes to exactly the texts they saw, and how it ends: by undo, or by any edit."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from jobs.applications import add_event, add_events
from jobs.documents import current_documents
from jobs.models import Document
from outreach.checks import Check, Situation, as_json, ask_all, blockers, look_at_all
from outreach.models import Approval, Enrollment, Message, Package
from outreach.planning import PlannedMail, chosen_enrollments, lock_chosen, mails_of, plan_package
from outreach.scheduling import pace_for
from outreach.stopping import lock_companies

Status = Message.Status

# How many mails one statement schedules.
MAILS_AT_ONCE = 10_000
# How many packages one transaction approves: some 1,800 mails, about a second under lock.
PACKAGES_AT_ONCE = 200
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


@dataclass(frozen=True)
class Outcome:
    """What became of one package of several: an approval, or the error that says why there is none."""

    package_id: int
    approved: Approved | None = None
    problem: ApprovalError | None = None


@dataclass(frozen=True)
class _Yes:
    """A package that passed, with everything its approval writes."""

    situation: Situation
    checks: list[Check]
    plan: list[PlannedMail]
    approval: Approval


def content_hash(
    package: Package,
    enrollments: list[Enrollment] | None = None,
    documents: Mapping[str, Document | None] | None = None,
) -> str:
    """Return the SHA-256 (hex) over every document and every mail with its recipient and its file, in order.

    `enrollments` and `documents` may be handed in when they are loaded already.
    """
    chosen = chosen_enrollments(package) if enrollments is None else enrollments
    current = current_documents(package.application) if documents is None else documents
    content = {
        "documents": _documents(current),
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


def approve(
    package: Package, user: User, *, now: datetime, seen_hash: str | None = None
) -> Approved:
    """Approve everything the package sends and schedule its first mails after the hold.

    Asks every check again and fails closed. A second click returns the approval that is in force. `seen_hash` is the
    content_hash of what the person was shown. Raises PackageChangedError, ApprovalBlockedError, or ApprovalError for a
    package that is not waiting for anybody.
    """
    seen = {} if seen_hash is None else {package.pk: seen_hash}
    outcome = approve_many([package], user, now=now, seen=seen)[0]
    if outcome.approved is None:
        raise outcome.problem or ApprovalError("The package was not approved.")
    return outcome.approved


def approve_many(
    packages: Sequence[Package],
    user: User,
    *,
    now: datetime,
    seen: Mapping[int, str] | None = None,
) -> list[Outcome]:
    """Approve several packages of one workspace as `approve` does each; return what became of each, in order.

    Every package has its own approval over exactly its texts. One that fails stays as it was and says why; the others
    go on. `seen` holds, by package pk, the content_hash of what the person was shown. Works in transactions of PACKAGES_AT_ONCE
    packages, with as many queries for a chunk as for one package; a fault of ours undoes one chunk, none before it.
    """
    companies = Package.objects.filter(pk__in=[package.pk for package in packages])
    # By company, so that locks are taken in one order even if the caller's transaction holds all chunks together.
    order = list(companies.order_by("application__job__company", "pk").values_list("pk", flat=True))
    found: dict[int, Outcome] = {}
    for start in range(0, len(order), PACKAGES_AT_ONCE):
        found |= _approve_chunk(
            order[start : start + PACKAGES_AT_ONCE], user, now=now, seen=seen or {}
        )
    return [found[package.pk] for package in packages]


@transaction.atomic
def _approve_chunk(
    ids: list[int], user: User, *, now: datetime, seen: Mapping[int, str]
) -> dict[int, Outcome]:
    packages = _lock(ids)
    in_force = {
        approval.package_id: approval
        for approval in Approval.objects.filter(package__in=ids, voided_at=None)
    }
    found: dict[int, Outcome] = {}
    waiting = []
    for package in packages:
        if package.pk in in_force:
            found[package.pk] = Outcome(package.pk, Approved(in_force[package.pk], is_new=False))
        elif package.status != Package.Status.READY:
            label = package.get_status_display().lower()
            problem = f"This package is not waiting for an approval: it is {label}."
            found[package.pk] = Outcome(package.pk, problem=ApprovalError(problem))
        else:
            waiting.append(package)
    chosen = lock_chosen(waiting)
    for wave in _waves(waiting, chosen):
        passed = []
        for situation in look_at_all(wave, chosen, now=now):
            pk = situation.package.pk
            try:
                passed.append(_judge(situation, user, now=now, seen_hash=seen.get(pk)))
            except ApprovalError as problem:
                found[pk] = Outcome(pk, problem=problem)
        for yes in _write(passed, user, now=now):
            pk = yes.situation.package.pk
            found[pk] = Outcome(pk, Approved(yes.approval, is_new=True))
    return found


def _waves(
    packages: list[Package], chosen: Mapping[int, list[Enrollment]]
) -> Iterator[list[Package]]:
    """Part the packages so that two which write to one person are judged one after the other."""
    rest = packages
    while rest:
        taken: set[str] = set()
        wave: list[Package] = []
        later: list[Package] = []
        for package in rest:
            people = {enrollment.contact.email_hash for enrollment in chosen[package.pk]}
            (later if people & taken else wave).append(package)
            taken |= people
        yield wave
        rest = later


def _judge(situation: Situation, user: User, *, now: datetime, seen_hash: str | None) -> _Yes:
    package, enrollments = situation.package, situation.enrollments
    digest = content_hash(package, enrollments, situation.documents)
    if seen_hash is not None and seen_hash != digest:
        raise PackageChangedError(
            "The package changed since you looked at it. Look at it again, then approve."
        )
    checks = ask_all(situation)
    if blocking := blockers(checks):
        raise ApprovalBlockedError(blocking)
    plan = [planned for planned in plan_package(enrollments, now) if _is_draft(planned)]
    if not plan:
        raise ApprovalError("There is no mail left to approve in this package.")
    approval = Approval(
        workspace=package.workspace,
        package=package,
        user=user,
        approved_at=now,
        content_hash=digest,
        items=[*_documents(situation.documents), *map(_item, plan)],
        hold_until=now + hold_of([planned.enrollment for planned in plan]),
    )
    return _Yes(situation, checks, plan, approval)


def _write(passed: list[_Yes], user: User, *, now: datetime) -> list[_Yes]:
    """Keep the approvals and what follows from them: mails, people, packages, history; the first mails are scheduled."""
    if not passed:
        return passed
    Approval.objects.bulk_create(yes.approval for yes in passed)
    _schedule_all(
        [(yes.approval, planned) for yes in passed for planned in yes.plan],
        [enrollment for yes in passed for enrollment in yes.situation.enrollments],
    )
    packages: dict[str, Any] = {
        "ids": [yes.situation.package.pk for yes in passed],
        "checks": [json.dumps(as_json(yes.checks)) for yes in passed],
    }
    with connection.cursor() as cursor:
        cursor.execute(QUEUE, packages)
    lines = {
        yes.situation.application: f"Approved {len(yes.plan)} mail{'s' if len(yes.plan) != 1 else ''}"
        for yes in passed
    }
    add_events(lines, "approved", now=now, actor=user)
    return passed


@transaction.atomic
def undo_approval(package: Package, user: User, *, now: datetime) -> int:
    """Take an approval back while nothing of it has begun to leave; return how many mails will not go.

    Raises ApprovalError when a mail has left: what has not can still be cancelled one by one.
    """
    package = _lock([package.pk])[0]
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
    package = _lock([package.pk])[0]
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


def _lock(ids: list[int]) -> list[Package]:
    """Take the companies first, as the ledger and the answers do, then the packages, in the order of their ids."""
    rows = Package.objects.filter(pk__in=ids)
    companies = set(rows.values_list("application__job__company_id", flat=True))
    people = Enrollment.objects.filter(package__in=ids)
    lock_companies(companies.union(people.values_list("contact__company_id", flat=True)))
    locked = rows.select_for_update(of=("self",), no_key=True).order_by("pk")
    return list(
        locked.select_related("workspace", "application__job", "application__profile__user")
    )


def _is_draft(planned: PlannedMail) -> bool:
    return planned.message.status == Status.DRAFT and planned.at is not None


def _documents(documents: Mapping[str, Document | None]) -> list[dict[str, Any]]:
    return [
        {"kind": document.kind, "version": document.version, "text_hash": document.text_hash}
        for document in documents.values()
        if document is not None
    ]


def _item(planned: PlannedMail) -> dict[str, Any]:
    mail = planned.message
    return {
        "message": str(mail.public_id),
        "name": str(planned.enrollment.contact),
        "recipient": mail.recipient,
        "step": mail.step_number,
        "subject": mail.subject,
        "text_hash": mail.text_hash,
        "attachment": mail.attachment.filename if mail.attachment else "",
        "attachment_hash": mail.attachment_hash,
        "due_at": planned.at.isoformat() if planned.at else None,
    }


# The first mail of each person is scheduled, the rest waits for the actual send before it. Only drafts move.
SCHEDULE = f"""
UPDATE outreach_message m SET status = CASE WHEN v.is_first THEN '{Status.SCHEDULED}' ELSE '{Status.APPROVED}' END,
    approval_id = v.approval, approved_hash = m.text_hash, approved_attachment_hash = m.attachment_hash,
    due_at = v.due_at, status_reason = '', unresolved = '[]', lost_claims = 0, updated_at = now()
FROM unnest(%(ids)s::bigint[], %(approvals)s::bigint[], %(dues)s::timestamptz[], %(firsts)s::bool[])
    AS v (id, approval, due_at, is_first)
WHERE m.id = v.id AND m.status = '{Status.DRAFT}'
"""  # noqa: S608 - only our own constants are written in
QUEUE = f"""
UPDATE outreach_package p SET status = '{Package.Status.APPROVED}', checks = v.checks, updated_at = now()
FROM unnest(%(ids)s::bigint[], %(checks)s::jsonb[]) AS v (id, checks)
WHERE p.id = v.id AND p.status = '{Package.Status.READY}'
"""  # noqa: S608 - only our own constants are written in


def schedule(approval: Approval, enrollments: list[Enrollment], plan: list[PlannedMail]) -> None:
    """Approve every planned draft and open its sequence, any number of them in a few statements."""
    _schedule_all([(approval, planned) for planned in plan], enrollments)


def _schedule_all(
    approved: list[tuple[Approval, PlannedMail]], enrollments: Iterable[Enrollment]
) -> None:
    for start in range(0, len(approved), MAILS_AT_ONCE):
        some = approved[start : start + MAILS_AT_ONCE]
        mails: dict[str, Any] = {
            "ids": [planned.message.pk for _, planned in some],
            "approvals": [approval.pk for approval, _ in some],
            "dues": [planned.at for _, planned in some],
            "firsts": [planned.is_first for _, planned in some],
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
