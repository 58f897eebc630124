"""Answers, and what they changed."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.scoping import WorkspaceModel
from mailboxes.models import InboundMessage
from outreach.models.enrollment import Enrollment
from outreach.models.message import Message


class Reply(WorkspaceModel):
    """One received mail matched to one person we wrote to, with its class and its effects (so they can be undone)."""

    class Kind(models.TextChoices):
        INTERESTED = "interested", "Interested"
        MEETING = "meeting", "Meeting"
        QUESTION = "question", "Question"
        NOT_NOW = "not_now", "Not now"
        REJECTED = "rejected", "Rejected"
        OUT_OF_OFFICE = "out_of_office", "Out of office"
        UNSUBSCRIBE = "unsubscribe", "Asks to stop"
        AUTOMATIC = "automatic", "Automatic"
        OTHER = "other", "Other"

    class MatchedBy(models.TextChoices):
        REFERENCES = "references", "Message-ID"
        TOKEN = "token", "Reply address"
        ADDRESS = "address", "Address pair (low confidence)"

    inbound = models.OneToOneField(InboundMessage, on_delete=models.CASCADE, related_name="reply")
    enrollment = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="replies")
    message = models.ForeignKey(
        Message, on_delete=models.SET_NULL, null=True, blank=True, related_name="replies"
    )
    matched_by = models.CharField(max_length=10, choices=MatchedBy)
    kind = models.CharField(max_length=13, choices=Kind)
    confidence = models.FloatField()
    evidence = models.CharField(max_length=500, blank=True)
    is_human = models.BooleanField()
    corrected_kind = models.CharField(max_length=13, choices=Kind, blank=True)
    corrected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    effects = models.JSONField(default=list, blank=True)
    handled_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "replies"
        constraints = [
            models.CheckConstraint(
                condition=Q(confidence__gte=0, confidence__lte=1),
                name="outreach_reply_confidence_range",
            )
        ]
        indexes = [models.Index(fields=["workspace", "-created_at"], name="outreach_reply_recent")]

    def __str__(self) -> str:
        """Return what they said, in a word."""
        return f"{self.get_kind_display()} from {self.enrollment.contact}"
