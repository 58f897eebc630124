"""Making a restored database true again before it may send (fault F26, outreach.epoch_guard).

Between the backup and its restore mail went on leaving, and the backup knows nothing of it. Each mail that it believes
to be waiting or under way, and that was due, is asked about; what cannot be disproved is never sent again by itself.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from django.db import connections, transaction
from django.db.models import F, Q

from mailboxes.models import Mailbox, MailboxDay, RecipientWindow
from mailboxes.throttle import hour_of
from outreach import epoch_guard
from outreach.models import Enrollment, Message
from outreach.recovery import SETTLED_SECONDS, Answer, Oracle, Stray, Verdict
from outreach.stopping import lock_companies

Status = Message.Status

# Beyond the highest epoch that is remembered: numbers that were drawn but not remembered any more stay unused.
EPOCHS_TO_SPARE = 100_000
UNPROVEN = "The database was restored from a backup, and nobody can tell whether this mail left before. It is not sent again by itself."
NO_MAILBOX = "The database was restored from a backup, and no mailbox is left that could tell whether this mail had left."


@dataclass(frozen=True)
class Reconciled:
    """What one run did. `counts`: how many mails were found sent, not sent, unknown or held."""

    drawn: int
    remembered: int
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def was_needed(self) -> bool:
        """Whether the database was older than what had been sent."""
        return self.drawn < self.remembered


class TooEarlyError(Exception):
    """A sender that worked before the restore may still be talking to a server; `at` is when that is surely over."""

    def __init__(self, at: datetime) -> None:
        """Keep the moment."""
        self.at = at
        super().__init__(
            f"Wait until {at:%H:%M} UTC: an older sender may still be handing a mail over."
        )


def reconcile(
    oracle: Oracle, *, now: datetime, restored_at: datetime, settled: float = SETTLED_SECONDS
) -> Reconciled:
    """Ask about every mail that may have left since the backup, then lift the epochs beyond all that were used.

    Safe to run again after being killed: the epochs are lifted last, and only then may senders work. Does nothing when
    the database is not older. Raises TooEarlyError within `settled` seconds of `restored_at`.
    """
    standing, mark = epoch_guard.standing()
    try:
        if not standing.is_restored:
            return Reconciled(standing.drawn, standing.remembered)
        over_at = restored_at + timedelta(seconds=settled)
        if now < over_at:
            raise TooEarlyError(over_at)
        rows = list(_in_doubt(now))
        answers = asyncio.run(_ask(rows, oracle))
        counts = Counter(_settle(row.pk, answers[row.pk], now=now) for row in rows)
        _lift_epochs(standing.remembered + EPOCHS_TO_SPARE)
        return Reconciled(standing.drawn, standing.remembered, dict(counts))
    finally:
        mark.close()


def _in_doubt(now: datetime) -> Iterable[Message]:
    """Return the mails that the backup believes not to have left, and that may have: those due by now, or in hand."""
    waiting = Q(status__in=[Status.APPROVED, Status.SCHEDULED], due_at__lte=now)
    rows: Iterable[Message] = (
        Message.objects.filter(waiting | Q(status__in=[Status.CLAIMED, Status.SENDING]))
        .select_related("enrollment")
        .order_by("pk")
    )
    return rows


@dataclass(frozen=True)
class Finding:
    """What is known of one mail, from which mailbox (None: there is none), and the oracle's words."""

    verdict: Verdict
    mailbox_id: int | None = None
    proof: str = ""


async def _ask(rows: list[Message], oracle: Oracle) -> dict[int, Finding]:
    """Return what is known of each mail; all are asked at once, so that an oracle may gather them."""
    boxes = await asyncio.to_thread(_mailboxes, rows)
    found = await asyncio.gather(*(_ask_all(row, boxes[row.pk], oracle) for row in rows))
    return {row.pk: finding for row, finding in zip(rows, found, strict=True)}


async def _ask_all(row: Message, boxes: list[int], oracle: Oracle) -> Finding:
    """Ask every mailbox that may have carried the mail: one yes is enough, a no takes all of them."""
    said = []
    for box in boxes:
        answer = await oracle.outcome(_stray(row, box))
        if not isinstance(answer, Answer):
            answer = Answer(answer)
        if answer.verdict == Verdict.ACCEPTED:
            return Finding(answer.verdict, box, answer.proof)
        said.append(answer.verdict)
    if not said:
        return Finding(Verdict.UNKNOWN)
    is_disproved = set(said) == {Verdict.NOT_ACCEPTED}
    return Finding(Verdict.NOT_ACCEPTED if is_disproved else Verdict.UNKNOWN, boxes[0])


def _mailboxes(rows: list[Message]) -> dict[int, list[int]]:
    """Return the mailboxes that each mail may have left from: its own, its thread's, else all of the workspace."""
    try:
        known: dict[tuple[int, bool], list[int]] = {}
        for pk, workspace, sandbox in Mailbox.objects.order_by("pk").values_list(
            "pk", "workspace_id", "is_sandbox"
        ):
            known.setdefault((workspace, sandbox), []).append(pk)
        return {row.pk: _boxes_of(row, known) for row in rows}
    finally:
        connections.close_all()


def _boxes_of(row: Message, known: dict[tuple[int, bool], list[int]]) -> list[int]:
    if row.status == Status.SENDING and row.mailbox_id:
        return [row.mailbox_id]
    if row.enrollment.mailbox_id:
        return [row.enrollment.mailbox_id]
    return known.get((row.workspace_id, row.is_sample), [])


def _stray(row: Message, mailbox_id: int) -> Stray:
    return Stray(
        id=row.pk,
        epoch=row.lease_epoch or 0,
        status=row.status,
        message_id=row.message_id,
        mailbox_id=mailbox_id,
        is_sample=row.is_sample,
        sending_at=_left_at(row),
        is_settled=True,
        has_proof=False,
    )


def _left_at(row: Message) -> datetime:
    """Return the best guess of when it left."""
    return row.sending_at or row.due_at or row.updated_at


@transaction.atomic
def _settle(pk: int, finding: Finding, *, now: datetime) -> str:
    """Put one mail where its verdict belongs, in the ledger's order of locks; return what was found."""
    verdict, box = finding.verdict, finding.mailbox_id
    company = Message.objects.values_list("enrollment__contact__company_id", flat=True).get(pk=pk)
    lock_companies([company])
    row = Message.objects.get(pk=pk)
    day = _lock_day(row, box, _left_at(row).astimezone(UTC).date())
    hour = _lock_hour(row)
    row = Message.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)
    if verdict == Verdict.NOT_ACCEPTED:
        _put_back(row, day, hour, now=now)
        return "not sent"
    if box is None or day is None:
        _hold(row)
        return "held"
    _walk_to_sending(row, box, day, hour)
    if verdict == Verdict.UNKNOWN:
        row.move_to(Status.UNKNOWN, status_reason=UNPROVEN, lease_until=None)
        return "unknown"
    row.move_to(
        Status.SENT,
        sent_at=_left_at(row),
        status_reason="",
        lease_until=None,
        proof=finding.proof[:300],
    )
    MailboxDay.objects.filter(pk=day.pk).update(sent=F("sent") + 1)
    behind = Enrollment.objects.filter(pk=row.enrollment_id, position__lt=row.step_number)
    behind.update(position=row.step_number)
    return "sent"


def _lock_day(row: Message, box: int | None, day: date) -> MailboxDay | None:
    """Return the locked day whose slot the mail holds or would have taken."""
    if row.reserved_day is not None:
        box, day = row.mailbox_id, row.reserved_day
    if box is None:
        return None
    MailboxDay.objects.get_or_create(
        mailbox_id=box, day=day, defaults={"workspace_id": row.workspace_id, "cap": 0}
    )
    locked: MailboxDay = MailboxDay.objects.select_for_update().get(mailbox_id=box, day=day)
    return locked


def _lock_hour(row: Message) -> RecipientWindow:
    """Return the locked hour of the recipient's domain in which the mail holds a slot or would have taken one."""
    domain, hour = row.recipient_domain.lower(), row.reserved_hour or hour_of(_left_at(row))
    RecipientWindow.objects.get_or_create(domain=domain, hour=hour, defaults={"cap": 0})
    locked: RecipientWindow = RecipientWindow.objects.select_for_update().get(
        domain=domain, hour=hour
    )
    return locked


def _walk_to_sending(row: Message, box: int, day: MailboxDay, hour: RecipientWindow) -> None:
    """Take the steps the ledger would have taken, with the slots: they were used, whatever the caps say."""
    if row.status == Status.SENDING:
        return
    lease = {"lease_until": _left_at(row), "lease_epoch": 0, "mailbox_id": box}
    if row.status == Status.APPROVED:
        row.move_to(Status.SCHEDULED)
    if row.status == Status.SCHEDULED:
        row.move_to(Status.CLAIMED, **lease)
    MailboxDay.objects.filter(pk=day.pk).update(
        reserved=F("reserved") + 1, cap=max(day.cap, day.reserved + 1)
    )
    RecipientWindow.objects.filter(pk=hour.pk).update(
        reserved=F("reserved") + 1, cap=max(hour.cap, hour.reserved + 1)
    )
    left_at = _left_at(row)
    row.move_to(
        Status.SENDING,
        mailbox_id=box,
        sending_at=left_at,
        first_attempt_at=left_at,
        reserved_day=day.day,
        reserved_hour=hour.hour,
    )
    Enrollment.objects.filter(pk=row.enrollment_id, mailbox=None).update(mailbox_id=box)


def _put_back(
    row: Message, day: MailboxDay | None, hour: RecipientWindow, *, now: datetime
) -> None:
    if row.status not in {Status.CLAIMED, Status.SENDING}:
        return
    if row.reserved_day is not None and day is not None:
        MailboxDay.objects.filter(pk=day.pk).update(reserved=F("reserved") - 1)
    if row.reserved_hour is not None:
        RecipientWindow.objects.filter(pk=hour.pk).update(reserved=F("reserved") - 1)
    row.move_to(
        Status.SCHEDULED,
        due_at=row.due_at or now,
        lease_until=None,
        lease_epoch=None,
        sending_at=None,
        reserved_day=None,
        reserved_hour=None,
    )


def _hold(row: Message) -> None:
    if row.status == Status.APPROVED:
        row.move_to(Status.SCHEDULED)
    row.move_to(Status.HELD, status_reason=NO_MAILBOX, lease_until=None, lease_epoch=None)


def _lift_epochs(floor: int) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT setval('outreach_dispatch_epoch', greatest(last_value, %s)) FROM outreach_dispatch_epoch",
            [floor],
        )
