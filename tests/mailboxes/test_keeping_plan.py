"""A plan holds so many mailboxes; the next one is refused with a sentence and nothing is kept."""

from datetime import UTC, datetime

import pytest

from mailboxes.keeping import AddressRefusedError, keep
from mailboxes.models import Mailbox
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
    workspace.plan = "pro"
    workspace.save()
    keep(workspace, "d@quay.com", ACCESS, now=NOW)
    assert Mailbox.objects.filter(is_sandbox=False).count() == 4
