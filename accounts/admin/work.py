"""Background work and news."""

from typing import ClassVar

from django.contrib import admin

from accounts.console.columns import linked, sentence
from accounts.console.filters import WorkspaceFilter
from accounts.console.listing import OperationsAdmin
from accounts.console.masking import mask_text
from accounts.models import BackgroundTask, Notification


@admin.register(BackgroundTask)
class BackgroundTaskAdmin(OperationsAdmin):
    """Work that people wait for; tried again from their own pages."""

    place = 30
    list_display = (
        "kind",
        "status",
        "step_name",
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
