"""Celery's way into outreach. Tasks only say "look"; what may be done is decided by the rows."""

import asyncio
import logging
import multiprocessing
from functools import cache

from celery import shared_task
from celery.signals import worker_shutting_down
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone

from accounts import progress
from accounts.models import BackgroundTask
from mailboxes import brakes
from outreach import (
    advancing,
    campaign_brake,
    contact_files,
    hearing,
    packages,
    pulse,
    verification,
)
from outreach.dispatcher import Dispatcher, NoSlotError, Options
from outreach.loops import loop_factory
from outreach.models import Contact, Package
from outreach.recovery import LateOracle

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
    options = Options(
        chores=(advancing.advance_sequences,),
        is_stopping=_STOPPING.is_set,
        oracle=LateOracle(),
    )
    try:
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            tally = runner.run(Dispatcher(options).run())
    except NoSlotError:
        return
    if tally:
        logger.info("A sending turn is over", extra=tally)


@shared_task
def look_after_senders() -> None:
    """Compute health anew, apply the mailboxes' brakes, and look whether the whole platform must stop."""
    now = timezone.now()
    brakes.look_at_all(now=now)
    campaign_brake.look_at_platform(now=now)


@shared_task
def take_pulse() -> None:
    """Keep how sending fares, for the lines on the operations board."""
    pulse.take_pulse(timezone.now())


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


@shared_task
def assemble_package(package_id: int, task_id: int, only: list[str], tone: str = "") -> None:
    """Run the named steps of a package; each failing step keeps its own sentence."""
    package = Package.objects.select_related(
        "workspace", "application__job", "application__profile__user", "version"
    ).get(pk=package_id)
    task = BackgroundTask.objects.get(pk=task_id)
    if not progress.start(task):
        return
    packages.assemble(
        package,
        now=timezone.now(),
        only=only,
        tone=tone,
        report=lambda key: progress.report(task, only.index(key)),
    )
    progress.finish(task, result_url=reverse("outreach:package-detail", args=[package.public_id]))


IMPORT_STEPS = ["Reading the rows", "Storing people"]
# DNS may take seconds for one domain, so a long list is asked about in pieces.
VERIFY_BATCH = 50


@shared_task
def import_contacts(
    task_id: int, path: str, mapping: dict[str, int], source: str, lawful_basis: str
) -> None:
    """Store the usable rows of an uploaded list, have their addresses verified, and forget the upload."""
    task = BackgroundTask.objects.select_related("workspace").get(pk=task_id)
    if not progress.start(task):
        return
    with default_storage.open(path) as saved:
        file = contact_files.read_file(saved.read())
    rows = contact_files.judge_rows(file, mapping, source=source, lawful_basis=lawful_basis)
    progress.report(task, 1)
    result = contact_files.import_rows(task.workspace, rows, now=timezone.now())
    for start in range(0, len(result.contact_ids), VERIFY_BATCH):
        verify_contacts.delay(list(result.contact_ids[start : start + VERIFY_BATCH]))
    progress.finish(task, result_url=reverse("outreach:contact-list"))
    default_storage.delete(path)


@shared_task
def verify_contacts(contact_ids: list[int]) -> None:
    """Ask DNS about the addresses of some contacts; each domain once."""
    lookup = cache(verification.look_up_mail_hosts)
    for contact in Contact.objects.filter(pk__in=contact_ids, deleted_at=None):
        verification.verify_contact(contact, now=timezone.now(), lookup=lookup)
