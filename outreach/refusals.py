"""What a final refusal during sending means beyond its mail: a dead address is closed, a policy block brakes the mailbox."""

import logging
from datetime import UTC, datetime

from django.db import connections
from django.db.models import F

from mailboxes.bounces import classify
from mailboxes.events import brake_mailbox
from mailboxes.models import DeliveryEvent, MailboxDay, Suppression
from mailboxes.receipts import Rejected, Stage
from mailboxes.suppression import suppress
from outreach import campaign_brake
from outreach.models import Message

logger = logging.getLogger(__name__)

Kind = DeliveryEvent.BounceKind
# Before RCPT nobody has been named, so the refusal cannot be about the recipient.
_ABOUT_THE_MAIL = frozenset({Stage.RCPT, Stage.DATA, Stage.DOT})


def note_refusal(message_id: int, receipt: Rejected, *, now: datetime) -> str:
    """Draw the consequence of a refusal (architecture section 7, suppression) and return its kind. Each call counts one bounce.

    Hard: the address is suppressed for this workspace for ever. Block: the mailbox pauses and the recipient is left
    alone. Anything else concerns this one mail only.
    """
    message = Message.objects.select_related("mailbox", "workspace").get(pk=message_id)
    bounce = classify(receipt.enhanced or str(receipt.code), receipt.text)
    if receipt.stage not in _ABOUT_THE_MAIL:
        return Kind.NONE
    if bounce.kind == Kind.HARD:
        suppress(
            email=message.recipient,
            reason=Suppression.Reason.HARD_BOUNCE,
            scope=Suppression.Scope.WORKSPACE,
            workspace=message.workspace,
            source=f"Refused while sending: {bounce.status}",
            now=now,
        )
    elif bounce.kind == Kind.BLOCK and message.mailbox is not None:
        brake_mailbox(message.mailbox, bounce.status, receipt.text)
    _count_bounce(message, now)
    return bounce.kind


def _count_bounce(message: Message, now: datetime) -> None:
    """Count a mail refused to our face like one that came back; its slot will be free again, so it is not sent."""
    if message.is_sample or message.mailbox_id is None:
        return
    day = message.reserved_day or now.astimezone(UTC).date()
    days = MailboxDay.objects.filter(mailbox=message.mailbox_id, day=day)
    days.update(bounced=F("bounced") + 1)
    campaign_brake.look_around(message, now=now)


def note_refusal_in_thread(message_id: int, receipt: Rejected) -> None:
    """Do the same in a worker thread: with a connection of its own, and without ever disturbing the sender."""
    try:
        note_refusal(message_id, receipt, now=datetime.now(UTC))
    except Exception:
        logger.exception("A refusal had no consequence", extra={"message_row": message_id})
    finally:
        connections.close_all()
