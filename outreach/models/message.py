"""The send ledger's rows: one e-mail we mean to send to one person."""

from django.db import models
from django.db.models import F, Func, Q

from accounts.lifecycle import LifecycleModel
from accounts.scoping import WorkspaceModel
from mailboxes.models import Mailbox
from outreach.models.enrollment import Enrollment
from outreach.models.package import Approval
from outreach.models.sequence import Step

# RFC 2606 and RFC 6761: names that can never be a real person's; only the sandbox carries mail for them.
RESERVED_RECIPIENT = r"@([^@]+\.)?(test|example|invalid|localhost|example\.(com|net|org))$"


class TextHash(Func):
    """SHA-256 of a text as lower-case hex, computed by the database (function made in migration 0001)."""

    function = "roleferry_text_hash"
    output_field = models.CharField(max_length=64)


class Message(LifecycleModel, WorkspaceModel):
    """One row per enrollment and step. The states and walls are the send ledger (architecture section 6).

    Walls in the database: one row per step; a Message-ID before anything leaves; nothing past `draft` without an
    approval of exactly this text; nothing in flight without mailbox, lease and epoch; reserved domains only through the
    sandbox and the sandbox only for reserved domains.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        APPROVED = "approved", "Waits for the step before"
        SCHEDULED = "scheduled", "Scheduled"
        CLAIMED = "claimed", "Taken by a sender"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        DELIVERED = "delivered", "Delivered"
        BOUNCED = "bounced", "Bounced"
        COMPLAINED = "complained", "Reported as spam"
        FAILED = "failed", "Failed"
        UNKNOWN = "unknown", "Outcome unknown"
        HELD = "held", "Held for you"
        CANCELLED = "cancelled", "Cancelled"

    TRANSITIONS = {
        Status.DRAFT: {Status.APPROVED, Status.CANCELLED},
        Status.APPROVED: {Status.SCHEDULED, Status.DRAFT, Status.CANCELLED},
        Status.SCHEDULED: {
            Status.CLAIMED,
            Status.APPROVED,
            Status.DRAFT,
            Status.HELD,
            Status.FAILED,
            Status.CANCELLED,
        },
        Status.CLAIMED: {
            Status.SENDING,
            Status.SCHEDULED,
            Status.FAILED,
            Status.HELD,
            Status.CANCELLED,
        },
        Status.SENDING: {Status.SENT, Status.SCHEDULED, Status.FAILED, Status.UNKNOWN},
        Status.SENT: {Status.DELIVERED, Status.BOUNCED, Status.COMPLAINED},
        Status.DELIVERED: {Status.BOUNCED, Status.COMPLAINED},
        Status.BOUNCED: {Status.COMPLAINED},
        Status.COMPLAINED: set(),
        Status.FAILED: set(),
        Status.UNKNOWN: {
            Status.SENT,
            Status.SCHEDULED,
            Status.FAILED,
            Status.DELIVERED,
            Status.BOUNCED,
            Status.COMPLAINED,
        },
        Status.HELD: {Status.SCHEDULED, Status.CANCELLED, Status.DRAFT},
        Status.CANCELLED: {Status.DRAFT, Status.APPROVED, Status.SCHEDULED},
    }
    # States in which the text is out of our hands.
    LEFT = (Status.SENT, Status.DELIVERED, Status.BOUNCED, Status.COMPLAINED, Status.UNKNOWN)
    # States that still mean to send.
    PENDING = (Status.APPROVED, Status.SCHEDULED, Status.CLAIMED, Status.HELD)

    # Every change of a row writes every index, three times a mail: this one is the front of once_per_step.
    enrollment = models.ForeignKey(
        Enrollment, on_delete=models.CASCADE, related_name="mails", db_index=False
    )
    step = models.ForeignKey(Step, on_delete=models.PROTECT, related_name="mails")
    step_number = models.PositiveSmallIntegerField()
    recipient = models.EmailField()
    recipient_hash = models.CharField(max_length=64)
    recipient_domain = models.CharField(max_length=253)
    subject = models.CharField(max_length=300)
    body = models.TextField()
    # What a person said yes to is compared with this; the database computes it, so no code path can forget.
    text_hash = models.GeneratedField(
        expression=TextHash(F("recipient"), F("subject"), F("body")),
        output_field=models.CharField(max_length=64),
        db_persist=True,
    )
    approved_hash = models.CharField(max_length=64, blank=True)
    approval = models.ForeignKey(
        Approval, on_delete=models.PROTECT, null=True, blank=True, related_name="mails"
    )
    unresolved = models.JSONField(default=list, blank=True)
    message_id = models.CharField(max_length=255, unique=True)
    due_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    status_reason = models.CharField(max_length=300, blank=True)
    mailbox = models.ForeignKey(
        Mailbox, on_delete=models.PROTECT, null=True, blank=True, related_name="mails"
    )
    is_sample = models.BooleanField(default=False)
    # Who holds the row until when; every later UPDATE names the epoch (fencing).
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_epoch = models.BigIntegerField(null=True, blank=True)
    reserved_day = models.DateField(null=True, blank=True)
    # The hour of mailboxes.RecipientWindow in which this mail holds a slot.
    reserved_hour = models.DateTimeField(null=True, blank=True)
    # How often a sender was lost while it held this row before DATA; a mail that kills senders is held for people.
    lost_claims = models.PositiveSmallIntegerField(default=0, db_default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    first_attempt_at = models.DateTimeField(null=True, blank=True)
    sending_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    bounced_at = models.DateTimeField(null=True, blank=True)
    complained_at = models.DateTimeField(null=True, blank=True)
    replied_at = models.DateTimeField(null=True, blank=True)
    # When a person put the news of its failure away.
    dismissed_at = models.DateTimeField(null=True, blank=True)
    # Where an undo puts a cancelled message back.
    cancelled_from = models.CharField(max_length=10, blank=True)
    smtp_code = models.PositiveSmallIntegerField(null=True, blank=True)
    provider_id = models.CharField(max_length=200, blank=True)
    last_error = models.CharField(max_length=500, blank=True)
    # When an oracle was last asked about an unknown outcome, and what proved or disproved it.
    asked_at = models.DateTimeField(null=True, blank=True)
    proof = models.CharField(max_length=300, blank=True, default="", db_default="")
    # The file that travels with the mail; part of what was approved.
    attachment = models.ForeignKey(
        "outreach.Attachment",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="mails",
        db_index=False,
    )
    attachment_hash = models.CharField(max_length=64, blank=True, default="", db_default="")
    approved_attachment_hash = models.CharField(
        max_length=64, blank=True, default="", db_default=""
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["enrollment", "step"], name="outreach_message_once_per_step"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "cancelled"])
                | (Q(approval__isnull=False) & Q(approved_hash=F("text_hash"))),
                name="outreach_message_approved_as_is",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "cancelled"])
                | Q(approved_attachment_hash=F("attachment_hash")),
                name="outreach_message_file_approved_as_is",
            ),
            models.CheckConstraint(
                condition=Q(attachment__isnull=True, attachment_hash="")
                | (Q(attachment__isnull=False) & ~Q(attachment_hash="")),
                name="outreach_message_file_has_hash",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["claimed", "sending"])
                | Q(lease_until__isnull=False, lease_epoch__isnull=False, mailbox__isnull=False),
                name="outreach_message_in_flight_is_leased",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["approved", "scheduled", "held"])
                | Q(due_at__isnull=False, lease_epoch__isnull=True),
                name="outreach_message_waiting_has_due",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["sending", "sent", "unknown"])
                | Q(reserved_day__isnull=False),
                name="outreach_message_out_holds_a_slot",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["sent", "delivered"]) | Q(sent_at__isnull=False),
                name="outreach_message_sent_has_time",
            ),
            models.CheckConstraint(
                condition=Q(recipient__iregex=RESERVED_RECIPIENT, is_sample=True)
                | (~Q(recipient__iregex=RESERVED_RECIPIENT) & Q(is_sample=False)),
                name="outreach_message_sample_is_reserved",
            ),
            models.CheckConstraint(condition=~Q(message_id=""), name="outreach_message_has_id"),
        ]
        indexes = [
            models.Index(
                fields=["attachment"],
                condition=Q(attachment__isnull=False),
                name="outreach_message_attachment",
            ),
            models.Index(
                fields=["due_at", "id"],
                condition=Q(status="scheduled"),
                name="outreach_message_due",
            ),
            models.Index(
                fields=["lease_until"],
                condition=Q(status__in=["claimed", "sending"]),
                name="outreach_message_leased",
            ),
            models.Index(
                fields=["due_at"], condition=Q(status="approved"), name="outreach_message_follow_up"
            ),
            models.Index(fields=["recipient_hash"], name="outreach_message_recipient"),
            models.Index(fields=["workspace", "due_at", "id"], name="outreach_message_outbox"),
            # For operations, who page by number through what is rare among millions. A mail on its way from scheduled
            # to sent enters none of the partial ones but the last two, once.
            models.Index(
                fields=["status", "-id"],
                condition=Q(
                    status__in=[
                        "draft",
                        "held",
                        "unknown",
                        "failed",
                        "bounced",
                        "complained",
                        "cancelled",
                    ]
                ),
                name="outreach_message_settled",
            ),
            models.Index(
                fields=["updated_at"], condition=Q(status="failed"), name="outreach_message_failed"
            ),
            models.Index(
                fields=["smtp_code", "-id"],
                condition=Q(smtp_code__gte=400),
                name="outreach_message_refused",
            ),
            models.Index(fields=["recipient_domain", "-id"], name="outreach_message_domain"),
            models.Index(
                fields=["sent_at"],
                condition=Q(sent_at__isnull=False),
                name="outreach_message_left_at",
            ),
            models.Index(
                fields=["provider_id"],
                condition=~Q(provider_id=""),
                name="outreach_message_provider",
            ),
        ]

    def __str__(self) -> str:
        """Return what goes to whom."""
        return f"{self.subject} to {self.recipient}"
