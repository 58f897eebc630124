"""The tenant, and who belongs to it."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.functional import cached_property


class Workspace(models.Model):
    """One person's or team's separate world; nothing crosses from one workspace to another."""

    class Plan(models.TextChoices):
        FREE = "free", "Free"
        PRO = "pro", "Pro"
        TEAMS = "teams", "Teams"

    class Pace(models.TextChoices):
        NORMAL = "normal", "Normal"
        PRACTICE = "practice", "Practice (sandbox mail only: short holds, no windows)"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=120)
    plan = models.CharField(max_length=5, choices=Plan, default=Plan.FREE)
    mode = models.CharField(
        max_length=12,
        default="job_seeker",
        choices=[("job_seeker", "Job seeker"), ("recruiter", "Recruiter")],
    )
    time_zone = models.CharField(max_length=64, default="UTC")
    sender_name = models.CharField(max_length=120, blank=True)
    postal_address = models.TextField(blank=True)
    is_demo = models.BooleanField(default=False)
    # Applies to messages that go to the sandbox; real mail always keeps the normal pace (outreach.scheduling).
    pace = models.CharField(max_length=8, choices=Pace, default=Pace.NORMAL)
    # The workspace's own brake; operations can set it too. Null means mail may go.
    sending_paused_at = models.DateTimeField(null=True, blank=True)
    # A pause by operations is lifted by operations only.
    sending_paused_by_staff = models.BooleanField(default=False)
    sending_paused_reason = models.CharField(max_length=300, blank=True)
    # Set by the product itself (bounces, complaints); kept when operations take the pause over.
    sending_paused_by_brake = models.BooleanField(default=False, db_default=False)
    # When what a brake had stopped was let go on: mails from before are not judged again.
    sending_resumed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class Membership(models.Model):
    """A user's role in a workspace."""

    class Role(models.TextChoices):
        OWNER = "owner", "Owner"
        EDITOR = "editor", "Editor"
        VIEWER = "viewer", "Viewer"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=6, choices=Role, default=Role.VIEWER)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "user"], name="accounts_membership_once"),
            models.UniqueConstraint(
                fields=["workspace"],
                condition=models.Q(role="owner"),
                name="accounts_membership_one_owner",
            ),
        ]

    def __str__(self) -> str:
        """Return who is what where."""
        return f"{self.user} is {self.role} of {self.workspace}"

    @cached_property
    def can_edit(self) -> bool:
        """Whether this role may change anything."""
        return self.role in {self.Role.OWNER, self.Role.EDITOR}
