"""The ramp, the cap and the choice of a mailbox (MBX-2, MBX-4, A-29 D5)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.plans import limits_of
from mailboxes.capacity import (
    GAP_JITTER_SECONDS,
    GAP_SECONDS,
    Room,
    cap_for,
    caps_today,
    choose_mailbox,
    gap_after_send,
    may_send,
    ramp_cap,
)
from mailboxes.models import MailboxDay
from tests.factories.outreach import MailboxFactory

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


def room(**fields):
    values = {
        "id": 1,
        "workspace_id": 1,
        "address": "olga@northwind.test",
        "is_sandbox": True,
        "cap": 50,
        "reserved": 0,
        "taken": 0,
        "free_at": NOW,
        "quota": 10,
    }
    return Room(**{**values, **fields})


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (1, 5),
        (3, 5),
        (4, 10),
        (7, 10),
        (8, 20),
        (14, 20),
        (15, 30),
        (21, 30),
        (22, 40),
        (30, 40),
        (31, 50),
        (400, 50),
    ],
)
def test_ramp_of_a_new_mailbox(day, expected):
    assert (
        ramp_cap(
            is_sandbox=False,
            is_warming_up=True,
            daily_cap=50,
            started=date(2026, 11, 1),
            clean_days=day - 1,
        )
        == expected
    )


def test_the_ramp_never_passes_the_mailboxs_own_cap():
    caps = [
        ramp_cap(
            is_sandbox=False,
            is_warming_up=True,
            daily_cap=12,
            started=date(2026, 11, 1),
            clean_days=day,
        )
        for day in range(31)
    ]
    assert max(caps) == 12
    assert caps == sorted(caps)


@pytest.mark.django_db
def test_who_is_ramped():
    today = date(2026, 11, 23)
    sandbox = MailboxFactory(warmup_started_on=today, status="warmup")
    real = {"provider": "smtp", "is_sandbox": False}
    assert cap_for(sandbox, today) == 50
    assert cap_for(MailboxFactory(**real, status="warmup", warmup_started_on=None), today) == 5
    assert cap_for(MailboxFactory(**real, status="active", warmup_started_on=today), today) == 5
    assert cap_for(MailboxFactory(**real, status="active", warmup_started_on=None), today) == 50
    long_ago = {"warmup_started_on": date(2026, 1, 1), **real}
    assert cap_for(MailboxFactory(**long_ago, status="warmup"), today) == 5
    assert cap_for(MailboxFactory(**long_ago, status="warmup", ramp_days=14), today) == 30
    assert cap_for(MailboxFactory(**long_ago, status="active", ramp_days=30), today) == 50


@pytest.mark.django_db
def test_the_least_of_mailbox_plan_and_ramp_holds():
    today = date(2026, 11, 23)
    box = MailboxFactory(provider="smtp", is_sandbox=False, daily_cap=90)
    assert cap_for(box, today) == limits_of("free").mailbox_cap == 50
    box.workspace.plan = "teams"
    assert cap_for(box, today) == 90
    practice = MailboxFactory(daily_cap=100)
    assert cap_for(practice, today) == 100


def row(number, **fields):
    values = {
        "workspace_id": 1,
        "plan": "free",
        "is_sandbox": False,
        "status": "active",
        "daily_cap": 50,
        "warmup_started_on": None,
        "ramp_days": 0,
        "reserved": 0,
        "elsewhere": 0,
    }
    return {"id": number, **values, **fields}


def test_a_plans_mails_a_day_are_shared_out_among_its_real_mailboxes():
    assert caps_today([row(1)]) == {1: 50}
    assert caps_today([row(1), row(2)]) == {1: 25, 2: 25}
    assert caps_today([row(1), row(2, status="warmup")]) == {1: 45, 2: 5}
    assert caps_today([row(1), row(2, is_sandbox=True)]) == {1: 50, 2: 50}
    assert caps_today([row(1), row(2, workspace_id=2)]) == {1: 50, 2: 50}
    assert caps_today([row(1, plan="pro"), row(2, plan="pro")]) == {1: 50, 2: 50}
    assert caps_today([]) == {}


def test_what_has_been_used_today_is_never_given_out_again():
    assert caps_today([row(1, elsewhere=30), row(2, elsewhere=30)]) == {1: 10, 2: 10}
    assert caps_today([row(1, elsewhere=60)]) == {1: 0}
    assert caps_today([row(1, reserved=40), row(2)]) == {1: 40, 2: 10}
    assert caps_today([row(1, reserved=30), row(2, status="warmup")]) == {1: 45, 2: 5}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"status": "active", "health": 70}, True),
        ({"status": "warmup", "health": 100}, True),
        ({"status": "active", "health": 69}, False),
        ({"status": "paused", "status_reason": "Paused by you.", "health": 100}, False),
        ({"status": "broken", "status_reason": "Log-in refused.", "health": 100}, False),
    ],
)
def test_which_mailbox_may_send(fields, expected):
    assert may_send(MailboxFactory(**fields)) is expected


def test_least_used_share_first():
    half, fifth = room(id=1, cap=10, reserved=5), room(id=2, cap=50, reserved=10)
    assert choose_mailbox([half, fifth], NOW) is fifth
    fifth.taken = 20
    assert choose_mailbox([half, fifth], NOW) is half


@pytest.mark.parametrize(
    "fields",
    [
        {"reserved": 50},
        {"reserved": 30, "taken": 20},
        {"free_at": NOW + timedelta(seconds=1)},
        {"quota": 0},
        {"cap": 0},
    ],
)
def test_a_mailbox_without_room_or_in_its_gap_is_not_chosen(fields):
    assert choose_mailbox([room(**fields)], NOW) is None


def test_only_reserved_slots_are_spent_for_certain():
    assert room(reserved=50).is_spent
    assert not room(reserved=49, taken=5).is_spent


def test_the_gap_is_at_least_ninety_seconds():
    assert GAP_SECONDS == 90
    assert gap_after_send() == timedelta(seconds=GAP_SECONDS + GAP_JITTER_SECONDS)


@pytest.mark.django_db
def test_the_database_refuses_to_reserve_past_the_cap():
    box = MailboxFactory()
    day = MailboxDay.objects.create(
        workspace=box.workspace, mailbox=box, day=date(2026, 11, 23), cap=2, reserved=2
    )
    with pytest.raises(IntegrityError, match="cap_holds"), transaction.atomic():
        MailboxDay.objects.filter(pk=day.pk).update(reserved=3)
