"""The address in every mail that stops all further ones with one click (RFC 8058)."""

from uuid import UUID

from django.conf import settings
from django.core import signing

from outreach.models import Message

SALT = "unsubscribe"


def unsubscribe_url(message_public_id: UUID) -> str:
    """Return the unsubscribe address of one mail."""
    return f"{settings.SITE_URL}/u/{_token(message_public_id)}/"


def token_for(message: Message) -> str:
    """Return the opaque signed token of one mail."""
    return _token(message.public_id)


def _token(message_public_id: UUID) -> str:
    return signing.Signer(salt=SALT).sign(message_public_id.hex)
