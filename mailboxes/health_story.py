"""The health of a mailbox in words: one word for the score, what it is made of, and what happened lately."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from mailboxes.capacity import HEALTH_TO_SEND
from mailboxes.models import DeliveryEvent, InboundMessage, Mailbox

Type = DeliveryEvent.Type

# From here up nothing needs a look; between this and HEALTH_TO_SEND it sends on and says what drags it down.
HEALTH_GOOD = 90
HISTORY = timedelta(days=30)
EVENTS = 25
# What says something about a mailbox's name; deliveries are far too many and opens mean nothing.
TELLING = {
    Type.BOUNCED: ("danger", "{who} bounced"),
    Type.COMPLAINED: ("danger", "{who} reported a mail as spam"),
    Type.REJECTED: ("danger", "A mail to {who} was rejected"),
    Type.FAILED: ("danger", "A mail to {who} failed"),
    Type.UNSUBSCRIBED: ("warn", "{who} unsubscribed"),
}
_LONGEST = 160


@dataclass(frozen=True)
class Word:
    """A word for the state with the tone of its badge, and the one reason behind it ("" when all is well)."""

    text: str
    tone: str
    reason: str = ""


@dataclass(frozen=True)
class Happening:
    """One line of what happened."""

    at: datetime
    tone: str
    text: str
    detail: str = ""


def word_of(mailbox: Mailbox) -> Word:
    """Return the word for a mailbox's state: why it does not send, else how healthy it is."""
    if mailbox.status == Mailbox.Status.BROKEN:
        return Word("Not working", "danger", mailbox.status_reason)
    if mailbox.status == Mailbox.Status.PAUSED:
        return Word("Paused", "warn", mailbox.status_reason)
    reason = top_reason(mailbox)
    if mailbox.health < HEALTH_TO_SEND:
        return Word("Poor, does not send", "danger", reason)
    if mailbox.health < HEALTH_GOOD or mailbox.warned_at is not None:
        return Word("Fair", "warn", reason)
    return Word("Good", "ok", reason)


def top_reason(mailbox: Mailbox) -> str:
    """Return the sentence that costs the most points, or ""."""
    parts = parts_of(mailbox)
    return parts[0][1] if parts else ""


def parts_of(mailbox: Mailbox) -> list[tuple[int, str]]:
    """Return (points taken off, sentence) of each part of the score, the dearest first."""
    parts = [(abs(int(part["points"])), str(part["sentence"])) for part in mailbox.health_reasons]
    return sorted([part for part in parts if part[0]], key=lambda part: -part[0])


def happenings(mailbox: Mailbox, *, now: datetime) -> list[Happening]:
    """Return what happened to the mailbox's name in 30 days, the newest first. Two queries."""
    since = now - HISTORY
    events = DeliveryEvent.objects.filter(
        workspace=mailbox.workspace_id,
        endpoint__mailbox=mailbox,
        type__in=list(TELLING),
        occurred_at__gte=since,
    ).order_by("-occurred_at", "-pk")[:EVENTS]
    returned = (
        InboundMessage.objects.filter(
            workspace=mailbox.workspace_id,
            mailbox=mailbox,
            auto_reply=InboundMessage.AutoReply.BOUNCE,
            received_at__gte=since,
        )
        .defer("raw", "text", "visible_text")
        .order_by("-received_at", "-pk")[:EVENTS]
    )
    found = [_event(event) for event in events]
    found += [
        Happening(mail.received_at, "danger", "A mail came back", mail.subject[:_LONGEST])
        for mail in returned
    ]
    found += _turns(mailbox)
    return sorted(found, key=lambda happening: happening.at, reverse=True)[:EVENTS]


def _event(event: DeliveryEvent) -> Happening:
    tone, words = TELLING[Type(event.type)]
    if event.type == Type.BOUNCED and event.bounce_kind == DeliveryEvent.BounceKind.SOFT:
        tone, words = "warn", "{who} could not take a mail for now"
    who = event.recipient or "An unnamed recipient"
    detail = " ".join(part for part in (event.status_code, event.diagnostic) if part)
    return Happening(event.occurred_at, tone, words.format(who=who), detail[:_LONGEST])


def _turns(mailbox: Mailbox) -> list[Happening]:
    """Return the marks that brakes left on the mailbox itself."""
    found = []
    if mailbox.braked_at is not None:
        found.append(
            Happening(
                mailbox.braked_at, "danger", "A brake stopped the mailbox", mailbox.status_reason
            )
        )
    if mailbox.warned_at is not None:
        found.append(
            Happening(
                mailbox.warned_at, "warn", "A warning began, and the ramp rests until it is over"
            )
        )
    return found
