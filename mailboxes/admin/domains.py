"""Domains in the operations console: what DNS says of those we send from, and the room left at those we send to."""

from typing import ClassVar

from django.contrib import admin
from django.db.models import Q

from accounts.console.columns import Column, linked
from accounts.console.filters import RangeFilter, WorkspaceFilter
from accounts.console.listing import OperationsAdmin
from mailboxes.models import DomainCheck, RecipientWindow, SendingDomain


class SignedFilter(RangeFilter):
    """Whether we sign the domain's mail."""

    title = "signed by us"
    parameter_name = "signed"
    ranges: ClassVar = {"yes": "Yes", "no": "No"}

    def condition(self, value: str) -> Q:
        """Return the condition of an answer."""
        return Q(dkim_active=value == "yes")


@admin.register(SendingDomain)
class SendingDomainAdmin(OperationsAdmin):
    """Domains with the state of their key; the private key is sealed."""

    group, place = "Sending", 5
    list_display = (
        "domain",
        linked("workspace"),
        "dkim_selector",
        "dkim_active",
        "checked_at",
        "created_at",
    )
    list_filter = (SignedFilter, WorkspaceFilter)
    list_select_related = ("workspace",)
    search_help_text = "Exact: number, id or domain."

    def search_for(self, term: str) -> Q:
        """Find domains also by their name."""
        return super().search_for(term) | Q(domain__iexact=term)


@admin.register(DomainCheck)
class DomainCheckAdmin(OperationsAdmin):
    """Every answer of DNS, newest first."""

    group, place = "Sending", 6
    list_display = (
        "checked_at",
        linked("sending_domain"),
        "kind",
        "verdict",
        "sentence",
        linked("workspace"),
    )
    list_filter = ("kind", "verdict", WorkspaceFilter)
    list_select_related = ("sending_domain", "workspace")


@admin.register(RecipientWindow)
class RecipientWindowAdmin(OperationsAdmin):
    """What may still go to one receiving domain in one UTC hour."""

    group, place = "Sending", 8
    list_display = (
        "domain",
        "hour",
        "reserved",
        "cap",
        Column("room", "room", lambda row: row.cap - row.reserved),
    )
    search_help_text = "Exact: number or domain."

    def search_for(self, term: str) -> Q:
        """Find hours also by their domain."""
        return super().search_for(term) | Q(domain=term.lower())
