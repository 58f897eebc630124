"""People: log-ins, memberships, invitations, candidates. Masked, and only superusers change who is staff."""

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Q
from django.forms import ChoiceField

from accounts.console.actions import ActionRefusedError, Deed, ReasonForm, StaffAction
from accounts.console.columns import linked, masked
from accounts.console.filters import WorkspaceFilter
from accounts.console.listing import OperationsAdmin
from accounts.console.masking import mask_email, mask_text, mask_word
from accounts.models import Invitation, Membership, Profile, User
from accounts.staff import ROLES


class RoleForm(ReasonForm):
    """Which role a member of staff gets."""

    role = ChoiceField(label="Role", choices=[(name, name.capitalize()) for name in ROLES])
    field_order = ("role", "reason")


def _refuse_self_and_superusers(deed: Deed, user: User) -> None:
    if user.pk == deed.actor.pk or user.is_superuser:
        raise ActionRefusedError(
            "Neither you yourself nor a superuser can be changed here. Ask another superuser at the server."
        )


def _give_role(deed: Deed, user: User) -> None:
    _refuse_self_and_superusers(deed, user)
    before = _standing(user)
    user.groups.set(Group.objects.filter(name=deed.data["role"]))
    User.objects.filter(pk=user.pk).update(is_staff=True)
    user.refresh_from_db()
    deed.record("user.give_role", user, before=before, after=_standing(user))


def _take_roles(deed: Deed, user: User) -> None:
    _refuse_self_and_superusers(deed, user)
    if not user.is_staff:
        raise ActionRefusedError("This person is not on the staff.")
    before = _standing(user)
    user.groups.clear()
    User.objects.filter(pk=user.pk).update(is_staff=False)
    user.refresh_from_db()
    deed.record("user.take_roles", user, before=before, after=_standing(user))


def _block(deed: Deed, user: User) -> None:
    _switch(deed, user, verb="user.block", is_active=False)


def _unblock(deed: Deed, user: User) -> None:
    _switch(deed, user, verb="user.unblock", is_active=True)


def _switch(deed: Deed, user: User, *, verb: str, is_active: bool) -> None:
    _refuse_self_and_superusers(deed, user)
    if user.is_active == is_active:
        raise ActionRefusedError("The log-in is already in that state.")
    User.objects.filter(pk=user.pk).update(is_active=is_active)
    deed.record(verb, user, before={"is_active": user.is_active}, after={"is_active": is_active})


def _standing(user: User) -> dict[str, Any]:
    roles = sorted(user.groups.values_list("name", flat=True))
    return {"is_staff": user.is_staff, "roles": roles}


@admin.register(User)
class UserAdmin(OperationsAdmin):
    """Log-ins; passwords are not even shown as hashes."""

    group, place = "People", 22
    list_display = (
        masked("email"),
        masked("full_name", mask=mask_word),
        "mode",
        "is_active",
        "is_staff",
        "date_joined",
        "last_login",
    )
    list_filter = ("is_staff", "is_superuser", "is_active", "mode")
    search_help_text = "Exact: number or e-mail address."
    hidden = ("password",)
    personal: ClassVar = {"email": mask_email, "full_name": mask_word}
    staff_actions = (
        StaffAction(
            name="give-role",
            label="Give role",
            verb="user.give_role",
            effect="The person joins the staff with exactly this role: support looks, operations acts.",
            run=_give_role,
            form=RoleForm,
            for_superusers=True,
        ),
        StaffAction(
            name="take-roles",
            label="Take roles",
            verb="user.take_roles",
            effect="The person leaves the staff and keeps their own workspaces.",
            run=_take_roles,
            applies=lambda user: user.is_staff and not user.is_superuser,
            for_superusers=True,
            is_danger=True,
        ),
        StaffAction(
            name="block",
            label="Block log-in",
            verb="user.block",
            effect="The person cannot log in and every open session ends. Nothing is deleted.",
            run=_block,
            applies=lambda user: user.is_active and not user.is_superuser,
            for_superusers=True,
            is_danger=True,
        ),
        StaffAction(
            name="unblock",
            label="Unblock log-in",
            verb="user.unblock",
            effect="The person can log in again.",
            run=_unblock,
            applies=lambda user: not user.is_active and not user.is_superuser,
            for_superusers=True,
        ),
    )

    def search_for(self, term: str) -> Q:
        """Find people also by their exact address."""
        return super().search_for(term) | Q(email__iexact=term)


@admin.register(Membership)
class MembershipAdmin(OperationsAdmin):
    """Who is what in which workspace."""

    group, place = "People", 23
    list_display = (linked("user"), linked("workspace"), "role", "created_at")
    list_filter = ("role", WorkspaceFilter)
    list_select_related = ("user", "workspace")


@admin.register(Invitation)
class InvitationAdmin(OperationsAdmin):
    """Open doors for one address; the public id is the key, so it is not shown."""

    group, place = "People", 24
    list_display = (
        masked("email"),
        linked("workspace"),
        "role",
        "created_at",
        "expires_at",
        "accepted_at",
        "withdrawn_at",
    )
    list_filter = ("role", WorkspaceFilter)
    list_select_related = ("workspace",)
    hidden = ("public_id",)
    personal: ClassVar = {"email": mask_email}


@admin.register(Profile)
class ProfileAdmin(OperationsAdmin):
    """Candidates, masked; their resumes and facts are not for staff."""

    group, place = "People", 25
    list_display = (
        masked("full_name", mask=mask_word),
        masked("email"),
        linked("workspace"),
        "years_experience",
        "version",
        "is_sample",
        "updated_at",
    )
    list_filter = ("is_sample", WorkspaceFilter)
    list_select_related = ("workspace",)
    hidden = ("links", "behavioral_questions")
    personal: ClassVar = {
        "first_name": mask_word,
        "last_name": mask_word,
        "full_name": mask_word,
        "headline": mask_text,
        "email": mask_email,
        "phone": mask_word,
        "location": mask_word,
    }
