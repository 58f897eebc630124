"""Filters that answer operators' questions: an exact text, and whether something is so."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest


class TextFilter(admin.SimpleListFilter):
    """A box for an exact value, for columns with too many values to list. Subclasses give title, parameter_name, condition."""

    template = "ops/text_filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return something, so that the filter is shown."""
        return [("", "")]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Return the one box with what the other filters hold."""
        held = {
            name: value
            for name, values in changelist.filter_params.items()
            if name != self.parameter_name
            for value in values
        }
        yield {
            "held": [*held.items(), *([("q", changelist.query)] if changelist.query else [])],
            "name": self.parameter_name,
            "value": self.value() or "",
            "clear": changelist.get_query_string(remove=[self.parameter_name or ""]),
        }

    def condition(self, value: str) -> Q:
        """Return the condition for the typed value."""
        raise NotImplementedError

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Apply the condition; a value that fits no row finds none."""
        value = (self.value() or "").strip()
        return queryset.filter(self.condition(value)) if value else queryset


class WorkspaceFilter(TextFilter):
    """Rows of one workspace, by its number."""

    title = "workspace number"
    parameter_name = "workspace_number"

    def condition(self, value: str) -> Q:
        """Return the workspace's rows."""
        return Q(workspace_id=int(value)) if value.isdecimal() and len(value) < 19 else Q(pk__in=[])


class RangeFilter(admin.SimpleListFilter):
    """A choice among named conditions."""

    ranges: ClassVar[dict[str, str]] = {}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the names."""
        return list(self.ranges.items())

    def condition(self, value: str) -> Q:
        """Return the condition of a name."""
        raise NotImplementedError

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Apply the chosen condition; an unknown name changes nothing."""
        value = self.value()
        return queryset.filter(self.condition(value)) if value in self.ranges else queryset
