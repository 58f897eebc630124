"""A second mailbox for the sample workspace: halfway through its warm-up, with its days and what DNS said.

Its domain is reserved for examples, so nothing can be sent from it or asked about it; its figures add up to the health
that the product itself computes.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from accounts.models import Workspace
from mailboxes import brakes, dns_checks
from mailboxes.dns_records import Judgment
from mailboxes.models import (
    DeliveryEvent,
    DomainCheck,
    Mailbox,
    MailboxDay,
    ProviderDelivery,
    SendingDomain,
    WebhookEndpoint,
)
from mailboxes.ramp_chart import planned_cap

ADDRESS = "anna@keller.example"
DOMAIN = "keller.example"
CARRIER = "mail.keller.example"
BEGUN_DAYS_AGO = 18
# Mails of the working days since it began, the last one at the end; what the ramp allowed, or a little less.
SENT = (3, 4, 5, 5, 8, 10, 9, 10, 12, 14, 15, 14, 18, 19)
# This many working days ago two mails bounced: enough for a warning, too few for the brake.
BOUNCED_AGO, BOUNCED = 3, 2
SPF = f"v=spf1 include:_spf.{CARRIER} ~all"
MX_SENTENCE = "Answers reach you through these servers."


def make_warming_mailbox(workspace: Workspace, *, now: datetime) -> Mailbox:
    """Make the mailbox with its days, its domain's history and its two bounces, dated back from `now`."""
    today = now.astimezone(UTC).date()
    begun = today - timedelta(days=BEGUN_DAYS_AGO)
    mailbox: Mailbox = Mailbox.objects.create(
        workspace=workspace,
        address=ADDRESS,
        display_name=workspace.sender_name,
        provider=Mailbox.Provider.SMTP,
        smtp_host=CARRIER,
        smtp_username=ADDRESS,
        status=Mailbox.Status.WARMUP,
        warmup_started_on=begun,
        time_zone=workspace.time_zone,
    )
    _days(mailbox, begun, today)
    _domain(workspace, now=now)
    Mailbox.objects.filter(pk=mailbox.pk).update(
        created_at=_at(begun), last_ok_at=now - timedelta(hours=3)
    )
    brakes.look_at(mailbox.pk, now=now)
    mailbox.refresh_from_db()
    return mailbox


def _at(day: date, hour: int = 9) -> datetime:
    return datetime.combine(day, time(hour, 12), tzinfo=UTC)


def _days(mailbox: Mailbox, begun: date, today: date) -> None:
    """Write one row for each working day before today, and what it did to the ramp."""
    days = [begun + timedelta(days=number) for number in range((today - begun).days)]
    working = [day for day in days if day.weekday() < 5]
    plan = list(zip(working, SENT[-len(working) :], strict=True))
    counted = 0
    for ago, (day, sent) in zip(range(len(plan), 0, -1), plan, strict=True):
        cap = planned_cap(counted, mailbox.daily_cap)
        bounced = BOUNCED if ago == BOUNCED_AGO else 0
        left = min(sent, cap)
        MailboxDay.objects.create(
            workspace=mailbox.workspace,
            mailbox=mailbox,
            day=day,
            cap=cap,
            reserved=left,
            sent=left,
            bounced=bounced,
        )
        counted += not bounced
        if bounced:
            _bounces(mailbox, _at(day, 11))
    Mailbox.objects.filter(pk=mailbox.pk).update(
        ramp_days=counted,
        ramp_counted_on=today - timedelta(days=1),
        last_sent_at=_at(working[-1], 14),
    )


def _bounces(mailbox: Mailbox, at: datetime) -> None:
    """Let the mailbox's provider have told of the bounces; they are about mails of another time, so nobody waits."""
    endpoint = WebhookEndpoint.objects.create(
        workspace=mailbox.workspace, mailbox=mailbox, provider="generic", is_active=False
    )
    delivery = ProviderDelivery.objects.create(
        workspace=mailbox.workspace,
        endpoint=endpoint,
        provider="generic",
        body=b"{}",
        body_sha256="0" * 64,
        signature_verdict="sample",
        status=ProviderDelivery.Status.APPLIED,
        received_at=at,
        applied_at=at,
    )
    for number in range(BOUNCED):
        DeliveryEvent.objects.create(
            workspace=mailbox.workspace,
            delivery=delivery,
            endpoint=endpoint,
            event_id=f"sample-warming-bounce-{number}",
            type=DeliveryEvent.Type.BOUNCED,
            bounce_kind=DeliveryEvent.BounceKind.HARD,
            occurred_at=at + timedelta(minutes=7 * number),
            recipient=("jobs@closed-yard.test", "r.lang@old-pier.test")[number],
            status_code="5.1.1",
            diagnostic="No such user here",
            processed_at=at,
            outcome="sample",
        )


def _domain(workspace: Workspace, *, now: datetime) -> None:
    """Tell what DNS said of the domain: the SPF record came a day late, the DMARC record only now."""
    domain = SendingDomain.objects.create(workspace=workspace, domain=DOMAIN)
    for days_ago, judgments in (
        (BEGUN_DAYS_AGO, (_spf(), _dkim(), _dmarc(), _mx())),
        (BEGUN_DAYS_AGO - 1, (_spf(SPF), _dkim(), _dmarc(), _mx())),
        (0, (_spf(SPF), _dkim(), _dmarc("v=DMARC1; p=none"), _mx())),
    ):
        at = now - timedelta(days=days_ago, hours=2)
        known = set(DomainCheck.objects.filter(sending_domain=domain).values_list("pk", flat=True))
        dns_checks.store(domain, judgments, now=at)
        new = DomainCheck.objects.filter(sending_domain=domain).exclude(pk__in=known)
        new.update(created_at=at)


def _judged(kind: str, verdict: str, sentence: str, **more: Any) -> Judgment:
    return Judgment(kind=kind, verdict=verdict, sentence=sentence, **{"name": DOMAIN, **more})


def _spf(text: str = "") -> Judgment:
    if not text:
        sentence = (
            f"{DOMAIN} has no SPF record, so receivers cannot tell your servers from anybody's."
        )
        return _judged("spf", "missing", sentence, expected=SPF)
    sentence = "One record that names who carries your mail; 2 of 10 look-ups used."
    return _judged("spf", "ok", sentence, found=(text,))


def _dkim() -> Judgment:
    return _judged(
        "dkim",
        "ok",
        f"Your provider signs for {DOMAIN} with the key at this name.",
        name=f"mail._domainkey.{DOMAIN}",
        found=("v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQsample",),
    )


def _dmarc(text: str = "") -> Judgment:
    name = f"_dmarc.{DOMAIN}"
    if not text:
        sentence = f"{DOMAIN} has no DMARC record. Google and Yahoo want one from everybody who sends to many people."
        expected = f"v=DMARC1; p=none; rua=mailto:dmarc@{DOMAIN}"
        return _judged("dmarc", "missing", sentence, name=name, expected=expected)
    sentence = (
        "It only watches (p=none) and nobody gets the reports. "
        "When SPF and DKIM are good, ask for quarantine."
    )
    return _judged("dmarc", "warning", sentence, name=name, found=(text,))


def _mx() -> Judgment:
    return _judged("mx", "ok", MX_SENTENCE, found=(f"10 {CARRIER}",))
