"""Asking someone into a workspace."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models.workspace import Membership
from accounts.scoping import WorkspaceModel


class Invitation(WorkspaceModel):
    """An open door for one e-mail address; its public id in a signed link is the key."""

    email = models.EmailField()
    role = models.CharField(max_length=6, choices=Membership.Role, default=Membership.Role.VIEWER)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "workspace",
                Lower("email"),
                condition=Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                name="accounts_invitation_one_open",
            ),
            models.CheckConstraint(
                condition=~Q(role="owner"), name="accounts_invitation_not_owner"
            ),
        ]

    def __str__(self) -> str:
        """Return who is asked in as what."""
        return f"{self.email} as {self.role}"
