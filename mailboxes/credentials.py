"""What opens a mailbox right now: a password, or an access token that is renewed before it ends.

Do not call these inside a transaction that holds a mailbox's row: renewing asks the provider and then writes the row.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.db import connection, connections, transaction

from mailboxes.models import Mailbox
from mailboxes.oauth_providers import OAUTH_PROVIDERS, NotConfiguredError, OAuthProvider
from mailboxes.oauth_tokens import GrantEndedError, OAuthError, Tokens, ask_for_tokens
from mailboxes.receipts import PermanentTransportError, Stage, TransientTransportError
from mailboxes.smtp_session import Authentication

# A token must outlive the conversation it opens: logging in, and one mail at RFC 5321's patience.
RENEW_BEFORE = timedelta(minutes=5)
# The first key of the advisory locks; it means nothing but must differ from the dispatcher's and never change.
RENEWING = 5_271_101


class AccessWithdrawnError(PermanentTransportError):
    """The person, or their provider, took the access back: only connecting again helps."""


class Login(NamedTuple):
    """How to log in. `secret` is a password or an OAuth access token; it is never to be logged."""

    username: str
    secret: str
    authentication: Authentication

    def __repr__(self) -> str:
        return f"Login(username={self.username!r}, authentication={self.authentication!r})"


def login_of(mailbox: Mailbox, *, reading: bool = False, refused: str = "") -> Login:
    """Return what logs in to the mailbox by SMTP, or with `reading` by IMAP; an access token is fresh.

    `refused` is the token that the server has just refused: it is renewed if it is still the one we keep. Raises
    AccessWithdrawnError or TransientTransportError, and accounts.encryption.SecretUnreadableError.
    """
    if mailbox.provider in OAUTH_PROVIDERS:
        token = fresh_token(mailbox.pk, refused=refused)
        return Login(mailbox.smtp_username or mailbox.address, token, Authentication.XOAUTH2)
    username, secret = mailbox.smtp_username, mailbox.smtp_password
    if reading and (mailbox.imap_username or mailbox.imap_password):
        username = mailbox.imap_username or username
        secret = mailbox.imap_password or secret
    return Login(username, secret, Authentication.PASSWORD)


def fresh_token(mailbox_id: int, *, refused: str = "", now: datetime | None = None) -> str:
    """Return an access token that lives for minutes yet, renewing it at the provider when needed, once for all workers.

    Workers take turns at an advisory lock and look again, so that the one that comes second finds the new token. It is
    no row lock: the sender writes the mailbox's row and must not wait for a provider.
    """
    token = _usable(mailbox_id, refused, now)
    if token:
        return token
    # Left open on purpose until the new token is written: the lock ends with the transaction.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [RENEWING, mailbox_id % 2**31])
        return _usable(mailbox_id, refused, now) or _renewed(mailbox_id, now or datetime.now(UTC))


def token_in_thread(mailbox_id: int, refused: str) -> str:
    """Do the same in a worker thread of the sender, with a database connection of its own."""
    try:
        return fresh_token(mailbox_id, refused=refused)
    finally:
        connections.close_all()


def _usable(mailbox_id: int, refused: str, now: datetime | None) -> str:
    """Return the kept token if it will do, else an empty text."""
    mailbox = Mailbox.objects.only("oauth_access_token", "oauth_expires_at").get(pk=mailbox_id)
    until, token = mailbox.oauth_expires_at, mailbox.oauth_access_token
    if not token or until is None or token == refused:
        return ""
    return token if until - (now or datetime.now(UTC)) > RENEW_BEFORE else ""


def _renewed(mailbox_id: int, now: datetime) -> str:
    mailbox = Mailbox.objects.get(pk=mailbox_id)
    provider = OAUTH_PROVIDERS[mailbox.provider]
    tokens = _ask(provider, mailbox.oauth_refresh_token, now)
    # A person may have connected anew or disconnected meanwhile; theirs is the later word.
    kept = Mailbox.objects.filter(pk=mailbox_id, oauth_expires_at=mailbox.oauth_expires_at).update(
        oauth_access_token=tokens.access_token,
        oauth_refresh_token=tokens.refresh_token or mailbox.oauth_refresh_token,
        oauth_expires_at=tokens.expires_at,
    )
    token = tokens.access_token if kept else _usable(mailbox_id, "", now)
    if not token:
        raise _withdrawn(provider)
    return token


def _ask(provider: OAuthProvider, refresh_token: str, now: datetime) -> Tokens:
    if not refresh_token:
        raise _withdrawn(provider)
    try:
        return ask_for_tokens(
            provider, {"grant_type": "refresh_token", "refresh_token": refresh_token}, now=now
        )
    except GrantEndedError as error:
        raise _withdrawn(provider) from error
    except (OAuthError, NotConfiguredError) as error:
        raise TransientTransportError(str(error), stage=Stage.LOGIN) from error


def _withdrawn(provider: OAuthProvider) -> AccessWithdrawnError:
    return AccessWithdrawnError(
        f"{provider.name} says access was withdrawn; connect again.", stage=Stage.LOGIN
    )
