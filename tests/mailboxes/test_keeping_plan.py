"""A plan holds so many mailboxes; the next one is refused with a sentence and nothing is kept."""

from datetime import UTC, datetime

import pytest

from mailboxes import connecting
from mailboxes.keeping import AddressRefusedError, forget, keep, plan_problem
from mailboxes.models import Mailbox, SendingDomain
from tests.factories.outreach import MailboxFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
ACCESS = {"provider": "smtp", "smtp_host": "mail.quay.com"}


def test_a_third_mailbox_of_the_free_plan_is_refused_and_practice_ones_do_not_count(workspace):
    MailboxFactory(workspace=workspace)
    first = keep(workspace, "a@quay.com", ACCESS, now=NOW)
    keep(workspace, "b@quay.com", ACCESS, now=NOW)
    with pytest.raises(AddressRefusedError) as refused:
        keep(workspace, "c@quay.com", ACCESS, now=NOW)
    assert str(refused.value) == (
        "The plan “Free” holds 2 mailboxes and they are all connected. "
        "Disconnect one first, or change the plan."
    )
    assert not Mailbox.objects.filter(address="c@quay.com").exists()
    assert keep(workspace, "A@quay.com", ACCESS, now=NOW) == first  # renewing is no new one
    Mailbox.objects.filter(pk=first.pk).update(disconnected_at=NOW)
    keep(workspace, "c@quay.com", ACCESS, now=NOW)
    assert plan_problem(workspace) == str(refused.value)
    assert plan_problem(workspace, address="C@quay.com") == ""
    assert plan_problem(workspace, address="a@quay.com") == str(refused.value)  # disconnected
    workspace.plan = "pro"
    workspace.save()
    keep(workspace, "d@quay.com", ACCESS, now=NOW)
    assert Mailbox.objects.filter(is_sandbox=False).count() == 4


def test_disconnecting_makes_room_that_is_not_taken_twice(workspace):
    first = keep(workspace, "a@quay.com", ACCESS, now=NOW)
    keep(workspace, "b@quay.com", ACCESS, now=NOW)
    connecting.disconnect(first, by="Olga", now=NOW)
    keep(workspace, "c@quay.com", ACCESS, now=NOW)
    with pytest.raises(connecting.ConnectionRefusedBySenseError, match="they are all connected"):
        connecting.reconnect(first, now=NOW)
    first.refresh_from_db()
    assert first.disconnected_at == NOW
    with pytest.raises(AddressRefusedError, match="they are all connected"):
        keep(workspace, "a@quay.com", ACCESS, now=NOW)


def test_a_mailbox_whose_tokens_were_given_back_takes_no_room(workspace):
    tokens = {"provider": "google", "oauth_refresh_token": "r"}
    first = keep(workspace, "a@quay.com", tokens, now=NOW)
    keep(workspace, "b@quay.com", tokens, now=NOW)
    assert plan_problem(workspace, provider="google") == ""
    assert "they are all connected" in plan_problem(workspace, provider="microsoft")
    forget(first, by="Olga")
    assert plan_problem(workspace) == ""


def test_the_domain_is_there_at_once_and_what_an_older_way_in_taught_is_forgotten(workspace):
    mailbox = keep(workspace, "a@quay.com", ACCESS, now=NOW)
    assert [row.domain for row in SendingDomain.objects.all()] == ["quay.com"]
    Mailbox.objects.update(sent_folder="Sent", files_sent_copies=True)
    keep(workspace, "a@quay.com", {"provider": "postmark", "api_credentials": "{}"}, now=NOW)
    mailbox.refresh_from_db()
    # Else recovery would take an absent copy for proof that the service did not send.
    assert (mailbox.sent_folder, mailbox.files_sent_copies) == ("", None)
    assert SendingDomain.objects.count() == 1
