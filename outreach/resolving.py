"""What only a person can settle: a mail whose outcome nobody could tell, one that is held, one that is called back.

The ledger's own rules stay in force: slots are counted as the dispatcher counts them, and days and hours are locked before
messages.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet

from mailboxes.models import DeliveryEvent, MailboxDay, RecipientWindow
from outreach.models import Enrollment, Message

Status = Message.Status
Type = DeliveryEvent.Type

# Due for longer than this without a try means that no sender looks at it (ux.md D2).
STUCK_AFTER = timedelta(minutes=15)
# A provider that says one of these does not prove that it took the mail.
NO_PROOF = (Type.DEFERRED, Type.REJECTED, Type.FAILED, Type.UNKNOWN)

PROOF_LENGTH = 300


class CannotResolveError(Exception):
    """The message cannot be settled that way; the text is a sentence for the operator."""


@transaction.atomic
def resolve_as_sent(message: Message, *, proof: str = "") -> None:
    """Settle an `unknown` message as sent, at the moment its sending began; the sequence goes on from there.

    `proof` is kept on the message. Raises CannotResolveError when it is not `unknown` any more.
    """
    row = _locked(message)
    if not row.move_to(
        Status.SENT,
        sent_at=row.sending_at or row.updated_at,
        status_reason="",
        lease_until=None,
        proof=proof[:PROOF_LENGTH] or row.proof,
    ):
        raise CannotResolveError(_CHANGED)
    _days(row).update(sent=F("sent") + 1)
    Enrollment.objects.filter(pk=row.enrollment_id, position__lt=row.step_number).update(
        position=row.step_number
    )
    message.refresh_from_db()


@transaction.atomic
def resolve_as_not_sent(message: Message, *, now: datetime, proof: str = "") -> None:
    """Settle an `unknown` message as not sent: its slots are free and it is due again, under every check of the ledger.

    `proof` is kept on the message. Raises CannotResolveError when it is not `unknown` any more, or when an event or an
    answer proves that it arrived.
    """
    row = _locked(message)
    if _is_proven(row):
        raise CannotResolveError(
            "A provider's event or an answer shows that this mail arrived. Resolve it as sent."
        )
    days, hours = _days(row), _hours(row)
    if not row.move_to(
        Status.SCHEDULED,
        due_at=now,
        status_reason="",
        lease_until=None,
        lease_epoch=None,
        sending_at=None,
        reserved_day=None,
        reserved_hour=None,
        proof=proof[:PROOF_LENGTH] or row.proof,
    ):
        raise CannotResolveError(_CHANGED)
    days.filter(reserved__gt=F("sent")).update(reserved=F("reserved") - 1)
    hours.filter(reserved__gt=0).update(reserved=F("reserved") - 1)
    message.refresh_from_db()


@transaction.atomic
def release_held(message: Message, *, now: datetime) -> None:
    """Let a held message be due now, under every check of the ledger; losses of senders are counted anew.

    Raises CannotResolveError when it is not held any more, or when the person it goes to is on hold: that hold is the
    workspace's and ends by itself.
    """
    row = Message.objects.select_for_update(of=("self",), no_key=True).get(pk=message.pk)
    if row.status != Status.HELD:
        raise CannotResolveError(f"It is “{row.get_status_display()}” and not held any more.")
    if row.enrollment.status == Enrollment.Status.HELD:
        raise CannotResolveError(
            "The person it goes to is on hold (out of office, or a colleague answered). It goes on by itself."
        )
    row.move_to(Status.SCHEDULED, due_at=now, status_reason="", lost_claims=0)
    message.refresh_from_db()


@transaction.atomic
def call_back(message: Message, *, reason: str) -> None:
    """Cancel a message that has not begun to leave; only operations can bring it back.

    Raises CannotResolveError when it has left, is leaving, or will not leave anyway.
    """
    row = Message.objects.select_for_update(of=("self",), no_key=True).get(pk=message.pk)
    if row.status not in Message.PENDING:
        raise CannotResolveError(
            f"It is “{row.get_status_display()}”; only a mail that still waits can be cancelled."
        )
    # Without `cancelled_from` the member's own undo leaves it alone (outreach.outbox).
    row.move_to(
        Status.CANCELLED,
        status_reason=f"Cancelled by RoleFerry operations: {reason}"[:300],
        cancelled_from="",
        lease_until=None,
        lease_epoch=None,
    )
    message.refresh_from_db()


_CHANGED = "It is not unknown any more: somebody or a later event has settled it."


def _locked(message: Message) -> Message:
    """Return the message as it is now, its day and its hour locked before itself as the ledger does."""
    list(_days(message).select_for_update())
    list(_hours(message).select_for_update())
    row: Message = Message.objects.select_for_update(of=("self",), no_key=True).get(pk=message.pk)
    if row.status != Status.UNKNOWN:
        raise CannotResolveError(_CHANGED)
    return row


def _days(message: Message) -> QuerySet[MailboxDay]:
    days: QuerySet[MailboxDay] = MailboxDay.objects.all()
    if message.mailbox_id is None or message.reserved_day is None:
        return days.none()
    return days.filter(mailbox_id=message.mailbox_id, day=message.reserved_day)


def _hours(message: Message) -> QuerySet[RecipientWindow]:
    hours: QuerySet[RecipientWindow] = RecipientWindow.objects.all()
    if message.reserved_hour is None:
        return hours.none()
    return hours.filter(domain=message.recipient_domain.lower(), hour=message.reserved_hour)


def _is_proven(message: Message) -> bool:
    names = (message.message_id, message.message_id.strip("<>"))
    events = DeliveryEvent.objects.filter(
        workspace_id=message.workspace_id, message_id__in=names
    ).exclude(type__in=NO_PROOF)
    return events.exists() or message.replies.exists()
