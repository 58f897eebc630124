"""People who are written to, behind masks: contacts, enrollments and answers."""

from typing import ClassVar

from django.contrib import admin
from django.db.models import Q

from accounts.console.columns import linked, masked
from accounts.console.filters import WorkspaceFilter
from accounts.console.listing import OperationsAdmin
from accounts.console.masking import mask_email, mask_text, mask_word
from mailboxes.addresses import AddressError
from mailboxes.suppression import recipient_hash
from outreach.models import Contact, Enrollment, Reply


@admin.register(Contact)
class ContactAdmin(OperationsAdmin):
    """Where an address came from and on what basis it is used."""

    group, place = "People", 26
    list_display = (
        masked("full_name", "name", mask_word),
        masked("email"),
        "verdict",
        "source",
        "lawful_basis",
        "obtained_at",
        linked("workspace"),
    )
    list_filter = ("verdict", "lawful_basis", "is_sample", WorkspaceFilter)
    list_select_related = ("workspace",)
    search_help_text = "Exact: number, id or address."
    hidden = ("linkedin_url", "notes")
    personal: ClassVar = {
        "first_name": mask_word,
        "last_name": mask_word,
        "title": mask_text,
        "email": mask_email,
    }

    def search_for(self, term: str) -> Q:
        """Find contacts also by their address's hash."""
        try:
            return super().search_for(term) | Q(email_hash=recipient_hash(term))
        except AddressError:
            return super().search_for(term)


@admin.register(Enrollment)
class EnrollmentAdmin(OperationsAdmin):
    """One person in one sequence."""

    group, place = "Sending", 3
    list_display = (
        linked("contact"),
        "status",
        "stop_reason",
        "position",
        linked("mailbox"),
        linked("workspace"),
        "held_until",
        "stopped_at",
    )
    list_filter = ("status", "stop_reason", WorkspaceFilter)
    list_select_related = ("contact", "mailbox", "workspace")


@admin.register(Reply)
class ReplyAdmin(OperationsAdmin):
    """Answers and how they were read; their words stay with the workspace."""

    group, place = "Hearing", 14
    list_display = (
        "kind",
        "corrected_kind",
        "confidence",
        "matched_by",
        "is_human",
        linked("enrollment"),
        linked("workspace"),
        "handled_at",
        "undone_at",
    )
    list_filter = ("kind", "matched_by", "is_human", WorkspaceFilter)
    list_select_related = ("enrollment", "workspace")
    personal: ClassVar = {"evidence": mask_text}
