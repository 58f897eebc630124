"""The invariants I1 to I6 (architecture section 6), judged by what the recording sinks really took."""

from collections import Counter
from datetime import timedelta

from mailboxes.models import DeliveryEvent, MailboxDay, RecipientWindow, Suppression
from outreach.models import Message

TERMINAL = {"sent", "delivered", "bounced", "complained", "failed", "unknown", "cancelled"}
ACCEPTED = {"sent", "delivered", "bounced", "complained"}


def check_invariants(sinks, *, count, drained=True):
    """Assert I1 to I6 over the whole ledger and what the sinks really took.

    `drained`: no sender is at work or lost any more, so nothing may be in anybody's hands.
    """
    rows = list(Message.objects.select_related("enrollment"))
    taken = Counter(mail.message_id for sink in sinks for mail in sink.accepted)
    check_once(rows, taken, count=count, drained=drained)
    check_caps(rows, taken)
    check_windows(rows, taken)
    check_stops(rows, taken)
    check_approved(rows, taken)
    check_nobody_forgotten(rows, drained=drained)
    check_events()


def check_once(rows, taken, *, count, drained):
    """I1: at most once each. I2: whatever was accepted the ledger knows, and nothing is lost or invented."""
    doubles = {identifier: n for identifier, n in taken.items() if n > 1}
    assert not doubles, f"I1: accepted more than once: {doubles}"
    assert len(rows) == count, "I2: a message was lost or invented"
    by_id = {row.message_id: row for row in rows}
    assert set(taken) <= set(by_id), "I2: something left that is not in the ledger"
    wrong = [row for row in rows if row.status in ACCEPTED and row.message_id not in taken]
    assert not wrong, f"I2: marked sent but never accepted: {wrong}"
    may_be = ACCEPTED | {"unknown"} | (set() if drained else {"sending"})
    silent = [by_id[key].status for key in taken if by_id[key].status not in may_be]
    assert not silent, f"I2: accepted, but the ledger says {silent}"


def check_caps(rows, taken):
    """I3: accepts per mailbox and day stay within the cap, and reserved slots are exactly what is out."""
    accepts = Counter((row.mailbox_id, row.reserved_day) for row in rows if row.message_id in taken)
    out = Counter((row.mailbox_id, row.reserved_day) for row in rows if row.reserved_day)
    days = {(day.mailbox_id, day.day): day for day in MailboxDay.objects.all()}
    for key, number in accepts.items():
        assert key in days, "I3: accepted without a reserved slot"
        assert number <= days[key].cap, f"I3: {number} accepts on a cap of {days[key].cap}"
    for key, day in days.items():
        assert day.reserved == out[key], f"I3: {day.reserved} reserved, {out[key]} out"


def check_windows(rows, taken):
    """I3: the same for each recipient domain and hour."""
    out = Counter((row.recipient_domain.lower(), row.reserved_hour) for row in rows)
    accepts = Counter(
        (row.recipient_domain.lower(), row.reserved_hour) for row in rows if row.message_id in taken
    )
    hours = {(window.domain, window.hour): window for window in RecipientWindow.objects.all()}
    for key, number in accepts.items():
        assert key in hours, "I3: accepted without a slot of its recipient's domain"
        cap = hours[key].cap
        assert number <= cap, f"I3: {key[0]} took {number} in an hour of {cap}"
    for key, window in hours.items():
        assert window.reserved == out[key], f"I3: {window} reserved, {out[key]} out"


def check_stops(rows, taken):
    """I4: nothing began after a suppression of its address, or the end of writing to it, was there."""
    closed = dict(
        Suppression.objects.filter(released_at=None).values_list("address_hash", "created_at")
    )
    for row in rows:
        if row.message_id not in taken:
            continue
        if row.recipient_hash in closed:
            assert row.sending_at < closed[row.recipient_hash], "I4: sent to a suppressed address"
        stopped_at = row.enrollment.stopped_at
        if row.enrollment.status == "stopped" and stopped_at:
            # `stopped_at` is the moment the stop was asked for; its commit comes a little later.
            moment = stopped_at + timedelta(seconds=1)
            assert row.sending_at < moment, "I4: sent to somebody who had answered"


def check_approved(rows, taken):
    """Nothing left without an approval of exactly that text (architecture section 5)."""
    for row in rows:
        if row.message_id in taken:
            assert row.approval_id, "sent without an approval"
            assert row.approved_hash == row.text_hash, "sent a text that nobody approved"


def check_nobody_forgotten(rows, *, drained):
    """I5: whatever is not at its end has a due time or somebody who holds it."""
    ended = TERMINAL | {"draft"}
    loose = [row for row in rows if row.status not in ended and not (row.due_at or row.lease_until)]
    assert not loose, f"I5: neither a lease nor a due time: {loose}"
    if drained:
        flying = [row for row in rows if row.status in {"claimed", "sending"}]
        assert not flying, f"I5: still in somebody's hands after the drain: {flying}"


def check_events():
    """I6: as many events as there are distinct event ids."""
    keys = list(DeliveryEvent.objects.values_list("endpoint_id", "event_id"))
    assert len(keys) == len(set(keys)), "I6: an event was counted twice"
