"""What a package will send and when: the same plan for the preview, the approval and the ledger."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch

from outreach.models import Enrollment, Message, Package
from outreach.scheduling import add_working_hours, next_due, pace_for, plan_dates, zone_for

Status = Message.Status

# Whoever is in one of these is written to; the others were taken off or are done with.
CHOSEN = (Enrollment.Status.DRAFT, Enrollment.Status.ACTIVE, Enrollment.Status.HELD)


@dataclass
class PlannedMail:
    """One mail with its date: the real one once it is scheduled or sent, else the planned one (None: will not go).

    `is_first`: nothing goes to this person before it, so it waits for the hold only.
    """

    message: Message
    enrollment: Enrollment
    at: datetime | None
    is_first: bool = False


def chosen_enrollments(package: Package) -> list[Enrollment]:
    """Return the people who are written to, best first, with their mails loaded in order."""
    return chosen_in([package])[package.pk]


def chosen_in(packages: Sequence[Package]) -> dict[int, list[Enrollment]]:
    """Return the same for each package by its pk, in as many queries as for one."""
    rows = (
        Enrollment.objects.filter(package__in=[package.pk for package in packages])
        .filter(status__in=CHOSEN)
        .select_related("contact__company", "workspace")
        .prefetch_related(Prefetch("mails", Message.objects.select_related("step", "attachment")))
        .order_by("contact__persona_rank", "pk")
    )
    found: dict[int, list[Enrollment]] = {package.pk: [] for package in packages}
    for enrollment in rows:
        found[enrollment.package_id].append(enrollment)
    return found


def lock_chosen(packages: Sequence[Package]) -> dict[int, list[Enrollment]]:
    """Return the same for each package by its pk, with what an approval reads of a mail and the mails locked.

    So what a person says yes to stays as it was read until the transaction ends. The number of queries does not depend
    on the number of packages.
    """
    workspaces = {package.pk: package.workspace for package in packages}
    mails = Message.objects.only(*_APPROVED_FIELDS).order_by("pk")
    rows = (
        Enrollment.objects.filter(package__in=list(workspaces), status__in=CHOSEN)
        .select_related("contact")
        .prefetch_related(
            Prefetch("mails", mails.select_for_update(no_key=True)),
            "mails__step",
            "mails__attachment",
        )
        .order_by("contact__persona_rank", "pk")
    )
    found: dict[int, list[Enrollment]] = {package.pk: [] for package in packages}
    for enrollment in rows:
        enrollment.workspace = workspaces[enrollment.package_id]
        found[enrollment.package_id].append(enrollment)
    return found


_APPROVED_FIELDS = (
    "public_id",
    "enrollment",
    "step",
    "step_number",
    "recipient",
    "subject",
    "body",
    "text_hash",
    "unresolved",
    "attachment",
    "attachment_hash",
    "status",
    "due_at",
    "sent_at",
)


def mails_of(enrollment: Enrollment) -> list[Message]:
    """Return an enrollment's mails by step."""
    return sorted(enrollment.mails.all(), key=lambda mail: mail.step_number)


def first_mail_of(enrollment: Enrollment) -> Message | None:
    """Return the mail that opens the thread, whatever became of it; None while nothing is written."""
    return next(iter(mails_of(enrollment)), None)


def plan_package(enrollments: Iterable[Enrollment], start: datetime) -> list[PlannedMail]:
    """Return every mail with its date if `start` is the approval and each leaves on time.

    First mails to one company keep their distance (architecture section 7, spacing), so a second person's comes later.
    A mail that has a date already keeps it; a draft after a sent mail counts from when that one left.
    """
    plan: list[PlannedMail] = []
    last_first: dict[int, datetime] = {}
    for enrollment in enrollments:
        mails = mails_of(enrollment)
        dates = _dates(enrollment, mails, start, last_first)
        first = _first_to_go(mails)
        plan += [
            PlannedMail(mail, enrollment, at, is_first=mail.pk == first)
            for mail, at in zip(mails, dates, strict=True)
        ]
    return plan


def _first_to_go(mails: list[Message]) -> int | None:
    """Return the pk of the draft that nothing was sent before, or None when the thread has begun."""
    if any(mail.sent_at is not None for mail in mails):
        return None
    return next((mail.pk for mail in mails if mail.status == Status.DRAFT), None)


def _dates(
    enrollment: Enrollment, mails: list[Message], start: datetime, last_first: dict[int, datetime]
) -> list[datetime | None]:
    pace = pace_for(enrollment.workspace, enrollment.is_sample)
    zone = zone_for(enrollment.contact.time_zone, enrollment.workspace.time_zone)
    company = enrollment.contact.company_id
    to_go = [mail for mail in mails if mail.sent_at is None and mail.status == Status.DRAFT]
    planned: dict[int, datetime] = {}
    left_at = [mail.sent_at for mail in mails if mail.sent_at is not None]
    if left_at and to_go:
        at = max(next_due(left_at[-1], to_go[0].step.delay_days, pace, zone), start)
        for number, mail in enumerate(to_go):
            at = at if number == 0 else next_due(at, mail.step.delay_days, pace, zone)
            planned[mail.pk] = at
    elif to_go:
        if company in last_first and pace.spacing_hours:
            free_at = add_working_hours(last_first[company], pace.spacing_hours, zone)
            start = max(start, free_at - pace.hold)
        dates = plan_dates([mail.step for mail in to_go], start, pace, zone)
        planned = {mail.pk: at for mail, at in zip(to_go, dates, strict=True)}
    found = [planned.get(mail.pk) or mail.sent_at or mail.due_at for mail in mails]
    first = next((at for at in found if at is not None), None)
    if first is not None:
        last_first[company] = max(first, last_first.get(company, first))
    return found
