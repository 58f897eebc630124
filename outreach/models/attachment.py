"""Files that travel with mail, kept exactly as they were approved."""

import uuid

from django.db import models
from django.db.models import Q

from accounts.scoping import WorkspaceModel
from jobs.models import Document
from outreach.models.package import Package

# Gmail and Outlook take 25 and 20 MB; a resume of more than 5 MB is a mistake and often a reason to be filtered.
ATTACHMENT_BYTES_LIMIT = 5 * 1024 * 1024


def attachment_path(attachment: "Attachment", filename: str) -> str:
    """Return a private path that tells nothing about the person."""
    return f"attachments/{attachment.workspace.public_id}/{uuid.uuid4().hex}"


class Attachment(WorkspaceModel):
    """One rendering of a document for a package. Rows are never changed: a new rendering is a new row."""

    package = models.ForeignKey(Package, on_delete=models.CASCADE, related_name="attachments")
    document = models.ForeignKey(
        Document, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    filename = models.CharField(max_length=150)
    content_type = models.CharField(max_length=80, default="application/pdf")
    content = models.FileField(upload_to=attachment_path, max_length=200)
    size = models.PositiveIntegerField()
    # SHA-256 of the bytes, lower-case hex; compared again when the mail is composed.
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(size__gt=0, size__lte=ATTACHMENT_BYTES_LIMIT),
                name="outreach_attachment_size",
            )
        ]

    def __str__(self) -> str:
        """Return the file's name."""
        return self.filename
