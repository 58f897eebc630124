"""Stopping, holding and resuming what is written to a person, so that it can be undone exactly.

Every change takes the company's row first (as the ledger does before it sends), so answers, bounces and unsubscribes of
one company come one after the other. Messages are changed by compare-and-set: a sender that had claimed one finds it
gone, and what is already being sent is left to the ledger.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User, Workspace
from jobs.applications import add_event
from jobs.models import Application, Company
from mailboxes.models import Suppression
from mailboxes.suppression import live_suppression
from outreach.models import Enrollment, Message

Status = Enrollment.Status
Reason = Enrollment.StopReason
MailStatus = Message.Status

# Marks messages that wait because their person is on hold, apart from those held for another cause.
ON_HOLD = "On hold: "
HELD_BEFORE = "It was held before it was stopped. Send it or cancel it."
# When several causes stop one person the graver one is kept, whichever came first (acceptance A-29 D8).
GRAVITY = {
    Reason.COMPLAINED: 6,
    Reason.UNSUBSCRIBED: 5,
    Reason.BOUNCED: 4,
    Reason.SUPPRESSED: 3,
    Reason.REPLIED: 2,
}
SUPPRESSION_REASONS = {
    Suppression.Reason.HARD_BOUNCE: Reason.BOUNCED,
    Suppression.Reason.COMPLAINT: Reason.COMPLAINED,
    Suppression.Reason.UNSUBSCRIBED: Reason.UNSUBSCRIBED,
    Suppression.Reason.ASKED: Reason.UNSUBSCRIBED,
}
_RUNNING = (Status.ACTIVE, Status.HELD)


@dataclass(frozen=True, kw_only=True)
class StopResult:
    """What one stop or hold changed. `was` is the enrollment before; `mails` lists (message id, status before)."""

    enrollment_id: int
    kind: str
    reason: str
    was: dict[str, Any]
    mails: tuple[tuple[int, str], ...] = ()

    @property
    def cancelled(self) -> tuple[int, ...]:
        """The ids of the messages that will not go (for a hold: not go now)."""
        return tuple(pk for pk, _ in self.mails)

    def as_effect(self) -> dict[str, Any]:
        """Return the JSON form that `restore` takes."""
        return {
            "kind": self.kind,
            "enrollment": self.enrollment_id,
            "reason": self.reason,
            "was": self.was,
            "mails": [list(pair) for pair in self.mails],
        }


def lock_companies(company_ids: Iterable[int]) -> None:
    """Take the companies' rows in the order of their ids, so that two callers never wait for each other in a circle."""
    companies = Company.objects.filter(pk__in=set(company_ids)).order_by("pk")
    list(companies.select_for_update(no_key=True).values_list("pk", flat=True))


@transaction.atomic
def stop_enrollment(
    enrollment: Enrollment, reason: str, *, now: datetime, actor: User | None = None
) -> StopResult | None:
    """Stop writing to this person for this application and cancel what had not begun to leave.

    Returns None when nothing ran any more; a graver reason than the one kept is noted all the same. A draft is left to
    its package's checks. `actor` is the person who stopped it by hand.
    """
    row = _locked(enrollment)
    if row.status == Status.STOPPED:
        _note_graver(row, reason)
        return None
    if row.status == Status.DRAFT:
        return None
    was = _snapshot(row)
    row.move_to(Status.STOPPED, stop_reason=reason, stopped_at=now, held_until=None)
    label = Reason(reason).label
    mails = _move_mails(row, Message.PENDING, MailStatus.CANCELLED, f"Stopped: {label}.")
    if actor is not None:
        add_event(
            row.application, "stopped", f"Stopped writing to {row.contact}", now=now, actor=actor
        )
    return StopResult(
        enrollment_id=row.pk, kind="stopped", reason=reason, was=was, mails=tuple(mails)
    )


@transaction.atomic
def hold_enrollment(
    enrollment: Enrollment, until: datetime | None, *, reason: str, now: datetime
) -> StopResult | None:
    """Hold a running enrollment until a moment, or until a person decides (None); return None if it does not run.

    Its messages stay scheduled: the ledger takes none of a held enrollment, and one that a sender had claimed is taken
    back. A hold is never shortened: of two, the one without an end wins, then the later one.
    """
    row = _locked(enrollment)
    if row.status not in _RUNNING:
        return None
    was = _snapshot(row)
    if row.status == Status.HELD:
        if row.held_until is None or (until is not None and until <= row.held_until):
            return None
        Enrollment.objects.filter(pk=row.pk).update(held_until=until, stop_reason=reason)
    else:
        row.move_to(Status.HELD, held_until=until, stop_reason=reason)
    note = f"{ON_HOLD}{Reason(reason).label}."
    _move_mails(row, (MailStatus.CLAIMED,), MailStatus.SCHEDULED, note)
    scheduled = row.mails.filter(status=MailStatus.SCHEDULED)
    waiting = tuple(
        (pk, MailStatus.SCHEDULED.value) for pk in scheduled.values_list("pk", flat=True)
    )
    scheduled.update(status_reason=note)
    return StopResult(enrollment_id=row.pk, kind="held", reason=reason, was=was, mails=waiting)


@transaction.atomic
def resume_enrollment(enrollment: Enrollment, *, now: datetime, actor: User | None = None) -> bool:
    """Let a held enrollment go on; return whether it was held.

    Messages that waited for it are due at `now` at the earliest; the ledger finds their window.
    """
    row = _locked(enrollment)
    if row.status != Status.HELD:
        return False
    row.move_to(Status.ACTIVE, held_until=None, stop_reason="")
    _let_wait_end(row, now=now)
    if actor is not None:
        text = f"Went on writing to {row.contact}"
        add_event(row.application, "resumed", text, now=now, actor=actor)
    return True


@transaction.atomic
def restore(effect: dict[str, Any], *, workspace: Workspace, now: datetime) -> bool:
    """Undo one stop or hold given as StopResult.as_effect(); return whether anything came back.

    Left as it is: an enrollment that meanwhile stopped for a graver reason or whose address is suppressed. A message
    whose approval was voided or whose text changed comes back as a draft, which needs a new yes.
    """
    row = Enrollment.objects.for_workspace(workspace).filter(pk=effect["enrollment"]).first()
    if row is None:
        return False
    row = _locked(row)
    expected = Status.STOPPED if effect["kind"] == "stopped" else Status.HELD
    if row.status != expected or row.stop_reason != effect["reason"]:
        return False
    if row.contact.email and live_suppression(workspace, row.contact.email, now):
        return False
    was = effect["was"]
    held_until = datetime.fromisoformat(was["held_until"]) if was["held_until"] else None
    back = Status.HELD if was["status"] == Status.HELD else Status.ACTIVE
    fields = {"stop_reason": was["stop_reason"], "held_until": held_until, "stopped_at": None}
    if row.status == back:
        Enrollment.objects.filter(pk=row.pk).update(**fields)
    else:
        row.move_to(back, **fields)
    if effect["kind"] == "stopped":
        for pk, status in effect["mails"]:
            _restore_mail(row, pk, status, now=now)
    if row.status == Status.ACTIVE:
        _let_wait_end(row, now=now)
    return True


@transaction.atomic
def stop_for_application(
    application: Application, reason: str, *, now: datetime, actor: User | None = None
) -> list[StopResult]:
    """Stop everyone who is written to for an application (its opening closed, it was rejected or withdrawn)."""
    rows = Enrollment.objects.filter(application=application, workspace=application.workspace_id)
    return _stop_all(rows.filter(status__in=_RUNNING), reason, now=now, actor=actor)


@transaction.atomic
def stop_for_address(
    workspace: Workspace | None,
    *,
    reason: str,
    now: datetime,
    address_hash: str = "",
    domain: str = "",
) -> list[StopResult]:
    """Stop everyone reached at an address or under a domain, in one workspace or (None) in all.

    An enrollment counts by its contact's address and by the address on its messages that could still go.
    """
    if bool(address_hash) == bool(domain):
        raise ValueError("Name either an address or a domain to stop for.")
    on_mail = _mails_to(address_hash, domain)
    if address_hash:
        on_contact = Q(contact__email_hash=address_hash)
    else:
        on_contact = Q(contact__email__iendswith=f"@{domain}") | Q(
            contact__email__iendswith=f".{domain}"
        )
    mails = Message.objects.filter(on_mail, enrollment=OuterRef("pk"), status__in=Message.PENDING)
    rows = Enrollment.objects.filter(on_contact | Q(Exists(mails)))
    if workspace is not None:
        rows = rows.filter(workspace=workspace)
    return _stop_all(rows.exclude(status=Status.DRAFT), reason, now=now)


def stop_for_suppression(suppression: Suppression, *, now: datetime) -> list[StopResult]:
    """Stop everyone whom a live suppression closes; a released or expired one stops nobody."""
    is_over = suppression.expires_at is not None and suppression.expires_at <= now
    if suppression.released_at is not None or is_over:
        return []
    return stop_for_address(
        suppression.workspace,
        reason=SUPPRESSION_REASONS.get(Suppression.Reason(suppression.reason), Reason.SUPPRESSED),
        now=now,
        address_hash=suppression.address_hash,
        domain=suppression.domain,
    )


def _mails_to(address_hash: str, domain: str) -> Q:
    """Return the condition for messages to an address, else to a domain or one below it."""
    if address_hash:
        return Q(recipient_hash=address_hash)
    return Q(recipient_domain__iexact=domain) | Q(recipient_domain__iendswith=f".{domain}")


def _stop_all(
    rows: "QuerySet[Enrollment]", reason: str, *, now: datetime, actor: User | None = None
) -> list[StopResult]:
    found = list(rows.select_related("contact").order_by("pk"))
    lock_companies(row.contact.company_id for row in found)
    stopped = [stop_enrollment(row, reason, now=now, actor=actor) for row in found]
    return [result for result in stopped if result is not None]


def _locked(enrollment: Enrollment) -> Enrollment:
    lock_companies([enrollment.contact.company_id])
    row: Enrollment = (
        Enrollment.objects.select_for_update(of=("self",), no_key=True)
        .select_related("contact", "application")
        .get(pk=enrollment.pk)
    )
    return row


def _snapshot(row: Enrollment) -> dict[str, Any]:
    return {
        "status": row.status,
        "stop_reason": row.stop_reason,
        "held_until": row.held_until.isoformat() if row.held_until else "",
    }


def _note_graver(row: Enrollment, reason: str) -> None:
    kept = GRAVITY.get(Reason(row.stop_reason), 1)
    if GRAVITY.get(Reason(reason), 1) > kept:
        Enrollment.objects.filter(pk=row.pk).update(stop_reason=reason)


def _move_mails(
    row: Enrollment, statuses: tuple[str, ...], status: str, reason: str
) -> list[tuple[int, str]]:
    """Move the enrollment's messages that stand in `statuses`; return (id, status before) of those that moved."""
    locked = row.mails.select_for_update(no_key=True).filter(status__in=statuses).order_by("pk")
    moved = []
    for message in locked:
        before = message.status
        fields: dict[str, Any] = {"lease_until": None, "lease_epoch": None, "status_reason": reason}
        if status == MailStatus.CANCELLED:
            fields["cancelled_from"] = before
        if message.move_to(status, **fields):
            moved.append((message.pk, before))
    return moved


def _restore_mail(row: Enrollment, pk: int, before: str, *, now: datetime) -> None:
    message = (
        row.mails.select_for_update(of=("self",), no_key=True)
        .select_related("approval")
        .filter(pk=pk, status=MailStatus.CANCELLED)
        .first()
    )
    if message is None:
        return
    fields: dict[str, Any] = {"status_reason": "", "cancelled_from": ""}
    approval = message.approval
    is_approved = (
        approval is not None
        and approval.voided_at is None
        and message.approved_hash == message.text_hash
        and message.approved_attachment_hash == message.attachment_hash
    )
    if not is_approved or message.due_at is None:
        message.move_to(MailStatus.DRAFT, **fields)
    elif before == MailStatus.APPROVED:
        message.move_to(MailStatus.APPROVED, **fields)
    else:
        message.move_to(MailStatus.SCHEDULED, **fields, due_at=max(message.due_at, now))
        if before == MailStatus.HELD:
            message.move_to(MailStatus.HELD, status_reason=HELD_BEFORE)


def _let_wait_end(row: Enrollment, *, now: datetime) -> None:
    """Clear the note of a hold, and let no message be due before `now`, so that none counts as late."""
    scheduled = row.mails.filter(status=MailStatus.SCHEDULED)
    scheduled.filter(status_reason__startswith=ON_HOLD).update(status_reason="")
    scheduled.filter(due_at__lt=now).update(due_at=now)
