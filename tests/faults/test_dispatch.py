"""One dispatcher, a recording sink, no faults: what everything else builds on."""

import pytest

from outreach.models import Message
from tests.faults.ledger_world import check_invariants, dispatch

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


def test_due_messages_are_sent_once(world, sink):
    world.mailbox(sink)
    world.messages(50)
    tally = dispatch()
    assert tally == {"sent": 50}
    assert len(sink.accepted) == 50
    check_invariants([sink], count=50)
    assert set(Message.objects.values_list("smtp_code", flat=True)) == {250}
