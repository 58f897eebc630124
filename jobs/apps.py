"""App configuration."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """The jobs room."""

    name = "jobs"
