"""Celery's way into mailboxes."""

from celery import shared_task
from django.utils import timezone

from mailboxes import events


@shared_task
def apply_delivery(delivery_id: int) -> None:
    """Read and apply one stored provider post."""
    events.apply_delivery(delivery_id, now=timezone.now())


@shared_task
def apply_deliveries() -> None:
    """Sweep: apply the posts whose own task was lost."""
    for delivery_id in events.waiting_deliveries():
        events.apply_delivery(delivery_id, now=timezone.now())
