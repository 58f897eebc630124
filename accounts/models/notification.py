"""News for a person."""

from django.db import models

from accounts.scoping import WorkspaceModel


class Notification(WorkspaceModel):
    """One line of news in the workspace, with a link to where it matters."""

    kind = models.CharField(max_length=40)
    text = models.CharField(max_length=300)
    url = models.CharField(max_length=300, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["workspace", "-created_at"], name="accounts_notification_recent")
        ]

    def __str__(self) -> str:
        """Return the text."""
        return self.text
