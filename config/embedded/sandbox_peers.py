"""How the people and hosts behind the sandbox behave: chosen by words in the address, played by rule.

The local part is split at ``. + - _``; the first word of the table decides what happens after the mail
was taken. ``anna.interested@corp.example`` answers with interest, ``tom.bounce@corp.example`` bounces.
"""

import base64
import email
import email.policy
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from enum import StrEnum
from typing import Any

from mailboxes.addresses import domain_of
from mailboxes.composing import OutgoingMail, compose

# How long an absent person stays away.
ABSENCE = timedelta(days=7)
QUOTED_LINES = 60


class Behaviour(StrEnum):
    """What becomes of a mail to the sandbox."""

    DELIVER = "deliver"
    REJECT = "reject"
    DEFER = "defer"
    HARD_BOUNCE = "hard_bounce"
    SOFT_BOUNCE = "soft_bounce"
    COMPLAIN = "complain"
    INTERESTED = "interested"
    MEETING = "meeting"
    DECLINE = "decline"
    STOP = "stop"
    AWAY = "away"


# Judged while the sender is still connected.
AT_RECIPIENT = {"reject": Behaviour.REJECT, "defer": Behaviour.DEFER}
# Judged after the mail was taken; combines with "defer", as in lee.defer.meeting@.
AFTERWARDS = {
    "bounce": Behaviour.HARD_BOUNCE,
    "hard": Behaviour.HARD_BOUNCE,
    "soft": Behaviour.SOFT_BOUNCE,
    "full": Behaviour.SOFT_BOUNCE,
    "complain": Behaviour.COMPLAIN,
    "spam": Behaviour.COMPLAIN,
    "reply": Behaviour.INTERESTED,
    "interested": Behaviour.INTERESTED,
    "meeting": Behaviour.MEETING,
    "decline": Behaviour.DECLINE,
    "declined": Behaviour.DECLINE,
    "filled": Behaviour.DECLINE,
    "stop": Behaviour.STOP,
    "unsubscribe": Behaviour.STOP,
    "ooo": Behaviour.AWAY,
    "away": Behaviour.AWAY,
}

ANSWERS = {
    Behaviour.INTERESTED: (
        "thank you for writing. Your background sounds like a good fit for this team, and I have passed "
        "your note to the hiring manager. Could you send me your resume and tell me when you could start?"
    ),
    Behaviour.MEETING: (
        "thanks for reaching out. I would like to hear more. Do you have thirty minutes for a call this "
        "Thursday at 14:00, or on Friday morning? I will send an invitation once you have picked a time."
    ),
    Behaviour.DECLINE: (
        "thank you for your interest. Unfortunately we have decided to move forward with other candidates, "
        "and the position has been filled. We wish you every success with your search."
    ),
    Behaviour.STOP: (
        "please do not write to me again. Remove me from your list and stop sending me messages about this."
    ),
}

BOUNCES = {
    Behaviour.HARD_BOUNCE: (
        "5.1.1",
        "smtp; 550 5.1.1 <{recipient}>: there is no such mailbox here",
    ),
    Behaviour.SOFT_BOUNCE: ("4.2.2", "smtp; 452 4.2.2 <{recipient}>: the mailbox is full"),
}


@dataclass(frozen=True)
class TakenMail:
    """A mail the sandbox accepted for one recipient."""

    recipient: str
    raw: bytes

    @property
    def parsed(self) -> EmailMessage:
        """The mail as headers and parts."""
        return email.message_from_bytes(self.raw, policy=email.policy.default)

    @property
    def message_id(self) -> str:
        """Its Message-ID with angle brackets, or nothing."""
        return str(self.parsed["Message-ID"] or "").strip()


def at_recipient(address: str) -> Behaviour | None:
    """Return what happens at RCPT, or None if the recipient is simply taken."""
    return _first(address, AT_RECIPIENT)


def afterwards(address: str) -> Behaviour:
    """Return what happens after the mail was taken."""
    return _first(address, AFTERWARDS) or Behaviour.DELIVER


def events_of(mail: TakenMail, *, now: datetime) -> list[dict[str, Any]]:
    """Return the webhook events a mail leads to, in order; ids repeat when it is played again.

    An event has event_id, type, timestamp (ISO 8601), message_id and recipient. A ``bounced`` one has
    ``bounce`` with status and diagnostic. An ``inbound`` one has ``raw_mime`` (base64); there
    message_id is that of the answer and recipient is the address it was sent to.
    """
    behaviour = afterwards(mail.recipient)
    if behaviour in BOUNCES:
        status, diagnostic = BOUNCES[behaviour]
        bounce = {"status": status, "diagnostic": diagnostic.format(recipient=mail.recipient)}
        return [{**_event("bounced", mail, now), "bounce": bounce}]
    events = [_event("delivered", mail, now)]
    if behaviour == Behaviour.COMPLAIN:
        events.append(_event("complained", mail, now))
    elif behaviour != Behaviour.DELIVER:
        answer = answer_to(mail, behaviour, now=now)
        inbound = {
            **_event("inbound", mail, now),
            "message_id": answer.message_id,
            "recipient": answer.to_address,
            "raw_mime": base64.b64encode(compose(answer)).decode(),
        }
        events.append(inbound)
    return events


def answer_to(mail: TakenMail, behaviour: Behaviour, *, now: datetime) -> OutgoingMail:
    """Return what the recipient writes back: threaded, quoting, signed, to the Reply-To address."""
    original = mail.parsed
    name = _own_name(mail)
    away = behaviour == Behaviour.AWAY
    subject = str(original["Subject"] or "").strip()
    thread = [*re.findall(r"<[^<>\s]+>", str(original["References"] or "")), mail.message_id]
    seed = f"{mail.message_id} {mail.recipient} {behaviour}"
    return OutgoingMail(
        from_name=name,
        from_address=mail.recipient,
        to_address=_address_to_answer(original),
        subject=f"Automatic reply: {subject}" if away else f"Re: {subject.removeprefix('Re: ')}",
        text=_away_text(name, now) if away else _reply_text(original, behaviour, name),
        message_id=f"<{_digest(seed)}@{domain_of(mail.recipient)}>",
        date=now,
        in_reply_to=mail.message_id,
        references=tuple(filter(None, thread)),
        # RFC 3834 section 5: a program wrote this.
        extra_headers=(("Auto-Submitted", "auto-replied"),) if away else (),
    )


def _reply_text(original: EmailMessage, behaviour: Behaviour, name: str) -> str:
    sender = original["From"].addresses[0]
    first = (sender.display_name.split() or ["there"])[0]
    quoted = "\n".join(
        f"> {line}".rstrip() for line in _plain_text(original).splitlines()[:QUOTED_LINES]
    )
    written = original["Date"].datetime if original["Date"] else None
    opening = f"On {format_datetime(written)}, {sender} wrote:" if written else f"{sender} wrote:"
    return f"Hi {first},\n\n{ANSWERS[behaviour]}\n\nBest regards,\n{name}\n\n{opening}\n{quoted}\n"


def _away_text(name: str, now: datetime) -> str:
    back = now + ABSENCE
    return (
        f"Thank you for your message. I am out of the office and will be back on {back:%A}, {back.day} {back:%B %Y}. "
        f"I do not read mail until then and will answer when I return.\n\nKind regards,\n{name}\n"
    )


def _plain_text(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    return body.get_content() if body is not None else ""


def _own_name(mail: TakenMail) -> str:
    to = mail.parsed["To"]
    shown = to.addresses[0].display_name if to and to.addresses else ""
    words = re.split(r"[.+_-]", mail.recipient.partition("@")[0])
    return shown or " ".join(word.capitalize() for word in words if word)


def _address_to_answer(original: EmailMessage) -> str:
    header = original["Reply-To"] or original["From"]
    return str(header.addresses[0].addr_spec)


def _event(kind: str, mail: TakenMail, now: datetime) -> dict[str, Any]:
    return {
        "event_id": _digest(f"{mail.message_id} {mail.recipient} {kind}"),
        "type": kind,
        "timestamp": now.isoformat(),
        "message_id": mail.message_id,
        "recipient": mail.recipient,
    }


def _first(address: str, table: dict[str, Behaviour]) -> Behaviour | None:
    words = re.split(r"[.+_-]", address.partition("@")[0].lower())
    return next((table[word] for word in words if word in table), None)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
