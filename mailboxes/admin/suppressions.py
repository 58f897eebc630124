"""The do-not-contact list in the operations console: closing a door at once, opening one by the rules."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.utils.html import format_html

from accounts.console.actions import (
    ActionRefusedError,
    Deed,
    ReasonForm,
    StaffAction,
    take_effect,
)
from accounts.console.columns import Column, link_to, moment, sentence
from accounts.console.filters import RangeFilter, TextFilter, WorkspaceFilter
from accounts.console.listing import OperationsAdmin
from accounts.console.masking import mask_addresses_in, mask_email
from accounts.models import Workspace
from mailboxes import suppression
from mailboxes.addresses import AddressError
from mailboxes.models import Suppression

ADD_VERB = "suppression.add"
# Hex digits of an address's keyed hash.
HASH_LENGTH = 64


def _ask_release(deed: Deed, row: Suppression) -> None:
    try:
        asked = suppression.ask_release(
            row,
            actor=deed.actor,
            reason=deed.reason,
            evidence=deed.data["evidence"],
            now=deed.now,
            actor_ip=deed.actor_ip,
        )
    except suppression.ReleaseRefusedError as error:
        raise ActionRefusedError(str(error)) from error
    if not asked:
        raise ActionRefusedError("Somebody asked before. Another member of staff can release it.")


def _release(deed: Deed, row: Suppression) -> None:
    try:
        released = suppression.release(
            row,
            actor=deed.actor,
            reason=deed.reason,
            now=deed.now,
            by_staff=True,
            actor_ip=deed.actor_ip,
        )
    except suppression.ReleaseRefusedError as error:
        raise ActionRefusedError(str(error)) from error
    if not released:
        raise ActionRefusedError("It was released before.")


def _suppress(deed: Deed, row: None) -> None:
    workspace: Workspace | None = deed.data["workspace"]
    scope = Suppression.Scope.WORKSPACE if workspace else Suppression.Scope.PLATFORM
    closed = suppression.suppress(
        email=deed.data["email"],
        domain=deed.data["domain"],
        reason=Suppression.Reason.MANUAL,
        scope=scope,
        workspace=workspace,
        source=f"operations (staff {deed.actor.pk})",
        now=deed.now,
    )
    count = take_effect(ADD_VERB, deed, closed)
    after = {"scope": scope, "what": str(closed), "cancelled": count}
    deed.record(ADD_VERB, closed, workspace=workspace, after=after, affected_count=1 + count)


class AskReleaseForm(ReasonForm):
    """What shows that an address is good after all."""

    evidence = forms.CharField(
        label="Evidence",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What you looked at and what it said: the server's log, a call, a test by the owner of the address.",
        error_messages={
            "required": "Say what shows that the address is good: a second person reads it."
        },
    )


class SuppressForm(ReasonForm):
    """What to close, for whom, and why."""

    email = forms.CharField(label="Address", max_length=254, required=False)
    domain = forms.CharField(
        label="Or a domain", max_length=253, required=False, help_text="With everything below it."
    )
    workspace = forms.IntegerField(
        label="Workspace number",
        required=False,
        min_value=1,
        help_text="Leave it empty to close it for everyone.",
    )
    field_order = ("email", "domain", "workspace", "reason")

    def clean_workspace(self) -> Workspace | None:
        """Refuse a workspace that does not exist."""
        number = self.cleaned_data["workspace"]
        workspace: Workspace | None = Workspace.objects.filter(pk=number).first()
        if number is not None and workspace is None:
            raise forms.ValidationError("No workspace has this number. Look it up in the list.")
        return workspace

    def clean(self) -> dict[str, Any]:
        """Refuse what is neither one address nor one domain."""
        cleaned = super().clean() or self.cleaned_data
        email, domain = cleaned.get("email", "").strip(), cleaned.get("domain", "").strip()
        if bool(email) == bool(domain):
            raise forms.ValidationError("Fill in either an address or a domain.")
        try:
            suppression.recipient_hash(email or f"postmaster@{domain}")
        except AddressError as error:
            self.add_error("email" if email else "domain", str(error))
        return {**cleaned, "email": email, "domain": domain}


class ValueFilter(TextFilter):
    """The closed door of one exact address or domain."""

    title = "address or domain"
    parameter_name = "value"

    def condition(self, value: str) -> Q:
        """Return the rows that cover the value."""
        try:
            return suppression.covering(value if "@" in value else f"postmaster@{value}")
        except AddressError:
            return Q(pk__in=[])


class SourceFilter(TextFilter):
    """Where the closure came from, by the beginning of the words."""

    title = "source"
    parameter_name = "source_text"

    def condition(self, value: str) -> Q:
        """Return the rows of the source."""
        return Q(source__istartswith=value)


class StandingFilter(RangeFilter):
    """Whether the door is closed now."""

    title = "standing"
    parameter_name = "standing"
    ranges: ClassVar = {
        "live": "Not released",
        "asked": "Release asked for",
        "released": "Released",
    }

    def condition(self, value: str) -> Q:
        """Return the condition of a name."""
        if value == "asked":
            return Q(released_at=None, release_asked_by__isnull=False)
        return Q(released_at__isnull=value == "live")


def _scope(row: Suppression) -> str:
    return str(row.get_scope_display()) if row.workspace is None else link_to(row.workspace)


_released_at = moment("released_at")


def _standing(row: Suppression) -> str:
    if row.released_at:
        return f"Released {_released_at(row)}"
    return "Release asked for" if row.release_asked_by_id else "Closed"


@admin.register(Suppression)
class SuppressionAdmin(OperationsAdmin):
    """Hash and mask, never the address in a list."""

    group, place = "Sending", 4
    list_display = (
        Column("what", "what", str),
        Column("hash", "hash", lambda row: format_html("<code>{}</code>", row.address_hash[:12])),
        Column("scope_of", "scope", _scope),
        "reason",
        sentence("source", "source, by whom", limit=60),
        "created_at",
        "expires_at",
        Column("standing", "standing", _standing),
    )
    list_filter = (
        "scope",
        "reason",
        StandingFilter,
        ValueFilter,
        SourceFilter,
        WorkspaceFilter,
        "created_at",
    )
    list_select_related = ("workspace",)
    search_help_text = "Exact: number, id, hash, address or domain."
    personal: ClassVar = {"address": mask_email}
    sentences = ("source", "released_reason", "release_evidence")
    staff_actions = (
        StaffAction(
            name="add",
            label="Suppress",
            verb=ADD_VERB,
            effect="Nobody in the chosen scope can write there any more, and what is queued is cancelled at once.",
            run=_suppress,
            form=SuppressForm,
            takes_rows=False,
            is_danger=True,
        ),
        StaffAction(
            name="ask-release",
            label="Ask for release",
            verb="suppression.ask_release",
            effect="Nothing is opened yet: another member of staff reads your evidence and releases the entry.",
            run=_ask_release,
            applies=lambda row: (
                row.released_at is None
                and row.reason in suppression.TAKES_TWO
                and row.release_asked_by_id is None
            ),
            form=AskReleaseForm,
        ),
        StaffAction(
            name="release",
            label="Release",
            verb="suppression.release",
            effect="The address can be written to again. What a person asked for themselves cannot be released.",
            run=_release,
            applies=lambda row: (
                row.released_at is None
                and row.reason not in suppression.GIVEN_BY_RECIPIENT
                and (row.reason not in suppression.TAKES_TWO or row.release_asked_by_id is not None)
            ),
            is_danger=True,
        ),
    )

    def detail_of(self, row: Suppression) -> str:
        """Say why it was closed and, for the second person, what the first one found."""
        reason = str(row.get_reason_display())
        if row.release_asked_by_id is None:
            return reason
        evidence = mask_addresses_in(row.release_evidence)
        return f"{reason}; {row.release_asked_by} asked for its release: {evidence}"

    def search_for(self, term: str) -> Q:
        """Find entries also by the hash of an address, by the address, or by a domain as it stands there."""
        found = super().search_for(term) | Q(domain=term.lower())
        if len(term) == HASH_LENGTH:
            return found | Q(address_hash=term.lower())
        try:
            return found | Q(address_hash=suppression.recipient_hash(term))
        except AddressError:
            return found
