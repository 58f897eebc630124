"""What came in, in the operations console: posts of providers, their events, received mail, and closed doors."""

import json
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest

from accounts.console.actions import ActionRefusedError, Deed, ReasonForm, StaffAction
from accounts.console.columns import Column, linked, masked, sentence
from accounts.console.filters import RangeFilter, TextFilter, WorkspaceFilter
from accounts.console.listing import OperationsAdmin
from accounts.console.masking import mask_addresses_in, mask_email, mask_text, mask_word
from accounts.models import Workspace
from mailboxes import events, suppression, tasks
from mailboxes.addresses import AddressError
from mailboxes.models import (
    DeliveryEvent,
    InboundMessage,
    ProviderDelivery,
    Suppression,
    WebhookEndpoint,
)

# A page is for reading; the whole body stays in the database for replay.
PAYLOAD_SHOWN = 6_000


def _replay(deed: Deed, delivery: ProviderDelivery) -> None:
    if not events.replay(delivery, actor=deed.actor, reason=deed.reason, actor_ip=deed.actor_ip):
        raise ActionRefusedError(
            "It still waits for its first reading, so there is nothing to replay."
        )
    pk = delivery.pk
    transaction.on_commit(lambda: tasks.apply_delivery.delay(pk), robust=True)


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
        source="operations",
        now=deed.now,
    )
    after = {"scope": scope, "what": str(closed)}
    deed.record("suppression.add", closed, workspace=workspace, after=after)


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


def readable_payload(delivery: ProviderDelivery) -> str:
    """Return a stored body to be read: addresses masked, enclosed mails left out, cut to PAYLOAD_SHOWN characters."""
    body = bytes(delivery.body)
    try:
        content = json.loads(body, object_hook=_without_mail)
    except (ValueError, RecursionError):
        text = body.decode("utf-8", "replace")
    else:
        text = json.dumps(content, indent=1, ensure_ascii=False)
    return mask_addresses_in(text)[:PAYLOAD_SHOWN]


def _without_mail(entry: dict[str, Any]) -> dict[str, Any]:
    if isinstance(entry.get("raw_mime"), str):
        entry["raw_mime"] = mask_text(entry["raw_mime"])
    return entry


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
    ranges: ClassVar = {"live": "Not released", "released": "Released"}

    def condition(self, value: str) -> Q:
        """Return the condition of a name."""
        return Q(released_at__isnull=value == "live")


@admin.register(Suppression)
class SuppressionAdmin(OperationsAdmin):
    """The do-not-contact list: hash and mask, never the address in a list."""

    place = 3
    list_display = (
        Column("what", "what", str),
        Column("hash", "hash", lambda row: row.address_hash[:12]),
        "scope",
        linked("workspace"),
        "reason",
        sentence("source", limit=60),
        "created_at",
        "expires_at",
        "released_at",
    )
    list_filter = ("scope", "reason", StandingFilter, ValueFilter, SourceFilter, WorkspaceFilter)
    list_select_related = ("workspace",)
    personal: ClassVar = {"address": mask_email}
    sentences = ("source", "released_reason")
    staff_actions = (
        StaffAction(
            name="add",
            label="Suppress",
            verb="suppression.add",
            effect="Nobody in the chosen scope can write there any more, and what is queued is cancelled at once.",
            run=_suppress,
            form=SuppressForm,
            takes_rows=False,
            is_danger=True,
        ),
        StaffAction(
            name="release",
            label="Release",
            verb="suppression.release",
            effect="The address can be written to again. What a person asked for themselves cannot be released.",
            run=_release,
            applies=lambda row: (
                row.released_at is None and row.reason not in suppression.GIVEN_BY_RECIPIENT
            ),
            is_danger=True,
        ),
    )


@admin.register(ProviderDelivery)
class ProviderDeliveryAdmin(OperationsAdmin):
    """Every verified post with what was made of it."""

    place = 4
    list_display = (
        "received_at",
        "provider",
        linked("workspace"),
        "signature_verdict",
        "status",
        "attempts",
        sentence("error", limit=60),
        Column("effects_count", "effects", lambda row: len(row.effects)),
    )
    list_filter = ("status", "provider", "signature_verdict", "received_at", WorkspaceFilter)
    list_select_related = ("workspace",)
    sentences = ("error",)
    staff_actions = (
        StaffAction(
            name="replay",
            label="Replay",
            verb="webhook.replay",
            effect="The stored body is read and applied again. Events that are known already change nothing.",
            run=_replay,
            applies=lambda row: row.status != ProviderDelivery.Status.RECEIVED,
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Show the payload below the facts."""
        lines = super().get_readonly_fields(request, obj)
        return [*lines, Column("payload", "payload (masked)", readable_payload)]


@admin.register(DeliveryEvent)
class DeliveryEventAdmin(OperationsAdmin):
    """What the posts said, event by event."""

    place = 5
    list_display = (
        "occurred_at",
        "type",
        masked("recipient"),
        "bounce_kind",
        "status_code",
        sentence("diagnostic", limit=60),
        "outcome",
        "processed_at",
        linked("delivery"),
    )
    list_filter = ("type", "bounce_kind", "occurred_at", WorkspaceFilter)
    list_select_related = ("delivery",)
    search_help_text = "Exact: number, id or Message-ID."
    personal: ClassVar = {"recipient": mask_email}
    sentences = ("diagnostic",)

    def search_for(self, term: str) -> Q:
        """Find events also by the mail they are about."""
        return super().search_for(term) | Q(message_id=term)


@admin.register(InboundMessage)
class InboundMessageAdmin(OperationsAdmin):
    """Received mail: who decided what about it; its words stay masked."""

    place = 6
    list_display = (
        "received_at",
        masked("from_address", "from"),
        linked("mailbox"),
        "auto_reply",
        sentence("auto_reply_evidence", "evidence", limit=60),
        "return_date",
        "outcome",
    )
    list_filter = ("auto_reply", "source", "received_at", WorkspaceFilter)
    list_select_related = ("mailbox",)
    hidden = ("raw_sha256",)
    personal: ClassVar = {
        "from_address": mask_email,
        "from_name": mask_word,
        "to_addresses": lambda text: mask_addresses_in(str(text)),
        "subject": mask_text,
        "text": mask_text,
        "visible_text": mask_text,
    }
    sentences = ("auto_reply_evidence",)


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(OperationsAdmin):
    """The doors that providers post to; the signing secret is sealed."""

    place = 7
    list_display = ("provider", linked("workspace"), linked("mailbox"), "is_active", "created_at")
    list_filter = ("provider", "is_active", WorkspaceFilter)
    list_select_related = ("workspace", "mailbox")
