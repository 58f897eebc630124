"""Workspaces and the brake on their mail."""

from typing import ClassVar

from django.contrib import admin
from django.db.models import Q

from accounts.braking import pause_sending, resume_sending
from accounts.console.actions import ActionRefusedError, Deed, StaffAction, TypedWordForm
from accounts.console.columns import masked
from accounts.console.filters import RangeFilter
from accounts.console.listing import OperationsAdmin
from accounts.console.masking import mask_text, mask_word
from accounts.models import Workspace


class StopForm(TypedWordForm):
    """The word that stops a workspace's mail."""

    word = "STOP"


class StartForm(TypedWordForm):
    """The word that lets a workspace's mail go again."""

    word = "START"


def _pause(deed: Deed, workspace: Workspace) -> None:
    if not pause_sending(workspace, reason=deed.reason, now=deed.now, by_staff=True):
        raise ActionRefusedError("Its mail is paused already.")
    deed.record(
        "workspace.pause_sending",
        workspace,
        workspace=workspace,
        before={"sending_paused_at": None},
        after={"sending_paused_at": deed.now.isoformat()},
    )


def _resume(deed: Deed, workspace: Workspace) -> None:
    before = {
        "sending_paused_at": str(workspace.sending_paused_at),
        "reason": workspace.sending_paused_reason,
    }
    if not resume_sending(workspace, now=deed.now, by_staff=True):
        raise ActionRefusedError("Its mail is not paused.")
    deed.record(
        "workspace.resume_sending",
        workspace,
        workspace=workspace,
        before=before,
        after={"sending_paused_at": None},
    )


class SendingFilter(RangeFilter):
    """Whether mail may go."""

    title = "sending"
    parameter_name = "sending"
    ranges: ClassVar = {"paused": "Paused", "on": "On"}

    def condition(self, value: str) -> Q:
        """Return the condition of the brake."""
        return Q(sending_paused_at__isnull=value == "on")


@admin.register(Workspace)
class WorkspaceAdmin(OperationsAdmin):
    """Tenants."""

    group, place = "People", 21
    list_display = (
        masked("name", mask=mask_word),
        "plan",
        "mode",
        "time_zone",
        "pace",
        "is_demo",
        "sending_paused_at",
        "created_at",
    )
    list_filter = (SendingFilter, "plan", "mode", "is_demo")
    personal: ClassVar = {"name": mask_word, "sender_name": mask_word, "postal_address": mask_text}
    sentences = ("sending_paused_reason",)
    staff_actions = (
        StaffAction(
            name="pause-sending",
            label="Pause sending",
            verb="workspace.pause_sending",
            effect="No mail of the workspace leaves; what is scheduled waits. Its members read the reason.",
            run=_pause,
            form=StopForm,
            applies=lambda workspace: workspace.sending_paused_at is None,
            is_danger=True,
        ),
        StaffAction(
            name="resume-sending",
            label="Resume sending",
            verb="workspace.resume_sending",
            effect="Mail may leave again, as fast as mailboxes and windows allow.",
            run=_resume,
            form=StartForm,
            applies=lambda workspace: workspace.sending_paused_at is not None,
        ),
    )
