"""Mailboxes in the operations console: what they may send, how they fare, and the brake on each."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.urls import reverse

from accounts.console.actions import (
    ActionRefusedError,
    Deed,
    ReasonForm,
    StaffAction,
    take_effect,
)
from accounts.console.columns import Column, linked, masked
from accounts.console.filters import WorkspaceFilter
from accounts.console.listing import OperationsAdmin
from accounts.console.masking import mask_email, mask_word
from accounts.models import Notification
from mailboxes.admin.lending import LEND
from mailboxes.admin.mailbox_columns import (
    bring_figures,
    dns_word,
    error_word,
    health_word,
    ramp_word,
    today_word,
    week_word,
)
from mailboxes.admin.mailbox_filters import (
    CauseFilter,
    DomainFilter,
    HealthFilter,
    LastOkFilter,
    PausedByFilter,
    RampFilter,
)
from mailboxes.connecting import pause, resume
from mailboxes.models import Mailbox
from mailboxes.models.mailbox import DAILY_CAP_CEILING
from mailboxes.steering import SteeringRefusedError, restart_ramp, set_daily_cap

MOVE_VERB = "mailbox.move_queue"


def _pause(deed: Deed, mailbox: Mailbox) -> None:
    before = _standing(mailbox)
    if not pause(mailbox, reason=deed.reason, by_staff=True):
        raise ActionRefusedError("It is not sending, so there is nothing to pause.")
    _tell(mailbox, "mailbox_paused", f"RoleFerry paused {mailbox.address}: {deed.reason}")
    _record(deed, mailbox, "mailbox.pause", before)


def _resume(deed: Deed, mailbox: Mailbox) -> None:
    before = _standing(mailbox)
    if not resume(mailbox, by_staff=True):
        raise ActionRefusedError("It is not stopped, so there is nothing to resume.")
    _tell(mailbox, "mailbox_resumed", f"{mailbox.address} may send again: {deed.reason}")
    _record(deed, mailbox, "mailbox.resume", before)


def _set_cap(deed: Deed, mailbox: Mailbox) -> None:
    try:
        before = set_daily_cap(mailbox, deed.data["cap"])
    except SteeringRefusedError as error:
        raise ActionRefusedError(str(error)) from error
    _record(
        deed, mailbox, "mailbox.set_cap", {"daily_cap": before}, {"daily_cap": mailbox.daily_cap}
    )


def _restart_ramp(deed: Deed, mailbox: Mailbox) -> None:
    before = {**_standing(mailbox), "ramp_days": mailbox.ramp_days}
    try:
        restart_ramp(mailbox, today=deed.now.date())
    except SteeringRefusedError as error:
        raise ActionRefusedError(str(error)) from error
    _tell(mailbox, "mailbox_ramp", f"{mailbox.address} warms up again from day 1: {deed.reason}")
    _record(deed, mailbox, "mailbox.restart_ramp", before, {**_standing(mailbox), "ramp_days": 0})


def _move_queue(deed: Deed, mailbox: Mailbox) -> None:
    moved = take_effect(MOVE_VERB, deed, mailbox)
    if not moved:
        raise ActionRefusedError("Nobody waits there whose mail could move.")
    target: Mailbox | None = deed.data["target"]
    deed.record(
        MOVE_VERB,
        mailbox,
        workspace=mailbox.workspace,
        before={"mailbox": mailbox.pk},
        after={"mailbox": target.pk if target else "the first that is free"},
        affected_count=moved,
    )


def _standing(mailbox: Mailbox) -> dict[str, Any]:
    return {"status": mailbox.status, "paused_by_staff": mailbox.paused_by_staff}


def _tell(mailbox: Mailbox, kind: str, text: str) -> None:
    """Let the owner read what operations did and why."""
    Notification.objects.create(
        workspace_id=mailbox.workspace_id,
        kind=kind,
        text=text[:300],
        url=reverse("mailboxes:mailbox-list"),
    )


def _record(
    deed: Deed,
    mailbox: Mailbox,
    verb: str,
    before: dict[str, Any],
    after: dict[str, Any] | None = None,
) -> None:
    deed.record(
        verb,
        mailbox,
        workspace=mailbox.workspace,
        before=before,
        after=after or _standing(mailbox),
    )


class MoveForm(ReasonForm):
    """Where queued mail goes."""

    target = forms.IntegerField(
        label="To mailbox number",
        required=False,
        min_value=1,
        help_text="One of the same workspace. Leave it empty for the first one that is free.",
    )
    field_order = ("target", "reason")

    def clean_target(self) -> Mailbox | None:
        """Refuse a mailbox that does not exist."""
        number = self.cleaned_data["target"]
        target: Mailbox | None = Mailbox.objects.filter(pk=number).first()
        if number is not None and target is None:
            raise forms.ValidationError("No mailbox has this number. Look it up in the list.")
        return target


class CapForm(ReasonForm):
    """How many mails a day."""

    cap = forms.IntegerField(
        label="Mails a day",
        min_value=1,
        max_value=DAILY_CAP_CEILING,
        help_text=f"1 to {DAILY_CAP_CEILING}. The ramp and the workspace's plan may allow less.",
    )
    field_order = ("cap", "reason")


@admin.register(Mailbox)
class MailboxAdmin(OperationsAdmin):
    """Credentials are sealed: no page shows, edits or names them."""

    group, place = "Sending", 2
    list_display = (
        masked("address"),
        linked("workspace"),
        Column("health", "health", health_word),
        Column("dns", "SPF, DKIM, DMARC", dns_word),
        Column("ramp", "warm-up", ramp_word),
        Column("today", "sent today", today_word),
        Column("week", "7 days: bounced, spam, replies", week_word),
        "last_ok_at",
        Column("error", "last error", error_word),
    )
    list_filter = (
        "status",
        HealthFilter,
        CauseFilter,
        "provider",
        DomainFilter,
        RampFilter,
        PausedByFilter,
        LastOkFilter,
        WorkspaceFilter,
    )
    list_select_related = ("workspace",)
    search_help_text = "Exact: number, id or address."
    personal: ClassVar = {
        "address": mask_email,
        "display_name": mask_word,
        "smtp_username": mask_email,
        "imap_username": mask_email,
    }
    sentences = ("status_reason", "last_error")
    staff_actions = (
        LEND,
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
            effect="It may send again, from where its ramp stands if it is still warming up. Its owner reads the reason.",
            run=_resume,
            applies=lambda mailbox: mailbox.status not in Mailbox.SENDING,
        ),
        StaffAction(
            name="set-cap",
            label="Set cap",
            verb="mailbox.set_cap",
            effect="From the next mail on it sends at most so many a day. What is on its way today still counts.",
            run=_set_cap,
            form=CapForm,
        ),
        StaffAction(
            name="restart-ramp",
            label="Restart warm-up",
            verb="mailbox.restart_ramp",
            effect="It begins again with 5 mails a day and earns the rest by clean days. Its owner reads the reason.",
            run=_restart_ramp,
            applies=lambda mailbox: not mailbox.is_sandbox,
        ),
        StaffAction(
            name="move-queue",
            label="Move queued mail",
            verb=MOVE_VERB,
            effect="People who wait there and were not written to yet go to another mailbox. Threads that began stay: a thread has one sender.",
            run=_move_queue,
            form=MoveForm,
        ),
    )

    def prepare(self, rows: list[Any]) -> None:
        """Bring today's room, the last seven days and the verdicts of DNS along."""
        bring_figures(rows)

    def detail_of(self, row: Mailbox) -> str:
        """Say how it stands before somebody changes it."""
        return f"{row.get_status_display()}, health {row.health}, cap {row.daily_cap}, {ramp_word(row)}"

    def search_for(self, term: str) -> Q:
        """Find mailboxes also by their exact address."""
        return super().search_for(term) | Q(address__iexact=term)
