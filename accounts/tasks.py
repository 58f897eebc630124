"""Celery's way into accounts."""

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from accounts import progress

HEARTBEAT_KEY = "worker-heartbeat"


@shared_task
def close_stalled() -> None:
    """Say so on tasks whose worker died; the person can start them again."""
    progress.close_stalled(now=timezone.now())


@shared_task
def heartbeat() -> None:
    """Prove that beat fired and a worker ran it; /health/ready reads the time."""
    cache.set(HEARTBEAT_KEY, timezone.now().timestamp(), timeout=600)
