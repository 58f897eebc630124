"""Everything that happened to one application, newest first: moves, approvals, mails and answers in one line of time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import F
from django.db.models.functions import Greatest

from jobs.models import Application, ApplicationEvent
from outreach.models import Approval, Message, Reply

ENTRIES_A_PAGE = 40
# These lines of the history are told better by their own rows.
TOLD_BY_ROWS = ("approved", "replied")
EVENT_TONES = {
    "moved": "accent",
    "recalled": "warn",
    "stopped": "warn",
    "writing_stopped": "warn",
    "undone": "warn",
    "out_of_office": "warn",
    "interview_added": "ok",
}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line. `tone` is ok, warn, danger, accent or empty; `text` may hold several lines."""

    at: datetime
    title: str
    text: str = ""
    detail: str = ""
    tone: str = ""
    by: str = ""
    reply: Reply | None = None
    order: int = 0


@dataclass(frozen=True)
class Timeline:
    """A page of entries; `before` (empty on the last page) is where the next one begins."""

    entries: list[Entry] = field(default_factory=list)
    before: str = ""


def timeline_of(application: Application, *, before: datetime | None = None) -> Timeline:
    """Return the newest entries, or those earlier than `before`; four queries, however long the history is."""
    found = sorted(
        [
            *_events(application, before),
            *_approvals(application, before),
            *_mails(application, before),
            *_replies(application, before),
        ],
        key=lambda entry: (entry.at, entry.order),
        reverse=True,
    )
    if len(found) <= ENTRIES_A_PAGE:
        return Timeline(found)
    last = found[ENTRIES_A_PAGE - 1].at
    # Entries of one moment stay on one page, because the next page begins before that moment.
    shown = [entry for entry in found if entry.at >= last]
    has_more = len(shown) < len(found)
    return Timeline(shown, last.isoformat() if has_more else "")


def _newest(rows: Any, by: str, before: datetime | None) -> Any:
    """Return one more row than a page shows: enough to know whether another page follows."""
    if before is not None:
        rows = rows.filter(**{f"{by}__lt": before})
    return rows.order_by(f"-{by}", "-pk")[: ENTRIES_A_PAGE + 1]


def _events(application: Application, before: datetime | None) -> Iterator[Entry]:
    rows = ApplicationEvent.objects.filter(application=application).exclude(kind__in=TOLD_BY_ROWS)
    for event in _newest(rows.select_related("actor"), "at", before):
        yield Entry(
            at=event.at,
            title=event.text,
            tone=EVENT_TONES.get(event.kind, ""),
            by=event.actor.get_full_name() if event.actor else "",
            order=event.pk,
        )


def _approvals(application: Application, before: datetime | None) -> Iterator[Entry]:
    rows = Approval.objects.filter(package__application=application).select_related("user")
    for approval in _newest(rows, "approved_at", before):
        mails = [item for item in approval.items if "recipient" in item]
        names = sorted({str(item.get("name") or item["recipient"]) for item in mails})
        yield Entry(
            at=approval.approved_at,
            title=f"Approved {len(mails)} mail{'' if len(mails) == 1 else 's'}",
            text=f"To {', '.join(names)}" if names else "",
            detail=f"No longer in force: {approval.void_reason}" if approval.voided_at else "",
            tone="ok",
            by=approval.user.get_full_name() if approval.user else "",
        )


def _mails(application: Application, before: datetime | None) -> Iterator[Entry]:
    rows = (
        Message.objects.filter(enrollment__application=application)
        .annotate(last_at=Greatest("sent_at", "bounced_at", "complained_at"))
        .exclude(last_at=None)
        .select_related("enrollment__contact", "mailbox")
        .defer("body", "mailbox__smtp_password")
    )
    for message in _newest(rows, "last_at", before):
        yield from (entry for entry in _mail(message) if before is None or entry.at < before)


def _mail(message: Message) -> Iterator[Entry]:
    who = message.enrollment.contact
    if message.sent_at is not None:
        yield Entry(
            at=message.sent_at,
            title=f"Mail {message.step_number} sent to {who}",
            text=message.subject,
            detail=f"From {message.mailbox}" if message.mailbox else "",
            tone="accent",
        )
    if message.delivered_at is not None:
        yield Entry(
            at=message.delivered_at,
            title=f"Mail {message.step_number} delivered to {who}",
            tone="ok",
            order=1,
        )
    if message.bounced_at is not None:
        yield Entry(
            at=message.bounced_at,
            title=f"Mail {message.step_number} to {who} came back",
            text=message.last_error or message.status_reason,
            tone="danger",
            order=2,
        )
    if message.complained_at is not None:
        yield Entry(
            at=message.complained_at,
            title=f"{who} reported mail {message.step_number} as spam",
            tone="danger",
            order=3,
        )


def _replies(application: Application, before: datetime | None) -> Iterator[Entry]:
    rows = (
        Reply.objects.filter(enrollment__application=application)
        .select_related("inbound", "enrollment__contact")
        .defer("inbound__raw", "inbound__text")
        .annotate(received_at=F("inbound__received_at"))
    )
    for reply in _newest(rows, "received_at", before):
        yield Entry(
            at=reply.inbound.received_at,
            title=f"{reply.enrollment.contact} {'answered' if reply.is_human else 'sent an automatic answer'}",
            text=reply.inbound.visible_text,
            tone="ok" if reply.is_human else "warn",
            reply=reply,
            order=4,
        )


def still_to_come(messages: Iterable[Message]) -> list[Message]:
    """Return the mails that still mean to go, the next one first."""
    waiting = [message for message in messages if message.status in Message.PENDING]
    return sorted(waiting, key=lambda message: (message.due_at, message.pk))
