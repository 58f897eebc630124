"""How often each periodic task fires a day: a crontab without a minute once fired 240 times instead of 4 (A-29 D18)."""

from datetime import UTC, datetime, timedelta

import pytest
from celery import current_app
from celery.schedules import crontab

from config.beat import SCHEDULE

FIRES_A_DAY = {
    "advance-sequences": 1440,
    "dispatch": 8640,
    "apply-delivery-events": 5760,
    "apply-mail-news": 5760,
    "check-domains": 96,
    "look-after-mailboxes": 96,
    "count-ramp-days": 4,
    "import-boards": 4,
    "close-stalled-tasks": 288,
    "take-pulse": 720,
    "forget-secrets": 96,
    "heartbeat": 2880,
}


def fires_a_day(entry):
    plan = entry["schedule"]
    if isinstance(plan, timedelta):
        return 86400 // plan.total_seconds()
    assert isinstance(plan, crontab)
    count, at, end = (
        0,
        datetime(2026, 11, 21, tzinfo=UTC) - timedelta(seconds=1),
        datetime(2026, 11, 22, tzinfo=UTC),
    )
    while (at := next_fire(plan, at)) < end:
        count += 1
    return count


def next_fire(plan, after):
    plan.nowfun = lambda: after
    _last, delta, _now = plan.remaining_delta(after)
    return _last + delta


@pytest.mark.parametrize("name", sorted(SCHEDULE))
def test_fires_a_day(name):
    assert fires_a_day(SCHEDULE[name]) == FIRES_A_DAY[name]


def test_the_check_sees_the_defect():
    assert fires_a_day({"schedule": crontab(hour="*/6")}) == 240


def test_every_entry_names_a_task_that_exists():
    current_app.loader.import_default_modules()
    assert {entry["task"] for entry in SCHEDULE.values()} <= set(current_app.tasks)
    assert set(FIRES_A_DAY) == set(SCHEDULE)
