"""Connecting a mailbox: the practice one, or one's own by SMTP once it was tested (mailboxes.checking)."""

import ipaddress
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.internet import is_public_address
from accounts.models import Workspace
from mailboxes.brakes import rests_until
from mailboxes.keeping import DISCONNECTED, AddressRefusedError, keep, plan_problem
from mailboxes.models import Mailbox, WebhookEndpoint
from mailboxes.receipts import Stage, TransientTransportError

# ux.md H6: what a person did can be undone from the object's own page for a day.
UNDO = timedelta(hours=24)
SECRETS = (
    "smtp_password",
    "imap_password",
    "oauth_refresh_token",
    "oauth_access_token",
    "api_credentials",
)
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

# The same for reading: servers that the providers name for IMAP.
IMAP_PRESETS = {
    "gmail.com": ("imap.gmail.com", 993, "tls"),
    "googlemail.com": ("imap.gmail.com", 993, "tls"),
    "outlook.com": ("outlook.office365.com", 993, "tls"),
    "hotmail.com": ("outlook.office365.com", 993, "tls"),
    "office365.com": ("outlook.office365.com", 993, "tls"),
    "icloud.com": ("imap.mail.me.com", 993, "tls"),
    "yahoo.com": ("imap.mail.yahoo.com", 993, "tls"),
    "fastmail.com": ("imap.fastmail.com", 993, "tls"),
    "gmx.net": ("imap.gmx.net", 993, "tls"),
    "gmx.de": ("imap.gmx.net", 993, "tls"),
    "web.de": ("imap.web.de", 993, "tls"),
    "zoho.com": ("imap.zoho.com", 993, "tls"),
}

Resolver = Callable[[str], list[str]]


class ConnectionRefusedBySenseError(Exception):
    """The mailbox cannot be connected; the message says what happened, why, and what to do."""


@dataclass(frozen=True)
class SmtpDetails:
    """What a person types to connect their own mailbox; without `imap_host` it is not read.

    Empty IMAP user name and password stand for those of SMTP. The last two are learned by the live check.
    """

    address: str
    display_name: str
    host: str
    port: int
    security: str
    username: str
    password: str = field(repr=False)
    imap_host: str = ""
    imap_port: int = 993
    imap_security: str = "tls"
    imap_username: str = ""
    imap_password: str = field(default="", repr=False)
    sent_folder: str = ""
    files_sent_copies: bool | None = None


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


def connect_smtp(workspace: Workspace, details: SmtpDetails, *, now: datetime) -> Mailbox:
    """Keep a mailbox whose log-in was just proved; it starts at the bottom of its ramp.

    Safe to repeat: it renews the credentials, and a disconnected mailbox is connected again. Raises
    ConnectionRefusedBySenseError for an address that cannot be this workspace's own.
    """
    access = {
        "display_name": details.display_name,
        "provider": Mailbox.Provider.SMTP,
        "smtp_host": details.host,
        "smtp_port": details.port,
        "smtp_security": details.security,
        "smtp_username": details.username,
        "smtp_password": details.password,
        "imap_host": details.imap_host,
        "imap_port": details.imap_port,
        "imap_security": details.imap_security,
        "imap_username": details.imap_username,
        "imap_password": details.imap_password,
        "sent_folder": details.sent_folder,
        "files_sent_copies": details.files_sent_copies,
        "disconnected_at": None,
    }
    try:
        mailbox = keep(workspace, details.address, access, now=now)
    except AddressRefusedError as error:
        raise ConnectionRefusedBySenseError(str(error)) from error
    if mailbox.status_reason.startswith(DISCONNECTED):
        resume(mailbox)
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


def disconnect(mailbox: Mailbox, *, by: str, now: datetime) -> bool:
    """Take a mailbox out of use: nothing is sent or read through it, its waiting mail waits, its history stays.

    Its secrets are kept for UNDO, so that this can be undone, and then forgotten. False when it already was.
    """
    if mailbox.disconnected_at is not None:
        return False
    if mailbox.status != Mailbox.Status.PAUSED:
        reason = f"{DISCONNECTED} by {by}"[:300]
        mailbox.move_to(Mailbox.Status.PAUSED, status_reason=reason)
    Mailbox.objects.filter(pk=mailbox.pk).update(disconnected_at=now)
    mailbox.disconnected_at = now
    return True


def reconnect(mailbox: Mailbox, *, now: datetime) -> bool:
    """Undo disconnecting while the secrets are still kept; False when they are not.

    Raises ConnectionRefusedBySenseError when another mailbox has taken its place in the plan meanwhile.
    """
    if mailbox.disconnected_at is None or now - mailbox.disconnected_at >= UNDO:
        return False
    if problem := plan_problem(mailbox.workspace, address=mailbox.address):
        raise ConnectionRefusedBySenseError(problem)
    Mailbox.objects.filter(pk=mailbox.pk).update(disconnected_at=None)
    mailbox.disconnected_at = None
    if mailbox.status_reason.startswith(DISCONNECTED):  # else it was paused before, and stays so
        resume(mailbox)
    return True


def forget_disconnected(*, now: datetime) -> int:
    """Empty the secrets of mailboxes disconnected a day ago or more; return how many had some."""
    gone = Mailbox.objects.filter(disconnected_at__lte=now - UNDO).exclude(
        **dict.fromkeys(SECRETS, "")
    )
    return gone.update(**dict.fromkeys(SECRETS, ""))


def pause(mailbox: Mailbox, *, reason: str, by_staff: bool = False) -> bool:
    """Stop a mailbox from sending; what is scheduled waits. False when it was not sending."""
    if mailbox.status not in Mailbox.SENDING:
        return False
    return mailbox.move_to(
        Mailbox.Status.PAUSED, status_reason=reason[:300], paused_by_staff=by_staff
    )


def resume(mailbox: Mailbox, *, by_staff: bool = False, now: datetime | None = None) -> bool:
    """Let a paused mailbox send again; `now` is this moment unless given.

    A person cannot lift a pause that operations set, nor end the rest after a brake before its time.
    """
    rests = rests_until(mailbox)
    is_resting = rests is not None and (now or timezone.now()) < rests
    if (
        mailbox.status not in {Mailbox.Status.PAUSED, Mailbox.Status.BROKEN}
        or mailbox.disconnected_at is not None
        or (not by_staff and (mailbox.paused_by_staff or is_resting))
    ):
        return False
    status = (
        Mailbox.Status.ACTIVE
        if mailbox.is_sandbox or mailbox.warmup_started_on is None
        else Mailbox.Status.WARMUP
    )
    return mailbox.move_to(status, status_reason="", paused_by_staff=False)
