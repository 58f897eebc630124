"""What came in, in the operations console: posts of providers, their events, and received mail."""

import json
from collections import defaultdict
from typing import Any, ClassVar

from django.contrib import admin
from django.db import models, transaction
from django.db.models import F, Func, Q
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat

from accounts.console.actions import ActionRefusedError, Deed, StaffAction
from accounts.console.columns import Column, duration, linked, masked, sentence
from accounts.console.filters import TextFilter, WorkspaceFilter
from accounts.console.listing import OperationsAdmin
from accounts.console.masking import mask_addresses_in, mask_email, mask_text, mask_word
from mailboxes import events, tasks
from mailboxes.models import (
    DeliveryEvent,
    InboundMessage,
    ProviderDelivery,
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


class ProviderFilter(TextFilter):
    """Posts of one provider, by the name it has in its address."""

    title = "provider"
    parameter_name = "from_provider"

    def condition(self, value: str) -> Q:
        """Return the provider's posts."""
        return Q(provider=value.lower())


class SignatureFilter(TextFilter):
    """Posts whose signature was judged in one way."""

    title = "signature"
    parameter_name = "signature"

    def condition(self, value: str) -> Q:
        """Return the posts with this verdict."""
        return Q(signature_verdict=value.lower())


class EventFilter(TextFilter):
    """Posts that told of one kind of event, such as bounced."""

    title = "event"
    parameter_name = "event"

    def condition(self, value: str) -> Q:
        """Return the posts with such an event."""
        told = DeliveryEvent.objects.filter(type=value.lower(), delivery=models.OuterRef("pk"))
        return Q(models.Exists(told))


def _told(row: ProviderDelivery) -> str:
    # Set for a whole page by ProviderDeliveryAdmin.prepare.
    return ", ".join(getattr(row, "told", ())) or "–"


def _state(row: ProviderDelivery) -> str:
    why = mask_addresses_in(row.error)[:60]
    return f"{row.get_status_display()}: {why}" if why else str(row.get_status_display())


def _took(row: ProviderDelivery) -> str:
    return duration(row.applied_at - row.received_at) if row.applied_at else ""


@admin.register(ProviderDelivery)
class ProviderDeliveryAdmin(OperationsAdmin):
    """Every verified post with what was made of it. Posts that prove no sender are not kept; the board counts them."""

    group, place = "Hearing", 11
    list_display = (
        "received_at",
        "provider",
        Column("told", "events", _told),
        "signature_verdict",
        Column("state", "state", _state),
        "attempts",
        Column("took", "applied after", _took),
        linked("endpoint"),
        Column("size", "size", lambda row: filesizeformat(getattr(row, "size", 0))),
    )
    list_filter = (
        "status",
        ProviderFilter,
        SignatureFilter,
        EventFilter,
        "received_at",
        WorkspaceFilter,
    )
    list_select_related = ("endpoint",)
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

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """Bring the size of each body along; the body itself stays in the database."""
        size = Func(F("body"), function="octet_length", output_field=models.IntegerField())
        return super().get_queryset(request).annotate(size=size)

    def prepare(self, rows: list[Any]) -> None:
        """Read the kinds of events that the page's posts told of."""
        told: dict[int, set[str]] = defaultdict(set)
        found = DeliveryEvent.objects.filter(delivery__in=[row.pk for row in rows])
        for pk, kind in found.order_by().values_list("delivery_id", "type").distinct():
            told[pk].add(kind)
        for row in rows:
            row.told = sorted(told[row.pk])

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Show the payload below the facts."""
        lines = super().get_readonly_fields(request, obj)
        return [*lines, Column("payload", "payload (masked)", readable_payload)]


@admin.register(DeliveryEvent)
class DeliveryEventAdmin(OperationsAdmin):
    """What the posts said, event by event."""

    group, place = "Hearing", 12
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

    group, place = "Hearing", 13
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

    group, place = "Hearing", 15
    list_display = ("provider", linked("workspace"), linked("mailbox"), "is_active", "created_at")
    list_filter = ("provider", "is_active", WorkspaceFilter)
    list_select_related = ("workspace", "mailbox")
