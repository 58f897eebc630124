"""The board: what is going on right now, what needs a person, and what operators did last. Ten queries at most."""

import time
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.core.cache import cache
from django.db import models
from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from accounts.console.columns import who_did
from accounts.console.masking import mask_addresses_in
from accounts.models import AuditEntry, BackgroundTask, Workspace
from accounts.tasks import HEARTBEAT_KEY
from config.home import HEARTBEAT_LIMIT_SECONDS
from jobs.models import Source
from mailboxes.models import InboundMessage, Mailbox, ProviderDelivery
from outreach.models import Message
from outreach.resolving import STUCK_AFTER

RECENT = timedelta(minutes=5)
DAY = timedelta(hours=24)
LAST_ACTIONS = 20
CAUSES_LIMIT = 200  # groups read per question; the worst are listed first
SHOWN_CAUSES = 25
Status = Message.Status
BROKEN_SOURCES = (Source.Health.DEAD, Source.Health.UNAVAILABLE, Source.Health.REFUSED)


@dataclass(frozen=True)
class Tile:
    """One figure. `tone` is "danger" or "warn" when somebody must act, with a `note` that says so in words."""

    label: str
    value: str
    url: str = ""
    tone: str = ""
    note: str = ""


@dataclass(frozen=True)
class Cause:
    """Rows that need a person for one and the same reason."""

    what: str
    why: str
    count: int
    url: str


def board(request: HttpRequest) -> dict[str, Any]:
    """Return the board's context, holding only what this operator may see."""
    parts = [
        part(request)
        for model, part in (
            (Message, _messages),
            (ProviderDelivery, _webhooks),
            (InboundMessage, _inbound),
            (Mailbox, _mailboxes),
            (Workspace, _workspaces),
            (BackgroundTask, _tasks),
            (Source, _sources),
        )
        if _may_see(request, model)
    ]
    tiles = [tile for found, _ in parts for tile in found]
    causes = sorted(
        (cause for _, found in parts for cause in found), key=lambda cause: -cause.count
    )
    if tiles:
        tiles.append(_heartbeat())
    return {
        "now": timezone.now(),
        "tiles": tiles,
        "causes": causes[:SHOWN_CAUSES],
        "entries": _last_actions() if _may_see(request, AuditEntry) else [],
    }


Part = tuple[list[Tile], list[Cause]]


def _messages(request: HttpRequest) -> Part:
    now = timezone.now()
    stuck = Q(status=Status.SCHEDULED, due_at__lt=now - STUCK_AFTER, first_attempt_at=None)
    watched = Q(sent_at__gte=now - RECENT) | Q(
        status__in=[Status.SCHEDULED, Status.UNKNOWN, Status.HELD]
    )
    failed = Q(status=Status.FAILED, updated_at__gte=now - DAY)
    counts = Message.objects.filter(watched | failed).aggregate(
        sent=Count("pk", filter=Q(sent_at__gte=now - RECENT)),
        due=Count("pk", filter=Q(status=Status.SCHEDULED, due_at__lte=now)),
        waiting=Count("pk", filter=Q(status=Status.SCHEDULED, due_at__gt=now)),
        unknown=Count("pk", filter=Q(status=Status.UNKNOWN)),
        held=Count("pk", filter=Q(status=Status.HELD)),
        failed=Count("pk", filter=failed),
        stuck=Count("pk", filter=stuck),
    )
    tiles = [
        Tile("sent in 5 minutes", str(counts["sent"]), _list(Message, status__exact="sent")),
        Tile("due now", str(counts["due"]), _list(Message, due="overdue")),
        Tile("scheduled for later", str(counts["waiting"]), _list(Message, due="later")),
        _alarm("outcome unknown", counts["unknown"], _list(Message, status__exact="unknown")),
        _alarm("held for a person", counts["held"], _list(Message, status__exact="held"), "warn"),
        _alarm(
            "failed in 24 hours", counts["failed"], _list(Message, status__exact="failed"), "warn"
        ),
    ]
    rows = Message.objects.filter(Q(status__in=[Status.UNKNOWN, Status.HELD]) | failed)
    causes = [
        Cause(
            f"Messages: {Status(status).label.lower()}",
            why or "No reason is kept",
            count,
            _list(Message, status__exact=status),
        )
        for status, why, count in _grouped(rows, "status_reason")
    ]
    if counts["stuck"]:
        why = "Due for more than 15 minutes and never tried"
        causes.append(Cause("Messages: stuck", why, counts["stuck"], _list(Message, stuck="yes")))
    return tiles, causes


def _webhooks(request: HttpRequest) -> Part:
    waiting, failed = ProviderDelivery.Status.RECEIVED, ProviderDelivery.Status.FAILED
    groups = _grouped(ProviderDelivery.objects.filter(status__in=[waiting, failed]), "error")
    counts = Counter[str]()
    for status, _, count in groups:
        counts[status] += count
    failed_url = _list(ProviderDelivery, status__exact=failed)
    tiles = [
        Tile(
            "webhooks waiting",
            str(counts[waiting]),
            _list(ProviderDelivery, status__exact=waiting),
        ),
        _alarm("webhooks failed", counts[failed], failed_url),
    ]
    return tiles, [
        Cause("Webhook posts not applied", why or "No reason is kept", count, failed_url)
        for status, why, count in groups
        if status == failed
    ]


def _inbound(request: HttpRequest) -> Part:
    waiting = InboundMessage.objects.filter(processed_at=None).count()
    url = _list(InboundMessage, processed_at__isnull="True")
    return [Tile("replies unprocessed", str(waiting), url)], []


def _mailboxes(request: HttpRequest) -> Part:
    stopped = (Mailbox.Status.PAUSED, Mailbox.Status.BROKEN)
    groups = _grouped(Mailbox.objects.filter(status__in=stopped), "status_reason")
    counts = Counter[str]()
    for status, _, count in groups:
        counts[status] += count
    tiles = [
        _alarm(
            f"mailboxes {Mailbox.Status(status).label.lower()}",
            counts[status],
            _list(Mailbox, status__exact=status),
            "warn" if status == Mailbox.Status.PAUSED else "danger",
        )
        for status in stopped
    ]
    return tiles, [
        Cause(
            f"Mailboxes: {Mailbox.Status(status).label.lower()}",
            why,
            count,
            _list(Mailbox, status__exact=status),
        )
        for status, why, count in groups
    ]


def _workspaces(request: HttpRequest) -> Part:
    paused = Workspace.objects.filter(sending_paused_at__isnull=False).count()
    url = _list(Workspace, sending="paused")
    return [_alarm("workspaces paused", paused, url, "warn")], []


def _tasks(request: HttpRequest) -> Part:
    failed = BackgroundTask.objects.filter(
        status=BackgroundTask.Status.FAILED, finished_at__gte=timezone.now() - DAY
    )
    return [], [
        Cause("Tasks failed in 24 hours", why, count, _list(BackgroundTask, status__exact=status))
        for status, why, count in _grouped(failed, "error")
    ]


def _sources(request: HttpRequest) -> Part:
    groups = _grouped(Source.objects.filter(health__in=BROKEN_SOURCES), "last_error", "health")
    return [], [
        Cause(
            f"Sources: {Source.Health(health).label.lower()}",
            why or "No reason is kept",
            count,
            _list(Source, health__exact=health),
        )
        for health, why, count in groups
    ]


def _heartbeat() -> Tile:
    """Return how long ago a worker last ran a task that beat had sent."""
    beaten_at = cache.get(HEARTBEAT_KEY)
    if beaten_at is None:
        return Tile("last heartbeat", "none", tone="danger", note="No worker has run.")
    age = max(0, round(time.time() - beaten_at))
    if age >= HEARTBEAT_LIMIT_SECONDS:
        return Tile("last heartbeat", f"{age} s", tone="danger", note="Look at beat and workers.")
    return Tile("last heartbeat", f"{age} s")


def _last_actions() -> list[dict[str, Any]]:
    rows = AuditEntry.objects.select_related("actor").order_by("-at")[:LAST_ACTIONS]
    return [
        {
            "at": entry.at,
            "who": who_did(entry),
            "verb": entry.verb,
            "target": entry.target_type.rpartition(".")[2],
            "reason": mask_addresses_in(entry.reason),
            "url": reverse("admin:accounts_auditentry_change", args=[entry.pk]),
        }
        for entry in rows
    ]


def _alarm(label: str, count: int, url: str, tone: str = "danger") -> Tile:
    return Tile(label, str(count), url, tone if count else "", "Needs a look." if count else "")


def _grouped(
    rows: models.QuerySet[Any], cause: str, state: str = "status"
) -> list[tuple[str, str, int]]:
    """Return (state, masked cause, rows) of the largest groups; causes that differ only by an address are one."""
    found = rows.order_by().values_list(state, cause).annotate(rows=Count("pk")).order_by("-rows")
    counts = Counter[tuple[str, str]]()
    for status, why, count in found[:CAUSES_LIMIT]:
        counts[status, mask_addresses_in(why)] += count
    return [(status, why, count) for (status, why), count in counts.most_common()]


def _may_see(request: HttpRequest, model: type[models.Model]) -> bool:
    permission = f"{model._meta.app_label}.view_{model._meta.model_name}"
    return bool(request.user.has_perm(permission))


def _list(model: type[models.Model], **filters: str) -> str:
    """Return the address of a filtered list, or "" while the console has no list of the model."""
    try:
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    except NoReverseMatch:
        return ""
    return f"{url}?{urlencode(filters)}"
