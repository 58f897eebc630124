"""What staff and automation did, written once and never changed (ux.md D5)."""

import uuid

from django.conf import settings
from django.db import models


class AuditEntry(models.Model):
    """One action with its reason; each row carries the hash of the row before, so a gap shows.

    A trigger refuses UPDATE and DELETE (migration 0002); `accounts.auditing.record` is the only writer.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        null=True,
        related_name="+",
        db_constraint=False,
    )
    actor_label = models.CharField(max_length=254)
    actor_ip = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=64, blank=True)
    verb = models.CharField(max_length=60)
    target_type = models.CharField(max_length=60)
    target_id = models.CharField(max_length=64)
    workspace = models.ForeignKey(
        "accounts.Workspace",
        on_delete=models.DO_NOTHING,
        null=True,
        related_name="+",
        db_constraint=False,
    )
    reason = models.CharField(max_length=500)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    affected_count = models.PositiveIntegerField(default=1)
    previous_hash = models.CharField(max_length=64, blank=True)
    entry_hash = models.CharField(max_length=64, unique=True)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["-at"], name="accounts_audit_recent"),
            models.Index(fields=["target_id"], name="accounts_audit_target"),
            models.Index(fields=["verb", "-id"], name="accounts_audit_verb"),
            models.Index(fields=["target_type", "-id"], name="accounts_audit_kind"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(reason=""), name="accounts_audit_has_reason"
            ),
            # A chain, not a tree: two rows may not claim the same predecessor.
            models.UniqueConstraint(fields=["previous_hash"], name="accounts_audit_chain"),
        ]

    def __str__(self) -> str:
        """Return who did what."""
        return f"{self.actor_label}: {self.verb} {self.target_type} {self.target_id}"
