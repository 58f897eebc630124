"""What will go, when, from which mailbox, or the one reason why not: the sender's own planning on a clock that runs ahead.

Nothing is guessed twice: who may go comes from the ledger's reasons, the rest from `claiming.plan_claims`, which the
sender itself uses. So in frozen time the forecast equals what is sent, as long as nobody answers, bounces or changes
anything, and no other workspace uses up the hour of the same recipient domain.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, StrIndex, Substr

from accounts.models import Workspace
from mailboxes.capacity import Room, caps_today, gap_of, may_send
from mailboxes.models import DomainQuarantine, Mailbox, MailboxDay
from mailboxes.throttle import WindowRoom, hour_of
from outreach import ledger_sql as sql
from outreach.claiming import DueMessage, open_window, plan_claims
from outreach.judging import ENOUGH_PEOPLE, REFUSALS, is_crowd
from outreach.ledger import LATE_HOURS, LATE_REASON
from outreach.models import Message
from outreach.scheduling import next_due

Status = Message.Status

# Sequences span a few weeks; what would leave later than this says so instead of a date that nobody can promise.
HORIZON = timedelta(days=60)
# The most mails of one workspace that are looked at, so that a page stays quick: two working weeks of one mailbox.
MOST_MAILS = 500
# The sender takes so many due mails at once (dispatcher.Options.batch).
BATCH = 200
AFTER_THE_ONE_BEFORE = "It waits for the mail before it to leave."
NONE_ABLE = "No mailbox may send now: all are paused, broken or in poor health."
TOO_FAR = f"Its turn comes more than {HORIZON.days} days from now."
TOO_MANY = f"More than {MOST_MAILS} mails wait before it."

_WAITING = f"""
SELECT m.id, m.workspace_id, m.is_sample, m.attempts, m.lost_claims, lower(m.recipient_domain) AS domain,
    e.mailbox_id, e.application_id, e.contact_id, c.company_id, c.time_zone AS contact_zone,
    w.time_zone AS workspace_zone, w.pace, m.due_at, m.status, m.status_reason, m.enrollment_id, m.step_number,
    st.delay_days, a.hold_until, CASE WHEN m.id = ANY(%(drafts)s)
    THEN CASE {sql.LASTING_OF_DRAFT} ELSE '' END ELSE CASE {sql.LASTING_OF_MAIL} ELSE '' END END AS cause
FROM outreach_message m
JOIN outreach_step st ON st.id = m.step_id
{sql.JOINED}
JOIN outreach_contact c ON c.id = e.contact_id
WHERE m.workspace_id = %(workspace)s AND (m.status IN {sql.quoted(Message.PENDING)} OR m.id = ANY(%(drafts)s))
ORDER BY m.due_at, m.id LIMIT {MOST_MAILS}
"""  # noqa: S608 - only our own constants are written in
_EARLIER = f"""
SELECT m.enrollment_id, m.step_number, m.status, m.sent_at, st.delay_days
FROM outreach_message m JOIN outreach_step st ON st.id = m.step_id
WHERE m.enrollment_id = ANY(%(enrollments)s) AND m.status NOT IN {sql.quoted((Status.APPROVED, Status.DRAFT))}
ORDER BY m.enrollment_id, m.step_number DESC
"""  # noqa: S608


@dataclass(frozen=True)
class Forecast:
    """When and from which mailbox one mail will leave, or why not; `reason` with a time says what it waits for until then."""

    message_id: int
    at: datetime | None = None
    mailbox_id: int | None = None
    reason: str = ""

    @property
    def will_go(self) -> bool:
        """Whether it leaves by itself if nothing changes."""
        return self.at is not None


@dataclass
class _Mail:
    """A mail that may go; `due` is what the planner sees of it."""

    due: DueMessage
    due_at: datetime
    enrollment_id: int
    step_number: int
    delay_days: int
    reason: str = ""


@dataclass
class _World:
    """Everything the planner looks at, moved on as mails leave."""

    plan: str
    today: date
    mailboxes: list[Mailbox]
    # Reserved today by real mailboxes that may not send any more; it counts against the plan.
    elsewhere: int
    reserved: dict[tuple[int, date], int]
    written: dict[tuple[int, int], datetime]
    people: dict[int, set[int]]
    windows: dict[tuple[str, datetime], int]
    last_sent: dict[int, datetime]

    def rooms(self, now: datetime) -> list[Room]:
        """Return the mailboxes as they stand at `now`."""
        day = now.astimezone(UTC).date()
        caps = caps_today([self._row(box, day) for box in self.mailboxes])
        return [
            Room(
                id=box.pk,
                workspace_id=box.workspace_id,
                address=box.address,
                is_sandbox=box.is_sandbox,
                cap=caps[box.pk],
                reserved=self.reserved.get((box.pk, day), 0),
                taken=0,
                free_at=self._free_at(box, now),
                quota=BATCH,
            )
            for box in self.mailboxes
        ]

    def _row(self, box: Mailbox, day: date) -> dict[str, Any]:
        """Return what the cap of a mailbox on `day` rests on; its days from now on count as clean ones."""
        frozen = box.ramp_frozen_until or date.min
        clean = [
            sent
            for (number, sent), slots in self.reserved.items()
            if number == box.pk and slots and frozen < sent < day
        ]
        return {
            "id": box.pk,
            "workspace_id": box.workspace_id,
            "plan": self.plan,
            "is_sandbox": box.is_sandbox,
            "status": box.status,
            "daily_cap": box.daily_cap,
            "warmup_started_on": box.warmup_started_on,
            "ramp_days": box.ramp_days + (0 if box.warned_at else len(clean)),
            "reserved": self.reserved.get((box.pk, day), 0),
            "elsewhere": self.elsewhere if day == self.today else 0,
        }

    def hours(self, domains: Iterable[str], now: datetime) -> dict[str, WindowRoom]:
        """Return the room at recipient domains in this hour."""
        hour = hour_of(now)
        return {
            domain: open_window(domain, used=self.windows.get((domain, hour), 0))
            for domain in domains
        }

    def leave(self, due: DueMessage, mailbox_id: int, now: datetime) -> None:
        """Count one mail that leaves."""
        day = now.astimezone(UTC).date()
        self.reserved[mailbox_id, day] = self.reserved.get((mailbox_id, day), 0) + 1
        self.written[due.workspace_id, due.company_id] = now
        self.people.setdefault(due.application_id, set()).add(due.contact_id)
        slot = (due.domain, hour_of(now))
        self.windows[slot] = self.windows.get(slot, 0) + 1
        self.last_sent[mailbox_id] = now

    def _free_at(self, box: Mailbox, now: datetime) -> datetime:
        last = self.last_sent.get(box.pk)
        return now if box.is_sandbox or last is None else last + gap_of(box.pk, last)


@dataclass(frozen=True)
class Outlook:
    """What becomes of every waiting mail of a workspace, by message id, and the addresses of its mailboxes by id."""

    mails: dict[int, Forecast]
    addresses: dict[int, str]


def forecast(
    workspace: Workspace, *, now: datetime, drafts: dict[int, dict[str, Any]] | None = None
) -> Outlook:
    """Return what becomes of every waiting mail of the workspace if nothing changes.

    `drafts`: what an approval would write, by message id: status (scheduled or approved), due_at, hold_until.
    """
    mailboxes = _mailboxes(workspace, now)
    rows = _rows(_WAITING, workspace=workspace.pk, drafts=list(drafts or {}))
    rows = [row | (drafts or {}).get(row["id"], {}) for row in rows]
    mails = _foresee(workspace, rows, mailboxes, now) if rows else {}
    return Outlook(mails, {box.pk: box.address for box in mailboxes})


def _foresee(
    workspace: Workspace, rows: list[dict[str, Any]], mailboxes: list[Any], now: datetime
) -> dict[int, Forecast]:
    earlier = _earlier({row["enrollment_id"] for row in rows})
    found: dict[int, Forecast] = {}
    ready: list[_Mail] = []
    followers: dict[int, list[_Mail]] = defaultdict(list)
    world = _look(workspace, mailboxes, rows, now)
    for row in rows:
        mail = _mail(row)
        reason = _why_never(row, world, now)
        if reason:
            found[row["id"]] = Forecast(row["id"], reason=reason)
        elif row["status"] != Status.APPROVED:
            ready.append(mail)
        elif (start := _start_of(mail, earlier.get(mail.enrollment_id, []))) is not None:
            mail.due_at = max(start, row["hold_until"] or start)
            ready.append(mail)
        else:
            followers[mail.enrollment_id].append(mail)
    return found | _Run(world, ready, followers, earlier, now).results()


class _Run:
    """One run of the clock over the mails that may go."""

    def __init__(
        self,
        world: _World,
        ready: list[_Mail],
        followers: dict[int, list[_Mail]],
        earlier: dict[int, list[dict[str, Any]]],
        now: datetime,
    ) -> None:
        self.world, self.earlier, self.now = world, earlier, now
        self.followers = {key: sorted(mails, key=_step) for key, mails in followers.items()}
        self.end = now + HORIZON
        self.bound: dict[int, int] = {}
        self.found: dict[int, Forecast] = {}
        self.heap = [(mail.due_at, mail.due.id, mail) for mail in ready]
        heapq.heapify(self.heap)

    def results(self) -> dict[int, Forecast]:
        """Let the mails leave one look after another, and say what happened to each."""
        while self.heap:
            now = max(self.now, self.heap[0][0])
            if now > self.end:
                break
            self._look(list(self._due(now)), now)
        for _, number, _ in self.heap:
            self.found[number] = Forecast(number, reason=TOO_FAR)
        for mails in self.followers.values():
            for mail in mails:
                self.found.setdefault(
                    mail.due.id, Forecast(mail.due.id, reason=AFTER_THE_ONE_BEFORE)
                )
        return self.found

    def _due(self, now: datetime) -> Iterator[_Mail]:
        for _ in range(BATCH):
            if not self.heap or self.heap[0][0] > now:
                return
            yield heapq.heappop(self.heap)[2]

    def _look(self, mails: list[_Mail], now: datetime) -> None:
        dues = [mail.due for mail in mails]
        windows = self.world.hours({due.domain for due in dues}, now)
        plan = plan_claims(dues, self.world.rooms(now), self.world.written, now, windows)
        for mail in mails:
            if mail.due.id in plan.claims:
                self._leave(mail, plan.claims[mail.due.id], now)
                continue
            # Neither taken nor delayed means that the next look takes it, a moment later.
            again, reason = plan.delays.get(mail.due.id, (now + timedelta(seconds=1), ""))
            mail.due_at, mail.reason = again, reason or mail.reason
            heapq.heappush(self.heap, (mail.due_at, mail.due.id, mail))

    def _leave(self, mail: _Mail, mailbox_id: int, now: datetime) -> None:
        if is_crowd(mail.due, self.world.people.get(mail.due.application_id, set())):
            self.found[mail.due.id] = Forecast(mail.due.id, reason=ENOUGH_PEOPLE)
            return
        self.world.leave(mail.due, mailbox_id, now)
        self.found[mail.due.id] = Forecast(mail.due.id, now, mailbox_id, mail.reason)
        waiting = self.followers.get(mail.enrollment_id)
        if not waiting:
            return
        follower = waiting.pop(0)
        wait = follower.delay_days + _skipped(
            self.earlier.get(mail.enrollment_id, []), mail.step_number, follower.step_number
        )
        follower.due = replace(follower.due, mailbox_id=mailbox_id)
        follower.due_at = next_due(now, wait, follower.due.timing, follower.due.zone)
        heapq.heappush(self.heap, (follower.due_at, follower.due.id, follower))


def _mail(row: dict[str, Any]) -> _Mail:
    due = DueMessage(**{name: row[name] for name in DueMessage.__dataclass_fields__})
    hold = row["hold_until"]
    due_at = max(row["due_at"], hold) if hold else row["due_at"]
    return _Mail(
        due,
        due_at,
        row["enrollment_id"],
        row["step_number"],
        row["delay_days"],
        row["status_reason"],
    )


def _why_never(row: dict[str, Any], world: _World, now: datetime) -> str:
    """Return why the mail does not go as things stand, or nothing."""
    if row["status"] == Status.HELD:
        return str(row["status_reason"]) or REFUSALS["person_held"][1]
    if row["cause"]:
        return REFUSALS[row["cause"]][1]
    if row["status"] == Status.SCHEDULED and row["due_at"] < now - timedelta(hours=LATE_HOURS):
        return LATE_REASON
    able = [box for box in world.mailboxes if box.is_sandbox == row["is_sample"]]
    if row["mailbox_id"] is not None:
        able = [box for box in able if box.pk == row["mailbox_id"]]
    return "" if able else NONE_ABLE


def _start_of(mail: _Mail, earlier: list[dict[str, Any]]) -> datetime | None:
    """Return when a follow-up is due whose mail before it has left already, or None."""
    for row in earlier:
        if row["step_number"] >= mail.step_number or row["status"] == Status.CANCELLED:
            continue
        if row["sent_at"] is None:
            return None
        wait = mail.delay_days + _skipped(earlier, row["step_number"], mail.step_number)
        return next_due(row["sent_at"], wait, mail.due.timing, mail.due.zone)
    return None


def _skipped(earlier: list[dict[str, Any]], after: int, before: int) -> int:
    """Return the delays of the cancelled steps between two steps; they count (advancing.schedule_follow_ups)."""
    return sum(
        row["delay_days"]
        for row in earlier
        if row["status"] == Status.CANCELLED and after < row["step_number"] < before
    )


def _earlier(enrollments: set[int]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in _rows(_EARLIER, enrollments=sorted(enrollments)):
        found[row["enrollment_id"]].append(row)
    return found


def _look(
    workspace: Workspace, mailboxes: list[Any], rows: list[dict[str, Any]], now: datetime
) -> _World:
    """Load what the mailboxes and the recipients' sides have had, and whom each application has written to."""
    companies = sorted({row["company_id"] for row in rows})
    applications = sorted({row["application_id"] for row in rows})
    domains = sorted({row["domain"] for row in rows})
    written = _rows(sql.LAST_WRITTEN, companies=companies)
    people = _rows(sql.WRITTEN_PEOPLE, applications=applications)
    windows = _rows(sql.WINDOWS, domains=domains)
    able = [box for box in mailboxes if may_send(box) and not box.is_quarantined]
    today = now.astimezone(UTC).date()
    return _World(
        plan=workspace.plan,
        today=today,
        mailboxes=able,
        elsewhere=sum(
            box.reserved_today for box in mailboxes if box not in able and not box.is_sandbox
        ),
        reserved={(box.pk, today): box.reserved_today for box in able},
        written={(row["workspace_id"], row["company_id"]): row["at"] for row in written},
        people={row["application_id"]: set(row["people"]) for row in people},
        windows={(row["domain"], hour_of(now)): row["used"] for row in windows},
        last_sent={box.pk: box.last_sent_at for box in able if box.last_sent_at},
    )


def _mailboxes(workspace: Workspace, now: datetime) -> list[Any]:
    """Return all mailboxes with the slots used today and whether operations closed their domain."""
    today = MailboxDay.objects.filter(mailbox=OuterRef("pk"), day=now.astimezone(UTC).date())
    closed = DomainQuarantine.objects.filter(
        released_at=None,
        domain__iexact=Substr(OuterRef("address"), StrIndex(OuterRef("address"), Value("@")) + 1),
    )
    rows = Mailbox.objects.for_workspace(workspace).defer("smtp_password", "imap_password")
    return list(
        rows.annotate(
            reserved_today=Coalesce(Subquery(today.values("reserved")), 0),
            is_quarantined=Exists(closed),
        ).order_by("pk")
    )


def _rows(statement: str, **values: Any) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _step(mail: _Mail) -> int:
    return mail.step_number
