"""What the list of mailboxes tells of each, brought for a whole page in three queries."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Count
from django.utils import timezone

from accounts.console.masking import mask_addresses_in
from mailboxes.addresses import domain_of
from mailboxes.capacity import HEALTH_TO_SEND, RAMP
from mailboxes.models import DomainCheck, InboundMessage, Mailbox, MailboxDay

WEEK = timedelta(days=7)
SHOWN_CHECKS = (DomainCheck.Kind.SPF, DomainCheck.Kind.DKIM, DomainCheck.Kind.DMARC)
# An SMTP reply code and, after it, an enhanced one (RFC 3463).
CODE = re.compile(r"\b[45]\d\d\b(?:[ -][45]\.\d{1,3}\.\d{1,3})?")


@dataclass
class Figures:
    """What one mailbox did today and in seven days, and what DNS says of its domain."""

    sent_today: int = 0
    cap_today: int | None = None
    sent: int = 0
    bounced: int = 0
    complained: int = 0
    replies: int = 0
    dns: dict[str, str] = field(default_factory=dict)


def bring_figures(mailboxes: Iterable[Mailbox]) -> None:
    """Give every mailbox its `figures`."""
    rows = list(mailboxes)
    figures: dict[int, Figures] = defaultdict(Figures)
    _bring_days(rows, figures)
    _bring_replies(rows, figures)
    _bring_dns(rows, figures)
    for row in rows:
        row.figures = figures[row.pk]  # type: ignore[attr-defined]


def _bring_days(rows: list[Mailbox], figures: dict[int, Figures]) -> None:
    today = timezone.now().date()
    for day in MailboxDay.objects.filter(mailbox__in=rows, day__gt=today - WEEK):
        one = figures[day.mailbox_id]
        one.sent += day.sent
        one.bounced += day.bounced
        one.complained += day.complained
        if day.day == today:
            one.sent_today, one.cap_today = day.sent, day.cap


def _bring_replies(rows: list[Mailbox], figures: dict[int, Figures]) -> None:
    written = InboundMessage.objects.filter(
        mailbox__in=rows,
        received_at__gte=timezone.now() - WEEK,
        auto_reply=InboundMessage.AutoReply.HUMAN,
    )
    counts = written.order_by().values_list("mailbox").annotate(mails=Count("pk"))
    for pk, mails in counts:
        figures[pk].replies = mails


def _bring_dns(rows: list[Mailbox], figures: dict[int, Figures]) -> None:
    owners = {row.pk: (row.workspace_id, domain_of(row.address).lower()) for row in rows}
    checks = (
        DomainCheck.objects.filter(
            workspace__in={workspace for workspace, _ in owners.values()},
            sending_domain__domain__in={domain for _, domain in owners.values()},
            kind__in=SHOWN_CHECKS,
        )
        .order_by("sending_domain", "kind", "-checked_at")
        .distinct("sending_domain", "kind")
        .values_list("workspace_id", "sending_domain__domain", "kind", "verdict")
    )
    verdicts: dict[tuple[int, str], dict[str, str]] = defaultdict(dict)
    for workspace, domain, kind, verdict in checks:
        verdicts[workspace, domain.lower()][kind] = verdict
    for pk, owner in owners.items():
        figures[pk].dns = verdicts.get(owner, {})


def health_word(mailbox: Mailbox) -> str:
    """Return number, word and the first reason; a mailbox that stands says why it stands."""
    word = "good" if mailbox.health >= HEALTH_TO_SEND else "low"
    why = mailbox.status_reason or (
        mailbox.health_reasons[0]["sentence"] if mailbox.health_reasons else ""
    )
    text = f"{mailbox.get_status_display()}, {mailbox.health} {word}"
    return f"{text}: {mask_addresses_in(str(why))[:80]}" if why else text


def dns_word(mailbox: Mailbox) -> str:
    """Return the verdicts in force; a practice mailbox has no domain."""
    verdicts = _figures(mailbox).dns
    if mailbox.is_sandbox:
        return "practice"
    labels = dict(DomainCheck.Verdict.choices)
    return ", ".join(
        f"{kind.label} {str(labels[verdicts[kind]]).lower()}"
        if kind in verdicts
        else f"{kind.label} not asked"
        for kind in SHOWN_CHECKS
    )


def ramp_word(mailbox: Mailbox) -> str:
    """Return the day of the ramp, or that it is over."""
    if mailbox.is_sandbox:
        return "no ramp"
    if mailbox.status == Mailbox.Status.ACTIVE:
        return "ramp over"
    return f"day {mailbox.ramp_days + 1} of {RAMP[-1][0]}"


def today_word(mailbox: Mailbox) -> str:
    """Return how many of today's cap were sent."""
    figures = _figures(mailbox)
    cap = mailbox.daily_cap if figures.cap_today is None else figures.cap_today
    return f"{figures.sent_today} of {cap}"


def week_word(mailbox: Mailbox) -> str:
    """Return bounces, complaints and replies of seven days, the first two with their share of what was sent."""
    figures = _figures(mailbox)
    if not figures.sent:
        return f"0, 0, {figures.replies}"
    parts = [
        f"{count} ({count / figures.sent:.1%})" if count else "0"
        for count in (figures.bounced, figures.complained)
    ]
    return ", ".join([*parts, str(figures.replies)])


def error_word(mailbox: Mailbox) -> str:
    """Return the code of the last error, or the beginning of its sentence when it has none."""
    found = CODE.search(mailbox.last_error)
    return found.group() if found else mask_addresses_in(mailbox.last_error)[:40]


def _figures(mailbox: Mailbox) -> Figures:
    # Set by bring_figures for a page of the list; one mailbox alone has none.
    figures: Figures = getattr(mailbox, "figures", None) or Figures()
    return figures
