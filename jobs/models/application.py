"""A candidate's way to one role: where it stands and how it got there."""

from collections.abc import Collection

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.lifecycle import LifecycleModel
from accounts.models import Profile
from accounts.scoping import WorkspaceModel
from jobs.models.job import Job


def anywhere_else(statuses: Collection[str]) -> dict[str, set[str]]:
    """Return a table that lets every status go to every other."""
    return {status: {other for other in statuses if other != status} for status in statuses}


class Application(LifecycleModel, WorkspaceModel):
    """One candidate and one opening. Moves are written by jobs.applications, which keeps the history."""

    class Status(models.TextChoices):
        DISCOVERED = "discovered", "Discovered"
        SAVED = "saved", "Saved"
        DRAFTING = "drafting", "Preparing"
        READY = "ready", "Waiting for you"
        APPLIED = "applied", "Applied"
        REPLIED = "replied", "Replied"
        INTERVIEWING = "interviewing", "Interview"
        OFFER = "offer", "Offer"
        ACCEPTED = "accepted", "Accepted"
        REJECTED = "rejected", "Rejected"
        WITHDRAWN = "withdrawn", "Withdrawn"
        GHOSTED = "ghosted", "No answer"

    class ReplyStatus(models.TextChoices):
        PENDING = "pending", "Waiting"
        REPLIED = "replied", "Replied"
        NO_REPLY = "no_reply", "No reply"

    # A person may put a card anywhere (going back asks for a reason: jobs.applications); automation only goes forward.
    TRANSITIONS = anywhere_else(Status)

    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="applications")
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="applications")
    status = models.CharField(max_length=12, choices=Status, default=Status.SAVED)
    match_score = models.PositiveSmallIntegerField(null=True, blank=True)
    reply_status = models.CharField(max_length=8, choices=ReplyStatus, default=ReplyStatus.PENDING)
    applied_at = models.DateTimeField(null=True, blank=True)
    last_action_at = models.DateTimeField()
    status_changed_at = models.DateTimeField()
    next_action = models.CharField(max_length=200, blank=True)
    next_action_date = models.DateField(null=True, blank=True)
    notes = models.TextField(blank=True)
    interviews = models.JSONField(default=list, blank=True)
    is_sample = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["profile", "job"], name="jobs_application_once"),
            models.CheckConstraint(
                condition=Q(match_score__isnull=True) | Q(match_score__lte=100),
                name="jobs_application_score_range",
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "status", "-last_action_at"], name="jobs_application_board"
            )
        ]

    def __str__(self) -> str:
        """Return the role."""
        return str(self.job)


class ApplicationEvent(WorkspaceModel):
    """One line of an application's history; append-only (a trigger refuses UPDATE and DELETE of a living application's rows)."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    text = models.CharField(max_length=500)
    from_status = models.CharField(max_length=12, blank=True)
    to_status = models.CharField(max_length=12, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["application", "-at"], name="jobs_applicationevent_recent")]

    def __str__(self) -> str:
        """Return the line."""
        return self.text
