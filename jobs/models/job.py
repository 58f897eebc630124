"""Openings."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import F, Q
from pgvector.django import VectorField

from accounts.scoping import WorkspaceModel
from jobs.models.company import Company
from jobs.models.source import Source

EMBEDDING_DIMENSIONS = 512  # the offline sentence encoder's output (llm.embedding)


class Job(WorkspaceModel):
    """One opening as its source states it, normalised; HTML is sanitised before it is stored."""

    class Liveness(models.TextChoices):
        LIVE = "live", "Live"
        CLOSED = "closed", "Closed at source"
        UNKNOWN = "unknown", "Not checked"

    class Remote(models.TextChoices):
        REMOTE = "remote", "Remote"
        HYBRID = "hybrid", "Hybrid"
        ONSITE = "onsite", "On site"
        UNSTATED = "", "Not stated"

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="jobs")
    external_id = models.CharField(max_length=200)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="jobs")
    company_name = models.CharField(max_length=200)
    title = models.CharField(max_length=300)
    normalized_title = models.CharField(max_length=300, blank=True)
    seniority = models.CharField(max_length=12, blank=True)
    function = models.CharField(max_length=40, blank=True)
    department = models.CharField(max_length=200, blank=True)
    team = models.CharField(max_length=200, blank=True)
    url = models.URLField(max_length=1000, blank=True)
    apply_url = models.URLField(max_length=1000, blank=True)
    locations = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    countries = ArrayField(models.CharField(max_length=2), default=list, blank=True)
    remote_policy = models.CharField(
        max_length=6, choices=Remote, blank=True, default=Remote.UNSTATED
    )
    employment_type = models.CharField(max_length=60, blank=True)
    salary_min = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    salary_max = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    salary_currency = models.CharField(max_length=3, blank=True)
    salary_period = models.CharField(max_length=10, blank=True)
    salary_text = models.CharField(max_length=300, blank=True)
    requisition_id = models.CharField(max_length=100, blank=True)
    visa_sponsorship = models.BooleanField(null=True, blank=True)
    posted_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    # When this workspace first saw it: the order of the list when the source gives no date.
    listed_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    description_html = models.TextField(blank=True)
    description_text = models.TextField(blank=True)
    hidden_text = models.JSONField(default=list, blank=True)
    skills = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    content_hash = models.CharField(max_length=64, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True, db_index=True)
    duplicate_of = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="duplicates"
    )
    liveness = models.CharField(max_length=7, choices=Liveness, default=Liveness.UNKNOWN)
    closed_at = models.DateTimeField(null=True, blank=True)
    embedding = VectorField(dimensions=EMBEDDING_DIMENSIONS, null=True, blank=True)
    embedding_model = models.CharField(max_length=60, blank=True)
    search = models.GeneratedField(
        expression=SearchVector("title", weight="A", config="english")
        + SearchVector("company_name", weight="B", config="english")
        + SearchVector("description_text", weight="D", config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
    )
    is_sample = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], name="jobs_job_once_per_source"
            ),
            models.CheckConstraint(
                condition=Q(salary_min__isnull=True)
                | Q(salary_max__isnull=True)
                | Q(salary_max__gte=F("salary_min")),
                name="jobs_job_salary_range",
            ),
            models.CheckConstraint(
                condition=~Q(liveness="closed") | Q(closed_at__isnull=False),
                name="jobs_job_closed_has_time",
            ),
        ]
        indexes = [
            GinIndex(fields=["search"], name="jobs_job_search"),
            GinIndex(fields=["title"], opclasses=["gin_trgm_ops"], name="jobs_job_title_trigram"),
            models.Index(fields=["workspace", "-listed_at", "-id"], name="jobs_job_newest"),
        ]

    def __str__(self) -> str:
        """Return title and company."""
        return f"{self.title} at {self.company_name}"
