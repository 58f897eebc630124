"""Going through the news from mailboxes, each piece in its own transaction, none able to stop the others."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, models
from django.db.models import Exists, OuterRef

from mailboxes.models import DeliveryEvent, InboundMessage, Suppression
from mailboxes.suppression import live_at
from outreach import outcomes, replies, stopping
from outreach.models import Enrollment, Message

logger = logging.getLogger(__name__)

# What a mistake of ours may raise on content nobody thought of; the row waits or is given up, the rest goes on.
DEFECTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, DatabaseError)
# A row that fails this often is given up with its outcome, so that it cannot fill the queue for ever.
TRIES_LIMIT = 5
RETRY_MARK = "failed, try "
# How far back the sweep looks for suppressions whose signal was lost; the ledger asks before every send anyway.
SUPPRESSION_LOOKBACK = timedelta(days=1)
BATCH = 200


@dataclass(frozen=True)
class Heard:
    """How many rows one sweep applied."""

    inbound: int = 0
    events: int = 0
    suppressions: int = 0


def hear_all(*, now: datetime) -> Heard:
    """Apply everything that waits, oldest first. Safe to run in any number of workers at once."""
    inbound = sum(hear_inbound(pk, now=now) for pk in replies.waiting_inbound())
    events = sum(hear_event(pk, now=now) for pk in outcomes.waiting_events())
    closed = sum(hear_suppression(pk, now=now) for pk in waiting_suppressions(now=now))
    return Heard(inbound, events, closed)


def hear_inbound(pk: int, *, now: datetime) -> bool:
    """Apply one received mail; return whether it led to a reply."""
    return _hear(InboundMessage, pk, lambda: replies.apply_inbound(pk, now=now) is not None, now)


def hear_event(pk: int, *, now: datetime) -> bool:
    """Apply one provider event; return whether it is done."""
    return _hear(DeliveryEvent, pk, lambda: outcomes.apply_event(pk, now=now), now)


def hear_suppression(pk: int, *, now: datetime) -> bool:
    """Stop whom one suppression closes; return whether anybody was stopped."""
    suppression = Suppression.objects.filter(pk=pk).select_related("workspace").first()
    return suppression is not None and bool(stopping.stop_for_suppression(suppression, now=now))


def waiting_suppressions(*, now: datetime) -> list[int]:
    """Return recent live suppressions that somebody is still being written to in spite of.

    Asked in three parts, each an equality that PostgreSQL can answer with one pass over what is pending.
    """
    recent = Suppression.objects.filter(live_at(now), created_at__gt=now - SUPPRESSION_LOOKBACK)
    pending = Message.objects.filter(status__in=Message.PENDING).exclude(
        enrollment__status=Enrollment.Status.STOPPED
    )
    by_address = pending.filter(recipient_hash=OuterRef("address_hash"))
    here = by_address.filter(workspace=OuterRef("workspace"))
    by_domain = pending.filter(recipient_domain=OuterRef("domain"))
    asked = (
        recent.exclude(address_hash="").filter(Exists(here)),
        recent.exclude(address_hash="").filter(Exists(by_address), workspace=None),
        recent.exclude(domain="").filter(Exists(by_domain)),
    )
    return sorted({pk for rows in asked for pk in rows.values_list("pk", flat=True)[:BATCH]})


def _hear(model: type[models.Model], pk: int, apply: Callable[[], bool], now: datetime) -> bool:
    try:
        return apply()
    except DEFECTS as defect:
        logger.exception("Applying mail news failed", extra={"row": f"{model._meta.label} {pk}"})
        _note_failure(model, pk, defect, now)
        return False


def _note_failure(model: type[models.Model], pk: int, defect: Exception, now: datetime) -> None:
    """Count the failure in the row's outcome; after TRIES_LIMIT give the row up."""
    waiting = model._base_manager.filter(pk=pk, processed_at=None)
    outcome = waiting.values_list("outcome", flat=True).first() or ""
    tried = int(outcome.removeprefix(RETRY_MARK)) if outcome.startswith(RETRY_MARK) else 0
    if tried + 1 < TRIES_LIMIT:
        waiting.update(outcome=f"{RETRY_MARK}{tried + 1}")
    else:
        waiting.update(outcome=f"given up: {type(defect).__name__}"[:60], processed_at=now)
