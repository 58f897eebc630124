"""App configuration."""

from django.apps import AppConfig


class MailboxesConfig(AppConfig):
    """The mailboxes room."""

    name = "mailboxes"
