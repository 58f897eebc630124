"""Lending a mailbox of operations to somebody who has none of their own (acceptance E13): offered, agreed to, taken back.

The borrower writes under their own name, from their own postal address, and answers go to their own inbox. A loan is
never a way around a limit or a block: it needs a workspace in good standing that has no other mailbox sending.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts.isolation import beyond_walls
from accounts.models import Membership, User, Workspace
from mailboxes.addresses import domain_of, is_reserved_domain
from mailboxes.dns_checks import verdicts_in_force
from mailboxes.keeping import NO_ACCESS
from mailboxes.models import DomainCheck, DomainQuarantine, Mailbox, PoolLoan

# DNS is asked once a day; a verdict older than this may no longer be true.
CHECK_IS_FRESH = timedelta(days=3)
# A mail without all three cannot be aligned, and receivers could not tell it from a forged one.
ALIGNED = (DomainCheck.Kind.SPF, DomainCheck.Kind.DKIM, DomainCheck.Kind.DMARC)
# Tokens of a person's account cannot be shared; a password or a key of operations can.
LENDABLE = (Mailbox.Provider.SMTP, *Mailbox.API_PROVIDERS)
OWN_AND_SENDING = Q(
    is_pool=False, is_sandbox=False, disconnected_at=None, status__in=Mailbox.SENDING
)
TAKEN_BACK = "Operations took this lent mailbox back. Connect one of your own to go on."
_COPIED = (
    "provider",
    "smtp_host",
    "smtp_port",
    "smtp_security",
    "smtp_username",
    "smtp_password",
    "api_credentials",
    "daily_cap",
)


class LoanRefusedError(Exception):
    """The loan cannot be made now; the message says why, and `obstacles` holds one sentence for each reason."""

    def __init__(self, obstacles: list[str]) -> None:
        """Take the sentences."""
        super().__init__(" ".join(obstacles))
        self.obstacles = obstacles


def obstacles_of(loan: PoolLoan, user: User, *, now: datetime) -> list[str]:
    """Return what stands between the offer and its use, one sentence each; an empty list lets it begin."""
    return [
        *_about_the_person(loan.workspace, user),
        *_about_standing(loan.workspace),
        *_about_the_domain(loan, now),
    ]


def offer(source: Mailbox, workspace: Workspace, *, now: datetime) -> PoolLoan:
    """Offer a mailbox of operations to a workspace; nothing can be sent until its owner agrees.

    Raises LoanRefusedError.
    """
    refusals = [*_about_the_source(source), *_about_standing(workspace)]
    if refusals:
        raise LoanRefusedError(refusals)
    try:
        with transaction.atomic():
            return PoolLoan.objects.create(
                workspace=workspace, source=source, address=source.address, offered_at=now
            )
    except IntegrityError as error:
        raise LoanRefusedError(
            [
                "This mailbox is lent already, or this workspace has a lent mailbox. Take that one back first."
            ]
        ) from error


def agree(loan: PoolLoan, user: User, *, now: datetime) -> Mailbox:
    """Let the loan begin for its owner: the mailbox is made in their workspace and starts at the bottom of its ramp.

    Everything is checked once more under a lock. Safe to repeat. Raises LoanRefusedError.
    """
    with transaction.atomic():
        loan = PoolLoan.objects.select_for_update(of=("self",)).get(pk=loan.pk)
        if loan.withdrawn_at is not None:
            raise LoanRefusedError(
                ["Operations have taken this mailbox back. Ask support for another one."]
            )
        if loan.lent is not None:
            return loan.lent
        refusals = obstacles_of(loan, user, now=now)
        if refusals:
            raise LoanRefusedError(refusals)
        loan.lent = _lent_mailbox(loan, now)
        loan.reply_to, loan.agreed_at, loan.agreed_by = user.email, now, user
        loan.save()
        return loan.lent


def give_back(loan: PoolLoan, user: User, *, now: datetime) -> bool:
    """End the loan for the borrower, who has a mailbox of their own by now; False when it was over before."""
    told = "You gave this lent mailbox back. Connect one of your own to go on."
    return withdraw(loan, reason=f"Given back by {user}", now=now, told=told)


def own_mailbox_of(loan: PoolLoan) -> Mailbox | None:
    """Return a mailbox of the borrower's own that sends, so that the loan could end."""
    found: Mailbox | None = (
        Mailbox.objects.for_workspace(loan.workspace).filter(OWN_AND_SENDING).order_by("pk").first()
    )
    return found


def withdraw(loan: PoolLoan, *, reason: str, now: datetime, told: str = TAKEN_BACK) -> bool:
    """Take the mailbox back: its secrets leave the borrower's row at once, what is planned on it waits. False when done before.

    `told` is what the borrower reads beside it.
    """
    with transaction.atomic():
        loan = PoolLoan.objects.select_for_update(of=("self",)).get(pk=loan.pk)
        if loan.withdrawn_at is not None:
            return False
        loan.withdrawn_at, loan.withdrawn_reason = now, reason[:300]
        loan.save()
        if loan.lent is not None:
            Mailbox.objects.filter(pk=loan.lent.pk).update(**NO_ACCESS, paused_by_staff=True)
            loan.lent.refresh_from_db()
            if loan.lent.status != Mailbox.Status.BROKEN:
                loan.lent.move_to(Mailbox.Status.BROKEN, status_reason=told)
    return True


def open_loan(workspace: Workspace) -> PoolLoan | None:
    """Return the loan that is offered to or used by the workspace now."""
    found: PoolLoan | None = (
        PoolLoan.objects.for_workspace(workspace).filter(withdrawn_at=None).first()
    )
    return found


def _about_the_person(workspace: Workspace, user: User) -> Iterator[str]:
    if len(workspace.sender_name.split()) < 2:
        yield "Write your full real name in the workspace's settings: receivers must see who writes."
    if not workspace.postal_address.strip():
        yield "Write your postal address in the workspace's settings: every mail has to name it."
    if is_reserved_domain(domain_of(user.email)):
        yield "Your own address is in a domain for examples, so no answer could reach you."
    elif not EmailAddress.objects.filter(
        user=user, email__iexact=user.email, verified=True
    ).exists():
        yield f"Confirm {user.email} first: answers go there."


def _about_standing(workspace: Workspace) -> Iterator[str]:
    own = Mailbox.objects.for_workspace(workspace).filter(is_sandbox=False)
    if workspace.sending_paused_at is not None:
        yield "Sending of this workspace is paused, and a lent mailbox is no way around that."
    stopped = Q(braked_at__isnull=False) | Q(paused_by_staff=True, is_pool=False)
    if own.filter(stopped).exists():
        yield "A mailbox of this workspace was stopped for its bounces, complaints or by operations, and a lent one is no way around that."
    if own.filter(is_pool=False, disconnected_at=None).exclude(status="broken").exists():
        yield "This workspace has a mailbox of its own, and a lent one does not add to it."


def _about_the_source(source: Mailbox) -> Iterator[str]:
    with beyond_walls():
        members = Membership.objects.filter(workspace=source.workspace_id)
        is_ours = members.exists() and not members.exclude(user__is_staff=True).exists()
    if not is_ours:
        yield "Only a mailbox in a workspace of operations, whose members are all staff, can be lent."
    if source.is_sandbox or source.is_pool or source.provider not in LENDABLE:
        yield "Only an SMTP mailbox or one of a sending service can be lent."
    if source.status in Mailbox.SENDING:
        yield "Pause the mailbox first: while it is lent nobody else may send from it."


def _about_the_domain(loan: PoolLoan, now: datetime) -> Iterator[str]:
    name = domain_of(loan.address)
    if DomainQuarantine.objects.filter(domain__iexact=name, released_at=None).exists():
        yield f"{name} is closed for sending at the moment."
    # The records are looked after in operations' own workspace.
    with beyond_walls():
        source = Mailbox.objects.select_related("workspace").get(pk=loan.source_id)
        checks = verdicts_in_force(source.workspace, name)
        refusals = list(_about_the_source(source))
    bad = [kind.label for kind in ALIGNED if not _is_good(checks.get(kind), now)]
    if bad:
        yield f"{', '.join(bad)} of {name} did not pass a check in the last three days. Operations look after that."
    if refusals:
        yield "The mailbox is not free at the moment. Operations look after that."


def _is_good(check: DomainCheck | None, now: datetime) -> bool:
    return (
        check is not None
        and check.verdict == DomainCheck.Verdict.OK
        and now - check.checked_at <= CHECK_IS_FRESH
    )


def _lent_mailbox(loan: PoolLoan, now: datetime) -> Mailbox:
    with beyond_walls():
        source = Mailbox.objects.get(pk=loan.source_id)
    fields: dict[str, Any] = {
        **{name: getattr(source, name) for name in _COPIED},
        "display_name": "",  # the workspace's sender name stands in, also when it changes
        "is_pool": True,
        "pool_agreed_at": now,
        "paused_by_staff": False,
        "time_zone": loan.workspace.time_zone,
        "last_error": "",
    }
    mailbox: Mailbox = Mailbox.objects.update_or_create(
        workspace=loan.workspace,
        address=loan.address,
        defaults=fields,
        create_defaults={
            **fields,
            "status": Mailbox.Status.WARMUP,
            "warmup_started_on": now.date(),
        },
    )[0]
    if mailbox.status == Mailbox.Status.BROKEN:
        mailbox.move_to(Mailbox.Status.WARMUP, status_reason="")
    return mailbox
