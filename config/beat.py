"""Every periodic task: name, task, schedule, why. tests/config/test_beat.py asserts how often each fires a day."""

from datetime import timedelta
from typing import Any

from celery.schedules import crontab

SCHEDULE: dict[str, dict[str, Any]] = {
    "advance-sequences": {
        "task": "outreach.tasks.advance_sequences",
        "schedule": timedelta(minutes=1),
        # Follow-up steps become due from the actual send before them; a minute is finer than any window.
    },
    "dispatch": {
        "task": "outreach.tasks.dispatch",
        "schedule": timedelta(seconds=10),
        # Offers work to a free dispatcher slot; the ledger decides what may be sent.
        "options": {"queue": "mail", "expires": 10},
    },
    "apply-delivery-events": {
        "task": "mailboxes.tasks.apply_deliveries",
        "schedule": timedelta(seconds=15),
        # The sweep behind the webhook's own task: a lost task costs seconds, never an event.
    },
    "apply-mail-news": {
        "task": "outreach.tasks.apply_mail_news",
        "schedule": timedelta(seconds=15),
        # The sweep behind mailboxes' signals.
    },
    "check-domains": {
        "task": "mailboxes.tasks.check_domains",
        "schedule": crontab(minute="7,22,37,52"),
        # Each sending domain is asked about once a day; a quarter of an hour spreads them and takes up new ones soon.
    },
    "look-after-mailboxes": {
        "task": "outreach.tasks.look_after_senders",
        "schedule": crontab(minute="3,18,33,48"),
        # Architecture section 7: health anew every 15 minutes, and the brake of the whole platform.
    },
    "count-ramp-days": {
        "task": "mailboxes.tasks.count_ramp_days",
        "schedule": crontab(minute="10,40", hour="0,1"),
        # Shortly after UTC midnight the day before is over; four times, because each counts only what is not yet counted.
    },
    "import-boards": {
        "task": "jobs.tasks.import_due_sources",
        "schedule": crontab(minute=0, hour="*/6"),
        # JOB-11: public boards every six hours; the minute is named because crontab's default is every minute (A-29 D18).
    },
    "close-stalled-tasks": {
        "task": "accounts.tasks.close_stalled",
        "schedule": timedelta(minutes=5),
        # A task whose worker was killed must not say "running" for ever.
    },
    "take-pulse": {
        "task": "outreach.tasks.take_pulse",
        "schedule": timedelta(minutes=2),
        # One point of the two-hour lines on the operations board.
    },
    "forget-secrets": {
        "task": "mailboxes.tasks.forget_secrets",
        "schedule": timedelta(minutes=15),
        # A password typed for a test is kept for an hour, the secrets of a disconnected mailbox for a day.
    },
    "heartbeat": {
        "task": "accounts.tasks.heartbeat",
        "schedule": timedelta(seconds=30),
        # /health/ready tells a stopped beat or worker from a quiet one.
    },
}
