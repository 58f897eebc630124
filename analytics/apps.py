"""App configuration."""

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    """The analytics room."""

    name = "analytics"
