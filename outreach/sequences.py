"""The sequence a workspace writes with, copies of it, and putting one away."""

from datetime import datetime

from django.db import transaction

from accounts.models import Workspace
from outreach.default_sequences import JOB_SEEKER_DEFAULT, DefaultSequence
from outreach.models import Enrollment, Sequence, SequenceVersion, Step

NAME_LENGTH = Sequence._meta.get_field("name").max_length or 0


@transaction.atomic
def default_version(
    workspace: Workspace, template: DefaultSequence = JOB_SEEKER_DEFAULT
) -> SequenceVersion:
    """Return the latest version of the workspace's default sequence, copying ours in when there is none. Safe to repeat."""
    Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
    sequence = Sequence.objects.for_workspace(workspace).filter(is_default=True).first()
    if sequence is None:
        sequence, _ = Sequence.objects.get_or_create(
            workspace=workspace, name=template.name, defaults={"description": template.purpose}
        )
        sequence.is_default = True
        sequence.save(update_fields=["is_default", "updated_at"])
    version: SequenceVersion | None = sequence.versions.order_by("-number").first()
    return version or _first_version(sequence, template)


def _first_version(sequence: Sequence, template: DefaultSequence) -> SequenceVersion:
    version: SequenceVersion = SequenceVersion.objects.create(
        workspace=sequence.workspace, sequence=sequence, number=1
    )
    Step.objects.bulk_create(
        Step(
            workspace=sequence.workspace,
            version=version,
            number=step.position,
            subject=step.subject,
            body=step.body,
            delay_days=step.delay_working_days,
        )
        for step in template.steps
    )
    return version


class SequenceError(Exception):
    """The sequence cannot be changed that way; the text is a sentence for the person."""


@transaction.atomic
def duplicate(sequence: Sequence) -> Sequence:
    """Return a copy under a free name, with the latest wording as its first; nobody is in it."""
    Workspace.objects.select_for_update(no_key=True).get(pk=sequence.workspace_id)
    copy: Sequence = Sequence.objects.create(
        workspace=sequence.workspace,
        name=_free_name(sequence),
        description=sequence.description,
        is_sample=sequence.is_sample,
    )
    version = SequenceVersion.objects.create(workspace=sequence.workspace, sequence=copy, number=1)
    latest = sequence.versions.filter(steps__isnull=False).order_by("-number").first()
    steps = list(latest.steps.order_by("number")) if latest is not None else []
    Step.objects.bulk_create(
        Step(
            workspace=sequence.workspace,
            version=version,
            number=step.number,
            kind=step.kind,
            subject=step.subject,
            body=step.body,
            delay_days=step.delay_days,
        )
        for step in steps
    )
    return copy


def _free_name(sequence: Sequence) -> str:
    names = set(Sequence.objects.for_workspace(sequence.workspace).values_list("name", flat=True))
    number = 1
    while True:
        suffix = " (copy)" if number == 1 else f" (copy {number})"
        name = sequence.name[: NAME_LENGTH - len(suffix)] + suffix
        if name not in names:
            return name
        number += 1


@transaction.atomic
def archive(sequence: Sequence, *, now: datetime) -> bool:
    """Take a sequence off the list; False when it was. Raises SequenceError while it is in use."""
    if sequence.is_default:
        raise SequenceError(
            "This is the sequence that new packages are written with, so it stays. Pause it to let nothing leave."
        )
    running = (Enrollment.Status.ACTIVE, Enrollment.Status.HELD)
    if Enrollment.objects.filter(version__sequence=sequence, status__in=running).exists():
        raise SequenceError(
            "People are still being written to with this sequence. Stop them first, or wait until it is done."
        )
    return bool(Sequence.objects.filter(pk=sequence.pk, archived_at=None).update(archived_at=now))


def bring_back(sequence: Sequence) -> bool:
    """Put an archived sequence on the list again; False when it is there."""
    archived = Sequence.objects.filter(pk=sequence.pk, archived_at__isnull=False)
    return bool(archived.update(archived_at=None))
