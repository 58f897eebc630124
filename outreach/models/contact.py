"""People one may write to."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.scoping import WorkspaceModel
from jobs.models import Company


class Contact(WorkspaceModel):
    """A person at a company, with where the address came from and what is known of it."""

    class Verdict(models.TextChoices):
        VALID = "valid", "Valid"
        RISKY = "risky", "Risky"
        CATCH_ALL = "catch_all", "Catch-all domain"
        UNKNOWN = "unknown", "Not verified"
        INVALID = "invalid", "Invalid"

    class LawfulBasis(models.TextChoices):
        LEGITIMATE_INTEREST = "legitimate_interest", "Legitimate interest in a job application"
        CONSENT = "consent", "The person agreed"
        EXISTING = "existing", "We already know each other"

    # Writable by every rank of the waterfall, best first (ENR-8).
    PERSONA_RANKS = {"vp": 1, "head": 2, "director": 3, "manager": 4, "hr": 5, "other": 99}

    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="contacts")
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    title = models.CharField(max_length=200, blank=True)
    persona_rank = models.PositiveSmallIntegerField(default=99)
    email = models.EmailField(blank=True)
    email_hash = models.CharField(max_length=64, blank=True, db_index=True)
    verdict = models.CharField(max_length=9, choices=Verdict, default=Verdict.UNKNOWN)
    verdict_confidence = models.FloatField(default=0)
    verdict_reasons = models.JSONField(default=list, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    linkedin_url = models.URLField(max_length=300, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    source = models.CharField(max_length=100)
    lawful_basis = models.CharField(max_length=20, choices=LawfulBasis)
    obtained_at = models.DateTimeField()
    notes = models.TextField(blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    is_sample = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "workspace",
                "company",
                Lower("email"),
                condition=~Q(email="") & Q(deleted_at__isnull=True),
                name="outreach_contact_once",
            ),
            models.CheckConstraint(
                condition=Q(verdict_confidence__gte=0, verdict_confidence__lte=1),
                name="outreach_contact_confidence_range",
            ),
            models.CheckConstraint(condition=~Q(source=""), name="outreach_contact_says_source"),
            models.CheckConstraint(
                condition=Q(email="") | ~Q(email_hash=""), name="outreach_contact_email_is_hashed"
            ),
        ]

    def __str__(self) -> str:
        """Return the name, or the address."""
        return self.full_name or self.email or "Unnamed contact"

    @property
    def full_name(self) -> str:
        """First and last name, whichever are known."""
        return f"{self.first_name} {self.last_name}".strip()
