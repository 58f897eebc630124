"""Whatever people, senders, servers and the clock do in whatever order, the invariants hold after every step.

The ledger's own functions on real connections; the server is a list of what it took. Each seed is some ways through the
rules, always the same ones; hypothesis shrinks what breaks.
"""

import asyncio
import contextlib
from datetime import UTC, datetime
from types import SimpleNamespace

import hypothesis
import psycopg
import pytest
from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from accounts import switches
from accounts.braking import pause_sending, resume_sending
from mailboxes.models import Mailbox, Suppression
from outreach import ledger, outbox, stopping
from outreach.approving import void_approval
from outreach.dispatcher import database_address
from outreach.judging import Outcome
from outreach.models import Message, Package
from outreach.recovery import Verdict, recover
from tests.factories.jobs import ApplicationFactory, JobFactory
from tests.factories.outreach import (
    ApprovalFactory,
    ContactFactory,
    EnrollmentFactory,
    PackageFactory,
)
from tests.faults.clock import moved_clock
from tests.faults.ledger_world import World, check_invariants

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

START = datetime(2026, 6, 16, 7, 0, tzinfo=UTC)
WALK = settings(
    max_examples=5,
    stateful_step_count=40,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
MAY_LEAVE = ("approved", "scheduled", "claimed", "sending", "held")
MAILS, SENDERS, PICK = st.integers(1, 3), st.sampled_from("AB"), st.integers(0, 1000)


class Sender:
    """What one sender believes to hold: asks not begun, tickets on the wire, tickets it was killed with."""

    def __init__(self):
        self.asks, self.flying, self.dead = [], [], []


class Truth:
    """An oracle that knows what the server took, of mails whose sender is surely gone; else it cannot tell."""

    def __init__(self, machine, says):
        self.machine, self.says = machine, says

    async def outcome(self, stray):
        if stray.message_id in self.machine.taken():
            return Verdict.ACCEPTED if self.says != "unknown" else Verdict.UNKNOWN
        talking = {ticket for s in self.machine.senders.values() for ticket in s.flying}
        if self.says == "unknown" or stray.ticket in talking:
            return Verdict.UNKNOWN
        return Verdict.NOT_ACCEPTED


class Engine(RuleBasedStateMachine):
    """One workspace, two small mailboxes, two senders."""

    clock = None
    accepted = ()

    def __init__(self):
        super().__init__()
        self.clock.set(START)
        self.loop = asyncio.new_event_loop()
        connect = psycopg.AsyncConnection.connect(database_address(), autocommit=True)
        self.conn = self.loop.run_until_complete(connect)
        self.world = World()
        # Ways before this one ended well: what they left is still true, and is judged along.
        self.sink = SimpleNamespace(accepted=list(Engine.accepted))
        for cap in (3, 5):
            self.world.mailbox(SimpleNamespace(port=9), cap=cap)
        self.senders = {"A": Sender(), "B": Sender()}
        self.count = Message.objects.count()
        self.approve_new_mails(4)

    def run(self, work):
        return self.loop.run_until_complete(work)

    def step(self, seconds=1):
        self.clock.move_by(seconds=seconds)

    def taken(self):
        return {mail.message_id for mail in self.sink.accepted}

    def accept(self, ticket):
        """The server takes the mail, whatever becomes of its answer."""
        mail = Message.objects.get(pk=ticket.id)
        self.sink.accepted.append(SimpleNamespace(message_id=mail.message_id))

    def some(self, pick, *statuses):
        ours = Message.objects.filter(workspace=self.world.workspace)
        rows = list(ours.filter(status__in=statuses).order_by("pk"))
        return rows[pick % len(rows)] if rows else None

    def waits(self):
        return self.some(0, *MAY_LEAVE) is not None

    def check(self, *, drained=False):
        check_invariants([self.sink], count=self.count, drained=drained)

    # What people do.

    @rule(mails=MAILS)
    def approve_new_mails(self, mails):
        self.step()
        for _ in range(mails):
            self.count += 1
            job = JobFactory(workspace=self.world.workspace)
            application = ApplicationFactory(profile=self.world.application.profile, job=job)
            package = PackageFactory(application=application)
            contact = ContactFactory(workspace=self.world.workspace, company=job.company)
            enrollment = EnrollmentFactory(
                package=package, contact=contact, version=self.world.version
            )
            approval = ApprovalFactory(package=package, hold_until=timezone.now())
            self.world.message(enrollment, approval=approval).save()
        self.check()

    @rule(pick=PICK)
    def edit_one(self, pick):
        self.step()
        mail = self.some(pick, "scheduled", "claimed", "held", "draft")
        if mail is None:
            return
        package = Package.objects.get(pk=mail.enrollment.package_id)
        void_approval(package, "Edited.", now=timezone.now())
        Message.objects.filter(pk=mail.pk, status="draft").update(
            body=Concat("body", Value("More."))
        )
        self.check()

    @rule(pick=PICK)
    def approve_again(self, pick):
        self.step()
        mail = self.some(pick, "draft")
        if mail is None:
            return
        enrollment = mail.enrollment
        if enrollment.status == "draft":
            enrollment.move_to("active")
        package = enrollment.package
        approval = package.approvals.filter(voided_at=None).first() or ApprovalFactory(
            package=package, hold_until=timezone.now()
        )
        mail.move_to(
            "approved", approval=approval, approved_hash=F("text_hash"), due_at=timezone.now()
        )
        mail.move_to("scheduled")
        self.check()

    @rule(pick=PICK)
    def cancel_one(self, pick):
        self.step()
        mail = self.some(pick, "scheduled", "claimed", "held", "sending", "sent")
        if mail is not None:
            self.try_outbox(outbox.cancel_message, mail)

    @rule(pick=PICK)
    def restore_one(self, pick):
        self.step()
        mail = self.some(pick, "cancelled")
        if mail is not None:
            self.try_outbox(outbox.restore_message, mail, now=timezone.now())

    @rule(pick=PICK, minutes=st.integers(0, 90))
    def send_later(self, pick, minutes):
        self.step()
        mail = self.some(pick, "scheduled", "held", "claimed")
        if mail is not None:
            moment = timezone.now() + timezone.timedelta(minutes=minutes)
            self.try_outbox(outbox.send_later, mail, moment, now=timezone.now())

    def try_outbox(self, work, *arguments, **named):
        with contextlib.suppress(outbox.OutboxError):  # a sentence for the person
            work(*arguments, **named)
        self.check()

    @rule(on=st.booleans(), what=st.sampled_from(["mailbox", "workspace", "platform"]), pick=PICK)
    def stop_or_start(self, on, what, pick):
        self.step()
        workspace, now = self.world.workspace, timezone.now()
        if what == "mailbox":
            box = Mailbox.objects.filter(workspace=workspace).order_by("pk")[pick % 2]
            reason = "" if on else "Paused by you."
            Mailbox.objects.filter(pk=box.pk).update(
                status="active" if on else "paused", status_reason=reason
            )
        elif what == "workspace":
            pause_sending(workspace, reason="Wait.", now=now) if not on else resume_sending(
                workspace, now=now
            )
        else:
            turn = switches.turn_on if on else switches.turn_off
            turn(switches.SENDING, by=None, reason="A test of the switch.", now=now)
        self.check()

    # What recipients do.

    @precondition(lambda self: self.waits())
    @rule(pick=PICK)
    def someone_is_suppressed(self, pick):
        self.step()
        mail = self.some(pick, *MAY_LEAVE)
        if mail is None:
            return
        Suppression.objects.get_or_create(
            workspace=self.world.workspace,
            scope="workspace",
            address_hash=mail.recipient_hash,
            reason="unsubscribed",
        )
        self.check()

    @precondition(lambda self: self.waits())
    @rule(pick=PICK, reason=st.sampled_from(["replied", "unsubscribed", "bounced"]))
    def someone_answers(self, pick, reason):
        self.step()
        mail = self.some(pick, *MAY_LEAVE)
        if mail is not None:
            stopping.stop_enrollment(mail.enrollment, reason, now=timezone.now())
            self.check()

    @rule(pick=PICK, resume=st.booleans())
    def hold_or_resume(self, pick, resume):
        self.step()
        mail = self.some(pick, *MAY_LEAVE)
        if mail is None:
            return
        if resume:
            stopping.resume_enrollment(mail.enrollment, now=timezone.now())
        else:
            stopping.hold_enrollment(
                mail.enrollment, None, reason="colleague_replied", now=timezone.now()
            )
        self.check()

    # What senders and servers do.

    @rule(name=SENDERS, limit=st.integers(1, 6))
    def claim(self, name, limit):
        self.step()
        asks, _ = self.run(ledger.claim_due(self.conn, limit=limit, lease=30))
        self.senders[name].asks += asks
        self.check()

    @rule(name=SENDERS, limit=st.integers(1, 6))
    def claim_and_begin(self, name, limit):
        self.claim(name=name, limit=limit)
        self.begin(name=name)

    @precondition(lambda self: any(s.asks for s in self.senders.values()))
    @rule(name=SENDERS)
    def begin(self, name):
        self.step()
        sender = self.senders[name]
        asks, sender.asks = sender.asks, []
        begun = self.run(ledger.begin_sending(self.conn, asks, lease=30)) if asks else set()
        sender.flying += [ask.ticket for ask in asks if ask.ticket.id in begun]
        self.check()

    @precondition(lambda self: any(s.flying for s in self.senders.values()))
    @rule(
        name=SENDERS,
        outcome=st.sampled_from(["sent", "deferred", "failed", "dropped after", "dropped before"]),
    )
    def server_answers(self, name, outcome):
        self.step()
        sender = self.senders[name]
        if not sender.flying:
            return
        ticket = sender.flying.pop(0)
        if outcome in {"sent", "dropped after"}:
            self.accept(ticket)
        write, facts = {
            "sent": (ledger.mark_sent, Outcome(ticket, code=250, is_try=True)),
            "deferred": (ledger.mark_deferred, Outcome(ticket, "Later.", delay=60.0, is_try=True)),
            "failed": (ledger.mark_failed, Outcome(ticket, "Refused.", code=550, is_try=True)),
        }.get(outcome, (ledger.mark_unknown, Outcome(ticket, "Nobody can tell.", is_try=True)))
        self.run(write(self.conn, [facts]))
        self.check()

    @rule(name=SENDERS, taken=st.integers(0, 3))
    def kill(self, name, taken):
        """kill -9; the server had taken the first few of what was on the wire."""
        self.step()
        sender = self.senders[name]
        for ticket in sender.flying[:taken]:
            self.accept(ticket)
        self.senders[name] = Sender()
        self.senders[name].dead = sender.dead + sender.flying + [ask.ticket for ask in sender.asks]
        self.check()

    @precondition(lambda self: any(s.dead for s in self.senders.values()))
    @rule(name=SENDERS, write=st.sampled_from([ledger.mark_failed, ledger.mark_withdrawn]))
    def a_ghost_writes(self, name, write):
        """What a lost sender still writes once another one, or recovery, has the row must change nothing."""
        self.step()
        ghosts = [ticket for ticket in self.senders[name].dead if not self.holds(ticket)]
        assert (
            self.run(write(self.conn, [Outcome(ticket, "A ghost.") for ticket in ghosts])) == set()
        )
        assert self.run(ledger.renew_leases(self.conn, ghosts)) == set()
        self.check()

    def holds(self, ticket):
        return Message.objects.filter(
            pk=ticket.id, lease_epoch=ticket.epoch, status__in=["claimed", "sending"]
        ).exists()

    @rule(name=SENDERS)
    def renew(self, name):
        sender = self.senders[name]
        tickets = [ask.ticket for ask in sender.asks] + sender.flying
        self.run(ledger.renew_leases(self.conn, tickets, lease=30))
        self.check()

    @rule(says=st.sampled_from(["the truth", "unknown"]), wait=st.booleans())
    def recovery_looks(self, says, wait):
        """With `wait` every lease is over first."""
        self.step(31 if wait else 1)
        self.run(recover(self.conn, Truth(self, says), settled=0))
        self.check()

    @rule(seconds=st.sampled_from([60, 3600, 86_400, -60, -3600, -86_400]))
    def clock_moves(self, seconds):
        # Backwards only while nobody has been stopped: what was recorded as "after" must stay so.
        if seconds < 0 and Suppression.objects.filter(workspace=self.world.workspace).exists():
            seconds = -seconds
        self.step(seconds)
        self.check()

    def teardown(self):
        """Everybody is gone, everything is allowed again: what is left ends where it belongs."""
        try:
            self.drain()
            Engine.accepted = tuple(self.sink.accepted)
        except BaseException:
            Engine.accepted = ()
            with connection.cursor() as cursor:
                cursor.execute("TRUNCATE accounts_workspace, mailboxes_recipientwindow CASCADE")
            raise
        finally:
            self.run(self.conn.close())
            self.loop.close()

    def drain(self):
        self.senders = {"A": Sender(), "B": Sender()}
        self.step(31)
        Mailbox.objects.update(status="active", status_reason="")
        resume_sending(self.world.workspace, now=timezone.now())
        switches.turn_on(switches.SENDING, by=None, reason="The end.", now=timezone.now())
        self.run(recover(self.conn, Truth(self, "the truth"), settled=0))
        while True:
            self.step()
            asks, moved = self.run(ledger.claim_due(self.conn, limit=50))
            begun = self.run(ledger.begin_sending(self.conn, asks)) if asks else set()
            sent = [ask.ticket for ask in asks if ask.ticket.id in begun]
            for ticket in sent:
                self.accept(ticket)
            self.run(ledger.mark_sent(self.conn, [Outcome(ticket) for ticket in sent]))
            if not begun and not moved:
                break
        self.check(drained=True)


def test_the_engine_walks_any_way_and_keeps_its_invariants(transactional_db, seed):
    with moved_clock(START) as clock:
        Engine.clock, Engine.accepted = clock, ()
        run_state_machine_as_test(hypothesis.seed(seed)(Engine), settings=WALK)
