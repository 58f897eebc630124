"""What a provider's event means for a mail and its sequence, applied once, with the same end in any order.

A mail's state only climbs (sent, delivered, bounced, complained); each moment is the earliest told. An event that comes
before the send was committed waits; the ledger's recovery takes it as proof that the mail had left.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, QuerySet

from accounts.models import Notification
from jobs.applications import add_event
from mailboxes.events import SOFT_CLOSURE, bounced_often, brake_mailbox
from mailboxes.models import DeliveryEvent, MailboxDay, Suppression
from mailboxes.suppression import suppress
from outreach import campaign_brake, ledger_sql, stopping
from outreach.links import application_path
from outreach.models import Enrollment, Message

Type = DeliveryEvent.Type
Kind = DeliveryEvent.BounceKind
Status = Message.Status
Reason = Enrollment.StopReason

# Which state wins when events disagree; a late "delivered" never undoes a bounce (acceptance A-29 D8).
RANK = {
    Status.SENT: 0,
    Status.UNKNOWN: 0,
    Status.DELIVERED: 1,
    Status.BOUNCED: 2,
    Status.COMPLAINED: 3,
}
# States of a mail that has ended without leaving; its events may still say something about the address.
ENDED = frozenset({Status.FAILED, Status.CANCELLED})
# After these the brakes look at the mailbox, the sequence and the workspace.
TELLING = frozenset({Type.BOUNCED, Type.COMPLAINED, Type.REJECTED, Type.FAILED})
# How long an event waits for its mail's send to be committed. Leases last a minute; a day is an outage.
PATIENCE = timedelta(hours=24)


@transaction.atomic
def apply_event(event_id: int, *, now: datetime) -> bool:
    """Apply one stored event; return whether it is done now.

    Another worker that holds it, or an event that was applied, makes it do nothing. Only mails of the event's own
    workspace are touched, whatever Message-ID it names.
    """
    event = (
        DeliveryEvent.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
        .select_related("endpoint__mailbox", "workspace")
        .filter(pk=event_id, processed_at=None)
        .first()
    )
    if event is None:
        return False
    message = _find_message(event)
    if message is None:
        return _done(event, "no such mail", now=now)
    stopping.lock_companies([message.enrollment.contact.company_id])
    # Before the message, as in the ledger: a bounce counts on the day of its mail.
    list(_day_of(message).select_for_update(of=("self",)))
    message = Message.objects.select_for_update(of=("self",), no_key=True).get(pk=message.pk)
    if message.status not in Message.LEFT and message.status not in ENDED:
        if now - event.created_at < PATIENCE:
            return False
        return _done(event, "the mail had not left", now=now)
    effect = EFFECTS.get(Type(event.type))
    outcome = effect(event, message, now) if effect else "noted"
    if event.type in TELLING:
        campaign_brake.look_around(message, now=now)
    return _done(event, outcome, now=now)


def waiting_events(limit: int = 500) -> list[int]:
    """Return the oldest events that wait, for the sweep."""
    return list(
        DeliveryEvent.objects.filter(processed_at=None)
        .exclude(type=Type.INBOUND)
        .order_by("pk")
        .values_list("pk", flat=True)[:limit]
    )


def _find_message(event: DeliveryEvent) -> Message | None:
    if not event.message_id:
        return None
    message: Message | None = (
        Message.objects.for_workspace(event.workspace)
        .select_related("enrollment__contact")
        .filter(message_id=event.message_id)
        .first()
    )
    return message


def _day_of(message: Message) -> QuerySet[MailboxDay]:
    days: QuerySet[MailboxDay] = MailboxDay.objects.all()
    if message.mailbox_id is None or message.reserved_day is None:
        return days.none()
    return days.filter(mailbox=message.mailbox_id, day=message.reserved_day)


def _count_once(message: Message, status: str) -> None:
    """Count a bounce or a complaint on the day on which the mail was sent."""
    counter = {Status.BOUNCED: "bounced", Status.COMPLAINED: "complained"}.get(Status(status))
    if counter is not None:
        _day_of(message).update(**{counter: F(counter) + 1})


def _done(event: DeliveryEvent, outcome: str, *, now: datetime) -> bool:
    DeliveryEvent.objects.filter(pk=event.pk).update(processed_at=now, outcome=outcome[:60])
    return True


def _delivered(event: DeliveryEvent, message: Message, now: datetime) -> str:
    return _climb(message, Status.DELIVERED, "delivered_at", event)


def _bounced(event: DeliveryEvent, message: Message, now: datetime) -> str:
    outcome = _climb(message, Status.BOUNCED, "bounced_at", event)
    if event.bounce_kind == Kind.HARD:
        _close(event, message, Suppression.Reason.HARD_BOUNCE, now=now)
        _stop(
            message,
            Reason.BOUNCED,
            f"Mail to {message.recipient} bounced: no such address",
            now=now,
        )
    elif event.bounce_kind == Kind.BLOCK and message.mailbox is not None:
        brake_mailbox(message.mailbox, event.status_code, event.diagnostic)
    elif event.bounce_kind == Kind.SOFT and bounced_often(event):
        # Also when a received report told it, which by itself closes no address.
        until = now + SOFT_CLOSURE
        _close(event, message, Suppression.Reason.SOFT_BOUNCE, now=now, expires_at=until)
    return outcome


def _complained(event: DeliveryEvent, message: Message, now: datetime) -> str:
    outcome = _climb(message, Status.COMPLAINED, "complained_at", event)
    # The mail is known to be ours and to this address, so the complaint closes it for everyone (architecture section 7).
    _close(event, message, Suppression.Reason.COMPLAINT, now=now, scope=Suppression.Scope.PLATFORM)
    _stop(message, Reason.COMPLAINED, f"{message.recipient} reported the mail as spam", now=now)
    return outcome


def _unsubscribed(event: DeliveryEvent, message: Message, now: datetime) -> str:
    _close(event, message, Suppression.Reason.UNSUBSCRIBED, now=now)
    _stop(message, Reason.UNSUBSCRIBED, f"{message.recipient} asked to stop", now=now)
    return "unsubscribed"


def _refused(event: DeliveryEvent, message: Message, now: datetime) -> str:
    """The provider dropped the mail by itself: it did not arrive, and nothing is said about the address."""
    return _climb(message, Status.BOUNCED, "bounced_at", event)


EFFECTS: dict[DeliveryEvent.Type, Callable[[DeliveryEvent, Message, datetime], str]] = {
    Type.DELIVERED: _delivered,
    Type.BOUNCED: _bounced,
    Type.COMPLAINED: _complained,
    Type.UNSUBSCRIBED: _unsubscribed,
    Type.REJECTED: _refused,
    Type.FAILED: _refused,
}


def _climb(message: Message, status: str, moment: str, event: DeliveryEvent) -> str:
    """Note the moment and raise the state if the event outranks it; return what happened in words."""
    if message.status in ENDED:
        return f"{status}, the mail was {message.status} before"
    _prove_sent(message)
    told = getattr(message, moment)
    fields: dict[str, Any] = {moment: min(told, event.occurred_at) if told else event.occurred_at}
    if told is None:
        _count_once(message, status)
    if RANK[Status(status)] > RANK[Status(message.status)]:
        if status == Status.BOUNCED:
            fields["status_reason"] = (event.diagnostic or f"Bounced {event.status_code}")[:300]
        message.move_to(status, **fields)
        return status
    Message.objects.filter(pk=message.pk).update(**fields)
    return f"{status}, already {message.status}"


def _prove_sent(message: Message) -> None:
    """Settle a mail of unknown outcome as sent, with its mailbox's count: the event proves it."""
    if message.status != Status.UNKNOWN:
        return
    facts: dict[str, list[Any]] = {
        "ids": [message.pk],
        "epochs": [message.lease_epoch],
        "dues": [None],
        "delays": [None],
        "reasons": [""],
        "errors": [""],
        "codes": [None],
        "provider_ids": [message.provider_id],
        "tried": [0],
    }
    with connection.cursor() as cursor:
        cursor.execute(ledger_sql.CONFIRM.sql, facts)
    Message.objects.filter(pk=message.pk).update(sent_at=F("sending_at"))
    message.refresh_from_db()


def _close(
    event: DeliveryEvent,
    message: Message,
    reason: str,
    *,
    now: datetime,
    scope: str = Suppression.Scope.WORKSPACE,
    expires_at: datetime | None = None,
) -> None:
    suppress(
        email=message.recipient,
        reason=reason,
        scope=scope,
        workspace=event.workspace,
        source=f"{event.endpoint.provider} event {event.event_id}",
        expires_at=expires_at,
        now=now,
    )


def _stop(message: Message, reason: str, text: str, *, now: datetime) -> None:
    """Stop the person's sequence and say so once on the application and in the news.

    The suppression's own news may have stopped it before; what is said does not depend on who was first.
    """
    enrollment = message.enrollment
    stopping.stop_enrollment(enrollment, reason, now=now)
    about = {"mail": str(message.public_id)}
    if enrollment.application.events.filter(kind=reason, data=about).exists():
        return
    add_event(enrollment.application, reason, text, now=now, data=about)
    Notification.objects.create(
        workspace_id=message.workspace_id,
        kind=reason,
        text=f"{text}. Nothing more will be sent to this person."[:300],
        url=application_path(enrollment.application),
    )
