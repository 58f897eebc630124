"""The send ledger in the operations console: what goes when, what is stuck, and what only a person can settle."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.utils import timezone

from accounts.console.actions import (
    ActionRefusedError,
    Deed,
    ReasonForm,
    StaffAction,
)
from accounts.console.columns import Column, duration, linked
from accounts.console.filters import WorkspaceFilter
from accounts.console.listing import OperationsAdmin
from accounts.console.masking import mask_addresses_in, mask_email, mask_text
from mailboxes.addresses import AddressError
from mailboxes.suppression import recipient_hash
from outreach.admin.message_filters import (
    CodeFilter,
    DueFilter,
    FailedFilter,
    LeftFilter,
    MailboxFilter,
    RecipientDomainFilter,
    StuckFilter,
)
from outreach.models import Message
from outreach.resolving import (
    CannotResolveError,
    call_back,
    release_held,
    resolve_as_not_sent,
    resolve_as_sent,
)

Status = Message.Status
# Hex digits of an address's keyed hash.
HASH_LENGTH = 64


class EvidenceForm(ReasonForm):
    """What proves that a mail arrived, or that it did not."""

    evidence = forms.CharField(
        label="Evidence",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What you looked at and what it said: the provider's log, the Sent folder, the server's queue.",
        error_messages={"required": "Say what proves it: this cannot be taken back."},
    )


def _resolve_sent(deed: Deed, message: Message) -> None:
    _settle(
        deed,
        message,
        verb="message.resolve_sent",
        change=lambda row: resolve_as_sent(row, proof=_proof(deed)),
    )


def _resolve_not_sent(deed: Deed, message: Message) -> None:
    _settle(
        deed,
        message,
        verb="message.resolve_not_sent",
        change=lambda row: resolve_as_not_sent(row, now=deed.now, proof=_proof(deed)),
    )


def _proof(deed: Deed) -> str:
    return f"Operations: {deed.data['evidence']}"


def _requeue(deed: Deed, message: Message) -> None:
    _settle(
        deed,
        message,
        verb="message.requeue",
        change=lambda row: release_held(row, now=deed.now),
    )


def _cancel(deed: Deed, message: Message) -> None:
    _settle(
        deed,
        message,
        verb="message.cancel",
        change=lambda row: call_back(row, reason=deed.reason),
    )


def _settle(deed: Deed, message: Message, *, verb: str, change: Any) -> None:
    before = {"status": message.status, "due_at": str(message.due_at)}
    try:
        change(message)
    except CannotResolveError as error:
        raise ActionRefusedError(str(error)) from error
    after = {"status": message.status}
    if evidence := deed.data.get("evidence"):
        after["evidence"] = evidence
    deed.record(verb, message, workspace=message.workspace, before=before, after=after)


def _is_unknown(message: Message) -> bool:
    return message.status == Status.UNKNOWN


def _state(message: Message) -> str:
    why = mask_addresses_in(message.status_reason)[:60]
    return f"{message.get_status_display()}: {why}" if why else str(message.get_status_display())


def _place(message: Message) -> str:
    version = message.step.version
    return f"Sequence {version.sequence_id} v{version.number}, step {message.step_number}"


def _answer(message: Message) -> str:
    parts = (str(message.smtp_code or ""), message.provider_id[:40])
    return " · ".join(part for part in parts if part)


def _age(message: Message) -> str:
    """Return how long it is due, or how long ago it left or changed last."""
    since = message.sent_at or message.updated_at
    if message.status in Message.PENDING and message.due_at is not None:
        since = message.due_at
    return duration(timezone.now() - since)


@admin.register(Message)
class MessageAdmin(OperationsAdmin):
    """Rows of the ledger. Only the dispatcher writes them; people settle what it cannot."""

    group, place = "Sending", 1
    list_display = (
        "due_at",
        Column("state", "state", _state),
        "attempts",
        linked("mailbox"),
        "recipient_domain",
        linked("workspace"),
        Column("place_in_sequence", "sequence, step", _place),
        Column("answer", "answer, provider's id", _answer),
        Column("age", "age", _age),
    )
    list_filter = (
        "status",
        StuckFilter,
        DueFilter,
        LeftFilter,
        FailedFilter,
        CodeFilter,
        MailboxFilter,
        RecipientDomainFilter,
        WorkspaceFilter,
    )
    list_select_related = ("step__version",)
    unread = ("step__subject", "step__body")
    search_help_text = "Exact: number, id, Message-ID, provider's id, or recipient's address."
    personal: ClassVar = {"recipient": mask_email, "subject": mask_text, "body": mask_text}
    sentences = ("status_reason", "last_error", "proof")
    staff_actions = (
        StaffAction(
            name="resolve-sent",
            label="It was sent",
            verb="message.resolve_sent",
            effect="The message counts as sent from the moment it was handed over, and the next step is counted from there. This cannot be undone.",
            run=_resolve_sent,
            applies=_is_unknown,
            form=EvidenceForm,
        ),
        StaffAction(
            name="resolve-not-sent",
            label="It was not sent",
            verb="message.resolve_not_sent",
            effect="The message is due again and will be sent. If it had arrived after all, the person gets it twice.",
            run=_resolve_not_sent,
            applies=_is_unknown,
            form=EvidenceForm,
            is_danger=True,
        ),
        StaffAction(
            name="requeue",
            label="Send it after all",
            verb="message.requeue",
            effect="The message is due now and leaves when every check of the ledger says yes. Senders that were lost with it are counted anew.",
            run=_requeue,
            applies=lambda message: message.status == Status.HELD,
        ),
        StaffAction(
            name="cancel",
            label="Cancel",
            verb="message.cancel",
            effect="The message will not be sent. Its follow-ups go on waiting for their members' decision.",
            run=_cancel,
            applies=lambda message: message.status in Message.PENDING,
            is_danger=True,
        ),
    )

    def get_queryset(self, request: Any) -> Any:
        """Leave the texts in the database until a page of one message asks for them."""
        return super().get_queryset(request).defer("subject", "body")

    def detail_of(self, row: Message) -> str:
        """Say what is known of a mail whose outcome is unknown, before somebody settles it."""
        if not _is_unknown(row):
            return str(row.get_status_display())
        began = f"handed over {duration(timezone.now() - (row.sending_at or row.updated_at))} ago"
        if row.asked_at is None:
            return f"{began}; nobody could be asked yet"
        return f"{began}; asked: {mask_addresses_in(row.proof) or 'no answer'}"

    def search_for(self, term: str) -> Q:
        """Find messages also by Message-ID, provider's id or the recipient's hash, given or made from an address."""
        name = f"<{term.strip('<>')}>"
        found = super().search_for(term) | Q(message_id=name) | Q(provider_id=term[:200])
        if len(term) == HASH_LENGTH:
            return found | Q(recipient_hash=term.lower())
        try:
            return found | Q(recipient_hash=recipient_hash(term))
        except AddressError:
            return found
