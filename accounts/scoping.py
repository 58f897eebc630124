"""What every tenant row has: a workspace, a public id for URLs, and a queryset that asks for the workspace."""

import uuid
from typing import Any, ClassVar, Self

from django.db import models


class WorkspaceQuerySet(models.QuerySet[Any]):
    """Querysets of tenant rows start here."""

    def for_workspace(self, workspace: models.Model) -> Self:
        """Return only this workspace's rows."""
        return self.filter(workspace=workspace)


class WorkspaceModel(models.Model):
    """A row that belongs to one workspace; row-level security is laid over every subclass (accounts.isolation)."""

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="+")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[Any] = WorkspaceQuerySet.as_manager()

    class Meta:
        abstract = True
