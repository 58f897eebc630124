"""What will go, when, from which mailbox, and why not; and what has just left."""

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, F, Max, Min, Q, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from accounts.models import Workspace
from outreach.forecast import TOO_MANY, Forecast, Outlook, forecast
from outreach.models import Message
from outreach.outbox import Check, why_not_sending
from outreach.paging import Slice, page_of

Status = Message.Status

ROWS_A_PAGE = 25
# Asking why takes some queries for each mail; on a page this many of the mails that are late are asked at once,
# the others have a link.
ASKED_AT_ONCE = 5
WAITING = (*Message.PENDING, Status.SENDING)
DONE_WITH = (*Message.LEFT, Status.FAILED)
TONES = {
    Status.SENT: "info",
    Status.DELIVERED: "ok",
    Status.BOUNCED: "danger",
    Status.COMPLAINED: "danger",
    Status.FAILED: "danger",
    Status.UNKNOWN: "warn",
    Status.HELD: "warn",
    Status.SCHEDULED: "accent",
}
ANY_MAILBOX = "The first mailbox that is free"


@dataclass
class Planned:
    """One mail of the outbox. `cause` is the one thing that keeps a mail that is due, None for one that is not due yet.

    `forecast` says when it will leave, from which mailbox, or the one reason why it will not.
    """

    message: Message
    is_due: bool
    hold_until: datetime | None
    forecast: Forecast | None = None
    mailbox: str = ""
    cause: Check | None = None
    checks: list[Check] = field(default_factory=list)
    fix_url: str = ""

    @property
    def goes(self) -> bool:
        """Whether it leaves by itself as things stand, or is leaving now."""
        is_leaving = self.message.status == Status.SENDING
        return is_leaving or (self.forecast is not None and self.forecast.will_go)

    @property
    def at(self) -> datetime | None:
        """When it will leave; what was planned for one that will not."""
        return (self.forecast and self.forecast.at) or self.message.due_at


@dataclass
class Batch:
    """The mails of one day and one mailbox; `day` is in the active zone, None for those that do not go as things stand."""

    day: date | None
    mailbox: str
    rows: list[Planned] = field(default_factory=list)


def mails_of(workspace: Workspace) -> Any:
    """Return the workspace's mails with what their line shows."""
    return (
        Message.objects.for_workspace(workspace)
        .select_related(
            "enrollment__contact",
            "enrollment__application__job",
            "enrollment__mailbox",
            "enrollment__package",
            "enrollment__version__sequence",
            "approval",
            "mailbox",
            "workspace",
        )
        .defer(
            "body",
            "mailbox__smtp_password",
            "enrollment__mailbox__smtp_password",
            "enrollment__application__job__description_html",
            "enrollment__application__job__description_text",
            "enrollment__application__job__embedding",
            "enrollment__application__job__search",
        )
    )


def scheduled(workspace: Workspace, *, cursor: str) -> Slice:
    """Return a page of the mails that mean to go, the next one first."""
    rows = mails_of(workspace).filter(status__in=WAITING)
    return page_of(rows, by="due_at", size=ROWS_A_PAGE, cursor=cursor)


def left(workspace: Workspace, *, cursor: str, size: int = ROWS_A_PAGE) -> Slice:
    """Return a page of the mails that left or failed, the latest first."""
    rows = mails_of(workspace).filter(status__in=DONE_WITH)
    rows = rows.annotate(ended_at=Coalesce("sent_at", "sending_at", F("updated_at")))
    return page_of(rows, by="ended_at", size=size, cursor=cursor, newest_first=True)


def token_of(workspace: Workspace) -> str:
    """Return a short text that changes whenever a mail moves, leaves or is cancelled; one cheap query."""
    rows = Message.objects.for_workspace(workspace).filter(status__in=WAITING).order_by()
    row = rows.aggregate(
        count=Count("pk"),
        ids=Sum("pk"),
        held=Count("pk", filter=Q(status=Status.HELD)),
        moving=Count("pk", filter=Q(status=Status.SENDING)),
        first=Min("due_at"),
        last=Max("due_at"),
    )
    return hashlib.sha256(repr(sorted(row.items())).encode()).hexdigest()[:16]


def plan(message: Message, *, now: datetime, ask: bool = False) -> Planned:
    """Return the line of one mail; with `ask` also why it is not leaving."""
    is_due = message.due_at is not None and message.due_at <= now and message.status in WAITING
    hold_until = message.approval.hold_until if message.approval else None
    is_held_back = hold_until is not None and hold_until > now and message.status in WAITING
    planned = Planned(message, is_due, hold_until if is_held_back else None)
    if ask:
        planned.checks = why_not_sending(message, now)
        planned.cause = next((check for check in planned.checks if check.is_primary), None)
        planned.fix_url = fix_url(planned.cause, message) if planned.cause else ""
    return planned


def batches(workspace: Workspace, messages: list[Message], *, now: datetime) -> list[Batch]:
    """Group mails, given by time, by the day (of the active zone) and the mailbox they will leave on.

    The first that are due say why they have not left.
    """
    outlook = forecast(workspace, now=now) if messages else Outlook({}, {})
    found: dict[tuple[date | None, str], Batch] = {}
    asked = 0
    for message in messages:
        ask = asked < ASKED_AT_ONCE and (
            (message.due_at or now) <= now or message.status == Status.HELD
        )
        asked += ask
        row = plan(message, now=now, ask=ask)
        row.forecast = outlook.mails.get(message.pk) or Forecast(
            message.pk, reason=_unforeseen(message)
        )
        box = row.forecast.mailbox_id or message.mailbox_id or message.enrollment.mailbox_id
        row.mailbox = outlook.addresses.get(box or 0, ANY_MAILBOX)
        key = (timezone.localtime(row.at or now).date(), row.mailbox) if row.goes else (None, "")
        found.setdefault(key, Batch(*key)).rows.append(row)
    return sorted(found.values(), key=lambda batch: batch.day or date.max)


def _unforeseen(message: Message) -> str:
    return "" if message.status == Status.SENDING else TOO_MANY


def fix_url(check: Check, message: Message) -> str:
    """Return where the cause is mended, or "" when waiting is all there is to do."""
    enrollment = message.enrollment
    sequence = enrollment.version.sequence
    application = reverse("outreach:application-detail", args=[enrollment.application.public_id])
    places = {
        "package": reverse("outreach:package-detail", args=[enrollment.package.public_id]),
        "message": reverse("outreach:outbox-message", args=[message.public_id]),
        "contact": f"{application}#application-people",
        "suppressions": f"{reverse('outreach:suppression-list')}?{urlencode({'q': message.recipient})}",
        "sequence": reverse("outreach:sequence-detail", args=[sequence.public_id]),
        "application": application,
        "workspace": reverse("accounts:workspace-edit"),
        "mailboxes": reverse("mailboxes:mailbox-list"),
    }
    return places.get(check.link, "")
