"""The ramp, the cap and the choice of a mailbox (MBX-2, MBX-4, A-29 D5)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from mailboxes.capacity import (
    GAP_JITTER_SECONDS,
    GAP_SECONDS,
    Room,
    cap_for,
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
    started = date(2026, 11, 1)
    assert (
        ramp_cap(
            is_sandbox=False,
            is_warming_up=True,
            daily_cap=50,
            started=started,
            day=started + timedelta(days=day - 1),
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
            day=date(2026, 11, day),
        )
        for day in range(1, 31)
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
