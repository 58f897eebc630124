"""Where outreach listens to mailboxes: each piece of news becomes a task; the sweep finds what gets lost."""

from typing import Any

from django.dispatch import receiver

from mailboxes.signals import delivery_event_stored, inbound_stored, suppressed
from outreach import tasks


@receiver(inbound_stored)
def on_inbound(sender: object, pk: int, **kwargs: Any) -> None:
    """Read one received mail."""
    tasks.apply_inbound.delay(pk)


@receiver(delivery_event_stored)
def on_event(sender: object, pk: int, **kwargs: Any) -> None:
    """Apply one provider event."""
    tasks.apply_event.delay(pk)


@receiver(suppressed)
def on_suppressed(sender: object, pk: int, **kwargs: Any) -> None:
    """Cancel what was queued for a closed address."""
    tasks.apply_suppression.delay(pk)
