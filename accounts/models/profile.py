"""The candidate: who they are, what their resumes say, and the facts everything written must rest on."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Trim

from accounts.lifecycle import LifecycleModel
from accounts.scoping import WorkspaceModel, WorkspaceQuerySet


class Profile(WorkspaceModel):
    """One candidate; `version` grows with every change of a fact, so that scores know when they are stale."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="profiles",
    )
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    full_name = models.GeneratedField(
        expression=Trim(Concat(F("first_name"), Value(" "), F("last_name"))),
        output_field=models.CharField(max_length=201),
        db_persist=True,
    )
    headline = models.CharField(max_length=200, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    location = models.CharField(max_length=200, blank=True)
    links = models.JSONField(default=list, blank=True)
    years_experience = models.DecimalField(max_digits=4, decimal_places=1, null=True, blank=True)
    behavioral_questions = models.JSONField(default=list, blank=True)
    version = models.PositiveIntegerField(default=1)
    is_sample = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "user"],
                condition=Q(user__isnull=False),
                name="accounts_profile_one_per_user",
            )
        ]

    def __str__(self) -> str:
        """Return the name, or what stands in for it."""
        return self.full_name or self.email or "Unnamed profile"


def resume_path(resume: "Resume", filename: str) -> str:
    """Store files under the workspace and a name of ours; the person's own file name is only shown, never used."""
    return f"resumes/{resume.workspace.public_id}/{resume.public_id}"


class Resume(LifecycleModel, WorkspaceModel):
    """One uploaded or pasted resume, kept as it came even when it cannot be read."""

    class Status(models.TextChoices):
        UPLOADED = "uploaded", "Waiting to be read"
        READING = "reading", "Being read"
        READ = "read", "Read"
        FAILED = "failed", "Could not be read"

    TRANSITIONS = {
        Status.UPLOADED: {Status.READING},
        Status.READING: {Status.READ, Status.FAILED, Status.UPLOADED},
        Status.FAILED: {Status.READING},
        Status.READ: {Status.READING},
    }

    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="resumes")
    file = models.FileField(upload_to=resume_path, blank=True)
    original_filename = models.CharField(max_length=255, blank=True)
    kind = models.CharField(max_length=8, blank=True)
    size = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    raw_text = models.TextField(blank=True)
    # Addresses behind the text's words; reading the text again needs them.
    links = models.JSONField(default=list, blank=True)
    pages = models.PositiveSmallIntegerField(default=0)
    status = models.CharField(max_length=8, choices=Status, default=Status.UPLOADED)
    error_code = models.CharField(max_length=40, blank=True)
    error_sentence = models.CharField(max_length=400, blank=True)
    parse_report = models.JSONField(default=dict, blank=True)
    is_primary = models.BooleanField(default=False)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["profile"],
                condition=Q(is_primary=True, deleted_at__isnull=True),
                name="accounts_resume_one_primary",
            ),
            models.CheckConstraint(
                condition=~Q(status="failed") | ~Q(error_sentence=""),
                name="accounts_resume_failed_says_why",
            ),
        ]

    def __str__(self) -> str:
        """Return the name it was uploaded under."""
        return self.original_filename or "Pasted resume"


class ProfileFactQuerySet(WorkspaceQuerySet):
    """Facts as the pages and writers ask for them."""

    def alive(self) -> "ProfileFactQuerySet":
        """Return the facts that were not deleted."""
        return self.filter(deleted_at__isnull=True)


class ProfileFact(WorkspaceModel):
    """One thing known about the candidate, with the span of resume text that says so: the evidence for every sentence."""

    class Kind(models.TextChoices):
        ROLE = "role", "Role"
        METRIC = "metric", "Metric"
        ACCOMPLISHMENT = "accomplishment", "Accomplishment"
        SKILL = "skill", "Skill"
        EDUCATION = "education", "Education"
        PROJECT = "project", "Project"
        LANGUAGE = "language", "Language"
        CERTIFICATION = "certification", "Certification"

    class Origin(models.TextChoices):
        RESUME = "resume", "From the resume"
        PERSON = "person", "Typed by the person"

    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="facts")
    resume = models.ForeignKey(
        Resume, on_delete=models.SET_NULL, null=True, blank=True, related_name="facts"
    )
    parent = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="children"
    )
    kind = models.CharField(max_length=14, choices=Kind)
    origin = models.CharField(max_length=6, choices=Origin, default=Origin.RESUME)
    position = models.PositiveIntegerField(default=0)
    text = models.TextField()
    title = models.CharField(max_length=200, blank=True)
    organization = models.CharField(max_length=200, blank=True)
    location = models.CharField(max_length=200, blank=True)
    degree = models.CharField(max_length=200, blank=True)
    field_of_study = models.CharField(max_length=200, blank=True)
    start_date = models.DateField(null=True, blank=True)
    end_date = models.DateField(null=True, blank=True)
    # "month", "year" or "" as the resume states them; dates hold the first day of it.
    start_precision = models.CharField(max_length=5, blank=True, default="month")
    end_precision = models.CharField(max_length=5, blank=True, default="month")
    is_current = models.BooleanField(default=False)
    # 0 to 1: how sure the reader was; a person's own facts are 1.
    confidence = models.FloatField(default=1.0)
    # Offsets into resume.raw_text; both null when a person typed the fact.
    span_start = models.PositiveIntegerField(null=True, blank=True)
    span_end = models.PositiveIntegerField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = ProfileFactQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        indexes = [
            models.Index(
                fields=["profile", "kind"],
                condition=Q(deleted_at__isnull=True),
                name="accounts_fact_alive",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(confidence__gte=0, confidence__lte=1),
                name="accounts_fact_confidence_range",
            ),
            models.CheckConstraint(
                condition=Q(span_start__isnull=True, span_end__isnull=True)
                | Q(span_end__gt=F("span_start")),
                name="accounts_fact_span_whole",
            ),
            models.CheckConstraint(condition=~Q(text=""), name="accounts_fact_says_something"),
        ]

    def __str__(self) -> str:
        """Return the fact's text, cut short."""
        return self.text[:80]
