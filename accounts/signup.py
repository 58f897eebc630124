"""A new person gets a workspace of their own and a profile."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.db import transaction
from django.http import HttpRequest

from accounts.models import Membership, Preferences, Profile, User, Workspace


class AccountAdapter(DefaultAccountAdapter):
    """allauth's hooks into our accounts."""

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Save the new person together with their workspace: both or neither."""
        with transaction.atomic():
            saved: User = super().save_user(request, user, form, commit=commit)
            if commit:
                create_workspace(saved)
        return saved


def create_workspace(user: User, *, name: str = "", **fields: Any) -> Workspace:
    """Create a workspace that `user` owns, with a profile and empty preferences."""
    workspace = Workspace.objects.create(
        name=name or f"{user.get_full_name().partition('@')[0]}'s workspace",
        mode=user.mode,
        **fields,
    )
    Membership.objects.create(workspace=workspace, user=user, role=Membership.Role.OWNER)
    profile = Profile.objects.create(workspace=workspace, user=user, email=user.email)
    Preferences.objects.create(workspace=workspace, profile=profile)
    return workspace
