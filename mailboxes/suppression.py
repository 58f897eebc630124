"""Who must not be written to: closing a door, asking whether one is closed, and opening it again by the rules.

Policies of architecture section 7: a hard bounce closes for ever, a complaint for everyone, an unsubscribe can never be
opened by staff.
"""

from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Q

from accounts import auditing
from accounts.models import User, Workspace
from mailboxes.addresses import AddressError, address_hash, parse_address
from mailboxes.models import Suppression
from mailboxes.signals import announce, suppressed

Reason = Suppression.Reason
Scope = Suppression.Scope

# The person's own word; nobody but that person may take it back.
GIVEN_BY_RECIPIENT = frozenset({Reason.UNSUBSCRIBED, Reason.ASKED})
# Made by machines from other servers' words, so one member of staff may err: a second one must agree (ux.md D3).
TAKES_TWO = frozenset({Reason.HARD_BOUNCE, Reason.COMPLAINT})
# What a workspace's own people may open again; the rest needs operations staff.
OPENED_BY_MEMBERS = frozenset({Reason.MANUAL, Reason.SOFT_BOUNCE})


class ReleaseRefusedError(Exception):
    """A suppression may not be released by this person; the message says why and what to do."""


def recipient_hash(email: str) -> str:
    """Return the keyed hash (64 hex digits) under which all spellings of one mailbox are the same.

    Raises AddressError when `email` is not an address.
    """
    return address_hash(email, settings.ADDRESS_HASH_KEY.encode())


def suppress(
    *,
    reason: str,
    scope: str,
    now: datetime,
    email: str = "",
    domain: str = "",
    workspace: Workspace | None = None,
    source: str = "",
    expires_at: datetime | None = None,
) -> Suppression:
    """Close the door to one address or one domain (subdomains included) and return the live row. Safe to repeat.

    `workspace` is needed for scope "workspace" and ignored for "platform". A repeated call never shortens a closure:
    the later `expires_at` wins, and None (for ever) wins over any. Raises AddressError for a broken address or domain.
    """
    if bool(email) == bool(domain):
        raise ValueError("Name either an address or a domain to suppress.")
    target = _address_target(email) if email else _domain_target(domain)
    owner = workspace if scope == Scope.WORKSPACE else None
    if scope == Scope.WORKSPACE and owner is None:
        raise ValueError("A suppression for one workspace names the workspace.")
    key = {
        "workspace": owner,
        "address_hash": target["address_hash"],
        "domain": target["domain"],
        "reason": reason,
    }
    with transaction.atomic():
        row = _live_or_new(
            key, {"scope": scope, "address": target["address"], "source": source[:200]}, expires_at
        )
        if row.expires_at is not None and (expires_at is None or expires_at > row.expires_at):
            row.expires_at = expires_at
            row.save(update_fields=["expires_at"])
        # Also for a row that was there: mail may have been queued since, by a path that did not ask.
        announce(suppressed, row)
    return row


def live_suppression(workspace: Workspace, email: str, now: datetime) -> Suppression | None:
    """Return the suppression that forbids `workspace` to write to `email` at `now`, or None.

    Looked at: the address, its domain and every domain above it; the workspace's own rows and the platform's.
    A row for everyone comes before the workspace's, then the oldest. Raises AddressError for a broken address.
    """
    rows: models.QuerySet[Suppression] = (
        Suppression.objects.filter(covering(email), live_at(now))
        .filter(Q(workspace=workspace) | Q(workspace=None))
        .order_by("scope", "pk")
    )
    return rows.first()


def live_at(now: datetime) -> Q:
    """Return the condition for rows in force at `now`: neither released nor expired."""
    return Q(released_at=None) & (Q(expires_at=None) | Q(expires_at__gt=now))


def covering(email: str) -> Q:
    """Return the condition for rows that name this address, its domain or a domain above it."""
    domain = parse_address(email).domain
    return Q(address_hash=recipient_hash(email)) | Q(domain__in=domains_above(domain))


def domains_above(domain: str) -> list[str]:
    """Return a domain and its parents, whole labels only: meta.com is above mail.meta.com, not above metaverse.com."""
    labels = domain.lower().split(".")
    return [".".join(labels[start:]) for start in range(len(labels))]


def release(
    suppression: Suppression,
    *,
    actor: User,
    reason: str,
    now: datetime,
    by_staff: bool = False,
    actor_ip: str | None = None,
) -> bool:
    """Open the door again, with an audit entry; return False when somebody else already had.

    Raises ReleaseRefusedError for a row that this actor may not release (architecture section 7) and
    accounts.auditing.ReasonMissingError for a blank `reason`.
    """
    _refuse_unless_allowed(suppression, by_staff=by_staff)
    if suppression.reason in TAKES_TWO:
        suppression.refresh_from_db()
        _refuse_unless_second(suppression, actor)
    verb = "suppression.release"
    return _open(suppression, verb, actor=actor, reason=reason, now=now, actor_ip=actor_ip)


def ask_release(
    suppression: Suppression,
    *,
    actor: User,
    reason: str,
    evidence: str,
    now: datetime,
    actor_ip: str | None = None,
) -> bool:
    """Ask for the release of a bounce or a complaint; another member of staff confirms with `release`.

    Returns False when somebody asked before. Raises ReleaseRefusedError for a row that needs no second person or can
    never be released, and accounts.auditing.ReasonMissingError for a blank `reason` or `evidence`.
    """
    _refuse_unless_allowed(suppression, by_staff=True)
    if suppression.reason not in TAKES_TWO:
        raise ReleaseRefusedError("This entry needs no second person. Release it.")
    if not evidence.strip():
        raise auditing.ReasonMissingError("Say what shows that the address is good.")
    with transaction.atomic():
        free = Suppression.objects.filter(
            pk=suppression.pk, released_at=None, release_asked_by=None
        )
        if not free.update(
            release_asked_at=now, release_asked_by=actor, release_evidence=evidence.strip()[:500]
        ):
            return False
        auditing.record(
            "suppression.ask_release",
            suppression,
            actor=actor,
            actor_ip=actor_ip,
            reason=reason,
            workspace=suppression.workspace,
            before={"release_asked_at": None},
            after={"release_asked_at": now.isoformat(), "evidence": evidence.strip()},
        )
    suppression.refresh_from_db()
    return True


def withdraw(suppression: Suppression, *, actor: User | None, reason: str, now: datetime) -> bool:
    """Take back a closure that our own reading of a mail had made wrongly (undo of a reply); audited like a release.

    An unsubscribe that the recipient pressed cannot be withdrawn: ReleaseRefusedError.
    """
    if suppression.reason == Reason.UNSUBSCRIBED:
        raise ReleaseRefusedError(_NEVER)
    return _open(suppression, "suppression.withdraw", actor=actor, reason=reason, now=now)


_NEVER = (
    "This person asked not to be written to, so nobody here can remove the entry. "
    "They can write to you first if they change their mind."
)


def _refuse_unless_allowed(suppression: Suppression, *, by_staff: bool) -> None:
    if suppression.reason in GIVEN_BY_RECIPIENT:
        raise ReleaseRefusedError(_NEVER)
    if by_staff:
        return
    if suppression.scope == Scope.PLATFORM:
        raise ReleaseRefusedError(
            "This entry protects everyone on RoleFerry, so it cannot be removed here. Ask support if it is wrong."
        )
    if suppression.reason not in OPENED_BY_MEMBERS:
        raise ReleaseRefusedError(
            "This entry was made by a bounce or a spam report, so only support can remove it. "
            "Write to support and say why the address is good."
        )


def _refuse_unless_second(suppression: Suppression, actor: User) -> None:
    if suppression.release_asked_by_id is None:
        raise ReleaseRefusedError(
            "A bounce or a spam report takes two people: one asks with evidence, another releases."
        )
    if suppression.release_asked_by_id == actor.pk:
        raise ReleaseRefusedError("You asked for this release, so another member of staff decides.")


def _open(
    suppression: Suppression,
    verb: str,
    *,
    actor: User | None,
    reason: str,
    now: datetime,
    actor_ip: str | None = None,
) -> bool:
    if not reason.strip():
        raise auditing.ReasonMissingError("Say why: a removal is kept with its reason.")
    with transaction.atomic():
        opened = Suppression.objects.filter(pk=suppression.pk, released_at=None).update(
            released_at=now, released_reason=reason.strip()[:300], released_by=actor
        )
        if not opened:
            return False
        auditing.record(
            verb,
            suppression,
            actor=actor,
            actor_ip=actor_ip,
            reason=reason,
            workspace=suppression.workspace,
            before={"reason": suppression.reason, "scope": suppression.scope},
            after={"released_at": now.isoformat()},
        )
    suppression.refresh_from_db()
    return True


def _address_target(email: str) -> dict[str, str]:
    parsed = parse_address(email)
    return {"address": str(parsed)[:254], "address_hash": recipient_hash(email), "domain": ""}


def _domain_target(domain: str) -> dict[str, str]:
    cleaned = domain.strip().lstrip("@").rstrip(".")
    try:
        host = parse_address(f"postmaster@{cleaned}").domain
    except AddressError as error:
        raise AddressError(
            f"“{cleaned[:80]}” is not a domain. Write it as in company.com."
        ) from error
    return {"address": "", "address_hash": "", "domain": host}


def _live_or_new(
    key: Mapping[str, object], rest: Mapping[str, object], expires_at: datetime | None
) -> Suppression:
    """Return the one live row for the key, making it if needed; the unique constraint settles a race."""
    found: Suppression | None = Suppression.objects.filter(released_at=None, **key).first()
    if found:
        return found
    try:
        with transaction.atomic():
            return Suppression.objects.create(**key, **rest, expires_at=expires_at)
    except IntegrityError:
        return Suppression.objects.get(released_at=None, **key)
