"""App configuration."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Openings, matches, applications and documents."""

    name = "jobs"

    def ready(self) -> None:
        """Connect the receivers."""
        from jobs import receivers  # noqa: F401 - connecting is the import's effect
