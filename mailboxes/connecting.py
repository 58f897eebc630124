"""Connecting a mailbox: the practice one, or one's own by SMTP, tested before it is kept."""

import ipaddress
import secrets
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import transaction

from accounts.internet import is_public_address
from accounts.models import Workspace
from mailboxes.addresses import domain_of, is_reserved_domain
from mailboxes.models import Mailbox, WebhookEndpoint
from mailboxes.receipts import Stage, TransientTransportError, TransportError
from mailboxes.smtp_session import Security, SmtpEndpoint, TimeOuts
from mailboxes.transport import try_log_in

# A person waits for the answer; a server that needs longer than this is of no use for sending either.
CHECK_TIMEOUTS = TimeOuts(connect=8, banner=8, command=8, tls=8, farewell=2)
SANDBOX_DOMAIN = "sandbox.example"

# Submission settings that the providers publish on their own help pages.
PRESETS = {
    "gmail.com": ("smtp.gmail.com", 587, "starttls"),
    "googlemail.com": ("smtp.gmail.com", 587, "starttls"),
    "outlook.com": ("smtp-mail.outlook.com", 587, "starttls"),
    "hotmail.com": ("smtp-mail.outlook.com", 587, "starttls"),
    "office365.com": ("smtp.office365.com", 587, "starttls"),
    "icloud.com": ("smtp.mail.me.com", 587, "starttls"),
    "yahoo.com": ("smtp.mail.yahoo.com", 465, "tls"),
    "fastmail.com": ("smtp.fastmail.com", 465, "tls"),
    "gmx.net": ("mail.gmx.net", 587, "starttls"),
    "gmx.de": ("mail.gmx.net", 587, "starttls"),
    "web.de": ("smtp.web.de", 587, "starttls"),
    "zoho.com": ("smtp.zoho.com", 465, "tls"),
}

Resolver = Callable[[str], list[str]]


class ConnectionRefusedBySenseError(Exception):
    """The mailbox cannot be connected; the message says what happened, why, and what to do."""


@dataclass(frozen=True)
class SmtpDetails:
    """What a person types to connect their own mailbox."""

    address: str
    display_name: str
    host: str
    port: int
    security: str
    username: str
    password: str


def resolve(host: str) -> list[str]:
    """Return the host's addresses; an empty list when the name does not exist."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def vetted_address(host: str, *, resolver: Resolver = resolve) -> str:
    """Return one address of a mail server that may be dialled, judged now and pinned by the caller.

    Every answer must be public, so that a name cannot lead into our own network; SMTP_ALLOW_PRIVATE lifts this for
    operators whose mail server stands beside RoleFerry. Raises ConnectionRefusedBySenseError with a sentence.
    """
    answers = resolver(host)
    if not answers:
        raise ConnectionRefusedBySenseError(
            f"There is no server named {host}. Check the spelling of the server's name."
        )
    if not settings.SMTP_ALLOW_PRIVATE and not all(
        is_public_address(ipaddress.ip_address(answer)) for answer in answers
    ):
        raise ConnectionRefusedBySenseError(
            f"{host} stands in a private network that RoleFerry may not reach. Use the public name of your mail server."
        )
    return answers[0]


def judged_at_dial(host: str) -> str:
    """Return the address to dial for a mailbox that is already connected, judged at this very moment.

    Raises TransientTransportError: a name that fails or leads inwards today may be mended by its owner tomorrow.
    """
    try:
        return vetted_address(host)
    except ConnectionRefusedBySenseError as error:
        raise TransientTransportError(str(error), stage=Stage.CONNECT) from error


def point_sandbox_mailboxes(host: str, port: int) -> int:
    """Tell every practice mailbox where the practice server listens now; return how many moved."""
    moved = Mailbox.objects.filter(is_sandbox=True).exclude(smtp_host=host, smtp_port=port)
    return moved.update(smtp_host=host, smtp_port=port)


def prove_log_in(
    details: SmtpDetails, *, resolver: Resolver = resolve, tls_context: ssl.SSLContext | None = None
) -> dict[str, str]:
    """Connect and log in once; return the server's extensions. Raises ConnectionRefusedBySenseError with cause and fix."""
    endpoint = SmtpEndpoint(
        host=details.host,
        port=details.port,
        security=Security(details.security),
        username=details.username,
        secret=details.password,
        connect_to=vetted_address(details.host, resolver=resolver),
        tls_context=tls_context,
        timeouts=CHECK_TIMEOUTS,
    )
    try:
        return async_to_sync(try_log_in)(endpoint)
    except TransportError as error:
        raise ConnectionRefusedBySenseError(str(error)) from error


def connect_smtp(
    workspace: Workspace, details: SmtpDetails, *, now: datetime, time_zone: str = ""
) -> Mailbox:
    """Keep a mailbox whose log-in was just proved; it starts at the bottom of its ramp. Safe to repeat: it renews credentials."""
    if is_reserved_domain(domain_of(details.address)):
        raise ConnectionRefusedBySenseError(
            "This address is in a domain for examples, so nobody could answer it. Use your real address."
        )
    proved = {
        "display_name": details.display_name,
        "provider": Mailbox.Provider.SMTP,
        "smtp_host": details.host,
        "smtp_port": details.port,
        "smtp_security": details.security,
        "smtp_username": details.username,
        "smtp_password": details.password,
        "time_zone": time_zone or workspace.time_zone,
        "last_ok_at": now,
        "last_error": "",
    }
    begun = {"status": Mailbox.Status.WARMUP, "warmup_started_on": now.date()}
    mailbox, created = Mailbox.objects.update_or_create(
        workspace=workspace,
        address=details.address,
        defaults=proved,
        create_defaults={**proved, **begun},
    )
    if not created and mailbox.status == Mailbox.Status.BROKEN:
        mailbox.move_to(Mailbox.Status.WARMUP, status_reason="")
    return mailbox


def connect_sandbox(workspace: Workspace, *, now: datetime) -> Mailbox:
    """Return the workspace's practice mailbox, creating it with the endpoint through which the practice server answers.

    The practice server knows a mailbox by its endpoint's id and signs what it reports with the endpoint's secret, so the
    SMTP user name and password are those two.
    """
    with transaction.atomic():
        Workspace.objects.select_for_update().get(pk=workspace.pk)
        existing = Mailbox.objects.for_workspace(workspace).filter(is_sandbox=True).first()
        if existing is not None:
            return existing
        secret = secrets.token_urlsafe(32)
        endpoint = WebhookEndpoint.objects.create(
            workspace=workspace, provider="generic", secret=secret
        )
        mailbox = Mailbox.objects.create(
            workspace=workspace,
            address=f"practice-{workspace.public_id.hex[:8]}@{SANDBOX_DOMAIN}",
            display_name="",  # the workspace's sender name stands in, also when it is set later
            provider=Mailbox.Provider.SANDBOX,
            is_sandbox=True,
            smtp_host=settings.SANDBOX_SMTP_HOST,
            smtp_port=settings.SANDBOX_SMTP_PORT,
            smtp_security=Mailbox.Security.NONE,
            smtp_username=str(endpoint.public_id),
            smtp_password=secret,
            status=Mailbox.Status.ACTIVE,
            time_zone=workspace.time_zone,
            last_ok_at=now,
        )
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(mailbox=mailbox)
    return mailbox


def pause(mailbox: Mailbox, *, reason: str, by_staff: bool = False) -> bool:
    """Stop a mailbox from sending; what is scheduled waits. False when it was not sending."""
    if mailbox.status not in Mailbox.SENDING:
        return False
    return mailbox.move_to(
        Mailbox.Status.PAUSED, status_reason=reason[:300], paused_by_staff=by_staff
    )


def resume(mailbox: Mailbox, *, by_staff: bool = False) -> bool:
    """Let a paused mailbox send again. A person cannot lift a pause that operations set."""
    if mailbox.status not in {Mailbox.Status.PAUSED, Mailbox.Status.BROKEN} or (
        mailbox.paused_by_staff and not by_staff
    ):
        return False
    status = (
        Mailbox.Status.ACTIVE
        if mailbox.is_sandbox or mailbox.warmup_started_on is None
        else Mailbox.Status.WARMUP
    )
    return mailbox.move_to(status, status_reason="", paused_by_staff=False)
