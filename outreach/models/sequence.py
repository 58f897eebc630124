"""What is written, in which order."""

from django.db import models
from django.db.models import Q

from accounts.scoping import WorkspaceModel


class Sequence(WorkspaceModel):
    """A named series of steps; its text lives in versions, so running people keep the one they began with."""

    name = models.CharField(max_length=120)
    description = models.CharField(max_length=300, blank=True)
    is_default = models.BooleanField(default=False)
    archived_at = models.DateTimeField(null=True, blank=True)
    # The campaign's brake: none of its mail is taken while this is set.
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_reason = models.CharField(max_length=300, blank=True, default="", db_default="")
    # Set by the product itself (bounces, complaints), not by a person.
    paused_by_brake = models.BooleanField(default=False, db_default=False)
    # When a person let it go on after its brake: mails from before are not judged again.
    resumed_at = models.DateTimeField(null=True, blank=True)
    is_sample = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "name"], name="outreach_sequence_name_unique"
            ),
            models.UniqueConstraint(
                fields=["workspace"],
                condition=Q(is_default=True),
                name="outreach_sequence_one_default",
            ),
            models.CheckConstraint(
                condition=Q(paused_at__isnull=True) | ~Q(paused_reason=""),
                name="outreach_sequence_pause_says_why",
            ),
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class SequenceVersion(WorkspaceModel):
    """One wording of a sequence; a version that was used is never edited."""

    sequence = models.ForeignKey(Sequence, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sequence", "number"], name="outreach_sequenceversion_once"
            )
        ]

    def __str__(self) -> str:
        """Return sequence and number."""
        return f"{self.sequence} v{self.number}"


class Step(WorkspaceModel):
    """One e-mail of a sequence, with its wait after the step before."""

    class Kind(models.TextChoices):
        EMAIL = "email", "E-mail"
        MANUAL = "manual_task", "Do it yourself"

    version = models.ForeignKey(SequenceVersion, on_delete=models.CASCADE, related_name="steps")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=11, choices=Kind, default=Kind.EMAIL)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    # Working days after the actual send of the step before; 0 for the first.
    delay_days = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["version", "number"], name="outreach_step_once")
        ]

    def __str__(self) -> str:
        """Return version and number."""
        return f"{self.version} step {self.number}"
