"""Keeping a mailbox whose access was just proved, whatever the kind of access."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import Workspace
from accounts.plans import limits_of
from mailboxes.addresses import domain_of, is_reserved_domain
from mailboxes.models import Mailbox
from mailboxes.own_domains import ensure_domain

# What lets a mailbox send. A new way in replaces the old one whole; reading by IMAP may go on beside it.
NO_SENDING: dict[str, Any] = {
    "smtp_username": "",
    "smtp_password": "",
    "oauth_refresh_token": "",
    "oauth_access_token": "",
    "oauth_expires_at": None,
    "api_credentials": "",
}
# What a live check found out holds for the way in that it tried, and for no other.
NOTHING_LEARNED: dict[str, Any] = {"sent_folder": "", "files_sent_copies": None}
# How the reason begins when somebody only went away with the access.
DISCONNECTED = "Disconnected"
NO_ACCESS = {**NO_SENDING, "imap_host": "", "imap_username": "", "imap_password": ""}


class AddressRefusedError(Exception):
    """The address cannot be this workspace's own; the message says why and what to do."""


def keep(workspace: Workspace, address: str, access: dict[str, Any], *, now: datetime) -> Mailbox:
    """Return the workspace's mailbox at `address` with this access; a new one starts at the bottom of its ramp.

    Safe to repeat: it renews the access and lets a broken or disconnected mailbox send again. Raises AddressRefusedError.
    """
    if is_reserved_domain(domain_of(address)):
        raise AddressRefusedError(
            "This address is in a domain for examples, so nobody could answer it. Use your real address."
        )
    own = Mailbox.objects.for_workspace(workspace).filter(address__iexact=address)
    if own.filter(is_pool=True).exists():
        raise AddressRefusedError(
            "This mailbox is lent to you by operations, so it cannot be connected as your own."
        )
    with transaction.atomic():
        refuse_beyond_plan(workspace, address)
        mailbox = _keep(workspace, address, access, now=now)
        ensure_domain(mailbox)
        return mailbox


def plan_problem(workspace: Workspace, *, address: str = "", provider: str = "") -> str:
    """Return why no mailbox more can be connected, or "" when there is room.

    One that is connected already only has its access renewed: the one at `address`, or, where the address is not
    known yet, any at `provider`.
    """
    connected = _connected(workspace)
    most = limits_of(workspace.plan).mailboxes
    if connected.count() < most:
        return ""
    renewed = Q(address__iexact=address) if address else Q(provider=provider)
    if (address or provider) and connected.filter(renewed).exists():
        return ""
    return (
        f"The plan “{workspace.get_plan_display()}” holds {most} mailboxes and they are all connected. "
        "Disconnect one first, or change the plan."
    )


def refuse_beyond_plan(workspace: Workspace, address: str) -> None:
    """Raise AddressRefusedError when this mailbox would be one more than the plan allows; of two at once one waits."""
    plan = Workspace.objects.select_for_update(of=("self",), no_key=True).get(pk=workspace.pk)
    if problem := plan_problem(plan, address=address):
        raise AddressRefusedError(problem)


def _connected(workspace: Workspace) -> QuerySet[Mailbox]:
    """Return the real mailboxes that somebody can use: not disconnected, and tokens not given back."""
    rows: QuerySet[Mailbox] = Mailbox.objects.for_workspace(workspace)
    real = rows.filter(is_sandbox=False, disconnected_at=None)
    return real.exclude(provider__in=Mailbox.OAUTH_PROVIDERS, oauth_refresh_token="")


def _keep(workspace: Workspace, address: str, access: dict[str, Any], *, now: datetime) -> Mailbox:
    proved = {
        **NO_SENDING,
        **NOTHING_LEARNED,
        **access,
        "disconnected_at": None,
        "last_ok_at": now,
        "last_error": "",
    }
    begun = {
        "address": address,
        "status": Mailbox.Status.WARMUP,
        "warmup_started_on": now.date(),
        "time_zone": workspace.time_zone,
    }
    mailbox, created = Mailbox.objects.update_or_create(
        workspace=workspace,
        address__iexact=address,
        defaults=proved,
        create_defaults={**proved, **begun},
    )
    if not created and _was_only_away(mailbox):
        mailbox.move_to(Mailbox.Status.WARMUP, status_reason="")
    return mailbox


def _was_only_away(mailbox: Mailbox) -> bool:
    """Return whether nothing but its access kept the mailbox from sending: a new key lifts no brake and no pause."""
    is_stopped = mailbox.paused_by_staff or mailbox.braked_at is not None
    is_away = mailbox.status == Mailbox.Status.BROKEN or (
        mailbox.status == Mailbox.Status.PAUSED and mailbox.status_reason.startswith(DISCONNECTED)
    )
    return is_away and not is_stopped


def forget(mailbox: Mailbox, *, by: str) -> bool:
    """Wipe everything that opens the mailbox; what is scheduled on it waits. False when it has nothing to wipe.

    `by` names who did it, for the reason that people read.
    """
    if mailbox.is_sandbox or mailbox.is_pool:
        return False
    Mailbox.objects.filter(pk=mailbox.pk).update(**NO_ACCESS)
    mailbox.refresh_from_db()
    # Paused it stays paused, for the reason it has: connecting anew must not end a pause.
    if mailbox.status in Mailbox.SENDING:
        mailbox.move_to(
            Mailbox.Status.BROKEN,
            status_reason=f"{DISCONNECTED} by {by}; connect it again to send."[:300],
        )
    return True
