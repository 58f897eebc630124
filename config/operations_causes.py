"""What needs a person: rows grouped by one and the same cause, those that reach most people first."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

from django.db import connection, models
from django.db.models import Count, Q

from accounts.console.masking import mask_addresses_in
from accounts.models import BackgroundTask, Workspace
from config.operations_links import list_url
from jobs.models import Source
from mailboxes.models import DomainQuarantine, Mailbox, ProviderDelivery, Suppression
from mailboxes.refused_posts import refused_since
from outreach.models import Message
from outreach.resolving import STUCK_AFTER

DAY = timedelta(hours=24)
CAUSES_LIMIT = 200  # groups read per question; the worst are listed first
SHOWN_CAUSES = 25
# Architecture section 7, brakes: a warning at 0.1 % complaints; a day is not clean at 3 % bounces. The share of bounces
# is judged from 50 sends on, one complaint at once.
COMPLAINTS_ALARM, BOUNCES_ALARM, BOUNCES_LEAST = 0.001, 0.03, 50
BROKEN_SOURCES = (Source.Health.DEAD, Source.Health.UNAVAILABLE, Source.Health.REFUSED)
Status = Message.Status


class Reach(IntEnum):
    """How far one row of a kind reaches: the blast radius by which causes are sorted."""

    DOMAIN = 1
    WORKSPACE = 2
    MAILBOX = 3
    WEBHOOK = 4
    MAIL = 5
    TASK = 6


@dataclass(frozen=True)
class Cause:
    """Rows that need a person for one and the same reason."""

    reach: Reach
    what: str
    why: str
    count: int
    url: str


def causes(
    now: datetime, may_see: Callable[[type[models.Model]], bool], *, stuck: int = 0
) -> list[Cause]:
    """Return what needs a person at `now`, of the models that `may_see` allows; widest reach first, then most rows.

    `stuck`: mails that nothing but a missing sender keeps here (outreach.pulse).
    """
    parts = (
        (Mailbox, _domains),
        (DomainQuarantine, _quarantines),
        (Workspace, _workspaces),
        (Mailbox, _mailboxes),
        (ProviderDelivery, _posts),
        (Message, _mails),
        (Suppression, _releases),
        (BackgroundTask, _tasks),
        (Source, _sources),
    )
    found = [cause for model, part in parts if may_see(model) for cause in part(now)]
    if stuck:
        why = f"Due for more than {STUCK_AFTER.seconds // 60} minutes and never tried"
        url = list_url(Message, stuck="yes")
        found.append(Cause(Reach.MAIL, "Messages: stuck", why, stuck, url))
    return sorted(found, key=lambda cause: (cause.reach, -cause.count))[:SHOWN_CAUSES]


# One row per sending domain with mail in seven days; through the mailboxes, whose days are few and indexed.
_RATES = """
SELECT domain, sum(sent), sum(bounced), sum(complained) FROM (
    SELECT lower(split_part(b.address, '@', -1)) AS domain, d.sent, d.bounced, d.complained
    FROM mailboxes_mailbox b JOIN mailboxes_mailboxday d ON d.mailbox_id = b.id
    WHERE b.last_sent_at > %(since)s AND d.day > (%(since)s AT TIME ZONE 'UTC')::date) days
GROUP BY domain
HAVING sum(complained) >= greatest(1, sum(sent) * %(complaints)s)
    OR (sum(sent) >= %(least)s AND sum(bounced) >= sum(sent) * %(bounces)s)
ORDER BY sum(complained) DESC, sum(bounced) DESC LIMIT 25
"""


def _domains(now: datetime) -> list[Cause]:
    limits: dict[str, Any] = {
        "since": now - timedelta(days=7),
        "complaints": COMPLAINTS_ALARM,
        "bounces": BOUNCES_ALARM,
        "least": BOUNCES_LEAST,
    }
    with connection.cursor() as cursor:
        cursor.execute(_RATES, limits)
        rows = cursor.fetchall()
    return [
        Cause(
            Reach.DOMAIN,
            f"Domain {domain}",
            f"7 days: {bounced} bounced and {complained} reported as spam, of {sent} mails",
            sent,
            list_url(Mailbox, domain=domain),
        )
        for domain, sent, bounced, complained in rows
    ]


def _quarantines(now: datetime) -> list[Cause]:
    count = DomainQuarantine.objects.filter(released_at=None).count()
    url = list_url(DomainQuarantine, standing="closed")
    why = "Their mail waits until somebody releases them"
    return [Cause(Reach.DOMAIN, "Domains in quarantine", why, count, url)] if count else []


def _workspaces(now: datetime) -> list[Cause]:
    paused = Workspace.objects.filter(sending_paused_at__isnull=False)
    groups = _grouped(paused, "sending_paused_reason", "sending_paused_by_staff")
    return [
        Cause(
            Reach.WORKSPACE,
            f"Workspaces braked by {'operations' if by_staff else 'themselves or a brake'}",
            why or "No reason is kept",
            count,
            list_url(Workspace, sending="paused"),
        )
        for by_staff, why, count in groups
    ]


def _mailboxes(now: datetime) -> list[Cause]:
    stopped = (Mailbox.Status.PAUSED, Mailbox.Status.BROKEN)
    groups = _grouped(Mailbox.objects.filter(status__in=stopped), "status_reason")
    return [
        Cause(
            Reach.MAILBOX,
            f"Mailboxes: {Mailbox.Status(status).label.lower()}",
            why,
            count,
            list_url(Mailbox, status__exact=status),
        )
        for status, why, count in groups
    ]


def _posts(now: datetime) -> list[Cause]:
    failed = ProviderDelivery.Status.FAILED
    url = list_url(ProviderDelivery, status__exact=failed)
    found = [
        Cause(Reach.WEBHOOK, "Webhook posts not applied", why or "No reason is kept", count, url)
        for _, why, count in _grouped(ProviderDelivery.objects.filter(status=failed), "error")
    ]
    why = "The signature was missing, wrong or too old, in two hours"
    return found + [
        Cause(
            Reach.WEBHOOK,
            f"Webhook posts refused: {provider}",
            why,
            count,
            list_url(ProviderDelivery),
        )
        for provider, count in refused_since(now - timedelta(hours=2), now=now).items()
    ]


def _mails(now: datetime) -> list[Cause]:
    recent = Q(status=Status.FAILED, updated_at__gte=now - DAY)
    waits = Q(status=Status.UNKNOWN) | Q(status=Status.HELD, lost_claims=0)
    rows = Message.objects.filter(waits | recent)
    found = [
        Cause(
            Reach.MAIL,
            f"Messages: {Status(status).label.lower()}",
            why or "No reason is kept",
            count,
            list_url(Message, failed="day")
            if status == Status.FAILED
            else list_url(Message, status__exact=status),
        )
        for status, why, count in _grouped(rows, "status_reason")
    ]
    killers = Message.objects.filter(status=Status.HELD, lost_claims__gt=0).count()
    if killers:
        why = "Senders were lost each time they held one of these"
        url = list_url(Message, stuck="killers")
        found.append(Cause(Reach.MAIL, "Messages: senders lost", why, killers, url))
    return found


def _releases(now: datetime) -> list[Cause]:
    count = Suppression.objects.filter(released_at=None, release_asked_by__isnull=False).count()
    url = list_url(Suppression, standing="asked")
    why = "A second person decides"
    return [Cause(Reach.MAIL, "Releases asked for", why, count, url)] if count else []


def _tasks(now: datetime) -> list[Cause]:
    failed = BackgroundTask.objects.filter(
        status=BackgroundTask.Status.FAILED, finished_at__gte=now - DAY
    )
    return [
        Cause(
            Reach.TASK,
            "Tasks failed in 24 hours",
            why,
            count,
            list_url(BackgroundTask, failed="day"),
        )
        for _, why, count in _grouped(failed, "error")
    ]


def _sources(now: datetime) -> list[Cause]:
    groups = _grouped(Source.objects.filter(health__in=BROKEN_SOURCES), "last_error", "health")
    return [
        Cause(
            Reach.TASK,
            f"Sources: {Source.Health(health).label.lower()}",
            why or "No reason is kept",
            count,
            list_url(Source, health__exact=health),
        )
        for health, why, count in groups
    ]


def _grouped(
    rows: models.QuerySet[Any], cause: str, state: str = "status"
) -> list[tuple[Any, str, int]]:
    """Return (state, masked cause, rows) of the largest groups; causes that differ only by an address are one."""
    found = rows.order_by().values_list(state, cause).annotate(rows=Count("pk")).order_by("-rows")
    counts = Counter[tuple[Any, str]]()
    for status, why, count in found[:CAUSES_LIMIT]:
        counts[status, mask_addresses_in(why)] += count
    return [(status, why, count) for (status, why), count in counts.most_common()]
