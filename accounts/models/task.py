"""Long work that a person waits for, with named steps."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.lifecycle import LifecycleModel
from accounts.scoping import WorkspaceModel


class BackgroundTask(LifecycleModel, WorkspaceModel):
    """One piece of work in the background; the page polls it, and it survives a reload."""

    class Status(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    TRANSITIONS = {
        Status.QUEUED: {Status.RUNNING, Status.FAILED},
        Status.RUNNING: {Status.DONE, Status.FAILED, Status.QUEUED},
        Status.FAILED: {Status.QUEUED},
        Status.DONE: set(),
    }

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    steps = models.JSONField(default=list)
    step = models.PositiveSmallIntegerField(default=0)
    status = models.CharField(max_length=7, choices=Status, default=Status.QUEUED)
    error = models.CharField(max_length=400, blank=True)
    subject_id = models.UUIDField(null=True, blank=True)
    result_url = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    # How often a worker took it, and which one was the last (host and process).
    attempts = models.PositiveSmallIntegerField(default=0)
    worker = models.CharField(max_length=80, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["workspace", "-created_at"], name="accounts_task_recent"),
            # Operations look for what failed among everything that was done.
            models.Index(
                fields=["finished_at"], condition=Q(status="failed"), name="accounts_task_failed"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="failed") | ~Q(error=""), name="accounts_task_failed_says_why"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["queued", "running"]) | Q(finished_at__isnull=False),
                name="accounts_task_end_has_time",
            ),
        ]

    def __str__(self) -> str:
        """Return its title."""
        return self.title

    @property
    def step_name(self) -> str:
        """The name of the step at work, or of the last one."""
        return str(self.steps[min(self.step, len(self.steps) - 1)]) if self.steps else self.title

    @property
    def is_over(self) -> bool:
        """Whether polling can stop."""
        return self.status in {self.Status.DONE, self.Status.FAILED}
