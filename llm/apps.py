"""App configuration."""

from django.apps import AppConfig


class LlmConfig(AppConfig):
    """The llm room."""

    name = "llm"
