"""App configuration."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    """People, workspaces and profiles; lays the tenant walls after each migrate."""

    name = "accounts"

    def ready(self) -> None:
        """Listen for the end of migrations."""
        from accounts.isolation import ensure_walls

        post_migrate.connect(ensure_walls, dispatch_uid="accounts.isolation")
