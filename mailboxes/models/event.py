"""What providers told us: the raw post, and the events read out of it."""

from django.db import models
from django.db.models import Q

from accounts.encryption import EncryptedTextField
from accounts.scoping import WorkspaceModel
from mailboxes.models.mailbox import Mailbox


class WebhookEndpoint(WorkspaceModel):
    """One address that a provider may post to, with its own signing secret; its events touch only its workspace."""

    provider = models.CharField(max_length=20)
    mailbox = models.ForeignKey(
        Mailbox, on_delete=models.CASCADE, null=True, blank=True, related_name="endpoints"
    )
    secret = EncryptedTextField()
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        """Return what posts here."""
        return f"{self.provider} endpoint {self.public_id}"


class ProviderDelivery(WorkspaceModel):
    """One verified post, stored raw exactly once before anything is made of it."""

    class Status(models.TextChoices):
        RECEIVED = "received", "Waiting"
        APPLIED = "applied", "Applied"
        FAILED = "failed", "Could not be read"

    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries"
    )
    provider = models.CharField(max_length=20)
    body = models.BinaryField()
    headers = models.JSONField(default=dict)
    body_sha256 = models.CharField(max_length=64)
    signature_verdict = models.CharField(max_length=20)
    status = models.CharField(max_length=8, choices=Status, default=Status.RECEIVED)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=400, blank=True)
    effects = models.JSONField(default=list, blank=True)
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "provider deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "body_sha256"], name="mailboxes_providerdelivery_once"
            ),
            models.CheckConstraint(
                condition=~Q(status="applied") | Q(applied_at__isnull=False),
                name="mailboxes_providerdelivery_applied_has_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["received_at"],
                condition=Q(status="received"),
                name="mailboxes_delivery_waiting",
            ),
            # What operations look for among millions of posts.
            models.Index(fields=["received_at"], name="mailboxes_delivery_recent"),
            models.Index(
                fields=["-id"], condition=Q(status="failed"), name="mailboxes_delivery_failed"
            ),
        ]

    def __str__(self) -> str:
        """Return provider and time."""
        return f"{self.provider} at {self.received_at:%Y-%m-%d %H:%M:%S}"


class DeliveryEvent(WorkspaceModel):
    """One normalised event in anymail's vocabulary; unique by the provider's own event id."""

    class Type(models.TextChoices):
        DELIVERED = "delivered", "Delivered"
        DEFERRED = "deferred", "Deferred"
        BOUNCED = "bounced", "Bounced"
        COMPLAINED = "complained", "Complained"
        REJECTED = "rejected", "Rejected"
        FAILED = "failed", "Failed"
        OPENED = "opened", "Opened"
        CLICKED = "clicked", "Clicked"
        UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
        AUTORESPONDED = "autoresponded", "Automatic answer"
        INBOUND = "inbound", "Inbound mail"
        UNKNOWN = "unknown", "Unknown"

    class BounceKind(models.TextChoices):
        HARD = "hard", "Hard"
        SOFT = "soft", "Soft"
        BLOCK = "block", "Blocked by policy"
        NONE = "", "Not a bounce"

    delivery = models.ForeignKey(ProviderDelivery, on_delete=models.CASCADE, related_name="events")
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="events")
    event_id = models.CharField(max_length=200)
    type = models.CharField(max_length=13, choices=Type)
    occurred_at = models.DateTimeField()
    message_id = models.CharField(max_length=998, blank=True)
    recipient = models.CharField(max_length=254, blank=True)
    bounce_kind = models.CharField(
        max_length=5, choices=BounceKind, blank=True, default=BounceKind.NONE
    )
    status_code = models.CharField(max_length=11, blank=True)
    diagnostic = models.CharField(max_length=500, blank=True)
    # Set by outreach when its effects are done; the partial index is the sweep's queue.
    processed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "event_id"], name="mailboxes_deliveryevent_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(processed_at__isnull=True),
                name="mailboxes_event_waiting",
            ),
            models.Index(fields=["message_id"], name="mailboxes_event_message"),
            # Operations look for the rare kinds and for the recent ones; deliveries and opens are found by reading on.
            models.Index(
                fields=["type", "-id"],
                condition=~Q(type__in=["delivered", "opened", "clicked"]),
                name="mailboxes_event_rare",
            ),
            models.Index(
                fields=["bounce_kind", "-id"],
                condition=~Q(bounce_kind=""),
                name="mailboxes_event_bounce",
            ),
            models.Index(fields=["occurred_at"], name="mailboxes_event_recent"),
        ]

    def __str__(self) -> str:
        """Return the type and whom it is about."""
        return f"{self.type} for {self.recipient}"
