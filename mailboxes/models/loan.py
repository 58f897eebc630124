"""A mailbox of operations, lent to one workspace at a time."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.scoping import WorkspaceModel
from mailboxes.models.mailbox import Mailbox


class PoolLoan(WorkspaceModel):
    """One loan, from the offer to its end. `workspace` is the borrower; `source` stands in operations' own workspace.

    The two constraints make it one tenant per mailbox and one mailbox per tenant.
    """

    source = models.ForeignKey(Mailbox, on_delete=models.PROTECT, related_name="+")
    # The borrower's own row, made when its owner agrees.
    lent = models.ForeignKey(
        Mailbox, on_delete=models.SET_NULL, null=True, blank=True, related_name="loans"
    )
    address = models.EmailField()
    offered_at = models.DateTimeField()
    # Where answers go: the owner's own address, verified when they agreed.
    reply_to = models.EmailField(blank=True)
    agreed_at = models.DateTimeField(null=True, blank=True)
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source"],
                condition=Q(withdrawn_at__isnull=True),
                name="mailboxes_poolloan_one_tenant",
            ),
            models.UniqueConstraint(
                fields=["workspace"],
                condition=Q(withdrawn_at__isnull=True),
                name="mailboxes_poolloan_one_mailbox",
            ),
            models.CheckConstraint(
                condition=Q(agreed_at__isnull=True) | ~Q(reply_to=""),
                name="mailboxes_poolloan_agreed_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | ~Q(withdrawn_reason=""),
                name="mailboxes_poolloan_withdrawn_says_why",
            ),
        ]

    def __str__(self) -> str:
        """Return which mailbox."""
        return f"Loan of {self.address}"
