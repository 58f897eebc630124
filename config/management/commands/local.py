"""`manage.py local COMMAND …`: one manage.py command on the servers of `make up`."""

import argparse
import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.embedded.host import EmbeddedServerError
from config.embedded.installation import Installation, port_number


class Command(BaseCommand):
    help = (
        "Run another command with the addresses and keys of `make up`, started for it if need be."
    )
    requires_system_checks: list[str] = []  # the other command runs them, with the right addresses

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("subcommand", nargs=argparse.REMAINDER)

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["subcommand"]:
            raise CommandError("Say which command to run, as in: manage.py local shell")
        try:
            port = port_number(os.environ.get("PORT") or "8000")
            status = Installation(settings.BASE_DIR, port=port).run_beside(options["subcommand"])
        except EmbeddedServerError as error:
            raise CommandError(str(error)) from error
        sys.exit(status)
