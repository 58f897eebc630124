"""Machine reports inside a mail: delivery reports (RFC 3464) and spam complaints (RFC 5965)."""

import re
from dataclasses import dataclass
from email.message import Message
from email.parser import Parser

from mailboxes.models import DeliveryEvent

_MESSAGE_ID = re.compile(r"<[^<>\s]{3,990}>")
_BOUNCE_SENDER = re.compile(
    r"^(?:mailer-daemon|postmaster|mail-daemon|bounces?|double-bounce)(?:[+\-][^@]*)?@",
    re.IGNORECASE,
)
_BOUNCE_SUBJECT = re.compile(
    r"undeliver(?:ed|able)|delivery (?:status notification|failure|has failed|incomplete|problem|delayed)|mail delivery (?:failed|system|subsystem)|"
    r"returned mail|failure notice|failure delivery|non[- ]?delivery|delivery notification|message not delivered|"
    r"unzustellbar|nicht zugestellt|zustellung fehlgeschlagen|échec de (?:la )?remise|non remis|no se puede entregar|no entregado|mancata consegna|não entregue|onbestelbaar|niet bezorgd|nie dostarczono|не доставлено",
    re.IGNORECASE,
)
# A report of more recipients than this is not about our mails, which go to one person each.
RECIPIENTS_LIMIT = 50


@dataclass(frozen=True, kw_only=True)
class ReportedMail:
    """One recipient's fate: `type` bounced, deferred, delivered or complained; `message_id` names the mail it is about."""

    type: DeliveryEvent.Type
    recipient: str
    message_id: str = ""
    status: str = ""
    diagnostic: str = ""


def read_report(mail: Message) -> tuple[ReportedMail, ...]:
    """Return what a machine-readable report says, one entry a recipient; empty for a mail that is none.

    Reads message/delivery-status (Final-Recipient, Action, Status, Diagnostic-Code; RFC 3464 section 2.3) and
    message/feedback-report (RFC 5965 section 3). The mail it is about comes from the returned message or its headers.
    """
    parts = list(mail.walk())
    original = _original_id(parts)
    for part in parts:
        kind = part.get_content_type()
        if kind in {"message/delivery-status", "message/global-delivery-status"}:
            return _delivery_reports(_field_groups(part), original)
        if kind == "message/feedback-report":
            return _complaint(_field_groups(part), original, parts)
    return ()


def looks_like_bounce(*, from_address: str, subject: str, content_type: str) -> bool:
    """Whether a mail is a delivery report, machine-readable or not: it must never count as a reply."""
    if content_type == "multipart/report" or from_address.startswith("mailer-daemon@"):
        return True
    # Beginning like a report is enough from anyone; a machine may also have words before it.
    if _BOUNCE_SUBJECT.match(subject.strip()):
        return True
    is_machine = bool(_BOUNCE_SENDER.match(from_address)) or not from_address
    return is_machine and bool(_BOUNCE_SUBJECT.search(subject))


def _delivery_reports(groups: list[Message], original: str) -> tuple[ReportedMail, ...]:
    kinds = {
        "failed": DeliveryEvent.Type.BOUNCED,
        "delayed": DeliveryEvent.Type.DEFERRED,
        "delivered": DeliveryEvent.Type.DELIVERED,
    }
    found = []
    for group in groups[: RECIPIENTS_LIMIT + 1]:
        action = _value(group, "Action").lower().split(" ")[0]
        recipient = _typed(group, "Final-Recipient") or _typed(group, "Original-Recipient")
        if recipient and action in kinds:
            found.append(
                ReportedMail(
                    type=kinds[action],
                    recipient=recipient[:254],
                    message_id=original,
                    status=_value(group, "Status")[:40],
                    diagnostic=_typed(group, "Diagnostic-Code")[:500],
                )
            )
    return tuple(found)


def _complaint(
    groups: list[Message], original: str, parts: list[Message]
) -> tuple[ReportedMail, ...]:
    kind = next((_value(group, "Feedback-Type").lower() for group in groups), "")
    if kind not in {"abuse", "fraud", "opt-out", ""}:
        return ()
    recipients = [_value(group, "Original-Rcpt-To").strip("<> ") for group in groups]
    returned = [_value(part, "To") for part in _returned(parts)]
    addresses = re.findall(r"[^\s<>,\"]+@[^\s<>,\"]+", " ".join([*recipients, *returned]))
    complained = DeliveryEvent.Type.COMPLAINED
    return (
        ReportedMail(
            type=complained,
            recipient=(addresses or [""])[0][:254],
            message_id=original,
            diagnostic=f"Feedback report: {kind or 'abuse'}",
        ),
    )


def _returned(parts: list[Message]) -> list[Message]:
    """Return the messages whose headers a report carries."""
    returned: list[Message] = []
    for part in parts:
        if part.get_content_type() in {"message/rfc822", "message/global"}:
            payload = part.get_payload()
            returned += (
                [m for m in payload if isinstance(m, Message)] if isinstance(payload, list) else []
            )
        elif part.get_content_type() in {"text/rfc822-headers", "message/rfc822-headers"}:
            returned.append(Parser().parsestr(_payload_text(part), headersonly=True))
    return returned


def _original_id(parts: list[Message]) -> str:
    for returned in _returned(parts):
        found = _MESSAGE_ID.search(_value(returned, "Message-ID"))
        if found:
            return found.group()
    # Some servers cut the returned mail; the first text then often quotes its headers.
    for part in parts:
        if part.get_content_type() == "text/plain":
            quoted = re.search(
                r"^[ >]*Message-ID:\s*(<[^<>\s]{3,990}>)",
                _payload_text(part)[:50_000],
                re.MULTILINE | re.IGNORECASE,
            )
            if quoted:
                return quoted.group(1)
    return ""


def _field_groups(part: Message) -> list[Message]:
    """Return the groups of fields of a report part; the parser gives them as sub-messages or, broken, as text."""
    payload = part.get_payload()
    if isinstance(payload, list):
        groups: list[Message] = []
        for group in payload:
            if isinstance(group, Message):
                inner = group.get_payload()
                groups.append(group)
                groups += (
                    [m for m in inner if isinstance(m, Message)] if isinstance(inner, list) else []
                )
        return groups
    return [
        Parser().parsestr(block, headersonly=True)
        for block in re.split(r"\r?\n\r?\n", _payload_text(part))[: RECIPIENTS_LIMIT + 1]
        if block.strip()
    ]


def _payload_text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _value(fields: Message, name: str) -> str:
    text = " ".join(str(fields.get(name, "")).split())
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _typed(fields: Message, name: str) -> str:
    """Return a typed field ("rfc822; a@b", "smtp; 550 ...") without its type."""
    value = _value(fields, name)
    return value.partition(";")[2].strip().strip("<>") if ";" in value else value.strip("<>")
