"""News that mailboxes tell upwards, always after the commit that made it true.

Each is sent with `sender` = the row's model and `pk` = its primary key. A receiver only enqueues work; a sweep above
finds the same rows by their partial index, so a lost signal costs seconds and never an event.
"""

from django.db import models, transaction
from django.dispatch import Signal

delivery_event_stored = Signal()
inbound_stored = Signal()
suppressed = Signal()


def announce(signal: Signal, row: models.Model) -> None:
    """Send `signal` for `row` once the current transaction has committed (at once when there is none).

    A receiver that fails (a broker that is away) is logged and does not undo or fail what was stored.
    """
    sender, pk = type(row), row.pk
    transaction.on_commit(lambda: signal.send(sender=sender, pk=pk), robust=True)
