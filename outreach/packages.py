"""Preparing everything one application sends: five steps that can fail and be tried again alone, and what a person changes."""

import copy
import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

from django.db import transaction

from accounts.models import User
from jobs import documents
from jobs.applications import advance_application
from jobs.models import Application, Document
from outreach import mail_drafts
from outreach.approving import ApprovalError, void_approval
from outreach.attachments import attach_resume, keep_choice
from outreach.checks import as_json, run_checks
from outreach.contacts import suppressions_of
from outreach.models import Contact, Enrollment, Message, Package
from outreach.planning import CHOSEN
from outreach.scheduling import PEOPLE_PER_APPLICATION
from outreach.sequences import default_version
from outreach.stopping import stop_enrollment

logger = logging.getLogger(__name__)

STEPS = {
    "resume": "Resume",
    "letter": "Letter",
    "contacts": "Contacts",
    "sequence": "Sequence",
    "checks": "Checks",
}
WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"
UNEXPECTED = "Something broke on our side. Nothing was lost; try this step again."
INTERRUPTED = "It was interrupted before it was done. Try this step again."
# Celery ends a task after ten minutes (CELERY_TASK_TIME_LIMIT); one that was silent for longer will not come back.
SILENT_FOR = timedelta(minutes=11)
# A package in one of these can still be changed.
OPEN = (Package.Status.DRAFTING, Package.Status.READY, Package.Status.APPROVED)

Report = Callable[[str], None]


class PackageClosedError(Exception):
    """The package is done or discarded, so it cannot be changed; the text is a sentence for the person."""


def open_package(application: Application, *, now: datetime) -> tuple[Package, bool]:
    """Return the application's package and whether this call made it; the application moves to Preparing."""
    with transaction.atomic():
        package, is_new = Package.objects.get_or_create(
            application=application,
            defaults={
                "workspace": application.workspace,
                "is_sample": application.is_sample,
                "steps": {key: {"state": WAITING} for key in STEPS},
            },
        )
        if is_new:
            advance_application(application, Application.Status.DRAFTING, now=now)
    return package, is_new


def is_at_work(package: Package, *, now: datetime) -> bool:
    """Whether a task prepares the package right now; one that has been silent for long is given up."""
    task = package.task
    return task is not None and not task.is_over and now - task.updated_at < SILENT_FOR


def assemble(
    package: Package,
    *,
    now: datetime,
    only: Iterable[str] = STEPS,
    report: Report = lambda key: None,
    tone: str = "",
) -> Package:
    """Run the steps named in `only`, in order; a failing one leaves its sentence and the others go on.

    Safe to repeat: documents become new versions, mails are rendered again unless a person edited them. `report` hears
    each step's key as it begins. Afterwards the package waits for a person.
    """
    wanted = set(only)
    for key, run in _RUNNERS.items():
        if key in wanted:
            report(key)
            _run(package, key, partial(run, package, now, tone))
    if package.status == Package.Status.DRAFTING and package.move_to(Package.Status.READY):
        advance_application(package.application, Application.Status.READY, now=now)
    return package


def _run(package: Package, key: str, run: Callable[[], None]) -> None:
    set_step(package, key, state=RUNNING, error="")
    try:
        with transaction.atomic():
            run()
    except documents.NothingToWriteError as error:
        set_step(package, key, state=FAILED, error=str(error))
    except Exception:
        # A bug in one step must not cost the person the other four; the log keeps it.
        logger.exception("A package step failed", extra={"package": package.pk, "step": key})
        set_step(package, key, state=FAILED, error=UNEXPECTED)
    else:
        set_step(package, key, state=DONE, error="")


@transaction.atomic
def set_step(package: Package, key: str, **fields: Any) -> None:
    """Write a step's state without losing what others write at the same time."""
    locked = Package.objects.select_for_update(no_key=True).get(pk=package.pk)
    steps = copy.deepcopy(locked.steps)
    steps[key] = {**steps.get(key, {}), **fields}
    Package.objects.filter(pk=package.pk).update(steps=steps)
    package.steps = steps


def _resume(package: Package, now: datetime, tone: str) -> None:
    documents.write_resume(package.application, today=now.date())


def _letter(package: Package, now: datetime, tone: str) -> None:
    application = package.application
    previous = documents.current_document(application, Document.Kind.LETTER)
    kept = previous.content.get("tone", "") if previous else ""
    documents.write_letter(application, today=now.date(), tone=tone or kept or "professional")


def _contacts(package: Package, now: datetime, tone: str) -> None:
    """Choose the best people unless somebody has chosen already."""
    if package.enrollments.filter(status__in=CHOSEN).exists():
        return
    enroll(package, best_contacts(package.application, now=now))


def _sequence(package: Package, now: datetime, tone: str) -> None:
    write_all_mails(package)


def _checks(package: Package, now: datetime, tone: str) -> None:
    refresh_checks(package, now=now)


_RUNNERS: dict[str, Callable[[Package, datetime, str], None]] = {
    "resume": _resume,
    "letter": _letter,
    "contacts": _contacts,
    "sequence": _sequence,
    "checks": _checks,
}


def known_contacts(application: Application) -> list[Contact]:
    """Return the workspace's people at the application's company, best first."""
    rows = (
        Contact.objects.for_workspace(application.workspace)
        .filter(company=application.job.company_id, deleted_at=None)
        .order_by("persona_rank", "-verdict_confidence", "pk")
    )
    return list(rows)


def best_contacts(application: Application, *, now: datetime) -> list[Contact]:
    """Return up to three people that may be written to."""
    people = [
        contact
        for contact in known_contacts(application)
        if contact.email and contact.verdict != Contact.Verdict.INVALID
    ]
    closed = suppressions_of(application.workspace, people, now=now)
    return [contact for contact in people if contact.pk not in closed][:PEOPLE_PER_APPLICATION]


def enroll(package: Package, contacts: Iterable[Contact]) -> None:
    """Choose people for the package's sequence, any number in a few statements a thousand.

    Safe to repeat; someone stopped before stays stopped.
    """
    version = package.version or default_version(package.workspace)
    if package.version_id is None:
        Package.objects.filter(pk=package.pk, version=None).update(version=version)
        package.version = version
    rows = (
        Enrollment(
            application=package.application,
            contact=contact,
            version=version,
            workspace=package.workspace,
            package=package,
            is_sample=contact.is_sample,
        )
        for contact in contacts
    )
    while some := list(islice(rows, mail_drafts.ENROLLMENTS_AT_ONCE)):
        Enrollment.objects.bulk_create(some, ignore_conflicts=True)


def write_all_mails(package: Package) -> None:
    """Render the drafts of everyone who is chosen."""
    sender = mail_drafts.sender_values(package.application)
    rows = package.enrollments.filter(status__in=CHOSEN).select_related("contact", "version")
    mail_drafts.write_mails(
        package, rows.iterator(chunk_size=mail_drafts.ENROLLMENTS_AT_ONCE), sender
    )


def refresh_checks(package: Package, *, now: datetime) -> None:
    """Bring the attached file up to date and store what the checks say now, for the lists.

    The package page and Approve always ask the checks anew.
    """
    attach_resume(package)
    checks = as_json(run_checks(package, now=now))
    Package.objects.filter(pk=package.pk).update(checks=checks)
    package.checks = checks


@transaction.atomic
def begin_change(package: Package, reason: str, *, user: User, now: datetime) -> None:
    """Withdraw the approval before something that was approved is changed.

    Raises PackageClosedError for a package that is done or discarded.
    """
    package.refresh_from_db()
    if package.status not in OPEN:
        label = package.get_status_display().lower()
        raise PackageClosedError(f"This package is {label}, so it cannot be changed any more.")
    void_approval(package, reason, now=now, user=user)
    package.refresh_from_db()


@transaction.atomic
def choose_contacts(
    package: Package, contacts: list[Contact], *, user: User, now: datetime
) -> None:
    """Write to exactly these people. Mails of the others go, except what was sent and what a person wrote.

    Raises PackageClosedError, or ApprovalError when more than three are chosen.
    """
    if len(contacts) > PEOPLE_PER_APPLICATION:
        raise ApprovalError(
            f"Choose at most {PEOPLE_PER_APPLICATION} people: more from one applicant is unwelcome."
        )
    wanted = {contact.pk for contact in contacts}
    before = set(package.enrollments.filter(status__in=CHOSEN).values_list("contact_id", flat=True))
    if wanted != before:
        begin_change(package, "The people were changed.", user=user, now=now)
        leaving = package.enrollments.filter(status__in=CHOSEN).exclude(contact__in=contacts)
        for enrollment in leaving.select_related("contact", "application"):
            _take_off(enrollment, user=user, now=now)
        enroll(package, contacts)
        write_all_mails(package)
    refresh_checks(package, now=now)


def _take_off(enrollment: Enrollment, *, user: User, now: datetime) -> None:
    """Remove somebody nothing was sent to; stop somebody who has heard from us."""
    if enrollment.mails.filter(status__in=(Message.Status.SENDING, *Message.LEFT)).exists():
        if enrollment.status == Enrollment.Status.DRAFT:
            enrollment.move_to(Enrollment.Status.ACTIVE)
        reason = Enrollment.StopReason.BY_PERSON
        stop_enrollment(enrollment, reason, now=now, actor=user)
        enrollment.mails.filter(status=Message.Status.DRAFT).delete()
    else:
        enrollment.delete()


@transaction.atomic
def edit_mail(
    package: Package,
    mail: Message,
    *,
    text: dict[str, str] | None,
    user: User,
    now: datetime,
) -> None:
    """Give one mail a person's own subject and body, or (None) the sequence's again; this withdraws the approval.

    Raises PackageClosedError, or ApprovalError for a mail that has left.
    """
    begin_change(package, "A mail was edited.", user=user, now=now)
    mail.refresh_from_db()
    if mail.status != Message.Status.DRAFT:
        label = mail.get_status_display().lower()
        raise ApprovalError(f"This mail can no longer be edited: it is {label}.")
    mail_drafts.keep_edit(package, mail.enrollment.contact, mail.step_number, text)
    mail_drafts.write_mails(
        package, [mail.enrollment], mail_drafts.sender_values(package.application)
    )
    refresh_checks(package, now=now)


@transaction.atomic
def choose_attachment(package: Package, *, is_wanted: bool, user: User, now: datetime) -> None:
    """Let the resume go with the first mails, or not; this withdraws the approval.

    Raises PackageClosedError for a package that is done or discarded.
    """
    begin_change(package, "The attachment was changed.", user=user, now=now)
    keep_choice(package, is_wanted=is_wanted)
    refresh_checks(package, now=now)


def discard(package: Package, *, user: User, now: datetime) -> bool:
    """Put a package aside, withdrawing its approval; return whether it was open."""
    with transaction.atomic():
        begin_change(package, "The package was discarded.", user=user, now=now)
        return package.move_to(Package.Status.DISCARDED)


def restore(package: Package, *, now: datetime) -> bool:
    """Bring a discarded package back as it was, waiting for a person."""
    if package.status != Package.Status.DISCARDED or not package.move_to(Package.Status.READY):
        return False
    refresh_checks(package, now=now)
    return True
