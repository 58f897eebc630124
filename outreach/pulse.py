"""How sending fares at this moment, and every two minutes of the last two hours: what the operations board shows.

The moment is one statement of index look-ups, so that it costs the same beside a million messages. The past is kept in the
cache alone: when that is emptied, the lines on the board begin anew and nothing else is lost.
"""

# ruff: noqa: S608 - only our own constants are written into the statement; every value travels as a parameter

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import connection

from mailboxes.capacity import HEALTH_TO_SEND
from mailboxes.models import Mailbox, ProviderDelivery
from mailboxes.refused_posts import refused_since
from outreach.dispatcher import ALL_SLOTS
from outreach.ledger_sql import quoted
from outreach.models import Message
from outreach.resolving import STUCK_AFTER

Status = Message.Status

# The board's "now" (ux.md D2), and the hour over which shares are told: five minutes hold too few mails for a share.
NOW_MINUTES, SHARE_MINUTES = 5, 60
# A mail that has been due for less than this is on its way, not late: a turn of the sender looks every two seconds.
PATIENCE_SECONDS = 60
# Of more due mails than these only the oldest are looked at one by one, so that a jam does not jam the board too.
DUE_LOOKED_AT = 5_000
STEP = timedelta(minutes=2)
STEPS = 60
_KEY = "pulse:{}"


@dataclass(frozen=True)
class Pulse:
    """Counts of this moment. `ready`: due mails that nothing but a sender keeps here; ages in seconds, None for none.

    `ready` and `stuck` count no further than DUE_LOOKED_AT; `due` counts all, also those behind a brake.
    """

    sent: int
    sent_hour: int
    failed_hour: int
    due: int
    ready: int
    late: int
    stuck: int
    oldest_age: float | None
    last_left_age: float | None
    unknown: int
    held: int
    senders: int
    replies_hour: int
    replies_waiting: int
    oldest_reply_age: float | None
    posts_waiting: int
    posts_failed: int
    posts_refused: int = 0

    @property
    def expected(self) -> int:
        """How many mails should have left in the last minutes: those that did, and those that are late."""
        return self.sent + self.late

    @property
    def failed_share(self) -> float:
        """The share of the hour's outcomes that were final failures, 0 to 1."""
        outcomes = self.failed_hour + self.sent_hour
        return self.failed_hour / outcomes if outcomes else 0.0


_FIELDS = {field.name for field in fields(Pulse)}

_ABLE = f"""b.status IN {quoted(tuple(Mailbox.SENDING))} AND b.health >= {HEALTH_TO_SEND}
    AND NOT EXISTS (SELECT 1 FROM mailboxes_domainquarantine q
        WHERE q.released_at IS NULL AND lower(q.domain) = lower(split_part(b.address, '@', -1)))"""

_SQL = f"""
WITH due AS MATERIALIZED (
    SELECT m.id, m.workspace_id, m.enrollment_id, m.is_sample, m.due_at, m.first_attempt_at
    FROM outreach_message m
    WHERE m.status = '{Status.SCHEDULED}' AND m.due_at <= %(now)s
    ORDER BY m.due_at, m.id LIMIT {DUE_LOOKED_AT}),
able AS MATERIALIZED (
    SELECT b.id, b.workspace_id, b.is_sandbox FROM mailboxes_mailbox b
    WHERE b.workspace_id IN (SELECT workspace_id FROM due) AND {_ABLE}),
ready AS MATERIALIZED (
    SELECT m.due_at, m.first_attempt_at
    FROM due m
    JOIN outreach_enrollment e ON e.id = m.enrollment_id
    JOIN outreach_sequenceversion v ON v.id = e.version_id
    JOIN outreach_sequence s ON s.id = v.sequence_id
    JOIN accounts_workspace w ON w.id = m.workspace_id
    WHERE w.sending_paused_at IS NULL AND e.status <> 'held' AND s.paused_at IS NULL
      AND EXISTS (SELECT 1 FROM able b WHERE b.workspace_id = m.workspace_id AND b.is_sandbox = m.is_sample
        AND (e.mailbox_id IS NULL OR b.id = e.mailbox_id)))
SELECT
    (SELECT count(*) FROM outreach_message WHERE sent_at > %(recent)s) AS sent,
    (SELECT count(*) FROM outreach_message WHERE sent_at > %(hour)s) AS sent_hour,
    (SELECT count(*) FROM outreach_message WHERE status = '{Status.FAILED}' AND updated_at > %(hour)s) AS failed_hour,
    (SELECT count(*) FROM outreach_message WHERE status = '{Status.SCHEDULED}' AND due_at <= %(now)s) AS due,
    (SELECT count(*) FROM ready) AS ready,
    (SELECT count(*) FROM ready WHERE due_at < %(patience)s) AS late,
    (SELECT count(*) FROM ready WHERE due_at < %(stuck)s AND first_attempt_at IS NULL) AS stuck,
    (SELECT extract(epoch FROM %(now)s - min(due_at))::float8 FROM ready) AS oldest_age,
    (SELECT extract(epoch FROM %(now)s - max(sent_at))::float8 FROM outreach_message
        WHERE sent_at IS NOT NULL) AS last_left_age,
    (SELECT count(*) FROM outreach_message WHERE status = '{Status.UNKNOWN}') AS unknown,
    (SELECT count(*) FROM outreach_message WHERE status = '{Status.HELD}') AS held,
    (SELECT count(DISTINCT pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = {ALL_SLOTS} AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS senders,
    (SELECT count(*) FROM mailboxes_inboundmessage WHERE received_at > %(hour)s) AS replies_hour,
    (SELECT count(*) FROM mailboxes_inboundmessage WHERE processed_at IS NULL) AS replies_waiting,
    (SELECT extract(epoch FROM %(now)s - min(received_at))::float8 FROM mailboxes_inboundmessage
        WHERE processed_at IS NULL) AS oldest_reply_age,
    (SELECT count(*) FROM mailboxes_providerdelivery
        WHERE status = '{ProviderDelivery.Status.RECEIVED}') AS posts_waiting,
    (SELECT count(*) FROM mailboxes_providerdelivery
        WHERE status = '{ProviderDelivery.Status.FAILED}') AS posts_failed
"""


def feel(now: datetime) -> Pulse:
    """Return how sending fares at `now`."""
    moments = {
        "now": now,
        "recent": now - timedelta(minutes=NOW_MINUTES),
        "hour": now - timedelta(minutes=SHARE_MINUTES),
        "patience": now - timedelta(seconds=PATIENCE_SECONDS),
        "stuck": now - STUCK_AFTER,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SQL, moments)
        names = [column.name for column in cursor.description]
        counts = dict(zip(names, cursor.fetchone(), strict=True))
    refused = sum(refused_since(now - timedelta(minutes=SHARE_MINUTES), now=now).values())
    return Pulse(**counts, posts_refused=refused)


def take_pulse(now: datetime) -> None:
    """Keep this moment for the lines on the board. Safe to repeat: one moment is kept per STEP, the last one wins."""
    cache.set(
        _KEY.format(_bucket(now)), asdict(feel(now)), timeout=2 * STEP.total_seconds() * STEPS
    )


def line(past: list[Pulse | None], figure: Callable[[Pulse], float | None]) -> list[float | None]:
    """Return one figure of every moment, oldest first; None where no moment was kept."""
    return [None if pulse is None else figure(pulse) for pulse in past]


def past_pulses(now: datetime) -> list[Pulse | None]:
    """Return the moments of the last two hours, oldest first; None where none was kept."""
    last = _bucket(now)
    keys = [_KEY.format(bucket) for bucket in range(last - STEPS + 1, last + 1)]
    kept = cache.get_many(keys)
    # A release that counts other things leaves moments behind that nobody can read any more.
    return [Pulse(**kept[key]) if kept.get(key, {}).keys() == _FIELDS else None for key in keys]


def _bucket(now: datetime) -> int:
    return int(now.timestamp() // STEP.total_seconds())
