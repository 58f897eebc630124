"""The audit trail: who did what to what, and why."""

from typing import ClassVar

from django.contrib import admin
from django.db.models import Q

from accounts.console.columns import Column, sentence, who_did
from accounts.console.filters import TextFilter, WorkspaceFilter
from accounts.console.listing import OperationsAdmin
from accounts.console.masking import mask_email
from accounts.models import AuditEntry


class VerbFilter(TextFilter):
    """Entries of one verb, such as mailbox.pause."""

    title = "verb"
    parameter_name = "verb_is"

    def condition(self, value: str) -> Q:
        """Return the verb's entries."""
        return Q(verb=value)


class ActorFilter(TextFilter):
    """Entries of one actor, by their exact address."""

    title = "actor's address"
    parameter_name = "actor_is"

    def condition(self, value: str) -> Q:
        """Return the actor's entries."""
        return Q(actor_label__iexact=value)


class KindFilter(TextFilter):
    """Entries about one kind of object, such as mailboxes.Mailbox."""

    title = "object type"
    parameter_name = "about"

    def condition(self, value: str) -> Q:
        """Return the entries about it."""
        return Q(target_type__iexact=value)


@admin.register(AuditEntry)
class AuditEntryAdmin(OperationsAdmin):
    """Append-only; the database refuses changes as well."""

    place = 6
    list_display = (
        "at",
        Column("who", "actor", who_did),
        "verb",
        "target_type",
        sentence("reason"),
        "affected_count",
        "workspace_id",
    )
    list_filter = (VerbFilter, ActorFilter, KindFilter, WorkspaceFilter, "at")
    list_select_related = ("actor",)
    search_help_text = "Exact: the id of an entry or of the object it is about."
    personal: ClassVar = {"actor_label": mask_email}
    sentences = ("reason",)

    def search_for(self, term: str) -> Q:
        """Find entries by their own id or by their object's."""
        return super().search_for(term) | Q(target_id=term)
