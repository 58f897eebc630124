"""A mail that raises, kills or never ends for whoever composes it (F21) stops after three losses; the others go on."""

import time

import pytest

from outreach.claiming import LOST_CLAIMS_LIMIT
from outreach.ledger import LOST_REASON
from outreach.models import Message
from tests.faults.ledger_world import check_invariants, dispatch, end_leases, recover, wait_until
from tests.faults.sender import PoisonedCarrier, PoisonedDispatcher, finish, kill, start_sender

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

COUNT = 12


@pytest.fixture
def poisoned(world, sink):
    """The third of twelve mails is poison; returns its row."""
    world.mailbox(sink)
    return world.messages(COUNT)[2]


def check_quarantine(world, sink, poisoned):
    poisoned.refresh_from_db()
    assert (poisoned.status, poisoned.lost_claims) == ("held", LOST_CLAIMS_LIMIT)
    assert poisoned.status_reason == LOST_REASON
    assert poisoned.recipient not in {mail.recipients[0] for mail in sink.accepted}
    check_invariants([sink], count=COUNT)
    assert world.statuses() == {"sent": COUNT - 1, "held": 1}


def test_a_mail_that_always_raises_is_held_after_three_losses(world, sink, poisoned, monkeypatch):
    monkeypatch.setattr(PoisonedCarrier, "recipient", poisoned.recipient)
    monkeypatch.setattr(PoisonedCarrier, "effect", "raise")
    for loss in range(LOST_CLAIMS_LIMIT):
        tally = dispatch(PoisonedDispatcher)
        assert tally.get("sent", 0) == (COUNT - 1 if loss == 0 else 0)
        end_leases()
        recover()
    assert dispatch(PoisonedDispatcher) == {}
    check_quarantine(world, sink, poisoned)
    assert not Message.objects.exclude(pk=poisoned.pk).filter(lost_claims__gt=0).exists()


def test_a_mail_that_kills_every_sender_is_held_after_three_and_takes_no_other_along(
    world, sink, poisoned
):
    deaths = 0
    for _ in range(LOST_CLAIMS_LIMIT + 1):
        sender = start_sender(poison=(poisoned.recipient, "kill"))
        deaths += finish(sender) == [-9]
        end_leases()
        recover()
    assert deaths == LOST_CLAIMS_LIMIT
    dispatch()
    check_quarantine(world, sink, poisoned)


def test_a_mail_without_end_costs_three_senders_their_turn(world, sink, poisoned):
    """Celery's time limit kills such a worker; here the test does."""
    for _ in range(LOST_CLAIMS_LIMIT):
        before = poisoned.lost_claims
        sender = start_sender(poison=(poisoned.recipient, "loop"), lease=1.0)
        wait_until(lambda: claimed(poisoned), seconds=30)
        time.sleep(1.2)
        assert sender.is_alive()
        recover()  # another sender looks after it while the first still turns in circles
        poisoned.refresh_from_db()
        assert poisoned.lost_claims == before + 1
        kill(sender)
        end_leases()
        recover()
    dispatch()
    check_quarantine(world, sink, poisoned)


def claimed(row):
    row.refresh_from_db()
    return row.status == "claimed"
