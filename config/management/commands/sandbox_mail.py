"""`manage.py sandbox_mail`: the practice mail server of the demonstration."""

import asyncio
import ipaddress
import os
import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.embedded.mailsink import SandboxOptions, serve
from mailboxes.connecting import point_sandbox_mailboxes


class Command(BaseCommand):
    help = "Run the sandbox: an SMTP server whose recipients bounce, complain and answer by rule."
    requires_system_checks: list[str] = []  # the supervisor has run them

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SANDBOX_ENABLED:
            raise CommandError("The sandbox is switched off here. Set SANDBOX_ENABLED=1 to use it.")
        sandbox = sandbox_options()
        # `make up` picks a free port each time; the practice mailboxes follow it.
        point_sandbox_mailboxes(sandbox.host, sandbox.port)
        try:
            asyncio.run(serve(sandbox))
        except OSError as error:
            raise CommandError(
                f"The sandbox cannot listen on {sandbox.host}:{sandbox.port} ({error.strerror}). Stop what uses the "
                "port, or set SANDBOX_SMTP_PORT to another one."
            ) from error


def sandbox_options() -> SandboxOptions:
    """Return the options from settings and environment; raise CommandError with a sentence."""
    host = settings.SANDBOX_SMTP_HOST
    if host != "localhost" and not _is_loopback(host):
        raise CommandError(
            "SANDBOX_SMTP_HOST must be an address of this machine's loopback, as 127.0.0.1."
        )
    delay = os.environ.get("SANDBOX_DELAY") or "3"
    if not re.fullmatch(r"\d{1,4}(\.\d{1,3})?", delay):
        raise CommandError("SANDBOX_DELAY must be a number of seconds, as 3 or 0.5.")
    port = os.environ.get("PORT") or "8000"
    return SandboxOptions(
        base_url=os.environ.get("SANDBOX_BASE_URL") or f"http://127.0.0.1:{port}",
        mail_folder=Path(settings.BASE_DIR) / "var" / "sandbox" / "mail",
        host=host,
        port=settings.SANDBOX_SMTP_PORT,
        delay_seconds=float(delay),
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
