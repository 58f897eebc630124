"""Background work and news."""

from typing import ClassVar

from django.contrib import admin

from accounts.console.columns import Column, linked, sentence
from accounts.console.filters import WorkspaceFilter
from accounts.console.listing import OperationsAdmin
from accounts.console.masking import mask_text
from accounts.models import BackgroundTask, Notification


def _step(task: BackgroundTask) -> str:
    # Not `step_name`, which falls back on the title, and a title may name a person.
    return str(task.steps[min(task.step, len(task.steps) - 1)]) if task.steps else ""


@admin.register(BackgroundTask)
class BackgroundTaskAdmin(OperationsAdmin):
    """Work that people wait for; tried again from their own pages."""

    place = 30
    list_display = (
        "kind",
        "status",
        Column("step", "step", _step),
        sentence("error"),
        linked("workspace"),
        "created_at",
        "started_at",
        "finished_at",
    )
    list_filter = ("status", "kind", WorkspaceFilter)
    list_select_related = ("workspace",)
    personal: ClassVar = {"title": mask_text}
    sentences = ("error",)


@admin.register(Notification)
class NotificationAdmin(OperationsAdmin):
    """What members were told."""

    place = 31
    list_display = ("kind", linked("workspace"), "created_at", "seen_at")
    list_filter = ("kind", WorkspaceFilter)
    list_select_related = ("workspace",)
    personal: ClassVar = {"text": mask_text}
