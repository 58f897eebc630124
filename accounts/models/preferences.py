"""What the candidate wants."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models.profile import Profile
from accounts.scoping import WorkspaceModel


def text_list() -> "ArrayField[list[str], list[str]]":
    """Return a column for a short list of phrases."""
    return ArrayField(models.CharField(max_length=120), default=list, blank=True)


class Preferences(WorkspaceModel):
    """Wishes for the next role (PRO-2); pre-filled from the resume, owned by the person."""

    profile = models.OneToOneField(Profile, on_delete=models.CASCADE, related_name="preferences")
    titles = text_list()
    role_types = text_list()
    locations = text_list()
    remote_ok = models.BooleanField(default=True)
    levels = text_list()
    company_sizes = text_list()
    industries = text_list()
    skills = text_list()
    values = text_list()
    hidden_companies = text_list()
    minimum_salary = models.PositiveIntegerField(null=True, blank=True)
    salary_currency = models.CharField(max_length=3, default="EUR")
    # True until the person saves the form: pages say "taken from your resume".
    is_prefilled = models.BooleanField(default=True)

    def __str__(self) -> str:
        """Return whose they are."""
        return f"Preferences of {self.profile}"
