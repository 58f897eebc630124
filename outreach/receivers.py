"""Where outreach listens to mailboxes: each piece of news becomes a task; the sweep finds what gets lost.

The tasks are imported when there is news: every process loads the receivers, and a sender would need twice its memory.
"""

from typing import Any

from django.dispatch import receiver

from mailboxes.signals import delivery_event_stored, inbound_stored, suppressed


@receiver(inbound_stored)
def on_inbound(sender: object, pk: int, **kwargs: Any) -> None:
    """Read one received mail."""
    from outreach import tasks

    tasks.apply_inbound.delay(pk)


@receiver(delivery_event_stored)
def on_event(sender: object, pk: int, **kwargs: Any) -> None:
    """Apply one provider event."""
    from outreach import tasks

    tasks.apply_event.delay(pk)


@receiver(suppressed)
def on_suppressed(sender: object, pk: int, **kwargs: Any) -> None:
    """Cancel what was queued for a closed address."""
    from outreach import tasks

    tasks.apply_suppression.delay(pk)
