"""The audit trail: who did what to what, and why."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q

from accounts.console.columns import Column, sentence, who_did
from accounts.console.filters import TextFilter, WorkspaceFilter
from accounts.console.listing import OperationsAdmin
from accounts.console.masking import mask_addresses_in, mask_email
from accounts.models import AuditEntry, User

# What accounts.auditing calls the product itself, in lower case.
AUTOMATION = "roleferry"


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
        """Return the actor's entries; the person is looked up first, so that no trail is read through."""
        if value.lower() == AUTOMATION:
            return Q(actor=None)
        people = User.objects.filter(email__iexact=value).values("pk")
        return Q(actor__in=people)


class KindFilter(TextFilter):
    """Entries about one kind of object, such as mailboxes.Mailbox."""

    title = "object type"
    parameter_name = "about"

    def condition(self, value: str) -> Q:
        """Return the entries about it."""
        return Q(target_type=value)


def _change(entry: AuditEntry) -> str:
    """Return what was before and after, in one line."""
    keys = [*entry.before, *(key for key in entry.after if key not in entry.before)]
    parts = [f"{key}: {_said(entry.before, key)} → {_said(entry.after, key)}" for key in keys]
    return mask_addresses_in("; ".join(parts))[:120]


def _said(values: dict[str, Any], key: str) -> str:
    return str(values[key])[:60] if values.get(key) not in (None, "") else "–"


def _object(entry: AuditEntry) -> str:
    return f"{entry.target_type.rpartition('.')[2]} {entry.target_id[:8]}"


@admin.register(AuditEntry)
class AuditEntryAdmin(OperationsAdmin):
    """Append-only; the database refuses changes as well."""

    group, place = "Platform", 42
    list_display = (
        "at",
        Column("who", "actor", who_did),
        "verb",
        Column("object", "object", _object),
        sentence("reason"),
        Column("change", "before → after", _change),
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
