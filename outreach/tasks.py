"""Celery's way into outreach. Tasks only say "look"; what may be done is decided by the rows."""

import asyncio
import logging
import multiprocessing

from celery import shared_task
from celery.signals import worker_shutting_down
from django.utils import timezone

from outreach import advancing, hearing
from outreach.dispatcher import Dispatcher, NoSlotError, Options

logger = logging.getLogger(__name__)

# Celery tells only the main process that it stops; the forked ones share this flag and look at it while they send.
_STOPPING = multiprocessing.get_context("fork").Event()


@worker_shutting_down.connect
def note_shutdown(**kwargs: object) -> None:
    """Let senders in this worker end their turn early."""
    _STOPPING.set()


@shared_task
def advance_sequences() -> None:
    """Turn due steps into scheduled mail and close what is over."""
    advancing.advance_sequences(timezone.now())


@shared_task
def dispatch() -> None:
    """Take a free sender's slot, if there is one, and send for one turn."""
    options = Options(chores=(advancing.advance_sequences,), is_stopping=_STOPPING.is_set)
    try:
        tally = asyncio.run(Dispatcher(options).run())
    except NoSlotError:
        return
    if tally:
        logger.info("A sending turn is over", extra=tally)


@shared_task
def apply_inbound(inbound_id: int) -> None:
    """Read one received mail."""
    hearing.hear_inbound(inbound_id, now=timezone.now())


@shared_task
def apply_event(event_id: int) -> None:
    """Apply one provider event."""
    hearing.hear_event(event_id, now=timezone.now())


@shared_task
def apply_suppression(suppression_id: int) -> None:
    """Stop whom one suppression closes."""
    hearing.hear_suppression(suppression_id, now=timezone.now())


@shared_task
def apply_mail_news() -> None:
    """Sweep: apply what the signals' own tasks left."""
    hearing.hear_all(now=timezone.now())
