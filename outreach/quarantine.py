"""Closing a sending domain for the whole platform, with what that stops counted first."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower

from accounts.auditing import ReasonMissingError, record
from accounts.models import User
from mailboxes.addresses import AddressError, parse_address
from mailboxes.models import DomainQuarantine, Mailbox
from outreach.models import Message


@dataclass(frozen=True)
class BlastRadius:
    """What closing a domain reaches: its mailboxes, their workspaces, and waiting mail that no other mailbox can take."""

    mailboxes: int
    workspaces: int
    queued: int


def blast_radius(domain: str) -> BlastRadius:
    """Count what a quarantine of `domain` (subdomains not included) would stop now.

    Raises mailboxes.addresses.AddressError when it is not a domain.
    """
    boxes = _mailboxes(_cleaned(domain))
    elsewhere = (
        Mailbox.objects.filter(
            workspace=OuterRef("workspace"),
            is_sandbox=OuterRef("is_sample"),
            status__in=Mailbox.SENDING,
        )
        .exclude(pk__in=boxes.values("pk"))
        .order_by()
    )
    here = boxes.filter(workspace=OuterRef("workspace"), is_sandbox=OuterRef("is_sample"))
    waiting = Message.objects.filter(status__in=Message.PENDING).filter(
        Q(enrollment__mailbox__in=boxes)
        | (Q(enrollment__mailbox=None) & Exists(here) & ~Exists(elsewhere))
    )
    return BlastRadius(
        mailboxes=boxes.count(),
        workspaces=boxes.values("workspace").distinct().count(),
        queued=waiting.count(),
    )


def live_quarantine(domain: str) -> DomainQuarantine | None:
    """Return the quarantine that closes the domain, or None."""
    row: DomainQuarantine | None = DomainQuarantine.objects.filter(
        domain__iexact=domain, released_at=None
    ).first()
    return row


@transaction.atomic
def quarantine(
    domain: str, *, by: User | None, reason: str, now: datetime, actor_ip: str | None = None
) -> bool:
    """Let no mailbox of the domain send, audited with its blast radius; False when it was closed already.

    Raises AddressError when it is not a domain and ReasonMissingError for a blank reason.
    """
    host = _cleaned(domain)
    if not reason.strip():
        raise ReasonMissingError("Say why: a closed domain is kept with its reason.")
    try:
        with transaction.atomic():
            row = DomainQuarantine.objects.create(
                domain=host, reason=reason.strip()[:300], begun_at=now, begun_by=by
            )
    except IntegrityError:  # of two at once the constraint lets one through
        return False
    radius = blast_radius(host)
    record(
        "domain.quarantine",
        row,
        actor=by,
        actor_ip=actor_ip,
        reason=reason,
        after={"domain": host, "workspaces": radius.workspaces, "queued": radius.queued},
        affected_count=radius.mailboxes,
    )
    return True


@transaction.atomic
def release(
    domain: str, *, by: User | None, reason: str, now: datetime, actor_ip: str | None = None
) -> bool:
    """Let the domain's mailboxes send again, audited; False when it was not closed.

    Raises AddressError when it is not a domain and ReasonMissingError for a blank reason.
    """
    host = _cleaned(domain)
    if not reason.strip():
        raise ReasonMissingError("Say why: the release of a domain is kept with its reason.")
    row = (
        DomainQuarantine.objects.select_for_update(of=("self",))
        .filter(domain__iexact=host, released_at=None)
        .first()
    )
    if row is None:
        return False
    row.released_at, row.released_reason = now, reason.strip()[:300]
    row.save(update_fields=["released_at", "released_reason"])
    record(
        "domain.release",
        row,
        actor=by,
        actor_ip=actor_ip,
        reason=reason,
        before={"reason": row.reason},
        after={"domain": host, "released_at": now.isoformat()},
        affected_count=_mailboxes(host).count(),
    )
    return True


def _cleaned(domain: str) -> str:
    host = domain.strip().lstrip("@").rstrip(".")
    try:
        return parse_address(f"postmaster@{host}").domain.lower()
    except AddressError as error:
        raise AddressError(f"“{host[:80]}” is not a domain. Write it as in company.com.") from error


def _mailboxes(host: str) -> QuerySet[Mailbox]:
    rows: QuerySet[Mailbox] = Mailbox.objects.annotate(lowered=Lower("address")).filter(
        lowered__endswith=f"@{host}"
    )
    return rows
