"""The project itself as an app: commands, system checks and the operations console."""

from typing import Any

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate


class ConfigConfig(AppConfig):
    """Holds the management commands and registers the settings checks."""

    name = "config"

    def ready(self) -> None:
        """Register the checks, and make our Celery application the one that shared tasks belong to."""
        from config import celery_app, checks  # noqa: F401 - registering is the import's effect


class OperationsAdminConfig(AdminConfig):
    """Django admin with our operations site as the default."""

    default_site = "config.admin_site.OperationsAdminSite"

    def ready(self) -> None:
        """Find the console's pages; keep staff roles in step with them. This app migrates after all of ours."""
        super().ready()
        post_migrate.connect(keep_staff_roles, sender=self, dispatch_uid="config.staff_roles")


def keep_staff_roles(**kwargs: object) -> None:
    """Give the staff roles their permissions for every page and action of the console."""
    from django.contrib import admin

    from accounts.staff import ensure_staff_roles

    # The site registers OperationsAdmin pages only.
    pages: list[Any] = list(admin.site._registry.values())
    ensure_staff_roles(
        [page.model for page in pages],
        [
            (page.model, action.codename(page.model), f"Can do: {action.verb}")
            for page in pages
            for action in page.staff_actions
            if not action.for_superusers
        ],
    )
