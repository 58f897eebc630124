"""Windows, working days and paces (architecture section 7; A-29 D7)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.scheduling import (
    NORMAL,
    PRACTICE,
    add_working_days,
    add_working_hours,
    choose_pace,
    first_due,
    is_sending_moment,
    next_due,
    next_sending_moment,
    plan_dates,
    zone_for,
)

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
moments = st.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001 - hypothesis wants bounds without a zone
    max_value=datetime(2035, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
zones = st.sampled_from(
    [
        ZoneInfo(name)
        for name in (
            "UTC",
            "Europe/Berlin",
            "America/New_York",
            "Asia/Kolkata",
            "Pacific/Apia",
            "Australia/Lord_Howe",
        )
    ]
)


@dataclass
class FakeStep:
    delay_days: int


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("2026-11-23T08:29:59", "2026-11-23T08:30"),
        ("2026-11-23T08:30", "2026-11-23T08:30"),
        ("2026-11-23T12:00", "2026-11-23T12:00"),
        ("2026-11-23T17:29:59", "2026-11-23T17:29:59"),
        ("2026-11-23T17:30", "2026-11-24T08:30"),
        ("2026-11-27T18:00", "2026-11-30T08:30"),
        ("2026-11-28T12:00", "2026-11-30T08:30"),
        ("2026-11-29T03:00", "2026-11-30T08:30"),
    ],
)
def test_window_of_the_recipient(after, expected):
    assert next_sending_moment(berlin(after), BERLIN) == berlin(expected)


def test_the_window_follows_the_local_clock_over_summer_time():
    assert next_sending_moment(berlin("2026-03-27T18:00"), BERLIN) == datetime(
        2026, 3, 30, 6, 30, tzinfo=UTC
    )
    assert next_sending_moment(berlin("2026-10-23T18:00"), BERLIN) == datetime(
        2026, 10, 26, 7, 30, tzinfo=UTC
    )


def test_the_same_moment_is_judged_in_the_recipients_zone():
    moment = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    assert is_sending_moment(moment, BERLIN)
    assert not is_sending_moment(moment, NEW_YORK)
    assert next_sending_moment(moment, NEW_YORK) == datetime(2026, 11, 23, 13, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        ("2026-11-23T10:15", 0, "2026-11-23T10:15"),
        ("2026-11-23T10:15", 3, "2026-11-26T10:15"),
        ("2026-11-27T10:15", 1, "2026-11-30T10:15"),
        ("2026-11-27T10:15", 5, "2026-12-04T10:15"),
        ("2026-11-28T10:15", 1, "2026-11-30T10:15"),
        ("2026-03-27T10:15", 1, "2026-03-30T10:15"),
    ],
)
def test_working_days_keep_the_local_time(start, days, expected):
    assert add_working_days(berlin(start), days, BERLIN) == berlin(expected)


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("2026-11-23T09:00", "2026-11-23T13:00"),
        ("2026-11-23T14:30", "2026-11-24T09:30"),
        ("2026-11-27T16:30", "2026-11-30T11:30"),
        ("2026-11-28T12:00", "2026-11-30T12:30"),
        ("2026-11-23T13:30", "2026-11-24T08:30"),
    ],
)
def test_four_working_hours(start, expected):
    assert add_working_hours(berlin(start), 4, BERLIN) == berlin(expected)


@given(moments, zones)
def test_a_sending_moment_is_in_the_window_and_never_before(after, zone):
    found = next_sending_moment(after, zone)
    assert found >= after
    assert is_sending_moment(found, zone)
    assert next_sending_moment(found, zone) == found
    assert found - after < timedelta(days=4)


@given(moments, st.integers(0, 30), zones)
def test_the_next_step_is_never_early_and_in_the_window(sent_at, days, zone):
    due = next_due(sent_at, days, NORMAL, zone)
    assert is_sending_moment(due, zone)
    # A local day may be up to a day shorter where a zone jumps over the date line.
    assert due - sent_at >= timedelta(days=days) - timedelta(hours=25)


def test_practice_is_only_for_sample_mail_of_a_practising_workspace():
    assert choose_pace("practice", is_sample=True) is PRACTICE
    assert choose_pace("practice", is_sample=False) is NORMAL
    assert choose_pace("normal", is_sample=True) is NORMAL


def test_plan_of_the_default_sequence():
    steps = [FakeStep(0), FakeStep(3), FakeStep(5)]
    assert plan_dates(steps, berlin("2026-11-27T17:25"), NORMAL, BERLIN) == [
        berlin("2026-11-30T08:30"),
        berlin("2026-12-03T08:30"),
        berlin("2026-12-10T08:30"),
    ]


def test_plan_at_practice_pace_ignores_the_night():
    night = berlin("2026-11-28T02:00")
    steps = [FakeStep(0), FakeStep(3), FakeStep(5)]
    assert plan_dates(steps, night, PRACTICE, BERLIN) == [
        night + timedelta(seconds=5),
        night + timedelta(seconds=35),
        night + timedelta(seconds=85),
    ]


def test_the_preview_is_what_the_scheduler_computes():
    start = berlin("2026-11-25T11:00")
    first, second = plan_dates([FakeStep(0), FakeStep(3)], start, NORMAL, BERLIN)
    assert first == first_due(start, 0, NORMAL, BERLIN)
    assert second == next_due(first, 3, NORMAL, BERLIN)


def test_unknown_zones_fall_back():
    assert zone_for("Europe/Berlin", "UTC") is BERLIN
    assert zone_for("", "Europe/Berlin") is BERLIN
    assert zone_for("Mars/Olympus", "Europe/Berlin") is BERLIN
    assert zone_for("../../etc/passwd", "") == ZoneInfo("UTC")
