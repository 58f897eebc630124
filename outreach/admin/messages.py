"""The send ledger in the operations console: what goes when, what is stuck, and what only a person can settle."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.utils import timezone

from accounts.console.actions import ActionRefusedError, Deed, ReasonForm, StaffAction, foresee
from accounts.console.columns import linked, masked, sentence
from accounts.console.filters import RangeFilter, TextFilter, WorkspaceFilter
from accounts.console.listing import OperationsAdmin
from accounts.console.masking import mask_email, mask_text
from mailboxes.addresses import AddressError
from mailboxes.suppression import recipient_hash
from outreach.models import Message
from outreach.resolving import (
    STUCK_AFTER,
    CannotResolveError,
    call_back,
    resolve_as_not_sent,
    resolve_as_sent,
)

Status = Message.Status


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
    _settle(deed, message, verb="message.resolve_sent", change=resolve_as_sent)


def _resolve_not_sent(deed: Deed, message: Message) -> None:
    _settle(
        deed,
        message,
        verb="message.resolve_not_sent",
        change=lambda row: resolve_as_not_sent(row, now=deed.now),
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


class DueFilter(RangeFilter):
    """When a scheduled message is due."""

    title = "due"
    parameter_name = "due"
    ranges: ClassVar = {
        "overdue": "Due now",
        "hour": "Within an hour",
        "day": "Within 24 hours",
        "later": "Later than now",
        "late": "More than 24 hours late",
    }

    def condition(self, value: str) -> Q:
        """Return the condition of a range, of messages that still mean to go."""
        now = timezone.now()
        day = timedelta(hours=24)
        due = {
            "overdue": Q(due_at__lte=now),
            "hour": Q(due_at__gt=now, due_at__lte=now + timedelta(hours=1)),
            "day": Q(due_at__gt=now, due_at__lte=now + day),
            "later": Q(due_at__gt=now),
            "late": Q(due_at__lt=now - day),
        }[value]
        return due & (Q(status=Status.SCHEDULED) | Q(status=Status.HELD if value == "late" else ""))


class StuckFilter(RangeFilter):
    """Messages that no sender looks at."""

    title = "stuck"
    parameter_name = "stuck"
    ranges: ClassVar = {"yes": "Due over 15 minutes, never tried"}

    def condition(self, value: str) -> Q:
        """Return the condition."""
        due = timezone.now() - STUCK_AFTER
        return Q(status=Status.SCHEDULED, due_at__lt=due, first_attempt_at=None)


class CodeFilter(RangeFilter):
    """What the server answered last."""

    title = "server's answer"
    parameter_name = "code"
    ranges: ClassVar = {"4": "4xx, try later", "5": "5xx, refused"}

    def condition(self, value: str) -> Q:
        """Return the condition of a class of codes."""
        first = int(value) * 100
        return Q(smtp_code__gte=first, smtp_code__lt=first + 100)


class MailboxFilter(TextFilter):
    """Messages of one mailbox, by its number."""

    title = "mailbox number"
    parameter_name = "mailbox_number"

    def condition(self, value: str) -> Q:
        """Return the mailbox's messages."""
        return Q(mailbox_id=int(value)) if value.isdecimal() and len(value) < 19 else Q(pk__in=[])


class RecipientDomainFilter(TextFilter):
    """Messages to one domain."""

    title = "recipient's domain"
    parameter_name = "to_domain"

    def condition(self, value: str) -> Q:
        """Return the domain's messages."""
        return Q(recipient_domain=value.lower())


@admin.register(Message)
class MessageAdmin(OperationsAdmin):
    """Rows of the ledger. Only the dispatcher writes them; people settle what it cannot."""

    place = 2
    list_display = (
        "status",
        "due_at",
        masked("recipient"),
        linked("mailbox"),
        linked("workspace"),
        "attempts",
        "smtp_code",
        sentence("status_reason", "reason", limit=60),
    )
    list_filter = (
        "status",
        StuckFilter,
        DueFilter,
        CodeFilter,
        MailboxFilter,
        RecipientDomainFilter,
        WorkspaceFilter,
    )
    list_select_related = ("mailbox", "workspace")
    search_help_text = "Exact: number, id, Message-ID, provider's id, or recipient's address."
    personal: ClassVar = {"recipient": mask_email, "subject": mask_text, "body": mask_text}
    sentences = ("status_reason", "last_error")
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

    def search_for(self, term: str) -> Q:
        """Find messages also by Message-ID, provider's id or the recipient's hash."""
        name = f"<{term.strip('<>')}>"
        found = super().search_for(term) | Q(message_id=name)
        try:
            return found | Q(recipient_hash=recipient_hash(term))
        except AddressError:
            return found


def _waiting_mail(rows: Sequence[Any], data: dict[str, Any]) -> str:
    """Say how many messages wait for the mailboxes that are about to be paused."""
    count = Message.objects.filter(
        Q(mailbox__in=rows) | Q(enrollment__mailbox__in=rows), status__in=Message.PENDING
    ).count()
    return f"{count} message{'' if count == 1 else 's'} of theirs will wait."


def _workspace_mail(rows: Sequence[Any], data: dict[str, Any]) -> str:
    """Say how many messages wait in the workspaces that are about to be paused."""
    count = Message.objects.filter(workspace__in=rows, status__in=Message.PENDING).count()
    return f"{count} message{'' if count == 1 else 's'} of theirs will wait."


def _closed_mail(rows: Sequence[Any], data: dict[str, Any]) -> str:
    """Say how many messages an address or a domain on the list will stop."""
    if data["email"]:
        target = Q(recipient_hash=recipient_hash(data["email"]))
    else:
        domain = data["domain"].lower().lstrip("@").rstrip(".")
        target = Q(recipient_domain=domain) | Q(recipient_domain__endswith=f".{domain}")
    mails = Message.objects.filter(target, status__in=Message.PENDING)
    if data["workspace"]:
        mails = mails.filter(workspace=data["workspace"])
    count, workspaces = mails.count(), mails.values("workspace").distinct().count()
    return f"{count} waiting message{'' if count == 1 else 's'} in {workspaces} workspace{'' if workspaces == 1 else 's'} will be cancelled."


foresee("mailbox.pause", _waiting_mail)
foresee("workspace.pause_sending", _workspace_mail)
foresee("suppression.add", _closed_mail)
