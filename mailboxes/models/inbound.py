"""Mail that came in."""

from django.db import models
from django.db.models import Q

from accounts.scoping import WorkspaceModel
from mailboxes.models.mailbox import Mailbox


class InboundMessage(WorkspaceModel):
    """One received mail: raw MIME kept once, and what reading it found."""

    class AutoReply(models.TextChoices):
        HUMAN = "human", "Written by a person"
        OUT_OF_OFFICE = "out_of_office", "Out of office"
        AUTOMATIC = "automatic", "Automatic"
        BOUNCE = "bounce", "Bounce"

    mailbox = models.ForeignKey(
        Mailbox, on_delete=models.CASCADE, null=True, blank=True, related_name="inbound"
    )
    source = models.CharField(max_length=20)
    raw = models.BinaryField()
    raw_sha256 = models.CharField(max_length=64)
    message_id = models.CharField(max_length=998, blank=True)
    in_reply_to = models.CharField(max_length=998, blank=True)
    references = models.JSONField(default=list, blank=True)
    from_address = models.CharField(max_length=254, blank=True)
    from_name = models.CharField(max_length=200, blank=True)
    to_addresses = models.JSONField(default=list, blank=True)
    subject = models.CharField(max_length=500, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField()
    text = models.TextField(blank=True)
    visible_text = models.TextField(blank=True)
    auto_reply = models.CharField(max_length=13, choices=AutoReply, default=AutoReply.HUMAN)
    auto_reply_evidence = models.CharField(max_length=300, blank=True)
    return_date = models.DateField(null=True, blank=True)
    processed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "raw_sha256"], name="mailboxes_inbound_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(processed_at__isnull=True),
                name="mailboxes_inbound_waiting",
            ),
            models.Index(fields=["received_at"], name="mailboxes_inbound_recent"),
        ]

    def __str__(self) -> str:
        """Return who wrote about what."""
        return f"{self.from_address}: {self.subject}"
