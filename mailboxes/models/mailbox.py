"""Mailboxes that send, and their daily room."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from accounts.encryption import EncryptedTextField
from accounts.lifecycle import LifecycleModel
from accounts.scoping import WorkspaceModel

DAILY_CAP_DEFAULT = (
    50  # architecture section 7: what one person's mailbox can send without looking like a machine
)
DAILY_CAP_CEILING = 100  # no plan and no operator may go above this


class Mailbox(LifecycleModel, WorkspaceModel):
    """An address that may send for a workspace, with sealed credentials."""

    class Provider(models.TextChoices):
        SMTP = "smtp", "SMTP"
        SANDBOX = "sandbox", "Sandbox (practice mail)"
        GOOGLE = "google", "Google"
        MICROSOFT = "microsoft", "Microsoft"
        SENDGRID = "sendgrid", "SendGrid"
        MAILGUN = "mailgun", "Mailgun"
        POSTMARK = "postmark", "Postmark"
        SES = "ses", "Amazon SES"

    class Security(models.TextChoices):
        STARTTLS = "starttls", "STARTTLS"
        TLS = "tls", "TLS"
        NONE = "none", "None (loopback only)"

    class Status(models.TextChoices):
        WARMUP = "warmup", "Warming up"
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"
        BROKEN = "broken", "Not working"

    TRANSITIONS = {
        Status.WARMUP: {Status.ACTIVE, Status.PAUSED, Status.BROKEN},
        Status.ACTIVE: {Status.PAUSED, Status.BROKEN, Status.WARMUP},
        Status.PAUSED: {Status.WARMUP, Status.ACTIVE, Status.BROKEN},
        Status.BROKEN: {Status.WARMUP, Status.ACTIVE, Status.PAUSED},
    }
    SENDING = (Status.WARMUP, Status.ACTIVE)
    # Mail that leaves by a provider's web interface instead of SMTP.
    API_PROVIDERS = (Provider.SENDGRID, Provider.MAILGUN, Provider.POSTMARK, Provider.SES)
    OAUTH_PROVIDERS = (Provider.GOOGLE, Provider.MICROSOFT)

    address = models.EmailField()
    display_name = models.CharField(max_length=120, blank=True)
    provider = models.CharField(max_length=10, choices=Provider)
    # Ties sample mail to the practice server: outreach.Message has a foreign key to (id, is_sandbox).
    is_sandbox = models.BooleanField(default=False)
    smtp_host = models.CharField(max_length=253, blank=True)
    smtp_port = models.PositiveIntegerField(default=587)
    smtp_security = models.CharField(max_length=8, choices=Security, default=Security.STARTTLS)
    smtp_username = models.CharField(max_length=254, blank=True)
    smtp_password = EncryptedTextField(blank=True)
    # Reading mail: empty when this mailbox cannot be read. User name and password are those of SMTP unless given.
    imap_host = models.CharField(max_length=253, blank=True, default="", db_default="")
    imap_port = models.PositiveIntegerField(default=993, db_default=993)
    imap_security = models.CharField(
        max_length=8, choices=Security, default=Security.TLS, db_default=Security.TLS
    )
    imap_username = models.CharField(max_length=254, blank=True, default="", db_default="")
    imap_password = EncryptedTextField(blank=True, default="", db_default="")
    # Learned by the live check: which folder holds sent mail, and whether the server itself files there what it sends.
    # Only a server that does can prove that a mail was *not* sent.
    sent_folder = models.CharField(max_length=120, blank=True, default="", db_default="")
    files_sent_copies = models.BooleanField(null=True, blank=True)
    # OAuth (Google, Microsoft). The access token is renewed before it ends.
    oauth_refresh_token = EncryptedTextField(blank=True, default="", db_default="")
    oauth_access_token = EncryptedTextField(blank=True, default="", db_default="")
    oauth_expires_at = models.DateTimeField(null=True, blank=True)
    # Credentials of a provider's web interface, JSON under seal (mailboxes.providers says which keys).
    api_credentials = EncryptedTextField(blank=True, default="", db_default="")
    # Lent by operations out of their pool; never used for anybody else's mail.
    is_pool = models.BooleanField(default=False, db_default=False)
    pool_agreed_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(max_length=6, choices=Status, default=Status.WARMUP)
    status_reason = models.CharField(max_length=300, blank=True)
    paused_by_staff = models.BooleanField(default=False)
    health = models.PositiveSmallIntegerField(default=100)
    health_reasons = models.JSONField(default=list, blank=True)
    daily_cap = models.PositiveSmallIntegerField(default=DAILY_CAP_DEFAULT)
    warmup_started_on = models.DateField(null=True, blank=True)
    # How many clean days count for the ramp (mailboxes.ramp); a warning adds none, a brake halves them.
    ramp_days = models.PositiveSmallIntegerField(default=0, db_default=0)
    # The last UTC day that was counted, so that a day counts once.
    ramp_counted_on = models.DateField(null=True, blank=True)
    # A person may freeze the ramp (a holiday, a week of quiet).
    ramp_frozen_until = models.DateField(null=True, blank=True)
    health_checked_at = models.DateTimeField(null=True, blank=True)
    # Scores that held within the last day, [[moment, score]], so that a fall is seen (mailboxes.brakes).
    health_trail = models.JSONField(null=True, blank=True)
    # Set while a warning stands; the ramp does not grow meanwhile.
    warned_at = models.DateTimeField(null=True, blank=True)
    # Set when a brake stopped the mailbox; it is looked at again 24 hours later.
    braked_at = models.DateTimeField(null=True, blank=True)
    alerted_at = models.DateTimeField(null=True, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    last_sent_at = models.DateTimeField(null=True, blank=True)
    last_ok_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=400, blank=True)
    # Disconnected by a person: paused for good, its secrets are forgotten a day later, its history stays.
    disconnected_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "mailboxes"
        constraints = [
            models.UniqueConstraint(
                "workspace", Lower("address"), name="mailboxes_mailbox_address_unique"
            ),
            models.UniqueConstraint(
                fields=["id", "is_sandbox"], name="mailboxes_mailbox_sandbox_key"
            ),
            models.CheckConstraint(
                condition=Q(provider="sandbox", is_sandbox=True)
                | (~Q(provider="sandbox") & Q(is_sandbox=False)),
                name="mailboxes_mailbox_sandbox_is_provider",
            ),
            models.CheckConstraint(
                condition=Q(daily_cap__gte=1, daily_cap__lte=DAILY_CAP_CEILING),
                name="mailboxes_mailbox_cap_range",
            ),
            models.CheckConstraint(
                condition=Q(health__lte=100), name="mailboxes_mailbox_health_range"
            ),
            models.CheckConstraint(
                condition=Q(is_pool=False) | Q(pool_agreed_at__isnull=False),
                name="mailboxes_mailbox_pool_was_agreed",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["paused", "broken"]) | ~Q(status_reason=""),
                name="mailboxes_mailbox_says_why",
            ),
        ]

    def __str__(self) -> str:
        """Return the address."""
        return self.address


class MailboxDay(WorkspaceModel):
    """What a mailbox may still send on one UTC day; the row that makes caps exact.

    A slot is taken by `UPDATE … SET reserved = reserved + 1 WHERE reserved < cap`; the check constraint is the wall behind it.
    """

    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    cap = models.PositiveSmallIntegerField()
    reserved = models.PositiveSmallIntegerField(default=0)
    sent = models.PositiveSmallIntegerField(default=0)
    # Of the mails sent on this day, whenever the news came.
    bounced = models.PositiveSmallIntegerField(default=0, db_default=0)
    complained = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "day"], name="mailboxes_mailboxday_once"),
            models.CheckConstraint(
                condition=Q(reserved__lte=F("cap")), name="mailboxes_mailboxday_cap_holds"
            ),
            models.CheckConstraint(
                condition=Q(sent__lte=F("reserved")), name="mailboxes_mailboxday_sent_was_reserved"
            ),
        ]

    def __str__(self) -> str:
        """Return the day's count."""
        return f"{self.mailbox} {self.day}: {self.reserved} of {self.cap}"
