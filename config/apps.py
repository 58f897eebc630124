"""The project itself as an app: commands, system checks and the operations console."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.contrib import admin
from django.contrib.admin import checks as admin_checks
from django.contrib.admin.apps import SimpleAdminConfig
from django.core import checks
from django.db.models.signals import post_migrate


class ConfigConfig(AppConfig):
    """Holds the management commands and registers the settings checks."""

    name = "config"

    def ready(self) -> None:
        """Register the checks, and make our Celery application the one that shared tasks belong to."""
        from config import celery_app, checks  # noqa: F401 - registering is the import's effect


class OperationsAdminConfig(SimpleAdminConfig):
    """Django admin with our operations site as the default.

    Its pages are found by who shows or checks them, not by every process: a sender begins in a third of the time and
    with half the memory when it loads no page.
    """

    default_site = "config.admin_site.OperationsAdminSite"

    def ready(self) -> None:
        """Keep staff roles in step with the pages. This app migrates after all of ours."""
        checks.register(admin_checks.check_dependencies, checks.Tags.admin)
        checks.register(check_console, checks.Tags.admin)
        post_migrate.connect(keep_staff_roles, sender=self, dispatch_uid="config.staff_roles")


def check_console(
    app_configs: Sequence[AppConfig] | None, **kwargs: object
) -> list[checks.CheckMessage]:
    """Check the console's pages as Django does, after finding them."""
    admin.autodiscover()
    found: list[checks.CheckMessage] = admin_checks.check_admin_app(app_configs)
    return found


def keep_staff_roles(**kwargs: object) -> None:
    """Give the staff roles their permissions for every page and action of the console."""
    from accounts.staff import ensure_staff_roles

    admin.autodiscover()
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
