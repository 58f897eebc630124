"""`manage.py seed_demo`: the sample workspace of the demonstration, made once."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config.demo import making


class Command(BaseCommand):
    """Make the demonstration's two accounts and the sample workspace; an existing one is left as it is."""

    help = "Make the sample workspace once; --reset makes it anew. Only where the log-ins may be shown."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--reset", action="store_true", help="remove the sample workspace and make it again"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Raise CommandError where everyone could use the passwords that stand in the settings."""
        if not settings.SHOW_DEMO_LOGIN:
            raise CommandError(
                "The sample accounts have passwords that everyone knows, so they are made on a local demonstration only. "
                "Set SHOW_DEMO_LOGIN=1 if this is one."
            )
        making.ensure_operator()
        anna = making.ensure_user(
            settings.DEMO_LOGIN_EMAIL, settings.DEMO_PASSWORD, name=making.NAME
        )
        existing = making.demo_workspace(anna)
        if existing is not None and not options["reset"]:
            self.stdout.write("The sample workspace is there already.")
            return
        if existing is not None:
            making.remove_workspace(existing)
        making.make_workspace(anna, now=timezone.now())
        self.stdout.write("The sample workspace is made.")
