"""Where openings come from, with the terms that let us read them."""

from django.db import models
from django.db.models import Q

from accounts.scoping import WorkspaceModel


class Source(WorkspaceModel):
    """One public board (or the person's own pasted postings) that a workspace follows."""

    class Health(models.TextChoices):
        NEW = "new", "Not read yet"
        LIVE = "live", "Live"
        EMPTY = "empty", "Live, no openings"
        DEAD = "dead", "Board is gone"
        UNAVAILABLE = "unavailable", "Did not answer"
        REFUSED = "refused", "May not be read"

    kind = models.CharField(max_length=20)
    board_token = models.CharField(max_length=120, blank=True)
    name = models.CharField(max_length=200, blank=True)
    url = models.URLField(max_length=500, blank=True)
    terms_url = models.URLField(max_length=500, blank=True)
    allowed = models.BooleanField(default=True)
    checked_on = models.DateField(null=True, blank=True)
    robots = models.CharField(max_length=10, blank=True)
    etag = models.CharField(max_length=300, blank=True)
    health = models.CharField(max_length=11, choices=Health, default=Health.NEW)
    last_error = models.CharField(max_length=400, blank=True)
    last_tried_at = models.DateTimeField(null=True, blank=True)
    last_ok_at = models.DateTimeField(null=True, blank=True)
    # The next automatic reading; null for sources that cannot be fetched (pasted, saved answers).
    next_due_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    is_sample = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "kind", "board_token"], name="jobs_source_unique"
            )
        ]
        indexes = [
            models.Index(
                fields=["next_due_at"],
                condition=Q(next_due_at__isnull=False, paused_at__isnull=True),
                name="jobs_source_due",
            )
        ]

    def __str__(self) -> str:
        """Return the name people know it by."""
        return self.name or f"{self.kind} {self.board_token}".strip()
