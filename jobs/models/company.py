"""Employers."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.scoping import WorkspaceModel


class Company(WorkspaceModel):
    """An employer as this workspace knows it; the normalised name keeps Meta and Metaverse apart and Acme Inc. and ACME together."""

    name = models.CharField(max_length=200)
    normalized_name = models.CharField(max_length=200)
    domain = models.CharField(max_length=253, blank=True)
    size = models.CharField(max_length=20, blank=True)
    industry = models.CharField(max_length=100, blank=True)
    website = models.URLField(blank=True)
    tech_stack = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    notes = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "companies"
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "normalized_name"], name="jobs_company_name_unique"
            ),
            models.UniqueConstraint(
                "workspace",
                Lower("domain"),
                condition=~Q(domain=""),
                name="jobs_company_domain_unique",
            ),
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name
