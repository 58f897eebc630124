"""Whose answer is this: which of our mails a received mail belongs to, and how sure we are."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from accounts.scoping import WorkspaceQuerySet
from mailboxes.addresses import AddressError
from mailboxes.composing import token_from_reply_address
from mailboxes.models import InboundMessage, Mailbox
from mailboxes.suppression import recipient_hash
from outreach.models import Enrollment, Message, Reply

MatchedBy = Reply.MatchedBy

# Sender and mailbox agree but the mail names no mail of ours: it may be about something else.
ADDRESS_CONFIDENCE = 0.4
# Mails of these states never reached anybody, so nothing can answer them.
_NEVER_LEFT = (Message.Status.DRAFT,)


@dataclass(frozen=True, kw_only=True)
class Match:
    """The mail that is answered. `is_only` says that the sender has no other application it could be about."""

    message: Message
    matched_by: Reply.MatchedBy
    confidence: float
    is_only: bool = True

    @property
    def enrollment(self) -> Enrollment:
        """The person and application it belongs to."""
        enrollment: Enrollment = self.message.enrollment
        return enrollment


def find_match(inbound: InboundMessage) -> Match | None:
    """Return the mail of the same workspace that `inbound` answers, or None.

    Asked in this order: In-Reply-To and References by exact Message-ID (the latest named first), the token of the
    reply address, sender and mailbox together. Names of people or companies are never compared (acceptance D14).
    """
    return _by_references(inbound) or _by_token(inbound) or _by_addresses(inbound)


def is_own_mail(inbound: InboundMessage) -> bool:
    """Whether the mail comes from one of the workspace's own mailboxes (a copy to oneself, a test)."""
    own = Mailbox.objects.for_workspace(inbound.workspace).filter(
        address__iexact=inbound.from_address
    )
    return bool(inbound.from_address) and own.exists()


def _messages(inbound: InboundMessage) -> WorkspaceQuerySet:
    return (
        Message.objects.for_workspace(inbound.workspace)
        .exclude(status__in=_NEVER_LEFT)
        .select_related("enrollment__contact", "enrollment__application__job", "workspace")
    )


def _by_references(inbound: InboundMessage) -> Match | None:
    ids = [inbound.in_reply_to, *reversed(inbound.references)]
    named = {
        message.message_id: message
        for message in _messages(inbound).filter(message_id__in=list(filter(None, ids)))
    }
    for message_id in ids:
        if message_id in named:
            return Match(message=named[message_id], matched_by=MatchedBy.REFERENCES, confidence=1.0)
    return None


def _by_token(inbound: InboundMessage) -> Match | None:
    for address in inbound.to_addresses:
        token = token_from_reply_address(address)
        try:
            public_id = UUID(hex=token) if token else None
        except ValueError:
            public_id = None
        message = _messages(inbound).filter(public_id=public_id).first() if public_id else None
        if message is not None:
            return Match(message=message, matched_by=MatchedBy.TOKEN, confidence=1.0)
    return None


def _by_addresses(inbound: InboundMessage) -> Match | None:
    try:
        sender = recipient_hash(inbound.from_address)
    except AddressError:
        return None
    reached = Q(mailbox__address__in=inbound.to_addresses)
    if inbound.mailbox_id is not None:
        reached |= Q(mailbox_id=inbound.mailbox_id)
    rows = _messages(inbound).filter(reached, recipient_hash=sender, status__in=Message.LEFT)
    message = rows.order_by("-sent_at", "-pk").first()
    if message is None:
        return None
    others = rows.exclude(enrollment__application=message.enrollment.application_id)
    return Match(
        message=message,
        matched_by=MatchedBy.ADDRESS,
        confidence=ADDRESS_CONFIDENCE,
        is_only=not others.exists(),
    )
