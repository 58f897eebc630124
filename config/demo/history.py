"""What was sent and what came back, played through the real approval, events and answers with the clock set back."""

import base64
import heapq
import itertools
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import Notification, User
from config.demo.people import ANSWERS, BY_PROGRAM, Person
from config.embedded.sandbox_peers import BOUNCES, Behaviour, TakenMail, answer_to
from jobs.applications import advance_application
from jobs.models import Application
from mailboxes.composing import OutgoingMail, compose
from mailboxes.events import apply_delivery, store_delivery
from mailboxes.models import (
    DeliveryEvent,
    InboundMessage,
    Mailbox,
    MailboxDay,
    ProviderDelivery,
    WebhookEndpoint,
)
from outreach import approving, hearing
from outreach.models import Enrollment, Message, Package, Reply

Status = Message.Status

ARRIVES_AFTER = timedelta(seconds=40)
# Somebody on a long leave: the demonstration is to stay as it is for some time.
AWAY_FOR = timedelta(days=45)
# What the person has surely seen by now.
SEEN_AFTER = timedelta(days=2)
# What she has not answered yet.
UNANSWERED = (Reply.Kind.QUESTION, Reply.Kind.NOT_NOW)


@dataclass
class Player:
    """Plays the mail of one sample workspace. Nothing here reaches a network."""

    mailbox: Mailbox
    endpoint: WebhookEndpoint
    user: User
    now: datetime

    def __post_init__(self) -> None:
        self.sent_on: Counter[date] = Counter()
        self.epoch = itertools.count(1)
        self.queue: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self.order = itertools.count()
        self.last_news = 0

    def at(self, moment: datetime, act: Callable[[datetime], None]) -> None:
        """Let `act(moment)` happen in its turn, if that is not in the future."""
        if moment <= self.now:
            heapq.heappush(self.queue, (moment, next(self.order), act))

    def play(self, package: Package, people: dict[str, Person], *, approved_at: datetime) -> None:
        """Approve the package in the past and let everything happen that followed; `people` by address."""
        approving.approve(package, self.user, now=approved_at)
        mails = Message.objects.filter(enrollment__package=package).select_related("enrollment")
        for mail in mails.order_by("due_at", "pk"):
            if mail.due_at is not None:
                self.at(mail.due_at, partial(self.send, mail, people[mail.recipient]))
        while self.queue:
            moment, _, act = heapq.heappop(self.queue)
            act(moment)

    def send(self, mail: Message, person: Person, at: datetime) -> None:
        """Let one mail leave, unless its sequence was stopped or held before, as the ledger would."""
        mail.refresh_from_db()
        enrollment = mail.enrollment
        enrollment.refresh_from_db()
        waits = mail.status in (Status.APPROVED, Status.SCHEDULED)
        if not waits or enrollment.status != Enrollment.Status.ACTIVE:
            return
        if mail.status == Status.APPROVED:
            mail.move_to(Status.SCHEDULED)
        self._through_the_ledger(mail, at)
        advance_application(
            enrollment.application, Application.Status.APPLIED, now=at, text="A mail was sent"
        )
        self.sent_on[at.astimezone(UTC).date()] += 1
        arrived = at + ARRIVES_AFTER
        if person.answer == "bounce":
            status, diagnostic = BOUNCES[Behaviour.HARD_BOUNCE]
            bounce = {
                "status": status,
                "diagnostic": diagnostic.format(recipient=mail.recipient),
            }
            self.at(arrived, lambda at: self.post(mail, "bounced", at, bounce=bounce))
            return
        self.at(arrived, lambda at: self.post(mail, "delivered", at))
        if person.answer and person.after == mail.step_number:
            answered = at + timedelta(hours=person.hours)
            self.at(answered, lambda at: self.answer(mail, person, at))

    def _through_the_ledger(self, mail: Message, at: datetime) -> None:
        Enrollment.objects.filter(pk=mail.enrollment_id, mailbox=None).update(mailbox=self.mailbox)
        lease = {"lease_until": at + timedelta(minutes=1), "lease_epoch": next(self.epoch)}
        mail.move_to(Status.CLAIMED, mailbox=self.mailbox, **lease)
        mail.move_to(
            Status.SENDING,
            reserved_day=at.astimezone(UTC).date(),
            sending_at=at,
            first_attempt_at=at,
            attempts=1,
        )
        mail.move_to(Status.SENT, sent_at=at, lease_until=None, smtp_code=250)

    def answer(self, mail: Message, person: Person, at: datetime) -> None:
        """Let the person write back: threaded and quoting, as the practice server does."""
        away = person.answer in BY_PROGRAM
        behaviour = Behaviour.AWAY if away else Behaviour.INTERESTED
        taken = TakenMail(mail.recipient, self._bytes_of(mail, person))
        written = answer_to(taken, behaviour, now=at)
        back = f"{(self.now + AWAY_FOR):%-d %B %Y}"
        words = ANSWERS[person.answer].format(back=back)
        if away:
            text = f"{words}\n\nKind regards,\n{person.name}\n"
        else:
            quoted = written.text.partition("Best regards,")[2]
            text = f"Hi Anna,\n\n{words}\n\nBest regards,{quoted}"
        raw = compose(replace(written, text=text))
        self.post(mail, "inbound", at, raw=raw)

    def _bytes_of(self, mail: Message, person: Person) -> bytes:
        return compose(
            OutgoingMail(
                from_address=self.mailbox.address,
                from_name=self.mailbox.display_name,
                to_address=mail.recipient,
                to_name=person.name,
                subject=mail.subject,
                text=mail.body,
                message_id=mail.message_id,
                date=mail.sent_at or self.now,
            )
        )

    def post(
        self, mail: Message, kind: str, at: datetime, *, raw: bytes = b"", **more: Any
    ) -> None:
        """Tell the endpoint one event as the practice server would, and let everyone hear of it."""
        event = {
            "event_id": f"sample-{mail.public_id.hex}-{kind}",
            "type": kind,
            "timestamp": at.isoformat(),
            "message_id": mail.message_id,
            "recipient": mail.recipient,
            **more,
        }
        if raw:
            event["raw_mime"] = base64.b64encode(raw).decode()
        body = json.dumps({"events": [event]}).encode()
        delivery = store_delivery(self.endpoint, body=body, headers={}, verdict="sample", now=at)
        if delivery is not None and apply_delivery(delivery.pk, now=at):
            self._hear(delivery, at)

    def _hear(self, delivery: ProviderDelivery, at: datetime) -> None:
        for event in DeliveryEvent.objects.filter(delivery=delivery, processed_at=None):
            hearing.hear_event(event.pk, now=at)
        for inbound in InboundMessage.objects.filter(
            workspace=delivery.workspace_id, processed_at=None
        ):
            hearing.hear_inbound(inbound.pk, now=at)
            waits = Reply.objects.filter(inbound=inbound, kind__in=UNANSWERED).exists()
            Reply.objects.filter(inbound=inbound).update(
                created_at=at, handled_at=None if waits else at + timedelta(hours=3)
            )
        news = Notification.objects.filter(workspace=delivery.workspace_id, pk__gt=self.last_news)
        for pk in news.order_by("pk").values_list("pk", flat=True):
            Notification.objects.filter(pk=pk).update(created_at=at, seen_at=self._seen(at))
            self.last_news = pk

    def _seen(self, at: datetime) -> datetime | None:
        return at + timedelta(hours=3) if at < self.now - SEEN_AFTER else None

    def close_days(self) -> None:
        """Write what each day took from the mailbox's room."""
        bounces = Message.objects.filter(mailbox=self.mailbox, status=Status.BOUNCED)
        bounced = Counter(bounces.values_list("reserved_day", flat=True))
        MailboxDay.objects.bulk_create(
            MailboxDay(
                workspace_id=self.mailbox.workspace_id,
                mailbox=self.mailbox,
                day=day,
                cap=self.mailbox.daily_cap,
                reserved=count,
                sent=count,
                bounced=bounced[day],
            )
            for day, count in self.sent_on.items()
        )
        last = Message.objects.filter(mailbox=self.mailbox).order_by("-sent_at").first()
        Mailbox.objects.filter(pk=self.mailbox.pk).update(
            last_sent_at=last.sent_at if last else None
        )


def working_days_ago(now: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Return 09:12 local time `days` working days before `now`."""
    day = now.astimezone(zone).date()
    while days:
        day -= timedelta(days=1)
        days -= day.weekday() < 5
    return datetime(day.year, day.month, day.day, 9, 12, tzinfo=zone).astimezone(UTC)
