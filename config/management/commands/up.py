"""`manage.py up`: the whole product on one machine under one supervisor (see `make up`)."""

import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.embedded.host import EmbeddedServerError
from config.embedded.installation import Installation, port_number


class Command(BaseCommand):
    help = "Run everything: PostgreSQL and Valkey (unless given), web, workers, beat, sandbox mail."
    requires_system_checks: list[str] = []  # a child runs them, with the keys and servers there

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", default=os.environ.get("PORT") or "8000")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            Installation(settings.BASE_DIR, port=port_number(options["port"])).run()
        except EmbeddedServerError as error:
            raise CommandError(str(error)) from error
