"""The sequence a workspace writes with."""

from django.db import transaction

from accounts.models import Workspace
from outreach.default_sequences import JOB_SEEKER_DEFAULT, DefaultSequence
from outreach.models import Sequence, SequenceVersion, Step


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
