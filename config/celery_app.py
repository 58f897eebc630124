"""The Celery application; tasks live in each app's tasks.py, the timetable in config/beat.py."""

import os

from celery import Celery

from config.beat import SCHEDULE

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
app = Celery("roleferry")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = SCHEDULE
app.autodiscover_tasks()
