"""The one writer of audit entries: append-only, each row chained to the one before by its hash."""

import hashlib
import json
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from accounts.models import AuditEntry, User, Workspace
from accounts.request_ids import current_request_id


class ReasonMissingError(ValueError):
    """An audited action was asked for without saying why."""


@transaction.atomic
def record(
    verb: str,
    target: models.Model,
    *,
    actor: User | None,
    reason: str,
    workspace: Workspace | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    affected_count: int = 1,
    actor_ip: str | None = None,
) -> AuditEntry:
    """Write one entry in the caller's transaction and return it.

    Raises ReasonMissingError when `reason` is blank. `before` and `after` hold JSON-able values, never secrets.
    """
    if not reason.strip():
        raise ReasonMissingError("Say why: operations actions are kept with their reason.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('accounts.audit'))")
    previous = AuditEntry.objects.order_by("-pk").values_list("entry_hash", flat=True).first() or ""
    entry = AuditEntry(
        at=timezone.now(),
        actor=actor,
        actor_label=str(actor) if actor else "RoleFerry",
        actor_ip=actor_ip,
        request_id=current_request_id(),
        verb=verb,
        target_type=target._meta.label,
        target_id=str(getattr(target, "public_id", target.pk)),
        workspace=workspace,
        reason=reason.strip(),
        before=before or {},
        after=after or {},
        affected_count=affected_count,
        previous_hash=previous,
    )
    entry.entry_hash = entry_hash(entry)
    entry.save(force_insert=True)
    return entry


def entry_hash(entry: AuditEntry) -> str:
    """Return the SHA-256 over an entry's content and its predecessor's hash, as hex."""
    content = [
        entry.previous_hash,
        str(entry.public_id),
        entry.at.isoformat(),
        entry.actor_label,
        entry.verb,
        entry.target_type,
        entry.target_id,
        entry.workspace_id,
        entry.reason,
        entry.before,
        entry.after,
        entry.affected_count,
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def broken_links() -> list[int]:
    """Return the primary keys of entries whose hash or predecessor does not fit; an empty list means the chain holds."""
    broken, previous = [], ""
    for entry in AuditEntry.objects.order_by("pk").iterator():
        if entry.previous_hash != previous or entry.entry_hash != entry_hash(entry):
            broken.append(entry.pk)
        previous = entry.entry_hash
    return broken
