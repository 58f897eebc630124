"""What the console's actions on lower apps' rows reach here: told before they are confirmed, done in the same transaction."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.utils import timezone

from accounts.console.actions import ActionRefusedError, Deed, follow, foresee
from mailboxes.models import Mailbox, Suppression
from mailboxes.suppression import recipient_hash
from outreach.models import Message
from outreach.rehousing import MoveRefusedError, move_queue, queue_of
from outreach.stopping import stop_for_suppression

Status = Message.Status


def _waiting_mail(rows: Sequence[Any], data: dict[str, Any]) -> str:
    """Say how many messages wait for the mailboxes that are about to be paused."""
    count = Message.objects.filter(
        Q(mailbox__in=rows) | Q(enrollment__mailbox__in=rows), status__in=Message.PENDING
    ).count()
    return f"{count} message{'' if count == 1 else 's'} of theirs will wait."


def _workspace_mail(rows: Sequence[Any], data: dict[str, Any]) -> str:
    """Say how many messages wait in the workspaces that are about to be stopped or let go."""
    count = Message.objects.filter(workspace__in=rows, status__in=Message.PENDING).count()
    return f"{count} message{'' if count == 1 else 's'} of theirs wait{'s' if count == 1 else ''}."


def _all_mail(rows: Sequence[Any], data: dict[str, Any]) -> str:
    """Say how many messages wait on the whole platform, and how many of them are due."""
    pending = Message.objects.filter(status__in=Message.PENDING)
    count = pending.count()
    due = pending.filter(status=Status.SCHEDULED, due_at__lte=timezone.now()).count()
    workspaces = pending.values("workspace").distinct().count()
    return f"{count} message{' waits' if count == 1 else 's wait'} in {workspaces} workspace{'' if workspaces == 1 else 's'}, {due} of them due now."


def _closed_mail(rows: Sequence[Any], data: dict[str, Any]) -> str:
    """Say how many messages an address or a domain on the list will stop."""
    if data["email"]:
        target = Q(recipient_hash=recipient_hash(data["email"]))
    else:
        domain = data["domain"].lower().lstrip("@").rstrip(".")
        target = Q(recipient_domain=domain) | Q(recipient_domain__endswith=f".{domain}")
    mails = Message.objects.filter(target, status__in=Message.PENDING)
    if data["workspace"]:
        mails = mails.filter(workspace=data["workspace"])
    count, workspaces = mails.count(), mails.values("workspace").distinct().count()
    return f"{count} waiting message{'' if count == 1 else 's'} in {workspaces} workspace{'' if workspaces == 1 else 's'} will be cancelled."


def _stop_closed(deed: Deed, row: Suppression) -> int:
    """Cancel what waits for the address or domain now, in the same transaction as the closure; the sweep would come later."""
    results = stop_for_suppression(row, now=deed.now)
    count = sum(len(result.cancelled) for result in results)
    deed.notes.append(f"{count} waiting message{'' if count == 1 else 's'} cancelled.")
    return count


def _queue(rows: Sequence[Any], data: dict[str, Any]) -> str:
    """Say how many mails a move takes along and how many stay."""
    queues = [queue_of(row) for row in rows]
    moves, stays = sum(one.movable_mails for one in queues), sum(one.begun_mails for one in queues)
    return f"{moves} waiting message{'' if moves == 1 else 's'} can move; {stays} stay with threads that began."


def _move(deed: Deed, mailbox: Mailbox) -> int:
    """Give the mailbox's queue to another one; return how many mails moved."""
    try:
        moved = move_queue(mailbox, deed.data["target"], with_free=False, now=deed.now)
    except MoveRefusedError as error:
        raise ActionRefusedError(str(error)) from error
    deed.notes.append(f"{moved.mails} waiting message{'' if moved.mails == 1 else 's'} moved.")
    return moved.mails


follow("suppression.add", _stop_closed)
follow("mailbox.move_queue", _move)
foresee("mailbox.move_queue", _queue)
foresee("switch.turn_off", _all_mail)
foresee("switch.turn_on", _all_mail)
foresee("mailbox.pause", _waiting_mail)
foresee("workspace.pause_sending", _workspace_mail)
foresee("workspace.resume_sending", _workspace_mail)
foresee("suppression.add", _closed_mail)
