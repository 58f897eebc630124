"""Received mail: reading hostile bytes without falling over, and keeping each mail once."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import policy
from email.errors import HeaderParseError, MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.utils import getaddresses, parsedate_to_datetime

from accounts.models import Workspace
from mailboxes import replies
from mailboxes.html_text import html_to_text
from mailboxes.models import InboundMessage, Mailbox
from mailboxes.reports import ReportedMail, looks_like_bounce, read_report
from mailboxes.signals import announce, inbound_stored

# A mail has a handful of parts; thousands are an attack on our time.
PARTS_LIMIT = 200
TEXT_LIMIT = 200_000
PAYLOAD_LIMIT = 1_000_000
HEADER_LIMIT = 10_000
REFERENCES_LIMIT = 100
# A Date header this far ahead of our clock is wrong; the time of arrival is used instead.
CLOCK_TOLERANCE = timedelta(days=1)

_MESSAGE_ID = re.compile(r"<[^<>\s]{3,990}>")
# Headers that tell a machine from a person (RFC 3834), and what the reader needs besides.
_JUDGED_HEADERS = (
    "auto-submitted",
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-auto-reply",
    "precedence",
    "return-path",
)


@dataclass(frozen=True, kw_only=True)
class ReceivedMail:
    """What a mail says. Texts are without NUL and lone surrogates; ids carry angle brackets; `sent_at` is aware."""

    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    from_address: str = ""
    from_name: str = ""
    to_addresses: tuple[str, ...] = ()
    subject: str = ""
    sent_at: datetime
    text: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "text/plain"
    reports: tuple[ReportedMail, ...] = ()


def read_mail(raw: bytes, *, received_at: datetime) -> ReceivedMail:
    """Return what `raw` says; never raises for anything a stranger may send.

    What cannot be read is left empty: broken charsets are replaced, parts beyond PARTS_LIMIT and text beyond
    TEXT_LIMIT characters are ignored, a date that is missing or in the future becomes `received_at`.
    """
    try:
        mail: Message = BytesParser(policy=policy.compat32).parsebytes(raw)
        parts = _parts(mail)
        reports = read_report(mail) if len(parts) < PARTS_LIMIT else ()
    except (RecursionError, MessageError, ValueError, LookupError, TypeError, AttributeError):
        # Thousands of nested parts, or a structure that the parser itself stumbles over: headers only.
        mail = BytesParser(policy=policy.compat32).parsebytes(raw, headersonly=True)
        parts, reports = [], ()
    senders = _addresses(mail, "From")
    recipients = [
        *_addresses(mail, "To"),
        *_addresses(mail, "Cc"),
        *_addresses(mail, "Delivered-To"),
    ]
    answered = _ids(mail, "In-Reply-To")
    return ReceivedMail(
        message_id=(_ids(mail, "Message-ID") or ("",))[0],
        in_reply_to=(answered or ("",))[0],
        references=_ids(mail, "References"),
        from_address=senders[0][1] if senders else "",
        from_name=senders[0][0][:200] if senders else "",
        to_addresses=tuple(dict.fromkeys(address for _, address in recipients))[:REFERENCES_LIMIT],
        subject=_header(mail, "Subject")[:500],
        sent_at=_sent_at(mail, received_at),
        text=_text(parts),
        headers={name: _header(mail, name) for name in _JUDGED_HEADERS if name in mail},
        content_type=mail.get_content_type(),
        reports=reports,
    )


def store_inbound(
    workspace: Workspace, raw: bytes, *, source: str, mailbox: Mailbox | None, received_at: datetime
) -> tuple[InboundMessage, ReceivedMail, bool]:
    """Keep one received mail with what reading it found, and announce it after commit; safe to repeat.

    Returns the row, what the mail says, and whether the row is new: the same bytes in the same workspace are one mail.
    """
    mail = read_mail(raw, received_at=received_at)
    verdict = _judge(mail)
    row, created = InboundMessage.objects.get_or_create(
        workspace=workspace,
        raw_sha256=hashlib.sha256(raw).hexdigest(),
        defaults={
            "mailbox": mailbox,
            "source": source,
            "raw": raw,
            "message_id": mail.message_id,
            "in_reply_to": mail.in_reply_to,
            "references": list(mail.references),
            "from_address": mail.from_address,
            "from_name": mail.from_name,
            "to_addresses": list(mail.to_addresses),
            "subject": mail.subject,
            "sent_at": mail.sent_at,
            "received_at": received_at,
            "text": mail.text,
            "visible_text": replies.visible_reply(mail.text),
            "auto_reply": verdict.kind,
            "auto_reply_evidence": verdict.evidence,
            "return_date": verdict.return_date,
        },
    )
    if created:
        announce(inbound_stored, row)
    return row, mail, created


def _judge(mail: ReceivedMail) -> replies.AutoReplyVerdict:
    if mail.reports or looks_like_bounce(
        from_address=mail.from_address, subject=mail.subject, content_type=mail.content_type
    ):
        return replies.AutoReplyVerdict(
            kind=InboundMessage.AutoReply.BOUNCE,
            evidence=f"Delivery report: {mail.subject}"[:300],
        )
    return replies.judge(
        headers=mail.headers, subject=mail.subject, text=mail.text, sent_at=mail.sent_at
    )


def _parts(mail: Message) -> list[Message]:
    parts: list[Message] = []
    for part in mail.walk():
        parts.append(part)
        if len(parts) >= PARTS_LIMIT:
            break
    return parts


def _text(parts: list[Message]) -> str:
    """Return the plain text of a mail, made from its HTML when there is no plain part."""
    plain = "\n".join(_decoded(parts, "text/plain"))
    if plain.strip():
        return plain[:TEXT_LIMIT]
    return "\n".join(html_to_text(html) for html in _decoded(parts, "text/html"))[:TEXT_LIMIT]


def _decoded(parts: list[Message], content_type: str) -> Iterator[str]:
    for part in parts:
        if (
            part.get_content_type() != content_type
            or part.get_content_disposition() == "attachment"
        ):
            continue
        payload = part.get_payload(decode=True)
        if not isinstance(payload, bytes):
            continue
        payload = payload[:PAYLOAD_LIMIT]
        try:
            text = payload.decode(str(part.get_content_charset() or "utf-8"), "replace")
        except (LookupError, ValueError):
            text = payload.decode("utf-8", "replace")
        yield _clean(text)


def _header(mail: Message, name: str) -> str:
    """Return a header on one line with its encoded words read; what cannot be read stays as it came."""
    value = str(mail.get(name, ""))[:HEADER_LIMIT]
    return " ".join(_clean(_unencoded(value)).split())


def _unencoded(value: str) -> str:
    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, ValueError, TypeError):
        return value


def _addresses(mail: Message, name: str) -> list[tuple[str, str]]:
    """Return (name, lower-case address) pairs; addresses are split before words are decoded, so a name cannot forge one."""
    values = [_clean(str(value))[:HEADER_LIMIT] for value in mail.get_all(name, [])[:20]]
    pairs = []
    for shown, address in getaddresses(values):
        bare = address.strip().strip("<>").lower()
        if "@" in bare and len(bare) <= 254 and not re.search(r"\s", bare):
            pairs.append((" ".join(_clean(_unencoded(shown)).split()), bare))
    return pairs


def _ids(mail: Message, name: str) -> tuple[str, ...]:
    """Return the Message-IDs of a header, oldest first, each once."""
    found = _MESSAGE_ID.findall(_clean(str(mail.get(name, "")))[: HEADER_LIMIT * 10])
    return tuple(dict.fromkeys(found))[-REFERENCES_LIMIT:]


def _sent_at(mail: Message, received_at: datetime) -> datetime:
    try:
        moment = parsedate_to_datetime(str(mail.get("Date", "")))
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, ValueError, IndexError, OverflowError):
        return received_at
    if moment > received_at + CLOCK_TOLERANCE or moment.year < 1990:
        return received_at
    return moment


def _clean(text: str) -> str:
    """Return text that PostgreSQL can hold: no NUL, no lone surrogates."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
