"""Domains: those we send from with what DNS says of them, those closed by operations, and room at the receiving ones."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from accounts.encryption import EncryptedTextField
from accounts.scoping import WorkspaceModel


class SendingDomain(WorkspaceModel):
    """A domain that a workspace sends from, with the key that signs its mail.

    Without a key we do not sign: the mailbox's own provider does. `dkim_active` is set once DNS shows our public key.
    """

    domain = models.CharField(max_length=253)
    dkim_selector = models.CharField(max_length=63, blank=True)
    dkim_private_key = EncryptedTextField(blank=True)
    dkim_public_key = models.TextField(blank=True)
    dkim_active = models.BooleanField(default=False)
    checked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "workspace", Lower("domain"), name="mailboxes_sendingdomain_once"
            ),
            models.CheckConstraint(
                condition=Q(dkim_active=False)
                | (~Q(dkim_private_key="") & ~Q(dkim_selector="") & ~Q(dkim_public_key="")),
                name="mailboxes_sendingdomain_key_is_whole",
            ),
        ]

    def __str__(self) -> str:
        """Return the domain."""
        return self.domain


class DomainCheck(WorkspaceModel):
    """What DNS said once about one record of a sending domain; the newest of a kind is the verdict in force."""

    class Kind(models.TextChoices):
        SPF = "spf", "SPF"
        DKIM = "dkim", "DKIM"
        DMARC = "dmarc", "DMARC"
        MX = "mx", "MX"

    class Verdict(models.TextChoices):
        OK = "ok", "Good"
        WARNING = "warning", "Could be better"
        FAILED = "failed", "Wrong"
        MISSING = "missing", "Missing"
        UNKNOWN = "unknown", "Could not be asked"

    sending_domain = models.ForeignKey(
        SendingDomain, on_delete=models.CASCADE, related_name="checks"
    )
    kind = models.CharField(max_length=5, choices=Kind)
    verdict = models.CharField(max_length=7, choices=Verdict)
    name = models.CharField(max_length=255)
    found = models.JSONField(default=list, blank=True)
    expected = models.TextField(blank=True)
    sentence = models.CharField(max_length=400)
    checked_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                fields=["sending_domain", "kind", "-checked_at"], name="mailboxes_domaincheck_last"
            )
        ]

    def __str__(self) -> str:
        """Return what was asked and the verdict."""
        return f"{self.get_kind_display()} of {self.sending_domain}: {self.get_verdict_display()}"


class DomainQuarantine(models.Model):
    """A sending domain that operations closed for the whole platform; the sender's statements read this table."""

    domain = models.CharField(max_length=253)
    reason = models.CharField(max_length=300)
    begun_at = models.DateTimeField()
    begun_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    released_at = models.DateTimeField(null=True, blank=True)
    released_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("domain"),
                condition=Q(released_at__isnull=True),
                name="mailboxes_domainquarantine_once",
            ),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True) | ~Q(released_reason=""),
                name="mailboxes_domainquarantine_release_says_why",
            ),
        ]

    def __str__(self) -> str:
        """Return the domain."""
        return self.domain


class RecipientWindow(models.Model):
    """How many mails the platform may still hand to one recipient domain in one UTC hour; taken like a mailbox's day."""

    domain = models.CharField(max_length=253)
    hour = models.DateTimeField()
    cap = models.PositiveIntegerField()
    reserved = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["domain", "hour"], name="mailboxes_recipientwindow_once"
            ),
            models.CheckConstraint(
                condition=Q(reserved__lte=F("cap")), name="mailboxes_recipientwindow_cap_holds"
            ),
        ]

    def __str__(self) -> str:
        """Return the hour's count."""
        return f"{self.domain} {self.hour:%Y-%m-%d %H}h: {self.reserved} of {self.cap}"
