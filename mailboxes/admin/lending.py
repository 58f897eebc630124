"""Lending mailboxes of operations: offered to a workspace, taken back, always with a reason."""

from typing import ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import Exists, OuterRef, Q

from accounts.console.actions import ActionRefusedError, Deed, ReasonForm, StaffAction
from accounts.console.columns import linked, masked, sentence
from accounts.console.filters import RangeFilter, WorkspaceFilter
from accounts.console.listing import OperationsAdmin
from accounts.console.masking import mask_email
from accounts.models import Workspace
from mailboxes.lending import OWN_AND_SENDING, LoanRefusedError, offer, withdraw
from mailboxes.models import Mailbox, PoolLoan


class LendForm(ReasonForm):
    """To whom."""

    borrower = forms.UUIDField(
        label="Workspace id", help_text="The id on the workspace's page here. One mailbox each."
    )

    def clean_borrower(self) -> UUID:
        """Refuse an id that no workspace has."""
        borrower: UUID = self.cleaned_data["borrower"]
        if not Workspace.objects.filter(public_id=borrower).exists():
            raise forms.ValidationError("No workspace has this id. Copy it from its page.")
        return borrower


def _lend(deed: Deed, mailbox: Mailbox) -> None:
    workspace = Workspace.objects.get(public_id=deed.data["borrower"])
    try:
        loan = offer(mailbox, workspace, now=deed.now)
    except LoanRefusedError as error:
        raise ActionRefusedError(str(error)) from error
    deed.record(
        "mailbox.lend",
        mailbox,
        workspace=workspace,
        after={"loan": str(loan.public_id), "borrower": str(workspace.public_id)},
    )


def _withdraw(deed: Deed, loan: PoolLoan) -> None:
    if not withdraw(loan, reason=deed.reason, now=deed.now):
        raise ActionRefusedError("It was taken back before.")
    deed.record(
        "loan.withdraw",
        loan,
        workspace=loan.workspace,
        before={"agreed_at": str(loan.agreed_at or "")},
        after={"withdrawn_at": deed.now.isoformat()},
    )


LEND = StaffAction(
    name="lend",
    label="Lend",
    verb="mailbox.lend",
    effect="One workspace is offered this mailbox. It sends nothing before its owner agrees, and answers go to the owner's own address.",
    run=_lend,
    applies=lambda mailbox: not mailbox.is_sandbox and not mailbox.is_pool,
    form=LendForm,
)


class StandingFilter(RangeFilter):
    """How far a loan is."""

    title = "standing"
    parameter_name = "standing"
    ranges: ClassVar = {
        "offered": "Offered",
        "used": "In use",
        "spare": "In use beside an own mailbox",
        "ended": "Taken back",
    }

    def condition(self, value: str) -> Q:
        """Return the condition of a standing."""
        is_open = Q(withdrawn_at=None)
        own = Mailbox.objects.filter(OWN_AND_SENDING, workspace=OuterRef("workspace"))
        return {
            "offered": is_open & Q(agreed_at=None),
            "used": is_open & Q(agreed_at__isnull=False),
            # Their borrowers can send without us by now.
            "spare": is_open & Q(agreed_at__isnull=False) & Q(Exists(own)),
            "ended": ~is_open,
        }[value]


@admin.register(PoolLoan)
class PoolLoanAdmin(OperationsAdmin):
    """Who uses which mailbox of ours."""

    group, place = "Sending", 9
    list_display = (
        masked("address"),
        linked("workspace"),
        "offered_at",
        "agreed_at",
        "withdrawn_at",
        sentence("withdrawn_reason", "reason"),
    )
    list_filter = (StandingFilter, WorkspaceFilter)
    list_select_related = ("workspace",)
    personal: ClassVar = {"address": mask_email, "reply_to": mask_email}
    sentences = ("withdrawn_reason",)
    staff_actions = (
        StaffAction(
            name="withdraw",
            label="Take back",
            verb="loan.withdraw",
            effect="The borrower's row loses its password or key at once; what is planned on it waits.",
            run=_withdraw,
            applies=lambda loan: loan.withdrawn_at is None,
            is_danger=True,
        ),
    )
