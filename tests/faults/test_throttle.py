"""Several senders at one recipient domain's hour (I3): it takes exactly what is left, measured at the sink."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import F

from mailboxes.models import RecipientWindow
from mailboxes.throttle import RESERVED_PER_HOUR
from outreach.models import Message
from tests.faults.ledger_world import check_invariants, dispatch
from tests.faults.sender import finish, start_sender

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


def test_an_hour_with_37_left_and_4_senders_gives_exactly_37(world, sink):
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    # The test may run over the end of an hour; then the next one is as full.
    for start in (hour, hour + timedelta(hours=1)):
        RecipientWindow.objects.create(
            domain="northwind.test",
            hour=start,
            cap=RESERVED_PER_HOUR,
            reserved=RESERVED_PER_HOUR - 37,
        )
    for _ in range(3):
        world.mailbox(sink)
    world.messages(300)
    senders = [start_sender(batch=20, connections=4) for _ in range(4)]
    assert finish(*senders) == [0] * 4
    dispatch()  # what a sender holds at the end is not seen by the one that ends before it
    assert len(sink.accepted) == 37
    assert world.statuses() == {"sent": 37, "scheduled": 263}
    windows = RecipientWindow.objects.filter(reserved=RESERVED_PER_HOUR)
    assert list(windows.values_list("cap", flat=True)) == [RESERVED_PER_HOUR]
    RecipientWindow.objects.update(reserved=F("reserved") - (RESERVED_PER_HOUR - 37))
    check_invariants([sink], count=300)
    waiting = Message.objects.filter(status="scheduled")
    assert not waiting.filter(due_at__lt=hour + timedelta(hours=1)).exists()
    assert not waiting.exclude(reserved_hour=None).exists()
