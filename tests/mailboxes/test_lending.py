"""Mailboxes of operations, lent: one tenant each, agreed to, aligned, and never a way around a block (E13)."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.braking import pause_sending
from mailboxes import lending
from mailboxes.admin.lending import StandingFilter
from mailboxes.models import DomainCheck, DomainQuarantine, Mailbox, PoolLoan, SendingDomain
from tests.factories.accounts import MembershipFactory, UserFactory, WorkspaceFactory
from tests.factories.outreach import MailboxFactory

pytestmark = pytest.mark.django_db

ADDRESS = "write@rf-send.com"
NOW = timezone.now()


@pytest.fixture
def source(db):
    """A mailbox of operations: only staff there, DNS good, not sending."""
    staff = UserFactory(email="ops@roleferry.example", is_staff=True)
    ours = MembershipFactory(user=staff, role="owner").workspace
    domain = SendingDomain.objects.create(workspace=ours, domain="rf-send.com")
    for kind in ("spf", "dkim", "dmarc"):
        checked(domain, kind)
    return MailboxFactory(
        workspace=ours,
        address=ADDRESS,
        provider="smtp",
        is_sandbox=False,
        smtp_host="smtp.rf-send.com",
        smtp_username="write",
        smtp_password="pool-secret",
        status="paused",
        status_reason="To be lent",
    )


def checked(domain, kind, verdict="ok", *, ago=timedelta(hours=1)):
    return DomainCheck.objects.create(
        workspace=domain.workspace,
        sending_domain=domain,
        kind=kind,
        verdict=verdict,
        name="rf-send.com",
        sentence="As it should be.",
        checked_at=NOW - ago,
    )


@pytest.fixture
def borrower(owner):
    """A workspace in good standing whose owner's own address is verified."""
    owner.user.email = "olga@real-company.com"
    owner.user.save()
    EmailAddress.objects.create(user=owner.user, email="olga@real-company.com", verified=True)
    owner.workspace.sender_name, owner.workspace.postal_address = "Olga Owner", "1 Harbour Street"
    owner.workspace.save()
    return owner


@pytest.fixture
def loan(source, borrower):
    return lending.offer(source, borrower.workspace, now=NOW)


def agreed(client):
    return client.post(reverse("mailboxes:loan-agree"), {"agree": "yes"})


def test_agreeing_makes_the_borrowers_own_row(loan, borrower, owner_client, source):
    page = owner_client.get(reverse("mailboxes:loan-agree")).content.decode()
    assert ADDRESS in page
    assert "Answers go to <strong>olga@real-company.com" in page
    assert not Mailbox.objects.filter(workspace=borrower.workspace).exists()
    answer = agreed(owner_client)
    mailbox = Mailbox.objects.get(workspace=borrower.workspace)
    loan.refresh_from_db()
    assert answer["Location"] == reverse("mailboxes:mailbox-list")
    assert (mailbox.address, mailbox.is_pool, mailbox.status) == (ADDRESS, True, "warmup")
    assert (mailbox.smtp_password, mailbox.display_name) == ("pool-secret", "")
    assert mailbox.warmup_started_on is not None
    assert (loan.lent, loan.reply_to, loan.agreed_by) == (
        mailbox,
        "olga@real-company.com",
        borrower.user,
    )
    source.refresh_from_db()
    assert source.status == "paused"
    again = lending.agree(loan, borrower.user, now=NOW)
    assert again == mailbox
    assert "pool-secret" not in owner_client.get(reverse("mailboxes:loan-agree")).content.decode()


def test_the_box_must_be_ticked(loan, owner_client):
    answer = owner_client.post(reverse("mailboxes:loan-agree"))
    assert answer.status_code == 422
    assert "Tick the box" in answer.content.decode()
    assert not Mailbox.objects.filter(is_pool=True).exists()


def break_name(source, borrower):
    borrower.workspace.sender_name = "Olga"
    borrower.workspace.save()


def break_address(source, borrower):
    borrower.workspace.postal_address = " "
    borrower.workspace.save()


def break_verification(source, borrower):
    EmailAddress.objects.update(verified=False)


def break_reserved(source, borrower):
    borrower.user.email = "olga@roleferry.example"
    borrower.user.save()


def break_spf(source, borrower):
    checked(SendingDomain.objects.get(), "spf", "failed", ago=timedelta(minutes=1))


def break_dmarc(source, borrower):
    checked(SendingDomain.objects.get(), "dmarc", "warning", ago=timedelta(minutes=1))


def break_age(source, borrower):
    DomainCheck.objects.update(checked_at=NOW - timedelta(days=4))


def break_quarantine(source, borrower):
    DomainQuarantine.objects.create(domain="RF-send.com", reason="Listed", begun_at=NOW)


def break_pause(source, borrower):
    pause_sending(borrower.workspace, reason="Holiday", now=NOW)


def break_brake(source, borrower):
    own_mailbox(borrower, status="paused", status_reason="Bounces", braked_at=NOW)


def break_own(source, borrower):
    own_mailbox(borrower, status="active")


def break_source(source, borrower):
    Mailbox.objects.filter(pk=source.pk).update(status="active", status_reason="")


def break_staff(source, borrower):
    MembershipFactory(workspace=source.workspace, user=UserFactory())


def own_mailbox(borrower, **fields):
    return MailboxFactory(
        workspace=borrower.workspace,
        address="olga@real-company.com",
        provider="smtp",
        is_sandbox=False,
        **fields,
    )


BREAKS = {
    break_name: "full real name",
    break_address: "postal address",
    break_verification: "Confirm olga@real-company.com",
    break_reserved: "domain for examples",
    break_spf: "SPF of rf-send.com did not pass",
    break_dmarc: "DMARC of rf-send.com did not pass",
    break_age: "SPF, DKIM, DMARC of rf-send.com did not pass",
    break_quarantine: "closed for sending",
    break_pause: "is paused",
    break_brake: "no way around that",
    break_own: "does not add to it",
    break_source: "not free at the moment",
    break_staff: "not free at the moment",
}


@pytest.mark.parametrize("spoil", BREAKS, ids=lambda spoil: spoil.__name__)
def test_the_gate_before_use(spoil, loan, source, borrower, owner_client):
    spoil(source, borrower)
    page = owner_client.get(reverse("mailboxes:loan-agree")).content.decode()
    assert BREAKS[spoil] in page
    assert "Use this mailbox" not in page
    answer = agreed(owner_client)
    assert answer.status_code == 422
    assert BREAKS[spoil] in answer.content.decode()
    assert not Mailbox.objects.filter(workspace=borrower.workspace, is_pool=True).exists()


@pytest.mark.parametrize("spoil", [break_pause, break_brake, break_own, break_source, break_staff])
def test_nothing_is_offered_around_a_block(spoil, source, borrower):
    spoil(source, borrower)
    source.refresh_from_db()
    with pytest.raises(lending.LoanRefusedError):
        lending.offer(source, borrower.workspace, now=NOW)
    assert not PoolLoan.objects.exists()


def test_one_tenant_for_each_mailbox(loan, source, borrower):
    other = WorkspaceFactory()
    with pytest.raises(lending.LoanRefusedError, match="lent already"):
        lending.offer(source, other, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        PoolLoan.objects.create(workspace=other, source=source, address="x@y.com", offered_at=NOW)
    assert PoolLoan.objects.get() == loan


def test_a_persons_account_is_not_lent(source, borrower):
    source.provider = "google"
    with pytest.raises(lending.LoanRefusedError, match="SMTP mailbox or one of a sending service"):
        lending.offer(source, borrower.workspace, now=NOW)


def test_taking_back_and_lending_again(loan, source, borrower, owner_client):
    agreed(owner_client)
    assert lending.withdraw(loan, reason="Complaints rise", now=NOW)
    assert not lending.withdraw(loan, reason="Twice", now=NOW)
    mailbox = Mailbox.objects.get(workspace=borrower.workspace)
    loan.refresh_from_db()
    assert (mailbox.status, mailbox.smtp_password, mailbox.smtp_username) == ("broken", "", "")
    assert "took this lent mailbox back" in mailbox.status_reason
    assert loan.withdrawn_reason == "Complaints rise"
    owner_client.post(reverse("mailboxes:mailbox-resume", args=[mailbox.public_id]))
    mailbox.refresh_from_db()
    assert mailbox.status == "broken"
    lending.offer(source, borrower.workspace, now=NOW)
    assert agreed(owner_client).status_code == 302
    mailbox.refresh_from_db()
    assert (mailbox.status, mailbox.smtp_password) == ("warmup", "pool-secret")
    assert Mailbox.objects.filter(workspace=borrower.workspace).count() == 1


def test_an_offer_that_was_taken_back_is_gone(loan, owner_client, borrower):
    lending.withdraw(loan, reason="Needed elsewhere", now=NOW)
    with pytest.raises(lending.LoanRefusedError, match="taken this mailbox back"):
        lending.agree(loan, borrower.user, now=NOW)
    assert (
        "Nothing is lent to you"
        in owner_client.get(reverse("mailboxes:loan-agree")).content.decode()
    )


def test_only_the_owner_agrees(loan, viewer, viewer_client, stranger_client):
    assert agreed(viewer_client).status_code == 403
    viewer.role = "editor"
    viewer.save()
    assert agreed(viewer_client).status_code == 403
    assert ADDRESS not in stranger_client.get(reverse("mailboxes:loan-agree")).content.decode()
    assert not Mailbox.objects.filter(is_pool=True).exists()


def test_a_loan_that_is_needed_no_longer_says_so_and_is_given_back(loan, borrower, owner_client):
    agreed(owner_client)
    page = reverse("mailboxes:loan-agree")
    assert "Give it back" not in owner_client.get(page).content.decode()
    own_mailbox(borrower, status="warmup")
    assert "Give it back" in owner_client.get(page).content.decode()
    lent = Mailbox.objects.get(is_pool=True)
    assert (
        f'{page}">lent to you</a>'
        in owner_client.get(reverse("mailboxes:mailbox-list")).content.decode()
    )
    dns = owner_client.get(reverse("mailboxes:mailbox-dns", args=[lent.public_id]))
    assert "the service behind it signs your mail" in dns.content.decode()
    owner_client.post(reverse("mailboxes:mailbox-dns-key", args=[lent.public_id]))
    assert not SendingDomain.objects.filter(workspace=borrower.workspace).exists()
    answer = owner_client.post(page, {"back": "yes"})
    assert answer["Location"] == reverse("mailboxes:mailbox-list")
    loan.refresh_from_db()
    lent.refresh_from_db()
    assert loan.withdrawn_reason == f"Given back by {borrower.user}"
    assert (lent.status, lent.smtp_password) == ("broken", "")
    assert lent.status_reason.startswith("You gave this lent mailbox back.")


def test_operations_find_loans_that_could_end(loan, borrower, owner_client):
    agreed(owner_client)
    rows = PoolLoan.objects.filter(withdrawn_at=None)
    condition = StandingFilter.condition(None, "spare")
    assert not rows.filter(condition).exists()
    own_mailbox(borrower, status="active")
    assert rows.get(condition) == loan
