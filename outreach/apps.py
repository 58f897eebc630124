"""App configuration."""

from django.apps import AppConfig


class OutreachConfig(AppConfig):
    """The outreach room."""

    name = "outreach"
