"""A person's word about an answer: its class, and whether it is dealt with."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from jobs.applications import add_event
from outreach.models import Reply
from outreach.replies import kind_of


@transaction.atomic
def correct_kind(reply: Reply, kind: str, *, actor: User, now: datetime) -> bool:
    """Say what the answer really is; "" goes back to our own reading. Returns whether anything changed.

    The correction is kept beside our reading, so that both can be compared later. Raises ValueError for a class that
    does not exist.
    """
    if kind and kind not in Reply.Kind.values:
        raise ValueError(f"There is no class {kind!r}.")
    row = Reply.objects.select_for_update(of=("self",), no_key=True).get(pk=reply.pk)
    wanted = "" if kind == row.kind else kind
    if wanted == row.corrected_kind:
        return False
    Reply.objects.filter(pk=row.pk).update(
        corrected_kind=wanted, corrected_by=actor if wanted else None
    )
    reply.refresh_from_db(fields=["corrected_kind", "corrected_by"])
    label = Reply.Kind(kind_of(reply)).label
    text = f"The answer of {row.enrollment.contact} is now classed as “{label}”"
    add_event(row.enrollment.application, "classified", text, now=now, actor=actor)
    return True


def set_handled(reply: Reply, handled: bool, *, now: datetime) -> bool:
    """Mark an answer as dealt with, or put it back into the queue; return whether anything changed."""
    rows = Reply.objects.filter(pk=reply.pk, handled_at__isnull=handled)
    changed = bool(rows.update(handled_at=now if handled else None))
    reply.refresh_from_db(fields=["handled_at"])
    return changed
