"""Background work and news."""

from datetime import timedelta
from typing import ClassVar

from django.contrib import admin
from django.db.models import Q
from django.utils import timezone

from accounts.console.columns import Column, duration, linked, sentence
from accounts.console.filters import RangeFilter, TextFilter, WorkspaceFilter
from accounts.console.listing import OperationsAdmin
from accounts.console.masking import mask_text
from accounts.models import BackgroundTask, Notification


def _step(task: BackgroundTask) -> str:
    # Not `step_name`, which falls back on the title, and a title may name a person.
    return str(task.steps[min(task.step, len(task.steps) - 1)]) if task.steps else ""


def _took(task: BackgroundTask) -> str:
    if task.started_at is None:
        return ""
    return duration((task.finished_at or timezone.now()) - task.started_at)


class KindFilter(TextFilter):
    """Tasks of one name, such as ferry."""

    title = "name"
    parameter_name = "name_is"

    def condition(self, value: str) -> Q:
        """Return the tasks of the name."""
        return Q(kind=value)


class FailedFilter(RangeFilter):
    """Tasks that failed lately."""

    title = "failed"
    parameter_name = "failed"
    ranges: ClassVar = {"hour": "In the last hour", "day": "In the last 24 hours"}

    def condition(self, value: str) -> Q:
        """Return the condition of a range."""
        hours = 1 if value == "hour" else 24
        since = timezone.now() - timedelta(hours=hours)
        return Q(status=BackgroundTask.Status.FAILED, finished_at__gte=since)


class ErrorFilter(TextFilter):
    """Tasks that failed for one cause, by the beginning of its sentence."""

    title = "error"
    parameter_name = "error_is"

    def condition(self, value: str) -> Q:
        """Return the tasks that failed so."""
        return Q(status=BackgroundTask.Status.FAILED, error__istartswith=value)


@admin.register(BackgroundTask)
class BackgroundTaskAdmin(OperationsAdmin):
    """Work that people wait for; tried again from their own pages."""

    group, place = "Platform", 43
    list_display = (
        "kind",
        "status",
        "attempts",
        Column("step", "step", _step),
        "started_at",
        Column("took", "took", _took),
        "worker",
        sentence("error"),
        linked("workspace"),
    )
    list_filter = ("status", FailedFilter, KindFilter, ErrorFilter, "created_at", WorkspaceFilter)
    list_select_related = ("workspace",)
    personal: ClassVar = {"title": mask_text}
    sentences = ("error",)


@admin.register(Notification)
class NotificationAdmin(OperationsAdmin):
    """What members were told."""

    group, place = "Platform", 44
    list_display = ("kind", linked("workspace"), "created_at", "seen_at")
    list_filter = ("kind", WorkspaceFilter)
    list_select_related = ("workspace",)
    personal: ClassVar = {"text": mask_text}
