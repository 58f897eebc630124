"""Switches for everybody and closed domains: counted first, kept with their reason, done once (ux.md D3)."""

from datetime import UTC, datetime

import pytest

from accounts import switches
from accounts.auditing import ReasonMissingError
from accounts.models import AuditEntry, PlatformSwitch
from mailboxes.addresses import AddressError
from mailboxes.models import DomainQuarantine
from outreach import quarantine
from outreach.quarantine import BlastRadius
from tests.factories.accounts import UserFactory, WorkspaceFactory
from tests.factories.outreach import MailboxFactory, MessageFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


def test_a_switch_is_turned_off_once_and_on_once_with_its_audit():
    staff = UserFactory()
    assert not switches.is_off("sending")
    assert switches.turn_off("sending", by=staff, reason=" A block list names us. ", now=NOW)
    assert not switches.turn_off("sending", by=None, reason="Again.", now=NOW)
    row = PlatformSwitch.objects.get()
    assert (row.is_off, row.reason, row.changed_by) == (True, "A block list names us.", staff)
    assert switches.is_off("sending")
    assert switches.turn_on("sending", by=staff, reason="Delisted.", now=NOW)
    assert not switches.turn_on("sending", by=staff, reason="Delisted.", now=NOW)
    assert not switches.is_off("sending")
    assert switches.switch_of("sending") is None
    entries = AuditEntry.objects.order_by("pk").values_list("verb", "reason", "actor")
    assert list(entries) == [
        ("switch.turn_off", "A block list names us.", staff.pk),
        ("switch.turn_on", "Delisted.", staff.pk),
    ]


def test_without_a_reason_nothing_is_switched_nor_closed():
    for act in (switches.turn_off, switches.turn_on):
        with pytest.raises(ReasonMissingError):
            act("sending", by=None, reason="  ", now=NOW)
    for act in (quarantine.quarantine, quarantine.release):
        with pytest.raises(ReasonMissingError):
            act("quay.com", by=None, reason="  ", now=NOW)
    assert not PlatformSwitch.objects.exists()
    assert not DomainQuarantine.objects.exists()
    assert not AuditEntry.objects.exists()


def message_in(workspace, *, mailbox=None, **fields):
    return MessageFactory(
        enrollment__package__application__profile__workspace=workspace,
        enrollment__mailbox=mailbox,
        **{"scheduled": True, **fields},
    )


def test_the_blast_radius_counts_mailboxes_workspaces_and_mail_that_nobody_else_can_take():
    closed, mixed, other = WorkspaceFactory(), WorkspaceFactory(), WorkspaceFactory()
    MailboxFactory(workspace=closed, address="a@Quay.test")
    bound = MailboxFactory(workspace=mixed, address="b@quay.test")
    MailboxFactory(workspace=mixed, address="b@open.test")
    MailboxFactory(workspace=other, address="c@notquay.test")
    MailboxFactory(workspace=other, address="d@mail.quay.test")
    message_in(closed)
    message_in(closed, scheduled=False)  # a draft waits for nobody
    message_in(mixed)  # the other mailbox can take it
    message_in(mixed, mailbox=bound)
    message_in(other)
    assert quarantine.blast_radius(" @QUAY.test. ") == BlastRadius(
        mailboxes=2, workspaces=2, queued=2
    )
    assert quarantine.blast_radius("nowhere.test") == BlastRadius(0, 0, 0)


def test_a_domain_is_closed_once_and_released_once_with_its_audit():
    staff, box = UserFactory(), MailboxFactory(address="a@quay.test")
    message_in(box.workspace)
    assert quarantine.quarantine("Quay.TEST", by=staff, reason="Listed.", now=NOW)
    assert not quarantine.quarantine("quay.test", by=staff, reason="Again.", now=NOW)
    row = quarantine.live_quarantine("QUAY.test")
    assert (row.domain, row.reason, row.begun_by) == ("quay.test", "Listed.", staff)
    assert quarantine.release("quay.test", by=staff, reason="Delisted.", now=NOW)
    assert not quarantine.release("quay.test", by=staff, reason="Delisted.", now=NOW)
    assert quarantine.live_quarantine("quay.test") is None
    assert quarantine.quarantine("quay.test", by=None, reason="Listed again.", now=NOW)
    assert DomainQuarantine.objects.count() == 2
    entries = AuditEntry.objects.order_by("pk").values_list("verb", "affected_count")
    assert list(entries) == [
        ("domain.quarantine", 1),
        ("domain.release", 1),
        ("domain.quarantine", 1),
    ]
    assert AuditEntry.objects.order_by("pk").first().after == {
        "domain": "quay.test",
        "workspaces": 1,
        "queued": 1,
    }


@pytest.mark.parametrize("text", ["", "no domain", "a@b@c", "-.test"])
def test_what_is_no_domain_is_refused(text):
    with pytest.raises(AddressError, match="is not a domain"):
        quarantine.quarantine(text, by=None, reason="Listed.", now=NOW)
