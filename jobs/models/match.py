"""How well an opening fits a candidate, with the work shown."""

from django.db import models
from django.db.models import Q

from accounts.models import Profile
from accounts.scoping import WorkspaceModel
from jobs.models.job import Job


class JobMatch(WorkspaceModel):
    """A score of one profile for one job: parts that sum to it, reasons and blockers that quote both sides."""

    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="matches")
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="matches")
    score = models.PositiveSmallIntegerField()
    parts = models.JSONField(default=list)
    reasons = models.JSONField(default=list)
    blockers = models.JSONField(default=list)
    similarity = models.FloatField(default=0)
    # What was compared; a change of either makes the score stale.
    profile_version = models.PositiveIntegerField()
    job_content_hash = models.CharField(max_length=64)
    starred_at = models.DateTimeField(null=True, blank=True)
    hidden_at = models.DateTimeField(null=True, blank=True)
    hidden_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "job matches"
        constraints = [
            models.UniqueConstraint(fields=["profile", "job"], name="jobs_jobmatch_once"),
            models.CheckConstraint(
                condition=Q(score__gte=0, score__lte=100), name="jobs_jobmatch_score_range"
            ),
        ]
        indexes = [
            models.Index(
                fields=["profile", "-score", "-job"],
                condition=Q(hidden_at__isnull=True),
                name="jobs_jobmatch_best",
            ),
            # Few rows: what the list in order of time leaves out.
            models.Index(
                fields=["profile", "job"],
                condition=Q(hidden_at__isnull=False),
                name="jobs_jobmatch_hidden",
            ),
        ]

    def __str__(self) -> str:
        """Return the score and what it is for."""
        return f"{self.score} for {self.job}"
