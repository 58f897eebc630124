"""Addresses of filtered lists in the operations console."""

from urllib.parse import urlencode

from django.db import models
from django.urls import NoReverseMatch, reverse


def list_url(model: type[models.Model], **filters: str) -> str:
    """Return the address of a filtered list, or "" while the console has no list of the model."""
    try:
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    except NoReverseMatch:
        return ""
    return f"{url}?{urlencode(filters)}" if filters else url
