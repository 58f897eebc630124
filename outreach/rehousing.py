"""Moving queued mail from one mailbox to another. Who was written to already stays: a thread has one sender.

Locks are taken as everywhere: companies, messages, enrollments. A mail that a sender has claimed is taken back first, so
that it cannot leave from the old mailbox after its person was given to the new one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from accounts.models import Workspace
from mailboxes.capacity import may_send
from mailboxes.models import Mailbox
from outreach.models import Enrollment, Message
from outreach.stopping import lock_companies

MailStatus = Message.Status

RUNNING = (Enrollment.Status.ACTIVE, Enrollment.Status.HELD)
# From here on a mailbox's name is, or may be, in the recipient's hands.
BEGUN = (MailStatus.SENDING, *Message.LEFT)
WAITING = (MailStatus.APPROVED, MailStatus.SCHEDULED, MailStatus.CLAIMED, MailStatus.HELD)


class MoveRefusedError(Exception):
    """The mail cannot be moved there; the message says why and what to do."""


@dataclass(frozen=True)
class Queue:
    """What waits at a mailbox: people and mails that can move, those that stay, and those that no mailbox has yet."""

    movable_people: int
    movable_mails: int
    begun_people: int
    begun_mails: int
    free_people: int
    free_mails: int


@dataclass(frozen=True)
class Moved:
    """What one move changed; `effect` is what `put_back` takes."""

    people: int
    mails: int
    effect: dict[str, Any]


def queue_of(mailbox: Mailbox) -> Queue:
    """Return what waits at a mailbox. Three small queries."""
    own = _waiting(mailbox).filter(mailbox=mailbox)
    return Queue(
        *_counts(own.exclude(Exists(_begun_mails()))),
        *_counts(own.filter(Exists(_begun_mails()))),
        *_counts(_free(mailbox)),
    )


def targets_for(mailbox: Mailbox) -> list[Mailbox]:
    """Return the workspace's other mailboxes of the same kind that may send now."""
    rows = Mailbox.objects.filter(workspace=mailbox.workspace_id, is_sandbox=mailbox.is_sandbox)
    return [box for box in rows.exclude(pk=mailbox.pk).order_by("pk") if may_send(box)]


@transaction.atomic
def move_queue(
    mailbox: Mailbox, target: Mailbox | None, *, with_free: bool, now: datetime
) -> Moved:
    """Give everybody who waits at `mailbox` and was not written to yet to `target`, or (None) to the first free one.

    `with_free` also ties the people whom no mailbox has yet to `target`. Raises MoveRefusedError for a target that is
    the same mailbox, of another workspace or kind, or that may not send.
    """
    _refuse(mailbox, target)
    rows = _waiting(mailbox).filter(mailbox=mailbox)
    if with_free and target is not None:
        rows = rows | _free(mailbox)
    ids = list(rows.exclude(Exists(_begun_mails())).values_list("pk", flat=True))
    moved = _rehouse(ids, target, now=now)
    effect = {
        "target": target.pk if target else None,
        "was": [[pk, before] for pk, before, _ in moved],
    }
    return Moved(len(moved), sum(mails for _, _, mails in moved), effect)


@transaction.atomic
def put_back(workspace: Workspace, effect: dict[str, Any], *, now: datetime) -> int:
    """Undo one move for everybody who still stands where it put them and was not written to since; return how many."""
    boxes = {box.pk: box for box in Mailbox.objects.filter(workspace=workspace)}
    groups: dict[int | None, list[int]] = {}
    for pk, before in effect["was"]:
        groups.setdefault(before, []).append(pk)
    back = 0
    for before, ids in sorted(groups.items(), key=lambda group: group[0] or 0):
        if before is not None and before not in boxes:
            continue
        rows = Enrollment.objects.filter(workspace=workspace, pk__in=ids, mailbox=effect["target"])
        still = rows.filter(status__in=RUNNING).exclude(Exists(_begun_mails()))
        target = boxes[before] if before is not None else None
        back += len(_rehouse(list(still.values_list("pk", flat=True)), target, now=now))
    return back


def _refuse(mailbox: Mailbox, target: Mailbox | None) -> None:
    if target is None:
        return
    if target.pk == mailbox.pk or target.workspace_id != mailbox.workspace_id:
        raise MoveRefusedError("Choose another mailbox of this workspace.")
    if target.is_sandbox != mailbox.is_sandbox:
        raise MoveRefusedError(
            "Practice mail leaves only from a practice mailbox, and real mail only from a real one."
        )
    if not may_send(target):
        raise MoveRefusedError(
            f"{target} may not send now, so mail moved there would wait too. Choose another one."
        )


def _begun_mails() -> "QuerySet[Message]":
    rows: QuerySet[Message] = Message.objects.filter(enrollment=OuterRef("pk"), status__in=BEGUN)
    return rows


def _waiting(mailbox: Mailbox) -> "QuerySet[Enrollment]":
    """Return the people of the mailbox's kind whose mail waits, whichever mailbox they have."""
    mails = Message.objects.filter(enrollment=OuterRef("pk"), status__in=WAITING)
    rows: QuerySet[Enrollment] = Enrollment.objects.filter(
        Exists(mails),
        workspace=mailbox.workspace_id,
        is_sample=mailbox.is_sandbox,
        status__in=RUNNING,
    )
    return rows


def _free(mailbox: Mailbox) -> "QuerySet[Enrollment]":
    return _waiting(mailbox).filter(mailbox=None).exclude(Exists(_begun_mails()))


def _counts(rows: "QuerySet[Enrollment]") -> tuple[int, int]:
    found = rows.aggregate(
        people=Count("pk", distinct=True),
        mails=Count("mails", filter=Q(mails__status__in=WAITING)),
    )
    return found["people"], found["mails"]


def _rehouse(
    ids: Iterable[int], target: Mailbox | None, *, now: datetime
) -> list[tuple[int, int | None, int]]:
    """Give people to a mailbox under their companies' locks; return (id, mailbox before, waiting mails) of each."""
    wanted = set(ids)
    lock_companies(
        Enrollment.objects.filter(pk__in=wanted).values_list("contact__company_id", flat=True)
    )
    mails = Message.objects.select_for_update(no_key=True).filter(enrollment__in=wanted)
    list(mails.filter(status__in=[*WAITING, *BEGUN]).order_by("pk").values_list("pk", flat=True))
    rows = Enrollment.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=wanted)
    # Asked again under the locks: a sender may have begun a thread since the count was shown.
    still = list(rows.exclude(Exists(_begun_mails())).order_by("pk"))
    kept = [row.pk for row in still]
    waiting = Message.objects.filter(enrollment__in=kept, status__in=WAITING)
    counts = dict(
        waiting.order_by()
        .values_list("enrollment")
        .annotate(number=Count("pk"))
        .values_list("enrollment", "number")
    )
    for claimed in waiting.filter(status=MailStatus.CLAIMED).order_by("pk"):
        claimed.move_to(MailStatus.SCHEDULED, lease_until=None, lease_epoch=None)
    waiting.all().update(mailbox=target)
    Enrollment.objects.filter(pk__in=kept).update(mailbox=target, updated_at=now)
    return [(row.pk, row.mailbox_id, counts.get(row.pk, 0)) for row in still]
