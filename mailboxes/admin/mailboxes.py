"""Mailboxes in the operations console: what they may send, how they fare, and the brake on each."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone

from accounts.console.actions import ActionRefusedError, Deed, StaffAction
from accounts.console.columns import Column, linked, masked, sentence
from accounts.console.filters import RangeFilter, TextFilter, WorkspaceFilter
from accounts.console.listing import OperationsAdmin
from accounts.console.masking import mask_email, mask_word
from mailboxes.capacity import HEALTH_TO_SEND
from mailboxes.connecting import pause, resume
from mailboxes.models import Mailbox, MailboxDay

HEALTH_BRAKE = 50  # architecture section 7: below this a mailbox is to be paused


def _pause(deed: Deed, mailbox: Mailbox) -> None:
    before = _standing(mailbox)
    if not pause(mailbox, reason=deed.reason, by_staff=True):
        raise ActionRefusedError("It is not sending, so there is nothing to pause.")
    deed.record(
        "mailbox.pause",
        mailbox,
        workspace=mailbox.workspace,
        before=before,
        after=_standing(mailbox),
    )


def _resume(deed: Deed, mailbox: Mailbox) -> None:
    before = _standing(mailbox)
    if not resume(mailbox, by_staff=True):
        raise ActionRefusedError("It is not stopped, so there is nothing to resume.")
    deed.record(
        "mailbox.resume",
        mailbox,
        workspace=mailbox.workspace,
        before=before,
        after=_standing(mailbox),
    )


def _standing(mailbox: Mailbox) -> dict[str, Any]:
    return {"status": mailbox.status, "paused_by_staff": mailbox.paused_by_staff}


def _health(mailbox: Mailbox) -> str:
    word = "Good" if mailbox.health >= HEALTH_TO_SEND else "Low"
    if mailbox.health < HEALTH_BRAKE:
        word = "Bad"
    reason = f": {mailbox.health_reasons[0]}" if mailbox.health_reasons else ""
    return f"{mailbox.health} {word}{reason}"[:90]


def _today(mailbox: Mailbox) -> str:
    # Annotated by MailboxAdmin.get_queryset.
    sent, cap = getattr(mailbox, "today_sent", None), getattr(mailbox, "today_cap", None)
    return f"{sent or 0} of {mailbox.daily_cap if cap is None else cap}"


class HealthFilter(RangeFilter):
    """What the health allows."""

    title = "health"
    parameter_name = "health_band"
    ranges: ClassVar = {
        "good": f"Good ({HEALTH_TO_SEND} and more)",
        "low": f"Low ({HEALTH_BRAKE} to {HEALTH_TO_SEND - 1}, not chosen)",
        "bad": f"Bad (under {HEALTH_BRAKE})",
    }

    def condition(self, value: str) -> Q:
        """Return the condition of a band."""
        return {
            "good": Q(health__gte=HEALTH_TO_SEND),
            "low": Q(health__gte=HEALTH_BRAKE, health__lt=HEALTH_TO_SEND),
            "bad": Q(health__lt=HEALTH_BRAKE),
        }[value]


class DomainFilter(TextFilter):
    """Mailboxes of one sending domain."""

    title = "sending domain"
    parameter_name = "domain"

    def condition(self, value: str) -> Q:
        """Return the domain's mailboxes."""
        return Q(address__iendswith=f"@{value}")


@admin.register(Mailbox)
class MailboxAdmin(OperationsAdmin):
    """Credentials are sealed: no page shows, edits or names them."""

    place = 1
    list_display = (
        masked("address"),
        linked("workspace"),
        "status",
        sentence("status_reason", "reason"),
        Column("health", "health", _health),
        Column("today", "sent today", _today),
        "last_ok_at",
        sentence("last_error", limit=60),
    )
    list_filter = (
        "status",
        "provider",
        "paused_by_staff",
        HealthFilter,
        DomainFilter,
        WorkspaceFilter,
    )
    list_select_related = ("workspace",)
    search_help_text = "Exact: number, id or address."
    personal: ClassVar = {
        "address": mask_email,
        "display_name": mask_word,
        "smtp_username": mask_email,
    }
    sentences = ("status_reason", "last_error")
    staff_actions = (
        StaffAction(
            name="pause",
            label="Pause",
            verb="mailbox.pause",
            effect="Nothing more is sent from it; what is scheduled waits. Its owner reads the reason and cannot lift the pause.",
            run=_pause,
            applies=lambda mailbox: mailbox.status in Mailbox.SENDING,
            is_danger=True,
        ),
        StaffAction(
            name="resume",
            label="Resume",
            verb="mailbox.resume",
            effect="It may send again, from the bottom of its ramp if it is still warming up.",
            run=_resume,
            applies=lambda mailbox: mailbox.status not in Mailbox.SENDING,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Bring today's room along."""
        today = MailboxDay.objects.filter(mailbox=OuterRef("pk"), day=timezone.now().date())
        return (
            super()
            .get_queryset(request)
            .annotate(
                today_sent=Subquery(today.values("sent")[:1]),
                today_cap=Subquery(today.values("cap")[:1]),
            )
        )

    def search_for(self, term: str) -> Q:
        """Find mailboxes also by their exact address."""
        return super().search_for(term) | Q(address__iexact=term)
