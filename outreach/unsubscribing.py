"""The recipient's own word: the address in every mail that stops all further ones, by one click (RFC 8058) or by hand."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction

from accounts.models import Workspace
from jobs.applications import add_event
from mailboxes.models import Suppression
from mailboxes.suppression import suppress
from outreach import stopping
from outreach.models import Enrollment, Message

SALT = "unsubscribe"
Scope = Suppression.Scope
Reason = Enrollment.StopReason


@dataclass(frozen=True, kw_only=True)
class Disclosure:
    """What a recipient has a right to know about a mail (GDPR Art. 14: who, why, from where, on which basis)."""

    sender_name: str
    sender_address: str
    postal_address: str
    recipient: str
    role: str
    company: str
    source: str
    obtained_at: datetime
    lawful_basis: str
    sent_at: datetime | None
    is_stopped_here: bool
    is_stopped_everywhere: bool


def unsubscribe_url(message_public_id: UUID) -> str:
    """Return the unsubscribe address of one mail."""
    return f"{settings.SITE_URL}/u/{_token(message_public_id)}/"


def token_for(message: Message) -> str:
    """Return the opaque signed token of one mail; it never expires, because a wish to stop has no deadline."""
    return _token(message.public_id)


def message_for(token: str) -> Message | None:
    """Return the mail that a token was made for, or None for a token that is not ours."""
    try:
        public_id = UUID(hex=signing.Signer(salt=SALT).unsign(token))
    except (signing.BadSignature, ValueError):
        return None
    message: Message | None = (
        Message.objects.select_related(
            "workspace", "mailbox", "enrollment__contact", "enrollment__application__job"
        )
        .filter(public_id=public_id)
        .first()
    )
    return message


@transaction.atomic
def unsubscribe(message: Message, *, scope: str, now: datetime) -> bool:
    """Stop all further mail to this address, from this sender or ("platform") from every sender; at once.

    Returns False when the door was closed before; closing it twice changes nothing.
    """
    workspace: Workspace = message.workspace
    stopping.lock_companies([message.enrollment.contact.company_id])
    is_new = not _closed(message, scope)
    suppress(
        email=message.recipient,
        reason=Suppression.Reason.UNSUBSCRIBED,
        scope=scope,
        workspace=workspace,
        source=f"unsubscribe page of mail {message.public_id}",
        now=now,
    )
    stopping.stop_enrollment(message.enrollment, Reason.UNSUBSCRIBED, now=now)
    stopping.stop_for_address(
        workspace if scope == Scope.WORKSPACE else None,
        reason=Reason.UNSUBSCRIBED,
        address_hash=message.recipient_hash,
        now=now,
    )
    if is_new:
        text = f"{message.enrollment.contact} asked not to be written to any more"
        add_event(message.enrollment.application, "unsubscribed", text, now=now)
    return is_new


def disclose(message: Message) -> Disclosure:
    """Return what the recipient's page says."""
    contact, job = message.enrollment.contact, message.enrollment.application.job
    return Disclosure(
        sender_name=message.workspace.sender_name or message.workspace.name,
        sender_address=message.mailbox.address if message.mailbox else "",
        postal_address=message.workspace.postal_address,
        recipient=message.recipient,
        role=job.title,
        company=job.company_name,
        source=contact.source,
        obtained_at=contact.obtained_at,
        lawful_basis=contact.get_lawful_basis_display(),
        sent_at=message.sent_at,
        is_stopped_here=_closed(message, Scope.WORKSPACE),
        is_stopped_everywhere=_closed(message, Scope.PLATFORM),
    )


def _closed(message: Message, scope: str) -> bool:
    rows = Suppression.objects.filter(
        address_hash=message.recipient_hash,
        reason=Suppression.Reason.UNSUBSCRIBED,
        scope=scope,
        released_at=None,
    )
    if scope == Scope.WORKSPACE:
        rows = rows.filter(workspace=message.workspace)
    return rows.exists()


def _token(message_public_id: UUID) -> str:
    return signing.Signer(salt=SALT).sign(message_public_id.hex)
