"""What keeps mail or openings from coming and going, and where a person mends it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.urls import reverse

from accounts import switches
from accounts.models import Resume, Workspace
from jobs.models import Source
from mailboxes.models import Mailbox
from outreach.models import Enrollment, Message, Package, Sequence
from outreach.queues import Waiting
from outreach.standing import (
    DEAD_SOURCES,
    Standing,
    mail_trouble,
    mailbox_trouble,
    paused_sequences,
    with_failed_step,
    without_mailbox,
)

# One broken mailbox can fail a thousand mails; nobody mends them one by one.
MOST_OF_A_KIND = 50
# The texts a person need not load to decide.
HEAVY = ("description_html", "description_text", "embedding", "search")


def troubles_of(workspace: Workspace, standing: Standing, *, now: datetime) -> list[Waiting]:
    """Return what a person can mend, the gravest first; one query for each kind of which `standing` knows some."""
    rows = [_platform()] if standing.is_platform_off else []
    rows += [_paused(workspace)] if workspace.sending_paused_at is not None else []
    for flag, find, describe in _KINDS:
        if getattr(standing, flag):
            rows += [describe(row) for row in find(workspace, now)[:MOST_OF_A_KIND]]
    return rows


def _platform() -> Waiting:
    switch = switches.switch_of(switches.SENDING)
    reason = switch.reason if switch is not None else ""
    return Waiting(
        key="platform off",
        title="RoleFerry has stopped all sending for now",
        why=f"{reason} Nothing to do: your mails wait and go by themselves afterwards.".strip(),
        url=reverse("outreach:outbox"),
        action="See what waits",
        icon="octagon-pause",
    )


def _paused(workspace: Workspace) -> Waiting:
    reason = workspace.sending_paused_reason
    if workspace.sending_paused_by_staff:
        title = "Operations paused your sending"
        why = f"{reason} Write to support to have it checked."
    elif workspace.sending_paused_by_brake:
        title = "A brake stopped all your sending"
        why = f"{reason} Take the bad addresses out of your lists, then let mail go again."
    else:
        title = "Sending is paused"
        why = reason or "No mail leaves until it is switched on again."
    return Waiting(
        key=f"sending paused {workspace.sending_paused_at}",
        title=title,
        why=why.strip(),
        url=reverse("accounts:workspace-edit"),
        action="Look",
        icon="circle-pause",
    )


def _paused_sequences(workspace: Workspace, now: datetime) -> Any:
    return paused_sequences().filter(workspace=workspace).order_by("pk")


def _sequence(sequence: Sequence) -> Waiting:
    if sequence.paused_by_brake:
        title = f"A brake stopped the sequence “{sequence}”"
        why = f"{sequence.paused_reason} Look at who it wrote to, then let it go on or stop people."
    else:
        title = f"The sequence “{sequence}” is paused"
        why = f"{sequence.paused_reason} People in it wait for their next mail."
    return Waiting(
        key=f"sequence {sequence.pk} {sequence.paused_at}",
        title=title,
        why=why,
        url=reverse("outreach:sequence-detail", args=[sequence.public_id]),
        action="Decide",
        icon="circle-pause",
    )


def _stopped_mailboxes(workspace: Workspace, now: datetime) -> Any:
    return (
        Mailbox.objects.for_workspace(workspace)
        .filter(mailbox_trouble())
        .defer("smtp_password", "imap_password")
        .order_by("pk")
    )


def _mailbox(box: Mailbox) -> Waiting:
    is_braked = box.status == Mailbox.Status.PAUSED and box.braked_at is not None
    is_warned = box.status in Mailbox.SENDING
    if is_warned:
        word, why = "gets close to its brake", _warning(box)
    elif is_braked:
        word, why = "was stopped by its brake", box.status_reason
    else:
        word = "is paused" if box.status == Mailbox.Status.PAUSED else "cannot send"
        why = box.status_reason
    health = reverse("mailboxes:mailbox-health", args=[box.public_id])
    return Waiting(
        key=f"mailbox {box.pk} {box.status} {is_braked}",
        title=f"{box.address} {word}",
        why=why,
        url=health if is_warned or is_braked else reverse("mailboxes:mailbox-list"),
        action="Look" if is_warned or is_braked else "Fix",
        icon="mailbox",
    )


def _warning(box: Mailbox) -> str:
    """Return why a mailbox is warned, and what helps."""
    reasons = [str(reason.get("sentence", "")) for reason in box.health_reasons or []]
    first = reasons[0] if reasons else "Too many of its mails bounced or were reported."
    return f"{first} Check the addresses you write to next; it stops by itself if this goes on."


def _waiting_packages(workspace: Workspace, now: datetime) -> Any:
    return (
        without_mailbox()
        .filter(workspace=workspace)
        .select_related("application__job")
        .defer(*(f"application__job__{name}" for name in HEAVY))
        .order_by("pk")
    )


def _without_mailbox(package: Package) -> Waiting:
    job = package.application.job
    return Waiting(
        key=f"package without mailbox {package.pk}",
        title=f"{job.title} waits for a mailbox",
        place=job.company_name,
        why="You approved it. Its mails leave as soon as a mailbox is connected.",
        url=reverse("mailboxes:mailbox-connect"),
        action="Connect a mailbox",
        icon="mailbox",
    )


def _troubled_mails(workspace: Workspace, now: datetime) -> Any:
    return (
        Message.objects.for_workspace(workspace)
        .filter(mail_trouble(now))
        .select_related("enrollment__contact")
        .order_by("-updated_at", "-pk")
    )


def _mail(message: Message) -> Waiting:
    who = message.enrollment.contact
    title, why = {
        Message.Status.HELD: (f"The mail to {who} is held for you", message.status_reason),
        Message.Status.UNKNOWN: (
            f"It is not proved whether the mail to {who} left",
            "It is never sent again by itself. Look into the Sent folder of its mailbox; we look there too.",
        ),
        Message.Status.FAILED: (
            f"The mail to {who} could not be delivered",
            message.last_error or message.status_reason,
        ),
    }[Message.Status(message.status)]
    return Waiting(
        key=f"mail {message.pk} {message.status}",
        title=title,
        why=why or "Nobody has decided yet.",
        url=reverse("outreach:outbox-message", args=[message.public_id]),
        action="Decide" if message.status == Message.Status.HELD else "Look",
        icon="mail-warning",
        dismiss_url=(
            reverse("outreach:message-dismiss", args=[message.public_id])
            if message.status == Message.Status.FAILED
            else ""
        ),
    )


def _held_people(workspace: Workspace, now: datetime) -> Any:
    return (
        Enrollment.objects.for_workspace(workspace)
        .filter(status=Enrollment.Status.HELD, held_until=None)
        .select_related("contact", "application__job")
        .defer(*(f"application__job__{name}" for name in HEAVY))
        .order_by("pk")
    )


def _held(enrollment: Enrollment) -> Waiting:
    job = enrollment.application.job
    path = reverse("outreach:application-detail", args=[enrollment.application.public_id])
    return Waiting(
        key=f"held {enrollment.pk}",
        title=f"Go on writing to {enrollment.contact}?",
        place=f"{job.title}, {job.company_name}",
        why=f"On hold: {enrollment.get_stop_reason_display().lower() or 'until you decide'}.",
        url=f"{path}#application-people",
        action="Decide",
        icon="circle-pause",
    )


def _failed_packages(workspace: Workspace, now: datetime) -> Any:
    return (
        with_failed_step()
        .filter(workspace=workspace)
        .select_related("application__job")
        .defer(*(f"application__job__{name}" for name in HEAVY))
        .order_by("pk")
    )


def _failed_package(package: Package) -> Waiting:
    job = package.application.job
    errors = [row.get("error") for row in package.steps.values() if row.get("state") == "failed"]
    return Waiting(
        key=f"failed package {package.pk}",
        title=f"The package for {job.title} is not finished",
        place=job.company_name,
        why=next(filter(None, errors), "A step broke off. The others are kept."),
        url=reverse("outreach:package-detail", args=[package.public_id]),
        action="Try again",
        icon="package-x",
    )


def _dead_sources(workspace: Workspace, now: datetime) -> Any:
    rows = Source.objects.for_workspace(workspace)
    return rows.filter(health__in=DEAD_SOURCES, paused_at=None).order_by("pk")


def _source(source: Source) -> Waiting:
    return Waiting(
        key=f"source {source.pk} {source.health}",
        title=f"{source}: {source.get_health_display().lower()}",
        why=source.last_error or "Its openings are kept as they were last seen.",
        url=reverse("jobs:source-list"),
        action="Look",
        icon="unplug",
    )


def _failed_resumes(workspace: Workspace, now: datetime) -> Any:
    rows = Resume.objects.for_workspace(workspace).defer("raw_text")
    return rows.filter(status=Resume.Status.FAILED, deleted_at=None).order_by("pk")


def _resume(resume: Resume) -> Waiting:
    return Waiting(
        key=f"resume {resume.pk}",
        title=f"{resume} could not be read",
        why=resume.error_sentence,
        url=reverse("jobs:resume-list"),
        action="Try again",
        icon="file-x",
    )


_KINDS: tuple[tuple[str, Callable[[Workspace, datetime], Any], Callable[[Any], Waiting]], ...] = (
    ("has_paused_sequences", _paused_sequences, _sequence),
    ("has_mailbox_trouble", _stopped_mailboxes, _mailbox),
    ("has_packages_without_mailbox", _waiting_packages, _without_mailbox),
    ("has_mail_trouble", _troubled_mails, _mail),
    ("has_held_people", _held_people, _held),
    ("has_failed_packages", _failed_packages, _failed_package),
    ("has_dead_sources", _dead_sources, _source),
    ("has_failed_resumes", _failed_resumes, _resume),
)
