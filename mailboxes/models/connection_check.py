"""One live check of a mailbox's connection, row by row, as the person sees it."""

from django.db import models
from django.db.models import Q

from accounts.encryption import EncryptedTextField
from accounts.scoping import WorkspaceModel
from mailboxes.models.mailbox import Mailbox


class ConnectionCheck(WorkspaceModel):
    """What was typed, what was tried, and what came of it. The typed passwords are sealed and soon forgotten."""

    class Verdict(models.TextChoices):
        RUNNING = "running", "Running"
        PASSED = "passed", "Everything works"
        SENDING = "sending", "Sending works, reading does not"
        FAILED = "failed", "Does not work"

    # None while a mailbox is being connected; a check of a kept mailbox uses what is kept with it.
    mailbox = models.ForeignKey(
        Mailbox, on_delete=models.CASCADE, null=True, blank=True, related_name="checks"
    )
    details = models.JSONField(default=dict)
    secrets = EncryptedTextField(blank=True)
    rows = models.JSONField(default=list)
    verdict = models.CharField(max_length=7, choices=Verdict, default=Verdict.RUNNING)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict="running", finished_at__isnull=True)
                | (~Q(verdict="running") & Q(finished_at__isnull=False)),
                name="mailboxes_connectioncheck_end_has_time",
            )
        ]
        indexes = [
            models.Index(
                fields=["created_at"],
                condition=~Q(secrets=""),
                name="mailboxes_check_with_secrets",
            )
        ]

    def __str__(self) -> str:
        """Return the address it is about."""
        return str(self.details.get("address", ""))
