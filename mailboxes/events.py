"""Provider posts: kept raw once, then read into events whose effects on addresses and mailboxes are applied once.

What an event means for a message and its sequence is outreach's; it hears of each event by signal and by a sweep.
"""

import hashlib
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import DatabaseError, DataError, IntegrityError, transaction
from django.db.models import F

from accounts.auditing import ReasonMissingError, record
from accounts.models import User
from mailboxes import bounces, inbound, suppression
from mailboxes.addresses import AddressError
from mailboxes.models import DeliveryEvent, Mailbox, ProviderDelivery, Suppression, WebhookEndpoint
from mailboxes.reports import ReportedMail
from mailboxes.signals import announce, delivery_event_stored
from mailboxes.webhooks import ADAPTERS
from mailboxes.webhooks.base import ParsedEvent, WebhookUnreadableError

logger = logging.getLogger(__name__)

Type = DeliveryEvent.Type
Kind = DeliveryEvent.BounceKind
Status = ProviderDelivery.Status

# Architecture section 7: three soft bounces within 30 days close an address for 30 days.
SOFT_BOUNCES = 3
SOFT_WINDOW = timedelta(days=30)
SOFT_CLOSURE = timedelta(days=30)
# A post that fails this often has found a defect of ours; operations see it and can replay it.
ATTEMPTS_LIMIT = 5
EFFECTS_LIMIT = 500
# What a mistake of ours may raise on content nobody thought of.
DEFECTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def store_delivery(
    endpoint: WebhookEndpoint,
    *,
    body: bytes,
    headers: Mapping[str, str],
    verdict: str,
    now: datetime,
) -> ProviderDelivery | None:
    """Keep a verified post; return None when exactly this body was already kept for the endpoint."""
    sha256 = hashlib.sha256(body).hexdigest()
    kept = {
        name: headers[name][:500]
        for name in ADAPTERS[endpoint.provider].kept_headers
        if name in headers
    }
    ProviderDelivery.objects.bulk_create(
        [
            ProviderDelivery(
                workspace_id=endpoint.workspace_id,
                endpoint=endpoint,
                provider=endpoint.provider,
                body=body,
                headers=kept,
                body_sha256=sha256,
                signature_verdict=verdict,
                received_at=now,
            )
        ],
        ignore_conflicts=True,
    )
    # A conflict gives no key back; the row of this moment is ours, another's is older.
    row: ProviderDelivery | None = ProviderDelivery.objects.filter(
        endpoint=endpoint, body_sha256=sha256, received_at=now, attempts=0
    ).first()
    return row


def apply_delivery(delivery_id: int, *, now: datetime) -> bool:
    """Read one stored post and apply it, all or nothing; return whether this call did. Safe to call at any time.

    Another worker that holds the row, or a post that was applied, makes it do nothing. A defect leaves the post
    waiting for another try, and after ATTEMPTS_LIMIT marks it failed for operations.
    """
    try:
        with transaction.atomic():
            delivery = (
                ProviderDelivery.objects.select_for_update(
                    skip_locked=True, of=("self",), no_key=True
                )
                .select_related("endpoint__mailbox", "endpoint__workspace")
                .filter(pk=delivery_id, status=Status.RECEIVED)
                .first()
            )
            if delivery is None:
                return False
            _apply(delivery, now=now)
    except (*DEFECTS, DatabaseError) as error:
        logger.exception("Applying a provider delivery failed", extra={"delivery": delivery_id})
        _note_failure(delivery_id, error)
        return False
    return True


def waiting_deliveries(limit: int = 200) -> list[int]:
    """Return the oldest posts that still wait, for the sweep."""
    return list(
        ProviderDelivery.objects.filter(status=Status.RECEIVED)
        .order_by("received_at")
        .values_list("pk", flat=True)[:limit]
    )


def replay(
    delivery: ProviderDelivery, *, actor: User | None, reason: str, actor_ip: str | None = None
) -> bool:
    """Let a stored post be read and applied again, with an audit entry; the caller enqueues it after commit.

    Events that are already known change nothing, so a replay only adds what an earlier reading had missed.
    Returns False when the post is still waiting for its first reading.
    """
    if not reason.strip():
        raise ReasonMissingError("Say why: a replay is kept with its reason.")
    with transaction.atomic():
        changed = (
            ProviderDelivery.objects.filter(pk=delivery.pk)
            .exclude(status=Status.RECEIVED)
            .update(status=Status.RECEIVED, applied_at=None, error="")
        )
        if not changed:
            return False
        record(
            "webhook.replay",
            delivery,
            actor=actor,
            actor_ip=actor_ip,
            reason=reason,
            workspace=delivery.workspace,
            before={"status": delivery.status, "attempts": delivery.attempts},
            after={"status": Status.RECEIVED},
        )
    return True


def _apply(delivery: ProviderDelivery, *, now: datetime) -> None:
    adapter = ADAPTERS[delivery.provider]
    effects: list[str] = []
    error = ""
    try:
        batch = adapter.parse(headers=delivery.headers, body=bytes(delivery.body))
    except WebhookUnreadableError as unreadable:
        status, error = Status.FAILED, str(unreadable)
    else:
        status = Status.APPLIED
        for event in batch.events:
            effects += _apply_or_skip(delivery, event, now=now)
        if batch.skipped:
            first = batch.skipped[0]
            error = f"{len(batch.skipped)} skipped; entry {first.position}: {first.reason}"
            effects += [
                f"skipped entry {entry.position}: {entry.reason}" for entry in batch.skipped
            ]
    ProviderDelivery.objects.filter(pk=delivery.pk).update(
        status=status,
        applied_at=now if status == Status.APPLIED else None,
        attempts=F("attempts") + 1,
        error=error[:400],
        effects=effects[:EFFECTS_LIMIT],
    )


def _note_failure(delivery_id: int, error: Exception) -> None:
    waiting = ProviderDelivery.objects.filter(pk=delivery_id, status=Status.RECEIVED)
    waiting.update(attempts=F("attempts") + 1, error=f"{type(error).__name__}: applying failed")
    waiting.filter(attempts__gte=ATTEMPTS_LIMIT).update(status=Status.FAILED)


def _apply_or_skip(delivery: ProviderDelivery, parsed: ParsedEvent, *, now: datetime) -> list[str]:
    """Apply one event; a defect that it alone meets is noted and leaves the others alone (acceptance A-29 D17)."""
    try:
        with transaction.atomic():
            return _apply_event(delivery, parsed, now=now)
    except (*DEFECTS, DataError, IntegrityError) as defect:
        logger.exception("Applying one event failed", extra={"delivery": delivery.pk})
        return [
            f"{parsed.event_id}: failed ({type(defect).__name__}), replay it when this is mended"
        ]


def _apply_event(delivery: ProviderDelivery, parsed: ParsedEvent, *, now: datetime) -> list[str]:
    """Keep one event and apply it; return its effects in words, or that it was known."""
    event = _insert(delivery, parsed)
    if event is None:
        return [f"{parsed.event_id}: already known"]
    if parsed.raw_mime is not None:
        return _apply_inbound(delivery, event, parsed.raw_mime, now=now)
    effects = [_close_address(event, now=now), _brake(event)]
    announce(delivery_event_stored, event)
    return [f"{parsed.event_id}: {event.type}", *filter(None, effects)]


def _insert(delivery: ProviderDelivery, parsed: ParsedEvent) -> DeliveryEvent | None:
    failed = parsed.type in {Type.BOUNCED, Type.REJECTED, Type.FAILED, Type.DEFERRED}
    bounce = bounces.classify(parsed.status, parsed.diagnostic) if failed else None
    is_bounce = bounce is not None and parsed.type == Type.BOUNCED
    event, created = DeliveryEvent.objects.get_or_create(
        endpoint=delivery.endpoint,
        event_id=parsed.event_id,
        defaults={
            "workspace_id": delivery.workspace_id,
            "delivery": delivery,
            "type": parsed.type,
            "occurred_at": parsed.occurred_at,
            "message_id": parsed.message_id,
            "recipient": parsed.recipient,
            "bounce_kind": bounce.kind if bounce and is_bounce else Kind.NONE,
            "status_code": bounce.status[:11] if bounce else "",
            "diagnostic": parsed.diagnostic[:500],
        },
    )
    return event if created else None


def _apply_inbound(
    delivery: ProviderDelivery, event: DeliveryEvent, raw: bytes, *, now: datetime
) -> list[str]:
    """Keep a received mail; a delivery report in it becomes events of its own."""
    row, mail, created = inbound.store_inbound(
        delivery.endpoint.workspace,
        raw,
        source=delivery.provider,
        mailbox=delivery.endpoint.mailbox,
        received_at=now,
    )
    outcome = f"mail kept: {row.auto_reply}" if created else "mail already kept"
    DeliveryEvent.objects.filter(pk=event.pk).update(processed_at=now, outcome=outcome)
    effects = [f"{event.event_id}: {outcome}"]
    for number, report in enumerate(mail.reports if created else ()):
        effects += _apply_report(
            delivery, report, key=f"report:{row.raw_sha256[:40]}:{number}", moment=mail.sent_at
        )
    return effects


def _apply_report(
    delivery: ProviderDelivery, report: ReportedMail, *, key: str, moment: datetime
) -> list[str]:
    """Keep what a report says as an event.

    Anybody can send a forged report, so it closes no address by itself: outreach does, once the report names a mail
    that was really sent to that address.
    """
    parsed = ParsedEvent(
        event_id=key,
        type=report.type,
        occurred_at=moment,
        message_id=report.message_id,
        recipient=report.recipient,
        status=report.status,
        diagnostic=report.diagnostic,
    )
    event = _insert(delivery, parsed)
    if event is None:
        return []
    announce(delivery_event_stored, event)
    return [f"{key}: {event.type} reported"]


def _close_address(event: DeliveryEvent, *, now: datetime) -> str:
    """Suppress the recipient for the endpoint's own workspace as the policy says; return it in words.

    A signed post proves who speaks, not that the mail existed. So nothing here reaches beyond the workspace: a
    complaint closes an address for everyone only when outreach has found the mail (architecture section 7).
    """
    policy = _closure(event, now=now)
    if policy is None or not event.recipient:
        return ""
    reason, expires_at = policy
    try:
        suppression.suppress(
            email=event.recipient,
            reason=reason,
            scope=Suppression.Scope.WORKSPACE,
            workspace=event.workspace,
            source=f"{event.endpoint.provider} event {event.event_id}",
            expires_at=expires_at,
            now=now,
        )
    except AddressError:
        return "the recipient is not an address, nothing was suppressed"
    return f"suppressed: {reason}"


def _closure(event: DeliveryEvent, *, now: datetime) -> tuple[str, datetime | None] | None:
    """Return (reason, expiry) of the suppression that an event asks for, or None."""
    if event.type == Type.COMPLAINED:
        return Suppression.Reason.COMPLAINT, None
    if event.type == Type.UNSUBSCRIBED:
        return Suppression.Reason.UNSUBSCRIBED, None
    if event.bounce_kind == Kind.HARD:
        return Suppression.Reason.HARD_BOUNCE, None
    if event.bounce_kind == Kind.SOFT and bounced_often(event):
        return Suppression.Reason.SOFT_BOUNCE, now + SOFT_CLOSURE
    return None


def bounced_often(event: DeliveryEvent) -> bool:
    """Whether SOFT_BOUNCES mails to this address bounced softly within one SOFT_WINDOW that holds the event.

    Counted by mail, because one mail may be reported several times; events that name no mail count each. The order in
    which events arrive does not matter.
    """
    rows = DeliveryEvent.objects.filter(
        workspace_id=event.workspace_id,
        type=Type.BOUNCED,
        bounce_kind=Kind.SOFT,
        recipient__iexact=event.recipient,
        occurred_at__gt=event.occurred_at - SOFT_WINDOW,
        occurred_at__lt=event.occurred_at + SOFT_WINDOW,
    ).order_by("-occurred_at")
    first = {row.message_id or row.event_id: row.occurred_at for row in rows}
    moments = sorted(first.values())
    spans = zip(moments, moments[SOFT_BOUNCES - 1 :], strict=False)
    return any(end - start < SOFT_WINDOW for start, end in spans)


def _brake(event: DeliveryEvent) -> str:
    """Pause the endpoint's mailbox after a refusal by policy; return it in words."""
    mailbox = event.endpoint.mailbox
    if event.bounce_kind != Kind.BLOCK or mailbox is None:
        return ""
    return "mailbox paused" if brake_mailbox(mailbox, event.status_code, event.diagnostic) else ""


def brake_mailbox(mailbox: Mailbox, status_code: str, diagnostic: str) -> bool:
    """Pause a mailbox that a receiving server refused by policy (RFC 3463 x.7.x); return whether it was sending.

    The recipient did nothing wrong and is not suppressed; sending on would only damage the mailbox's name.
    """
    if mailbox.status not in Mailbox.SENDING:
        return False
    words = " ".join(diagnostic.split())[:160]
    reason = (
        f"A receiving server refused mail by policy ({status_code or 'no code'}: {words}). "
        "Check SPF, DKIM and DMARC, then resume the mailbox."
    )
    return mailbox.move_to(
        Mailbox.Status.PAUSED,
        status_reason=reason[:300],
        last_error=words,
        ramp_days=F("ramp_days") / 2,  # architecture section 7: a brake halves the ramp
    )
