"""The clock jumps an hour or a day, over summer time and a leap day (F19): caps of UTC days stay exact, no burst."""

import itertools
import random
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.db.models import Min
from django.utils import timezone

from mailboxes.capacity import GAP_SECONDS
from mailboxes.models import MailboxDay
from outreach import ledger_sql
from outreach.models import Message
from outreach.scheduling import is_sending_moment
from tests.faults.clock import moved_clock
from tests.faults.ledger_world import World, check_invariants, dispatch

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

BERLIN = ZoneInfo("Europe/Berlin")
# A Tuesday morning, the Friday before the clocks change (29 March 2026, 25 October 2026), and 28 February of a leap year.
MOMENTS = {
    "any day": datetime(2026, 6, 16, 7, 0, tzinfo=UTC),
    "to summer time": datetime(2026, 3, 27, 15, 50, tzinfo=UTC),
    "to winter time": datetime(2026, 10, 23, 14, 50, tzinfo=UTC),
    "leap day": datetime(2028, 2, 28, 15, 50, tzinfo=UTC),
}
CAP = 4


@pytest.fixture
def clock(transactional_db):
    with moved_clock(MOMENTS["any day"]) as moved:
        yield moved


def real_world(sink, *, mails, boxes=2):
    """People at other companies, written to by real mailboxes at the real pace, with windows and gaps."""
    world = World()
    world.workspace.pace = "normal"
    world.workspace.time_zone = "Europe/Berlin"
    world.workspace.save()
    for _ in range(boxes):
        world.real_mailbox(sink, cap=CAP)
    world.real_messages(mails)
    return world


def left_by_mailbox():
    """Return the moments at which each mailbox began to send, by the database's clock."""
    found = defaultdict(list)
    for mailbox, at in Message.objects.exclude(sending_at=None).values_list(
        "mailbox_id", "sending_at"
    ):
        found[mailbox].append(at)
    return {mailbox: sorted(moments) for mailbox, moments in found.items()}


def check_pace(*, jumps=0):
    """Assert that no window, no gap and no cap of a UTC day was passed; a jump back may shorten one gap each."""
    days, close = Counter(), 0
    for mailbox, moments in left_by_mailbox().items():
        for at in moments:
            assert is_sending_moment(at, BERLIN), f"{at} lies outside the window"
            days[mailbox, at.date()] += 1
        pairs = itertools.pairwise(moments)
        close += sum(later - earlier < timedelta(seconds=GAP_SECONDS) for earlier, later in pairs)
    assert close <= jumps
    assert max(days.values(), default=0) <= CAP
    for day in MailboxDay.objects.all():
        assert day.reserved == days[day.mailbox_id, day.day] <= day.cap == CAP


def go_on(clock, *, turns, jump=None):
    """Send, then go to the next due moment, `turns` times; `jump` may move the clock before each."""
    for turn in range(turns):
        if jump:
            jump(turn)
        dispatch()
        due = Message.objects.filter(status="scheduled").aggregate(at=Min("due_at"))["at"]
        if due is None:
            return
        clock.set(max(due, clock.moment) + timedelta(seconds=1))


@pytest.mark.parametrize("start", MOMENTS)
def test_days_of_real_mail_keep_windows_gaps_and_caps(clock, sink, start):
    clock.set(MOMENTS[start])
    world = real_world(sink, mails=14)
    go_on(clock, turns=40)
    assert world.statuses() == {"sent": 14}
    check_pace()
    check_invariants([sink], count=14)
    assert len({day for _, day in MailboxDay.objects.values_list("mailbox", "day")}) >= 2


@pytest.mark.parametrize(
    "jump",
    [{"hours": 1}, {"hours": -1}, {"days": 1}, {"days": -1}],
    ids=["hour forward", "hour back", "day forward", "day back"],
)
def test_a_jump_of_the_clock_makes_no_burst(clock, sink, jump):
    world = real_world(sink, mails=12)
    go_on(clock, turns=4)
    before = len(sink.accepted)
    assert before >= 2
    clock.move_by(**jump)
    dispatch()
    dispatch()
    # One mail a mailbox at once, however much is overdue after a jump.
    assert len(sink.accepted) - before <= 2
    go_on(clock, turns=40)
    assert set(world.statuses()) <= {"sent", "held"}
    check_pace(jumps=2)
    check_invariants([sink], count=12)


def test_a_clock_that_dances_keeps_every_cap(clock, sink, rare_seed):
    moments = random.Random(rare_seed)
    real_world(sink, mails=20)
    jumps = 0

    def jump(turn):
        nonlocal jumps
        if moments.random() < 0.3:
            jumps += 1
            clock.move_by(hours=moments.choice([-24, -1, 1, 24]))

    go_on(clock, turns=25, jump=jump)
    check_pace(jumps=2 * jumps)
    check_invariants([sink], count=20)


def test_a_second_before_midnight_utc_belongs_to_the_old_day(clock, sink):
    clock.set(datetime(2026, 6, 16, 23, 59, 59, tzinfo=UTC))
    world = World()
    box = world.mailbox(sink, cap=CAP)
    world.messages(10)
    dispatch()
    assert len(sink.accepted) == CAP
    clock.move_by(seconds=1)
    dispatch()
    assert len(sink.accepted) == 2 * CAP
    days = MailboxDay.objects.filter(mailbox=box).order_by("day")
    assert [(f"{day.day:%d}", day.reserved) for day in days] == [("16", CAP), ("17", CAP)]
    clock.move_by(seconds=-1)
    assert dispatch() == {}
    check_invariants([sink], count=10)


def test_two_days_late_are_held_and_not_sent_in_a_burst(clock, sink):
    world = real_world(sink, mails=6)
    clock.move_by(days=2)
    assert dispatch() == {}
    go_on(clock, turns=3)
    assert sink.accepted == []
    assert world.statuses() == {"held": 6}


def test_statements_ask_no_clock_that_cannot_be_moved(clock):
    """The whole ledger reads the time through functions, so these tests see what production would."""
    statements = [value for value in vars(ledger_sql).values() if isinstance(value, str)]
    statements += [move.sql for move in ledger_sql.MOVES.values()]
    assert not [
        sql for sql in statements if "current_" in sql.lower() or "localtime" in sql.lower()
    ]
    clock.set(MOMENTS["leap day"])
    assert timezone.now() == MOMENTS["leap day"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT now(), clock_timestamp(), statement_timestamp(), transaction_timestamp()"
        )
        assert set(cursor.fetchone()) == {MOMENTS["leap day"]}
