"""One status per lifecycle, changed only by compare-and-set."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import models


class InvalidTransitionError(Exception):
    """A row was asked to take a step that its lifecycle does not have."""

    def __init__(self, row: models.Model, status: str) -> None:
        """Name the row, where it stands and where it was asked to go."""
        label = row._meta.verbose_name
        super().__init__(f"A {label} cannot go from {getattr(row, 'status', '?')} to {status}.")


class LifecycleModel(models.Model):
    """A model with `status` and a TRANSITIONS table; only `move_to` writes the status."""

    TRANSITIONS: ClassVar[Mapping[Any, set[Any]]] = {}

    class Meta:
        abstract = True

    def move_to(self, status: str, **fields: object) -> bool:
        """Change status if nobody else has; return whether we did.

        The UPDATE carries the old status, so of two workers only one succeeds.
        Raises InvalidTransitionError for a step that TRANSITIONS does not list.
        """
        current: str = self.status  # type: ignore[attr-defined]
        rows: models.QuerySet[Any] = type(self)._base_manager.filter(pk=self.pk)
        if status not in self.TRANSITIONS.get(current, set()):
            raise InvalidTransitionError(self, status)
        moved = rows.filter(status=current).update(status=status, **fields)
        if moved:
            self.refresh_from_db()
        return bool(moved)
