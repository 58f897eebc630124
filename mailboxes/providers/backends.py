"""django-anymail's backends with one mailbox's credentials: one request per mail, no retry, no redirect.

Mailgun and Amazon take the mail as we wrote it, octet for octet. Postmark and SendGrid build it from its parts, so the
parts and the header fields are handed over one by one.
"""

from email import policy
from email.parser import BytesParser
from importlib import import_module
from typing import Any, cast

import requests  # noqa: TID251 - anymail speaks through it, to hosts we name
from anymail.backends import mailgun, postmark, sendgrid
from anymail.backends.base import AnymailBaseBackend
from anymail.backends.base_requests import AnymailRequestsBackend, RequestsPayload
from django.core.mail import EmailMultiAlternatives

from mailboxes.models import Mailbox
from mailboxes.providers.base import ApiEndpoint, base_address

# A mail is taken within seconds; a longer wait only makes more mails whose fate is unknown.
CONNECT_SECONDS, ANSWER_SECONDS = 10.0, 60.0
# The name under which providers keep our Message-ID, so that a look-up and their events find it.
METADATA_KEY = "roleferry-id"
METADATA_LONGEST = 80  # Postmark's limit for a value
# What a provider makes itself out of the parts, or never lets through.
_MADE_BY_THEM = frozenset(
    ("from", "to", "subject", "reply-to", "date", "mime-version", "content-type", "dkim-signature")
)


class _OneRequest:
    """A session that follows nothing, retries nothing and reads no .netrc: a key goes to its provider or nowhere."""

    def create_session(self) -> requests.Session:
        session = cast(requests.Session, super().create_session())  # type: ignore[misc]
        session.trust_env = False
        session.max_redirects = 0
        return session


class PostmarkBackend(_OneRequest, postmark.EmailBackend):
    """Postmark, POST /email."""


class SendGridBackend(_OneRequest, sendgrid.EmailBackend):
    """SendGrid, POST /v3/mail/send."""

    def __init__(self, *, api_key: str, api_url: str, timeout: tuple[float, float]) -> None:
        """Begin as anymail's own does, without its warning that it no longer tries SendGrid out: our tests do."""
        self.api_key = api_key
        self.generate_message_id = False  # SendGrid names its own in the answer
        self.merge_field_format = None
        AnymailRequestsBackend.__init__(self, f"{api_url}/", timeout=timeout)


class RawMailgunPayload(RequestsPayload):
    """A finished mail for Mailgun's messages.mime."""

    def __init__(self, message: Any, defaults: Any, backend: Any) -> None:
        self.all_recipients: list[Any] = []
        self.sender_domain = backend.sender_domain  # named in anymail's own refusals
        super().__init__(message, defaults, backend, auth=("api", backend.api_key))

    def init_payload(self) -> None:
        """Begin with the recipients; the mail is a file beside them."""
        self.data: dict[str, Any] = {"o:tracking": "no"}
        self.files = {"message": ("message.mime", self.message.raw_mail, "message/rfc822")}

    def get_api_endpoint(self) -> str:
        """Return the path for a finished mail."""
        return f"{self.sender_domain}/messages.mime"

    def set_recipients(self, recipient_type: str, emails: list[Any]) -> None:
        """Name the envelope's recipient; Mailgun does not read the mail's own To for that."""
        if emails:
            self.data.setdefault("to", []).extend(email.addr_spec for email in emails)
            self.all_recipients += emails

    def _is_in_the_mail(self, *_: object) -> None:
        """Do nothing: the finished mail says it."""

    set_from_email = set_subject = set_reply_to = set_extra_headers = _is_in_the_mail
    set_text_body = set_html_body = set_attachments = set_alternatives = _is_in_the_mail


class MailgunBackend(_OneRequest, mailgun.EmailBackend):
    """Mailgun, POST /v3/{domain}/messages.mime."""

    def build_message_payload(self, message: Any, defaults: Any) -> RawMailgunPayload:
        """Take the finished mail instead of its parts."""
        return RawMailgunPayload(message, defaults, self)


def backend_for(
    endpoint: ApiEndpoint, *, answer_seconds: float = ANSWER_SECONDS
) -> AnymailBaseBackend:
    """Return a new backend for one mail."""
    base, timeout = base_address(endpoint), (CONNECT_SECONDS, answer_seconds)
    match endpoint.provider:
        case Mailbox.Provider.POSTMARK:
            return PostmarkBackend(
                api_url=base,
                server_token=endpoint["server_token"],
                message_stream=endpoint["message_stream"],
                timeout=timeout,
            )
        case Mailbox.Provider.MAILGUN:
            return MailgunBackend(
                api_url=f"{base}/v3",
                api_key=endpoint["api_key"],
                sender_domain=endpoint["domain"],
                timeout=timeout,
            )
        case Mailbox.Provider.SENDGRID:
            return SendGridBackend(
                api_url=f"{base}/v3", api_key=endpoint["api_key"], timeout=timeout
            )
        case _:
            # Amazon's client is as large as the rest of the sender; most senders never need it.
            ses = import_module("mailboxes.providers.ses")
            return cast(
                AnymailBaseBackend, ses.backend_for(endpoint, CONNECT_SECONDS, answer_seconds)
            )


class Letter(EmailMultiAlternatives):
    """A mail with what anymail reads beside Django's own fields; `raw_mail` is the finished mail."""

    raw_mail: bytes
    metadata: dict[str, str]
    track_opens: bool
    track_clicks: bool
    anymail_status: Any


def letter_of(data: bytes, envelope_from: str, rcpt: str, provider: str) -> Letter:
    """Return the mail as anymail wants it. `data` is a finished mail; its parts and fields are taken over unchanged."""
    mail = BytesParser(policy=policy.SMTP).parsebytes(data)
    plain, rich = mail.get_body(("plain",)), mail.get_body(("html",))
    letter = Letter(
        subject=str(mail["Subject"] or ""),
        body=plain.get_content() if plain else "",
        from_email=str(mail["From"] or envelope_from),
        to=[str(mail["To"] or rcpt)],
        reply_to=[str(mail["Reply-To"])] if mail["Reply-To"] else None,
        headers={
            name: str(value) for name, value in mail.items() if name.lower() not in _MADE_BY_THEM
        },
    )
    if rich:
        letter.attach_alternative(rich.get_content(), "text/html")
    for part in mail.iter_attachments():
        letter.attach(
            part.get_filename() or "attachment", part.get_content(), part.get_content_type()
        )
    if provider == Mailbox.Provider.POSTMARK:
        letter.extra_headers["X-PM-KeepID"] = "true"  # or Postmark writes a Message-ID of its own
    if provider in {Mailbox.Provider.POSTMARK, Mailbox.Provider.SENDGRID}:
        letter.metadata = {METADATA_KEY: metadata_of(str(mail["Message-ID"] or ""))}
        letter.track_opens = letter.track_clicks = False
    letter.raw_mail = data
    return letter


def metadata_of(message_id: str) -> str:
    """Return what stands for a Message-ID in a provider's records."""
    return message_id.strip("<>")[:METADATA_LONGEST]
