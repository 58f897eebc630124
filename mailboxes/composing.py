"""Building the bytes of one outgoing mail: headers, text, HTML made from the text, attachments."""

import base64
import binascii
import hashlib
import html
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from functools import lru_cache
from urllib.parse import quote, urlsplit

from mailboxes.addresses import AddressError, parse_address
from mailboxes.headers import (
    PREFERRED_LINE,
    HeaderInjectionError,
    address_field,
    field,
    refuse_injection,
    refuse_unless_field_name,
    refuse_unless_message_id,
    structured_field,
)

# RFC 8058 section 3.1: this field, letter for letter, announces one-click unsubscribing.
ONE_CLICK_FIELD = b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"

# Written by compose() alone; an extra header of such a name would be a second one or a forgery.
OWNED_HEADERS = frozenset(
    [
        "from",
        "sender",
        "reply-to",
        "to",
        "cc",
        "bcc",
        "subject",
        "date",
        "message-id",
        "in-reply-to",
        "references",
        "mime-version",
        "return-path",
        "received",
        "dkim-signature",
        "list-unsubscribe",
        "list-unsubscribe-post",
    ]
)

REPLY_MARK = "rf-"
# RFC 5321 section 4.5.3.1.1: 64 characters, less the plus sign, the mark and a token of 32.
LONGEST_LOCAL_PART_WITH_TOKEN = 64 - 1 - len(REPLY_MARK) - 32
_REPLY_TOKEN = re.compile(r"[a-z0-9]{8,40}")
_CONTENT_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,80}")
_URL_IN_TEXT = re.compile(r"https?://[^\s<>\"]+")
_PARAGRAPH_BREAK = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_UNSAFE_IN_URL = re.compile(r"[\s<>,\"]")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file that travels with the mail. ``content_type`` is like ``application/pdf``."""

    filename: str
    content: bytes
    content_type: str = "application/octet-stream"


@dataclass(frozen=True, kw_only=True)
class IdentityFooter:
    """Who writes, from which postal address, and how to make it stop (CAN-SPAM, 16 CFR 316)."""

    sender_name: str
    postal_address: str
    unsubscribe_sentence: str


@dataclass(frozen=True, kw_only=True)
class OutgoingMail:
    """Everything one mail says. Addresses are bare (no display name); ``date`` is aware.

    ``message_id``, ``in_reply_to`` and ``references`` carry their angle brackets. The unsubscribe
    address is https (http is accepted for a loopback host, so that the demo runs without a
    certificate); ``list_unsubscribe_mailto`` is an address without ``mailto:``.
    """

    from_address: str
    to_address: str
    subject: str
    text: str
    message_id: str
    date: datetime
    from_name: str = ""
    to_name: str = ""
    reply_to: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    list_unsubscribe_url: str = ""
    list_unsubscribe_mailto: str = ""
    footer: IdentityFooter | None = None
    extra_headers: tuple[tuple[str, str], ...] = ()
    attachments: tuple[Attachment, ...] = ()
    language: str = "en"


def compose(outgoing: OutgoingMail) -> bytes:
    """Return the mail as RFC 5322 bytes, the same bytes for the same input; CRLF everywhere.

    The text travels as plain text and as HTML that we make from it (paragraphs, links, all escaped).
    The result is 7-bit unless a local part is not ASCII, which then needs SMTPUTF8 (RFC 6532). Raises
    HeaderInjectionError for a value that could forge a line, AddressError for a broken address.
    """
    headers = _headers(outgoing)
    text, (footer, rich_footer) = _with_lf(outgoing.text).rstrip("\n") + "\n", _footer(outgoing)
    # The line "-- " marks what follows as a signature, so readers and reply parsers can fold it away.
    plain = _text_part(b"plain", f"{text}\n-- \n{footer}\n" if footer else text)
    rich = _text_part(b"html", _as_html(text, rich_footer, outgoing))
    body = _multipart("alternative", [plain, rich], outgoing.message_id)
    if outgoing.attachments:
        files = [_attachment_part(attachment) for attachment in outgoing.attachments]
        body = _multipart("mixed", [body, *files], outgoing.message_id)
    return b"".join([*headers, b"MIME-Version: 1.0\r\n", body])


def make_message_id(domain: str) -> str:
    """Return a new Message-ID with 128 random bits under ``domain`` (RFC 5322 section 3.6.4)."""
    host = parse_address(f"id@{domain}").domain
    return f"<{secrets.token_hex(16)}@{host}>"


def reply_address(mailbox_address: str, token: str) -> str:
    """Return ``local+rf-token@domain``: an answer to it names the thread it belongs to.

    The token is 8–40 lower-case letters and digits, as hosts may fold the case of a local part.
    """
    mailbox = parse_address(mailbox_address)
    if not _REPLY_TOKEN.fullmatch(token):
        raise ValueError("A reply token is 8 to 40 lower-case letters and digits.")
    return str(parse_address(f"{mailbox.local}+{REPLY_MARK}{token}@{mailbox.domain}"))


def token_from_reply_address(address: str) -> str | None:
    """Return the token that reply_address put into an address, or None if there is none."""
    try:
        local = parse_address(address).local.lower()
    except AddressError:
        return None
    _, mark, token = local.rpartition(f"+{REPLY_MARK}")
    return token if mark and _REPLY_TOKEN.fullmatch(token) else None


def _headers(outgoing: OutgoingMail) -> list[bytes]:
    offset = outgoing.date.utcoffset()
    if offset is None:
        raise ValueError("The date of a mail needs a time zone.")
    sender, recipient = parse_address(outgoing.from_address), parse_address(outgoing.to_address)
    fields = [
        address_field("From", outgoing.from_name, str(sender)),
        address_field("To", outgoing.to_name, str(recipient)),
        field("Subject", outgoing.subject),
        structured_field(
            "Date", [_date(outgoing.date.replace(microsecond=0, tzinfo=None), offset)]
        ),
        structured_field("Message-ID", [refuse_unless_message_id(outgoing.message_id)]),
    ]
    if outgoing.reply_to:
        fields.append(address_field("Reply-To", "", str(parse_address(outgoing.reply_to))))
    if outgoing.in_reply_to:
        fields.append(
            structured_field("In-Reply-To", [refuse_unless_message_id(outgoing.in_reply_to)])
        )
    if outgoing.references:
        fields.append(
            structured_field("References", [*map(refuse_unless_message_id, outgoing.references)])
        )
    return [*fields, *_unsubscribe_fields(outgoing), *_extra_fields(outgoing.extra_headers)]


@lru_cache(maxsize=64)
def _date(local: datetime, offset: timedelta) -> str:
    """Return a moment as RFC 5322 section 3.3 writes it; many mails leave in one second."""
    return format_datetime(local.replace(tzinfo=timezone(offset)))


def _unsubscribe_fields(outgoing: OutgoingMail) -> list[bytes]:
    """RFC 2369 section 3.2 and RFC 8058: https first, mailto beside it, one-click only with https."""
    places = []
    if outgoing.list_unsubscribe_url:
        places.append(f"<{_web_address(outgoing.list_unsubscribe_url)}>")
    if outgoing.list_unsubscribe_mailto:
        address = str(parse_address(outgoing.list_unsubscribe_mailto))
        # The subject says the wish for readers that open no window for it (RFC 2369 section 3.2).
        places.append(f"<mailto:{quote(address, safe='@+')}?subject=unsubscribe>")
    if not places:
        return []
    tokens = [f"{place}," for place in places[:-1]] + places[-1:]
    fields = [structured_field("List-Unsubscribe", tokens)]
    return [*fields, ONE_CLICK_FIELD] if outgoing.list_unsubscribe_url else fields


def _web_address(url: str) -> str:
    refuse_injection("unsubscribe address", url)
    path_at = url.find("/", len("https://"))
    origin = url if path_at < 0 else url[:path_at]
    if not _is_safe_origin(origin) or not url.isascii() or _UNSAFE_IN_URL.search(url):
        raise HeaderInjectionError(
            "The unsubscribe address must be one https address in plain ASCII, so the mail was not built."
        )
    return url


@lru_cache(maxsize=64)
def _is_safe_origin(origin: str) -> bool:
    """Whether scheme and host may stand in an unsubscribe address; they are the same in every mail we send."""
    parts = urlsplit(origin)
    is_secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    return is_secure and bool(parts.hostname)


def _extra_fields(extra_headers: tuple[tuple[str, str], ...]) -> list[bytes]:
    seen: set[str] = set()
    for name, _ in extra_headers:
        key = refuse_unless_field_name(name).lower()
        if key in OWNED_HEADERS or key in seen or key.startswith(("content-", "resent-", "arc-")):
            raise HeaderInjectionError(
                f"The header {name} may not be added to a mail or not twice."
            )
        seen.add(key)
    return [field(name, value) for name, value in extra_headers]


def _footer(outgoing: OutgoingMail) -> tuple[str, str]:
    """Return who wrote, from where, and how to stop, one a line, as text and as HTML; empty without a footer."""
    if outgoing.footer is None:
        return "", ""
    text, rich, sentence, rich_sentence = _identity(outgoing.footer)
    url = outgoing.list_unsubscribe_url
    stop, rich_stop = (
        " ".join(filter(None, pieces))
        for pieces in ((sentence, url), (rich_sentence, _linked(url)))
    )
    return f"{text}\n{stop}", f"<p>{rich}<br>\n{rich_stop}</p>"


@lru_cache(maxsize=256)
def _identity(footer: IdentityFooter) -> tuple[str, str, str, str]:
    """Return what a footer says in every mail of its sender, as text and as HTML: who writes, and how to stop."""
    text = _with_lf(f"{footer.sender_name.strip()}\n{footer.postal_address.strip()}")
    sentence = _with_lf(footer.unsubscribe_sentence.strip())
    return text, _broken(_linked(text)), sentence, _broken(_linked(sentence))


def _with_lf(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _as_html(text: str, rich_footer: str, outgoing: OutgoingMail) -> str:
    """Return a small HTML page: one paragraph per block of text, line breaks kept, web links live."""
    rule = ["<hr>", rich_footer] if rich_footer else []
    paragraphs = [f"<p>{_broken(block)}</p>" for block in _paragraphs(_linked(text.strip()))]
    language = html.escape(outgoing.language, quote=True)
    title = html.escape(outgoing.subject)
    head = f'<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title></head>'
    return "\n".join(["<!DOCTYPE html>", head, "<body>", *paragraphs, *rule, "</body></html>", ""])


def _paragraphs(text: str) -> list[str]:
    is_plain = "\n\n\n" not in text and "\n " not in text and "\n\t" not in text
    return text.split("\n\n") if is_plain else _PARAGRAPH_BREAK.split(text)


def _broken(rich: str) -> str:
    return rich.replace("\n", "<br>\n")


def _linked(text: str) -> str:
    if "http" not in text:
        return html.escape(text)
    pieces, end = [], 0
    for found in _URL_IN_TEXT.finditer(text):
        url = found.group().rstrip(".,;:!?)]}'")
        shown = html.escape(url)
        pieces.append(html.escape(text[end : found.start()]))
        pieces.append(f'<a href="{shown}">{shown}</a>')
        end = found.start() + len(url)
    return "".join([*pieces, html.escape(text[end:])])


def _text_part(subtype: bytes, text: str) -> bytes:
    """Return one text part: as it is when ASCII in short lines, else quoted-printable (RFC 2045 6.7)."""
    lines = text.encode("utf-8", "replace").replace(b"\n", b"\r\n")
    readable = text.isascii() and text.replace("\n", "").replace("\t", "").isprintable()
    if readable and max(map(len, lines.split(b"\r\n"))) <= PREFERRED_LINE:
        encoding, content = b"7bit", lines
    else:
        encoding, content = b"quoted-printable", binascii.b2a_qp(lines, istext=True)
        if content.count(b"\n") != content.count(b"\r\n"):
            content = re.sub(rb"\r?\n", b"\r\n", content)
    return b"Content-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: %s\r\n\r\n%s" % (
        subtype,
        encoding,
        content,
    )


def _attachment_part(attachment: Attachment) -> bytes:
    if not _CONTENT_TYPE.fullmatch(attachment.content_type.lower()):
        raise HeaderInjectionError("The type of an attachment must look like application/pdf.")
    name = re.split(r"[/\\]", refuse_injection("attachment name", attachment.filename))[-1].strip()[
        -150:
    ]
    if re.fullmatch(r"[A-Za-z0-9 ._()-]{1,60}", name):
        disposition = f'filename="{name}"'
    else:
        disposition = (
            f"filename*=utf-8''{quote(name or 'attachment', safe='')}"  # RFC 2231 section 4
        )
    encoded = base64.encodebytes(attachment.content).replace(b"\n", b"\r\n")
    return b"".join(
        [
            structured_field("Content-Type", [attachment.content_type.lower()]),
            b"Content-Transfer-Encoding: base64\r\n",
            structured_field("Content-Disposition", ["attachment;", disposition]),
            b"\r\n",
            encoded,
        ]
    )


def _multipart(subtype: str, parts: list[bytes], message_id: str) -> bytes:
    """Join parts with a boundary that follows from the Message-ID and occurs in none of them."""
    attempt = 0
    while True:
        seed = f"{message_id} {subtype} {attempt}".encode()
        boundary = b"=_rf_" + hashlib.sha256(seed).hexdigest()[:32].encode()
        if not any(boundary in part for part in parts):
            break
        attempt += 1
    head = b'Content-Type: multipart/%s;\r\n boundary="%s"\r\n\r\n' % (subtype.encode(), boundary)
    body = b"".join(b"--%s\r\n%s\r\n" % (boundary, part) for part in parts)
    return head + body + b"--%s--\r\n" % boundary
