"""Everything that is needed to carry claimed messages: the mail itself and the server of its mailbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from psycopg.rows import class_row

from accounts.encryption import decrypt
from mailboxes.composing import IdentityFooter, OutgoingMail, compose, reply_address
from mailboxes.connecting import judged_at_dial
from mailboxes.models import Mailbox
from mailboxes.pools import token_source
from mailboxes.providers.base import ApiEndpoint, endpoint_from
from mailboxes.smtp_session import Authentication, Security, SmtpEndpoint
from outreach.judging import Ask, Ticket
from outreach.ledger import Connection
from outreach.ledger_sql import LEFT
from outreach.unsubscribing import unsubscribe_url

UNSUBSCRIBE_SENTENCE = "If you would rather not hear from me again, one click is enough:"

LOAD = f"""
SELECT m.id, m.lease_epoch AS epoch, m.public_id, m.message_id, m.recipient, m.subject, m.body, m.attempts,
    c.first_name, c.last_name, w.sender_name, w.postal_address,
    b.id AS mailbox_id, b.address, b.display_name, b.smtp_host, b.smtp_port, b.smtp_security, b.smtp_username,
    b.smtp_password, b.is_sandbox, b.provider, b.api_credentials,
    ARRAY(SELECT p.message_id FROM outreach_message p WHERE p.enrollment_id = m.enrollment_id
        AND p.step_number < m.step_number AND p.status IN {LEFT} ORDER BY p.step_number) AS earlier,
    coalesce((SELECT p.subject FROM outreach_message p WHERE p.enrollment_id = m.enrollment_id
        AND p.step_number < m.step_number AND p.status IN {LEFT} AND p.subject <> ''
        ORDER BY p.step_number LIMIT 1), '') AS first_subject
FROM outreach_message m
JOIN outreach_enrollment e ON e.id = m.enrollment_id
JOIN outreach_contact c ON c.id = e.contact_id
JOIN accounts_workspace w ON w.id = m.workspace_id
JOIN mailboxes_mailbox b ON b.id = m.mailbox_id
WHERE m.id = ANY(%(ids)s) AND m.status = 'claimed'
"""  # noqa: S608 - only our own constants are written in


@dataclass(frozen=True)
class Parcel:
    """One claimed message with its mailbox; `earlier` are the Message-IDs of the mails before it in the thread."""

    id: int
    epoch: int
    public_id: UUID
    message_id: str
    recipient: str
    subject: str
    body: str
    attempts: int
    first_name: str
    last_name: str
    sender_name: str
    postal_address: str
    mailbox_id: int
    address: str
    display_name: str
    smtp_host: str
    smtp_port: int
    smtp_security: str
    smtp_username: str
    smtp_password: str
    is_sandbox: bool
    provider: str
    api_credentials: str
    earlier: list[str]
    first_subject: str

    @property
    def ticket(self) -> Ticket:
        """What we hold of it."""
        return Ticket(self.id, self.epoch)


async def load_parcels(conn: Connection, asks: Sequence[Ask]) -> dict[Ticket, Parcel]:
    """Return what is needed to carry the claimed messages; one that is no longer ours is missing."""
    async with conn.cursor(row_factory=class_row(Parcel)) as cursor:
        await cursor.execute(LOAD, {"ids": [ask.ticket.id for ask in asks]})
        return {parcel.ticket: parcel for parcel in await cursor.fetchall()}


def subject_of(parcel: Parcel) -> str:
    """Return the subject: its own, else the thread's with "Re: "."""
    if parcel.subject.strip() or not parcel.first_subject:
        return parcel.subject
    first = parcel.first_subject
    return first if first.lower().startswith("re:") else f"Re: {first}"


def compose_parcel(parcel: Parcel) -> bytes:
    """Return the mail's bytes. Raises HeaderInjectionError, AddressError or ValueError when it cannot be built."""
    return compose(
        OutgoingMail(
            from_address=parcel.address,
            from_name=parcel.display_name or parcel.sender_name,
            to_address=parcel.recipient,
            to_name=f"{parcel.first_name} {parcel.last_name}".strip(),
            reply_to=reply_address(parcel.address, parcel.public_id.hex),
            subject=subject_of(parcel),
            text=parcel.body,
            message_id=parcel.message_id,
            date=datetime.now(UTC),
            in_reply_to=parcel.earlier[-1] if parcel.earlier else "",
            references=tuple(parcel.earlier),
            list_unsubscribe_url=unsubscribe_url(parcel.public_id),
            footer=IdentityFooter(
                sender_name=parcel.sender_name,
                postal_address=parcel.postal_address,
                unsubscribe_sentence=UNSUBSCRIBE_SENTENCE,
            ),
        )
    )


def endpoint_of(parcel: Parcel) -> SmtpEndpoint | ApiEndpoint:
    """Return through what its mailbox sends; an access token is asked for at each log-in.

    Raises SecretUnreadableError when the password or key cannot be opened, ApiCredentialsError when it is missing.
    """
    if parcel.provider in Mailbox.API_PROVIDERS:
        sealed = parcel.api_credentials
        return endpoint_from(parcel.provider, decrypt(sealed) if sealed else "")
    uses_token = parcel.provider in Mailbox.OAUTH_PROVIDERS
    return SmtpEndpoint(
        host=parcel.smtp_host,
        port=parcel.smtp_port,
        security=Security(parcel.smtp_security),
        username=parcel.smtp_username,
        secret=decrypt(parcel.smtp_password) if parcel.smtp_password else "",
        authentication=Authentication.XOAUTH2 if uses_token else Authentication.PASSWORD,
        renew=token_source(parcel.mailbox_id) if uses_token else None,
        client_name=urlsplit(settings.SITE_URL).hostname or "localhost",
        judge=None if parcel.is_sandbox else judged_at_dial,
    )
