"""Addresses and domains that must not be written to."""

import uuid

from django.db import models
from django.db.models import Q

from accounts.scoping import WorkspaceQuerySet


class Suppression(models.Model):
    """A closed door: for one workspace, or for the whole platform when `workspace` is null.

    The address is kept as a keyed hash (it must outlive an erasure) and, while allowed, in plain for the person's list.
    """

    class Scope(models.TextChoices):
        PLATFORM = "platform", "Everyone"
        WORKSPACE = "workspace", "This workspace"

    class Reason(models.TextChoices):
        HARD_BOUNCE = "hard_bounce", "Address does not exist"
        SOFT_BOUNCE = "soft_bounce", "Three temporary failures in 30 days"
        COMPLAINT = "complaint", "Reported as spam"
        UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
        ASKED = "asked", "Asked to stop in words"
        MANUAL = "manual", "Added by hand"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    workspace = models.ForeignKey(
        "accounts.Workspace", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    scope = models.CharField(max_length=9, choices=Scope)
    address_hash = models.CharField(max_length=64, blank=True, db_index=True)
    address = models.CharField(max_length=254, blank=True)
    domain = models.CharField(max_length=253, blank=True, db_index=True)
    reason = models.CharField(max_length=12, choices=Reason)
    source = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    # Releasing keeps the row; only live rows (null) close the door.
    released_at = models.DateTimeField(null=True, blank=True)
    released_reason = models.CharField(max_length=300, blank=True)
    # Hard bounces and complaints need two people of operations: one asks with evidence, another releases.
    release_asked_at = models.DateTimeField(null=True, blank=True)
    release_asked_by = models.ForeignKey(
        "accounts.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    release_evidence = models.CharField(max_length=500, blank=True, default="", db_default="")
    # Who opened the door; a trigger holds that it is not who asked (migration 0003). Empty when we opened it ourselves.
    released_by = models.ForeignKey(
        "accounts.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(scope="platform", workspace__isnull=True)
                | Q(scope="workspace", workspace__isnull=False),
                name="mailboxes_suppression_scope_matches",
            ),
            models.CheckConstraint(
                condition=(~Q(address_hash="") & Q(domain=""))
                | (Q(address_hash="") & ~Q(domain="")),
                name="mailboxes_suppression_one_target",
            ),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True) | ~Q(released_reason=""),
                name="mailboxes_suppression_release_says_why",
            ),
            models.UniqueConstraint(
                fields=["workspace", "address_hash", "domain", "reason"],
                condition=Q(released_at__isnull=True),
                nulls_distinct=False,
                name="mailboxes_suppression_once",
            ),
        ]

    def __str__(self) -> str:
        """Return a masked form of what is closed."""
        if self.domain:
            return self.domain
        local, _, domain = self.address.partition("@")
        return f"{local[:2]}…@{domain}" if self.address else self.address_hash[:12]
