"""App configuration."""

from django.apps import AppConfig


class OutreachConfig(AppConfig):
    """The outreach room."""

    name = "outreach"

    def ready(self) -> None:
        """Listen to the rooms below."""
        from outreach import receivers  # noqa: F401 - connecting is the import's effect
