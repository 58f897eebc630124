"""The project itself as an app: commands, system checks and the operations console."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ConfigConfig(AppConfig):
    """Holds the management commands and registers the settings checks."""

    name = "config"

    def ready(self) -> None:
        """Register the checks, and make our Celery application the one that shared tasks belong to."""
        from config import celery_app, checks  # noqa: F401 - registering is the import's effect


class OperationsAdminConfig(AdminConfig):
    """Django admin with our operations site as the default."""

    default_site = "config.admin_site.OperationsAdminSite"
