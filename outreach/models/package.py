"""Everything one application sends, prepared and approved as one."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.lifecycle import LifecycleModel
from accounts.models import BackgroundTask
from accounts.scoping import WorkspaceModel
from jobs.models import Application
from outreach.models.sequence import SequenceVersion


class Package(LifecycleModel, WorkspaceModel):
    """Resume, letter, people, sequence and checks of one application."""

    class Status(models.TextChoices):
        DRAFTING = "drafting", "Drafting"
        READY = "ready", "Waiting for you"
        APPROVED = "approved", "Queued"
        DONE = "done", "Done"
        DISCARDED = "discarded", "Discarded"

    TRANSITIONS = {
        Status.DRAFTING: {Status.READY, Status.DISCARDED},
        Status.READY: {Status.DRAFTING, Status.APPROVED, Status.DISCARDED},
        Status.APPROVED: {Status.READY, Status.DONE},
        Status.DISCARDED: {Status.READY},
        # Back when a person restores a cancelled message.
        Status.DONE: {Status.APPROVED},
    }

    application = models.OneToOneField(
        Application, on_delete=models.CASCADE, related_name="package"
    )
    task = models.ForeignKey(
        BackgroundTask, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    version = models.ForeignKey(
        SequenceVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="packages"
    )
    status = models.CharField(max_length=9, choices=Status, default=Status.DRAFTING)
    # {step key: {"state": "waiting|running|done|failed", "error": sentence}} for resume, letter, contacts, sequence, checks
    steps = models.JSONField(default=dict, blank=True)
    checks = models.JSONField(default=list, blank=True)
    is_sample = models.BooleanField(default=False)

    def __str__(self) -> str:
        """Return the role it is for."""
        return f"Package for {self.application}"


class Approval(WorkspaceModel):
    """A person's yes to exactly these texts; any edit voids it, and time never turns into a yes."""

    package = models.ForeignKey(Package, on_delete=models.CASCADE, related_name="approvals")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    approved_at = models.DateTimeField()
    # SHA-256 over every text that will be sent, in order, with its recipient (outreach.approving.content_hash).
    content_hash = models.CharField(max_length=64)
    items = models.JSONField(default=list)
    hold_until = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, blank=True)
    void_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["package"],
                condition=Q(voided_at__isnull=True),
                name="outreach_approval_one_in_force",
            ),
            models.CheckConstraint(
                condition=Q(voided_at__isnull=True) | ~Q(void_reason=""),
                name="outreach_approval_void_says_why",
            ),
        ]

    def __str__(self) -> str:
        """Return who approved what."""
        return f"{self.user} approved {self.package}"
