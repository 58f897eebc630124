"""The product's Celery application as the faults start it: short turns and a quick beat, nothing else changed.

Run as `celery -A tests.faults.celery_app worker|beat` with DJANGO_SETTINGS_MODULE=tests.faults.celery_settings.
"""

import os
from datetime import timedelta
from functools import partial

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.faults.celery_settings")

import django

django.setup()

from config.celery_app import app  # noqa: E402 - after the settings
from outreach import tasks  # noqa: E402

# A turn that ends soon lets a test see the next one begin.
tasks.Options = partial(tasks.Options, seconds=float(os.environ.get("FAULT_TURN_SECONDS", "2")))
entry = app.conf.beat_schedule["dispatch"]
app.conf.beat_schedule = {
    "dispatch": {**entry, "schedule": timedelta(seconds=1), "options": {"queue": "mail"}}
}
