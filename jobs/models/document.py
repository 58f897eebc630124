"""Resumes and letters written for one application."""

from django.db import models
from django.db.models import Q

from accounts.models import Resume
from accounts.scoping import WorkspaceModel
from jobs.models.application import Application


class Document(WorkspaceModel):
    """One version of a tailored resume or letter; each sentence carries the ids of the facts it rests on."""

    class Kind(models.TextChoices):
        RESUME = "resume", "Resume"
        LETTER = "letter", "Letter"

    class Origin(models.TextChoices):
        RULE = "rule", "Written by rule"
        MODEL = "model", "Drafted by a model"
        PERSON = "person", "Edited by you"

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="documents")
    base_resume = models.ForeignKey(
        Resume, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    kind = models.CharField(max_length=6, choices=Kind)
    version = models.PositiveSmallIntegerField()
    origin = models.CharField(max_length=6, choices=Origin, default=Origin.RULE)
    is_current = models.BooleanField(default=True)
    content = models.JSONField(default=dict)
    original_content = models.JSONField(default=dict, blank=True)
    findings = models.JSONField(default=list, blank=True)
    text = models.TextField()
    text_hash = models.CharField(max_length=64)
    ats_score = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "kind", "version"], name="jobs_document_version_unique"
            ),
            models.UniqueConstraint(
                fields=["application", "kind"],
                condition=Q(is_current=True),
                name="jobs_document_one_current",
            ),
        ]

    def __str__(self) -> str:
        """Return kind and version."""
        return f"{self.get_kind_display()} v{self.version}"
