"""A person's word about an answer: its class, and whether it is dealt with."""

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from jobs.applications import add_event
from mailboxes.models import Suppression
from mailboxes.suppression import suppress, withdraw
from outreach import stopping
from outreach.models import Enrollment, Reply
from outreach.replies import kind_of

Kind = Reply.Kind

# Marks effects that a correction had, so that the next correction takes exactly these back.
BY_CORRECTION = "correction"
# Nobody reads our mail at the moment, but nobody has answered either.
NOT_AN_ANSWER = (Kind.OUT_OF_OFFICE, Kind.AUTOMATIC)


@transaction.atomic
def correct_kind(reply: Reply, kind: str, *, actor: User, now: datetime) -> bool:
    """Say what the answer really is; "" goes back to our own reading. Returns whether anything changed.

    The correction is kept beside our reading, so that both can be compared later. Said to be an answer after all, it
    stops the sequence; said to ask us to stop, it closes the address too. The next correction takes both back. Raises
    ValueError for a class that does not exist.
    """
    if kind and kind not in Kind.values:
        raise ValueError(f"There is no class {kind!r}.")
    stopping.lock_companies([reply.enrollment.contact.company_id])
    row = (
        Reply.objects.select_for_update(of=("self",), no_key=True)
        .select_related("enrollment__contact", "enrollment__application", "inbound", "workspace")
        .defer("inbound__raw", "inbound__text")
        .get(pk=reply.pk)
    )
    wanted = "" if kind == row.kind else kind
    if wanted == row.corrected_kind:
        return False
    kept = [effect for effect in row.effects if effect.get("by") != BY_CORRECTION]
    if row.undone_at is None:
        _take_back(row, actor=actor, now=now)
    row.corrected_kind = wanted
    Reply.objects.filter(pk=row.pk).update(
        corrected_kind=wanted,
        corrected_by=actor if wanted else None,
        effects=[*kept, *_follow(row, now=now)],
    )
    reply.refresh_from_db(fields=["corrected_kind", "corrected_by", "effects"])
    text = f"The answer of {row.enrollment.contact} is now classed as “{Kind(kind_of(row)).label}”"
    add_event(row.enrollment.application, "classified", text, now=now, actor=actor)
    return True


def _follow(reply: Reply, *, now: datetime) -> list[dict[str, Any]]:
    """Do what the corrected class demands beyond what our reading had done already."""
    kind = reply.corrected_kind
    if not kind or kind in NOT_AN_ANSWER:
        return []
    asks_to_stop = kind == Kind.UNSUBSCRIBE
    reason = Enrollment.StopReason.UNSUBSCRIBED if asks_to_stop else Enrollment.StopReason.REPLIED
    effects: list[dict[str, Any]] = []
    if Enrollment.objects.filter(pk=reply.enrollment_id).exclude(status="stopped").exists():
        stopped = stopping.stop_enrollment(reply.enrollment, reason, now=now)
        effects += [stopped.as_effect()] if stopped else []
    if asks_to_stop:
        effects += _close_address(reply, now=now)
    return [{**effect, "by": BY_CORRECTION} for effect in effects]


def _close_address(reply: Reply, *, now: datetime) -> list[dict[str, Any]]:
    contact = reply.enrollment.contact
    asked = Suppression.objects.for_workspace(reply.workspace).filter(
        address_hash=contact.email_hash, reason=Suppression.Reason.ASKED, released_at=None
    )
    if not contact.email or asked.exists():
        return []
    row = suppress(
        email=contact.email,
        reason=Suppression.Reason.ASKED,
        scope=Suppression.Scope.WORKSPACE,
        workspace=reply.workspace,
        source=f"answer {reply.inbound.public_id}",
        now=now,
    )
    return [{"kind": "suppressed", "suppression": row.pk}]


def _take_back(reply: Reply, *, actor: User, now: datetime) -> None:
    """Undo what an earlier correction had done; the closure first, or the sequence would stay stopped for it."""
    earlier = [effect for effect in reply.effects if effect.get("by") == BY_CORRECTION]
    for effect in sorted(earlier, key=lambda effect: effect["kind"] != "suppressed"):
        if effect["kind"] == "suppressed":
            row = Suppression.objects.get(pk=effect["suppression"])
            withdraw(row, actor=actor, reason="The correction of an answer was undone", now=now)
        else:
            stopping.restore(effect, workspace=reply.workspace, now=now)


def set_handled(reply: Reply, handled: bool, *, now: datetime) -> bool:
    """Mark an answer as dealt with, or put it back into the queue; return whether anything changed."""
    rows = Reply.objects.filter(pk=reply.pk, handled_at__isnull=handled)
    changed = bool(rows.update(handled_at=now if handled else None))
    reply.refresh_from_db(fields=["handled_at"])
    return changed
