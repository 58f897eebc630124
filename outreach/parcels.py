"""Everything that is needed to carry claimed messages: the mail itself and the server of its mailbox."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from psycopg.rows import class_row

from accounts.encryption import decrypt
from mailboxes.composing import (
    LONGEST_LOCAL_PART_WITH_TOKEN,
    Attachment,
    IdentityFooter,
    OutgoingMail,
    compose,
    reply_address,
)
from mailboxes.connecting import judged_at_dial
from mailboxes.dkim import KEYS_KEPT, Signer
from mailboxes.models import Mailbox, SendingDomain
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
    b.smtp_password, b.is_sandbox, b.provider, b.api_credentials, CASE WHEN b.is_pool THEN (SELECT l.reply_to
        FROM mailboxes_poolloan l WHERE l.lent_id = b.id AND l.withdrawn_at IS NULL) END AS own_reply_to, b.is_sandbox OR b.imap_host <> '' AS is_heard,
    coalesce(d.dkim_selector, '') AS dkim_selector, coalesce(d.dkim_private_key, '') AS dkim_private_key,
    coalesce(f.content, '') AS file_path, coalesce(f.filename, '') AS file_name,
    coalesce(f.content_type, '') AS file_type, m.approved_attachment_hash AS file_hash,
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
LEFT JOIN mailboxes_sendingdomain d ON d.workspace_id = b.workspace_id AND d.dkim_active
    AND lower(d.domain) = lower(split_part(b.address, '@', 2))
LEFT JOIN outreach_attachment f ON f.id = m.attachment_id
WHERE m.id = ANY(%(ids)s) AND m.status = 'claimed'
"""  # noqa: S608 - only our own constants are written in


@dataclass(frozen=True)
class Parcel:
    """One claimed message with its mailbox, its file and its domain's key.

    `earlier` are the Message-IDs of the mails before it in the thread; `is_heard`: answers to its mailbox reach us.
    """

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
    own_reply_to: str | None
    is_heard: bool
    dkim_selector: str
    dkim_private_key: str
    file_path: str
    file_name: str
    file_type: str
    file_hash: str
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


def reply_to_of(mailbox_address: str, message_public_id: UUID) -> str:
    """Return where answers to a mail go: an address of its mailbox that names it, else the mailbox's own.

    Where the token does not fit into a local part, References alone name the mail.
    """
    local = mailbox_address.rpartition("@")[0]
    if len(local) > LONGEST_LOCAL_PART_WITH_TOKEN:
        return mailbox_address
    return reply_address(mailbox_address, message_public_id.hex)


def signs_for(mailbox: Mailbox) -> bool:
    """Whether we sign what this mailbox sends: its domain's key is in use, and no provider takes the mail apart."""
    domains = SendingDomain.objects.filter(
        workspace=mailbox.workspace_id,
        domain__iexact=mailbox.address.rpartition("@")[2],
        dkim_active=True,
    )
    return mailbox.provider not in Mailbox.API_PROVIDERS and domains.exists()


async def build_mail(parcel: Parcel) -> bytes:
    """Return the mail's bytes as compose_parcel does; a file is read beside the loop, so it delays nobody else's mail."""
    if parcel.file_path:
        return await asyncio.to_thread(compose_parcel, parcel)
    return compose_parcel(parcel)


def compose_parcel(parcel: Parcel) -> bytes:
    """Return the mail's bytes, signed if its domain's key is in use.

    Raises HeaderInjectionError, AddressError, AttachmentError, SigningError or another ValueError when it cannot be
    built as it was approved, SecretUnreadableError when the key cannot be opened.
    """
    raw = compose(outgoing_of(parcel))
    # A provider's interface takes the mail apart and signs what it makes of it; our signature would be a broken one.
    if not parcel.dkim_private_key or parcel.provider in Mailbox.API_PROVIDERS:
        return raw
    domain = parcel.address.rpartition("@")[2].lower()
    return _signer(parcel.dkim_selector, domain, parcel.dkim_private_key).sign(raw)


def outgoing_of(parcel: Parcel) -> OutgoingMail:
    """Return everything the mail says; its file is read and compared with what was approved."""
    # Whoever borrows a mailbox hears answers in their own.
    reply_to = parcel.own_reply_to or reply_to_of(parcel.address, parcel.public_id)
    return OutgoingMail(
        from_address=parcel.address,
        from_name=parcel.display_name or parcel.sender_name,
        to_address=parcel.recipient,
        to_name=f"{parcel.first_name} {parcel.last_name}".strip(),
        reply_to=reply_to,
        subject=subject_of(parcel),
        text=parcel.body,
        message_id=parcel.message_id,
        date=datetime.now(UTC),
        in_reply_to=parcel.earlier[-1] if parcel.earlier else "",
        references=tuple(parcel.earlier),
        list_unsubscribe_url=unsubscribe_url(parcel.public_id),
        # A wish by mail is only invited where somebody hears it (outreach.replies reads the subject).
        list_unsubscribe_mailto=reply_to if parcel.is_heard else "",
        footer=IdentityFooter(
            sender_name=parcel.sender_name,
            postal_address=parcel.postal_address,
            unsubscribe_sentence=UNSUBSCRIBE_SENTENCE,
        ),
        attachments=tuple(_files(parcel)),
    )


def _files(parcel: Parcel) -> Iterator[Attachment]:
    if parcel.file_path:
        # Imported by the first mail with a file: what makes such files is large.
        from outreach.approved_files import read_file

        content = read_file(parcel.file_path, parcel.file_hash)
        yield Attachment(filename=parcel.file_name, content=content, content_type=parcel.file_type)


@lru_cache(maxsize=KEYS_KEPT)
def _signer(selector: str, domain: str, sealed_key: str) -> Signer:
    """Return a domain's signer; opening and reading a key costs as much as many signatures."""
    return Signer(selector, domain, decrypt(sealed_key))


def way_of(parcel: Parcel) -> tuple[object, ...]:
    """Return everything that endpoint_of reads: as long as it is the same, so is the endpoint, still sealed here."""
    return (
        parcel.provider,
        parcel.api_credentials,
        parcel.smtp_host,
        parcel.smtp_port,
        parcel.smtp_security,
        parcel.smtp_username,
        parcel.smtp_password,
        parcel.is_sandbox,
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
