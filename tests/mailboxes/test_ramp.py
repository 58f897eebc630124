"""The ramp that only clean days move on (architecture section 7; MBX-4, B-5 D11, E14)."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connections

from mailboxes.capacity import cap_for
from mailboxes.models import Mailbox, MailboxDay
from mailboxes.ramp import RAMP_DAYS, count_days
from tests.factories.outreach import MailboxFactory

START = date(2026, 11, 1)


def night_after(day):
    return datetime(day.year, day.month, day.day, 0, 10, tzinfo=UTC) + timedelta(days=1)


def real_mailbox(**fields):
    values = {
        "provider": "smtp",
        "is_sandbox": False,
        "status": "warmup",
        "warmup_started_on": START,
        "address": "olga@quay.com",
        **fields,
    }
    return MailboxFactory(**values)


def live_a_day(box, number, *, sent=5, bounced=0, complained=0):
    """Send on the day `number` (1 is the first), let it end, and return the cap of the day after."""
    day = START + timedelta(days=number - 1)
    if sent or bounced:
        MailboxDay.objects.create(
            workspace=box.workspace,
            mailbox=box,
            day=day,
            cap=max(sent, 1),
            reserved=sent,
            sent=sent,
            bounced=bounced,
            complained=complained,
        )
        Mailbox.objects.filter(pk=box.pk).update(
            last_sent_at=datetime(day.year, day.month, day.day, 15, tzinfo=UTC)
        )
    count_days(now=night_after(day))
    box.refresh_from_db()
    return cap_for(box, day + timedelta(days=1))


@pytest.mark.django_db
def test_thirty_clean_days_follow_the_table_and_end_the_ramp():
    box = real_mailbox()
    assert cap_for(box, START) == 5
    caps = [live_a_day(box, number) for number in range(1, 31)]
    assert caps == [5] * 2 + [10] * 4 + [20] * 7 + [30] * 7 + [40] * 9 + [50]
    assert (box.status, box.ramp_days) == ("active", RAMP_DAYS)
    assert live_a_day(box, 31) == 50
    assert box.ramp_days == RAMP_DAYS


@pytest.mark.django_db
def test_thirty_days_with_silence_bounces_complaints_warning_freeze_and_brake():
    """Day by day: what happened, how many days count afterwards, and what the next day allows."""
    box = real_mailbox()
    plan = [
        *[(n, {}, n, 5 if n < 3 else 10) for n in range(1, 6)],  # five clean days
        (6, {"sent": 0}, 5, 10),  # nothing was sent
        (7, {"sent": 0}, 5, 10),
        (8, {"sent": 10, "bounced": 1}, 5, 10),  # 10 % bounced
        (9, {"sent": 100, "bounced": 3}, 5, 10),  # 3 % is not below 3 %
        (10, {"sent": 100, "bounced": 2}, 6, 10),  # 2 % is
        (11, {"sent": 50, "complained": 1}, 6, 10),  # one complaint
        (12, {}, 7, 20),
        (13, {"warned": True}, 7, 20),  # a warning stands
        (14, {"warned": True}, 7, 20),
        (15, {"warned": False}, 8, 20),
        (16, {"frozen_until": START + timedelta(days=16)}, 8, 20),  # frozen through day 17
        (17, {}, 8, 20),
        (18, {}, 9, 20),
        *[(n, {}, n - 9, 20) for n in range(19, 23)],
        (23, {}, 14, 30),
        (24, {"brake": True}, 8, 20),  # 14 halves to 7, and the day itself was clean
        *[(n, {}, n - 16, 20) for n in range(25, 30)],
        (30, {}, 14, 30),
    ]
    for number, event, counted, cap_after in plan:
        facts = dict(event)
        if "warned" in facts:
            moment = night_after(START) if facts.pop("warned") else None
            Mailbox.objects.filter(pk=box.pk).update(warned_at=moment)
        if "frozen_until" in facts:
            Mailbox.objects.filter(pk=box.pk).update(ramp_frozen_until=facts.pop("frozen_until"))
        if facts.pop("brake", False):
            box.refresh_from_db()
            Mailbox.objects.filter(pk=box.pk).update(ramp_days=box.ramp_days // 2)
        assert live_a_day(box, number, **facts) == cap_after, f"day {number}"
        assert box.ramp_days == counted, f"day {number}"
        assert box.status == "warmup"


@pytest.mark.django_db
def test_a_day_counts_once_however_often_it_is_counted():
    box = real_mailbox()
    live_a_day(box, 1)
    assert count_days(now=night_after(START)) == 0
    assert count_days(now=night_after(START) + timedelta(hours=5)) == 0
    box.refresh_from_db()
    assert (box.ramp_days, box.ramp_counted_on) == (1, START)


@pytest.mark.django_db
def test_days_missed_while_nobody_counted_are_made_up_and_today_waits():
    box = real_mailbox()
    for number in range(4):
        MailboxDay.objects.create(
            workspace=box.workspace,
            mailbox=box,
            day=START + timedelta(days=number),
            cap=5,
            reserved=5,
            sent=5,
        )
    assert count_days(now=datetime(2026, 11, 4, 9, tzinfo=UTC)) == 1
    box.refresh_from_db()
    assert (box.ramp_days, box.ramp_counted_on) == (3, date(2026, 11, 3))


@pytest.mark.django_db
def test_thirty_idle_days_begin_the_ramp_again():
    box = real_mailbox(
        status="active", ramp_days=30, last_sent_at=datetime(2026, 11, 1, 9, tzinfo=UTC)
    )
    count_days(now=datetime(2026, 12, 1, 0, 10, tzinfo=UTC))
    box.refresh_from_db()
    assert (box.status, box.ramp_days) == ("active", 30)
    count_days(now=datetime(2026, 12, 2, 0, 10, tzinfo=UTC))
    box.refresh_from_db()
    assert (box.status, box.ramp_days, box.warmup_started_on) == ("warmup", 0, date(2026, 12, 2))
    assert cap_for(box, date(2026, 12, 2)) == 5


@pytest.mark.django_db
def test_practice_mailboxes_are_not_counted():
    box = MailboxFactory(warmup_started_on=START)
    assert count_days(now=night_after(START)) == 0
    box.refresh_from_db()
    assert box.ramp_counted_on is None


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_one_counts_a_day():
    box = real_mailbox()
    MailboxDay.objects.create(
        workspace=box.workspace, mailbox=box, day=START, cap=5, reserved=5, sent=5
    )
    gate, counted = threading.Barrier(4), []

    def work():
        gate.wait()
        counted.append(count_days(now=night_after(START)))
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counted) == 1
    box.refresh_from_db()
    assert box.ramp_days == 1
