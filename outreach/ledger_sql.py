"""The statements of the send ledger. Each move names the states it leaves, and every row its epoch (fencing)."""

# ruff: noqa: S608 - only our own constants are written into statements; every value travels as a parameter

from dataclasses import dataclass

from accounts.models import PlatformSwitch
from mailboxes.capacity import GAP_SQL, HEALTH_TO_SEND
from mailboxes.models import Mailbox
from mailboxes.throttle import THIS_HOUR
from outreach.claiming import LOST_CLAIMS_LIMIT
from outreach.models import Message

Status = Message.Status


@dataclass(frozen=True)
class Move:
    """One kind of status change: from any of `olds` to `new`, for the rows of a batch."""

    olds: tuple[Status, ...]
    new: Status
    sql: str

    @property
    def gives_back(self) -> bool:
        """Whether the rows' slots become free again."""
        return _GIVE_SLOT_BACK in self.sql


def quoted(values: tuple[str, ...]) -> str:
    """Return our own constants as an SQL list; never for values from outside."""
    return "(" + ", ".join(f"'{value}'" for value in map(str, values)) + ")"


LEFT = quoted((Status.SENDING, *Message.LEFT))
_SENDERS = quoted(tuple(Mailbox.SENDING))

_ROWS = """unnest(%(ids)s::bigint[], %(epochs)s::bigint[], %(dues)s::timestamptz[], %(delays)s::float8[],
    %(reasons)s::text[], %(errors)s::text[], %(codes)s::int[], %(provider_ids)s::text[], %(tried)s::int[])
    AS v (id, epoch, due_at, delay, reason, error, code, provider_id, tried)"""

_NOTES = """status_reason = h.reason, updated_at = now(), lease_until = NULL,
    last_error = CASE WHEN h.error <> '' THEN h.error ELSE m.last_error END,
    smtp_code = coalesce(h.code, m.smtp_code), attempts = m.attempts + h.tried,
    first_attempt_at = CASE WHEN h.tried > 0 THEN coalesce(m.first_attempt_at, now()) ELSE m.first_attempt_at END"""

_GIVE_SLOT_BACK = """freed AS (
    UPDATE mailboxes_mailboxday d SET reserved = d.reserved - f.slots, updated_at = now()
    FROM (SELECT old_mailbox, old_day, count(*) AS slots FROM held WHERE old_day IS NOT NULL GROUP BY 1, 2) f
    WHERE d.mailbox_id = f.old_mailbox AND d.day = f.old_day),
freed_hours AS (
    UPDATE mailboxes_recipientwindow w SET reserved = w.reserved - f.slots
    FROM (SELECT old_domain, old_hour, count(*) AS slots FROM held WHERE old_hour IS NOT NULL GROUP BY 1, 2) f
    WHERE w.domain = f.old_domain AND w.hour = f.old_hour)"""

# Every transaction takes its locks in one order: companies, days by mailbox, hours of recipient domains, messages,
# enrollments, mailboxes.
LOCK_DAYS_OF = """
SELECT d.id FROM mailboxes_mailboxday d
WHERE (d.mailbox_id, d.day) IN (
    SELECT m.mailbox_id, m.reserved_day FROM outreach_message m
    JOIN unnest(%(ids)s::bigint[], %(epochs)s::bigint[]) AS v (id, epoch)
        ON v.id = m.id AND v.epoch = m.lease_epoch)
ORDER BY d.mailbox_id, d.day FOR UPDATE
"""
LOCK_WINDOWS_OF = """
SELECT w.id FROM mailboxes_recipientwindow w
WHERE (w.domain, w.hour) IN (
    SELECT lower(m.recipient_domain), m.reserved_hour FROM outreach_message m
    JOIN unnest(%(ids)s::bigint[], %(epochs)s::bigint[]) AS v (id, epoch)
        ON v.id = m.id AND v.epoch = m.lease_epoch)
ORDER BY w.domain, w.hour FOR UPDATE
"""

_COUNT_SENT = """counted AS (
    UPDATE mailboxes_mailboxday d SET sent = d.sent + f.mails, updated_at = now()
    FROM (SELECT old_mailbox, old_day, count(*) AS mails FROM held GROUP BY 1, 2) f
    WHERE d.mailbox_id = f.old_mailbox AND d.day = f.old_day),
placed AS (
    UPDATE outreach_enrollment e SET position = greatest(e.position, h.step_number), updated_at = now()
    FROM held h WHERE e.id = h.enrollment_id AND e.position < h.step_number)"""


def _settle(
    olds: tuple[Status, ...], new: Status, assignments: str, also: str, condition: str = "true"
) -> Move:
    """Return a move of claimed rows whose facts come in _ROWS; it answers with the ids that moved."""
    sql = f"""
    WITH held AS (
        SELECT v.*, m.mailbox_id AS old_mailbox, m.reserved_day AS old_day,
            lower(m.recipient_domain) AS old_domain, m.reserved_hour AS old_hour, m.enrollment_id, m.step_number
        FROM outreach_message m JOIN {_ROWS} ON v.id = m.id
        WHERE m.lease_epoch = v.epoch AND m.status IN {quoted(olds)} AND {condition}
        ORDER BY m.id FOR UPDATE OF m),
    moved AS (
        UPDATE outreach_message m SET status = '{new}', {assignments}, {_NOTES}
        FROM held h WHERE m.id = h.id RETURNING m.id),
    {also}
    SELECT id FROM moved"""
    return Move(olds, new, sql)


_LET_GO = "lease_epoch = NULL, sending_at = NULL, reserved_day = NULL, reserved_hour = NULL"
_FLYING = (Status.CLAIMED, Status.SENDING)

CLAIM = Move(
    (Status.SCHEDULED,),
    Status.CLAIMED,
    f"""
    UPDATE outreach_message m SET status = '{Status.CLAIMED}', mailbox_id = v.mailbox, status_reason = '',
        lease_until = now() + make_interval(secs => %(lease)s),
        lease_epoch = nextval('outreach_dispatch_epoch'), updated_at = now()
    FROM unnest(%(ids)s::bigint[], %(mailboxes)s::bigint[]) AS v (id, mailbox)
    WHERE m.id = v.id AND m.status = '{Status.SCHEDULED}'
    RETURNING m.id, m.mailbox_id, m.lease_epoch""",
)
BEGIN = Move(
    (Status.CLAIMED,),
    Status.SENDING,
    f"""
    UPDATE outreach_message m SET status = '{Status.SENDING}', sending_at = now(), reserved_day = v.day,
        reserved_hour = %(hour)s, first_attempt_at = coalesce(m.first_attempt_at, now()),
        lease_until = now() + make_interval(secs => %(lease)s), updated_at = now()
    FROM unnest(%(ids)s::bigint[], %(epochs)s::bigint[], %(days)s::date[]) AS v (id, epoch, day)
    WHERE m.id = v.id AND m.lease_epoch = v.epoch AND m.status = '{Status.CLAIMED}'
    RETURNING m.id, m.mailbox_id, lower(m.recipient_domain) AS domain""",
)
# A try that was made counts against the 24 hours; a row beyond them is not answered and the caller ends it.
PUT_BACK = _settle(
    _FLYING,
    Status.SCHEDULED,
    f"due_at = coalesce(h.due_at, now() + make_interval(secs => h.delay), m.due_at), {_LET_GO}",
    _GIVE_SLOT_BACK,
    """(v.tried = 0 OR coalesce(m.first_attempt_at, now()) + make_interval(hours => %(retry_hours)s)
        >= now() + make_interval(secs => v.delay))""",
)
FAIL = _settle(_FLYING, Status.FAILED, _LET_GO, _GIVE_SLOT_BACK)
HOLD = _settle((Status.CLAIMED,), Status.HELD, _LET_GO, _GIVE_SLOT_BACK)
CANCEL = _settle((Status.CLAIMED,), Status.CANCELLED, _LET_GO, _GIVE_SLOT_BACK)
# Disproved after all: due again as it was, and held for a person if that is more than 24 hours ago.
REOPEN = _settle(
    (Status.UNKNOWN,), Status.SCHEDULED, f"due_at = m.due_at, {_LET_GO}", _GIVE_SLOT_BACK
)
# The epoch stays: if the sender was only slow, its own later "250" still proves the row sent.
LOSE = _settle((Status.SENDING,), Status.UNKNOWN, "provider_id = ''", "nothing AS (SELECT 1)")
CONFIRM = _settle(
    (Status.SENDING, Status.UNKNOWN),
    Status.SENT,
    "sent_at = now(), provider_id = left(h.provider_id, 200)",
    _COUNT_SENT,
)
_LOST = f"""SELECT id FROM outreach_message WHERE status = '{Status.CLAIMED}'
        AND status IN ('claimed', 'sending') AND lease_until < now() AND lost_claims {{}} {LOST_CLAIMS_LIMIT - 1}
        LIMIT 1000 FOR UPDATE SKIP LOCKED"""
EXPIRE_CLAIMS = Move(
    (Status.CLAIMED,),
    Status.SCHEDULED,
    f"""
    UPDATE outreach_message SET status = '{Status.SCHEDULED}', lease_until = NULL, lease_epoch = NULL,
        lost_claims = lost_claims + 1, updated_at = now()
    WHERE id IN ({_LOST.format("<")})
    RETURNING id""",
)
HOLD_LOST = Move(
    (Status.CLAIMED,),
    Status.HELD,
    f"""
    UPDATE outreach_message SET status = '{Status.HELD}', lease_until = NULL, lease_epoch = NULL,
        lost_claims = lost_claims + 1, status_reason = %(reason)s, updated_at = now()
    WHERE id IN ({_LOST.format(">=")})
    RETURNING id""",
)
HOLD_LATE = Move(
    (Status.SCHEDULED,),
    Status.HELD,
    f"""
    UPDATE outreach_message SET status = '{Status.HELD}', status_reason = %(reason)s, updated_at = now()
    WHERE id IN (SELECT m.id FROM outreach_message m JOIN outreach_enrollment e ON e.id = m.enrollment_id
        WHERE m.status = '{Status.SCHEDULED}' AND m.due_at < now() - make_interval(hours => %(late_hours)s)
        AND e.status <> 'held' ORDER BY m.due_at LIMIT 1000 FOR UPDATE OF m SKIP LOCKED)
    RETURNING id""",
)
CANCEL_REST = Move(
    (Status.APPROVED, Status.SCHEDULED, Status.HELD),
    Status.CANCELLED,
    f"""
    UPDATE outreach_message SET status = '{Status.CANCELLED}', status_reason = %(reason)s, updated_at = now()
    WHERE enrollment_id = ANY(%(enrollments)s)
        AND status IN {quoted((Status.APPROVED, Status.SCHEDULED, Status.HELD))}""",
)
MOVES = {
    "claim": CLAIM,
    "begin": BEGIN,
    "put back": PUT_BACK,
    "fail": FAIL,
    "hold": HOLD,
    "cancel": CANCEL,
    "lose": LOSE,
    "confirm": CONFIRM,
    "reopen": REOPEN,
    "expire claims": EXPIRE_CLAIMS,
    "hold lost": HOLD_LOST,
    "hold late": HOLD_LATE,
    "cancel rest": CANCEL_REST,
}

_MAY_SEND = f"b.status IN {_SENDERS} AND b.health >= {HEALTH_TO_SEND}"
_PLATFORM_OFF = f"""EXISTS (SELECT 1 FROM accounts_platformswitch ps
    WHERE ps.key = '{PlatformSwitch.Key.SENDING}' AND ps.is_off)"""
_QUARANTINED = """EXISTS (SELECT 1 FROM mailboxes_domainquarantine q
    WHERE q.released_at IS NULL AND lower(q.domain) = lower(split_part(b.address, '@', -1)))"""

DUE = f"""
SELECT m.id, m.workspace_id, m.is_sample, m.attempts, m.lost_claims, lower(m.recipient_domain) AS domain,
    e.mailbox_id, e.application_id, e.contact_id, c.company_id,
    c.time_zone AS contact_zone, w.time_zone AS workspace_zone, w.pace
FROM outreach_message m
JOIN outreach_enrollment e ON e.id = m.enrollment_id
JOIN outreach_contact c ON c.id = e.contact_id
JOIN outreach_sequenceversion sv ON sv.id = e.version_id
JOIN outreach_sequence sq ON sq.id = sv.sequence_id
JOIN accounts_workspace w ON w.id = m.workspace_id
WHERE m.status = '{Status.SCHEDULED}' AND m.due_at <= now()
  AND m.due_at >= now() - make_interval(hours => %(late_hours)s)
  AND (NOT %(is_busy)s OR m.lost_claims < {LOST_CLAIMS_LIMIT - 1})
  AND NOT {_PLATFORM_OFF} AND w.sending_paused_at IS NULL AND sq.paused_at IS NULL AND e.status <> 'held'
  AND EXISTS (SELECT 1 FROM mailboxes_mailbox b WHERE b.workspace_id = m.workspace_id
      AND b.is_sandbox = m.is_sample AND {_MAY_SEND} AND b.id <> ALL(%(busy)s::bigint[])
      AND (e.mailbox_id IS NULL OR b.id = e.mailbox_id) AND NOT {_QUARANTINED})
ORDER BY m.due_at, m.id LIMIT %(limit)s FOR UPDATE OF m SKIP LOCKED
"""

ROOMS = f"""
WITH taken AS (
    SELECT mailbox_id, count(*) AS mails FROM outreach_message
    WHERE status = '{Status.CLAIMED}' AND status IN ('claimed', 'sending') GROUP BY 1),
elsewhere AS (
    SELECT x.workspace_id, sum(x.reserved) AS mails
    FROM mailboxes_mailboxday x JOIN mailboxes_mailbox b ON b.id = x.mailbox_id
    WHERE x.workspace_id = ANY(%(workspaces)s) AND x.day = (now() AT TIME ZONE 'UTC')::date
        AND NOT b.is_sandbox AND NOT ({_MAY_SEND} AND NOT {_QUARANTINED}) GROUP BY 1)
SELECT b.id, b.workspace_id, b.address, b.is_sandbox, b.daily_cap, b.status, b.warmup_started_on,
    b.ramp_days, w.plan, coalesce(elsewhere.mails, 0) AS elsewhere,
    d.cap AS open_cap, coalesce(d.reserved, 0) AS reserved, coalesce(taken.mails, 0) AS taken,
    CASE WHEN b.is_sandbox OR b.last_sent_at IS NULL THEN now() ELSE b.last_sent_at + {GAP_SQL} END AS free_at,
    now() AS now
FROM mailboxes_mailbox b
JOIN accounts_workspace w ON w.id = b.workspace_id
LEFT JOIN mailboxes_mailboxday d ON d.mailbox_id = b.id AND d.day = (now() AT TIME ZONE 'UTC')::date
LEFT JOIN taken ON taken.mailbox_id = b.id
LEFT JOIN elsewhere ON elsewhere.workspace_id = b.workspace_id
WHERE b.workspace_id = ANY(%(workspaces)s) AND {_MAY_SEND} AND NOT {_QUARANTINED}
"""

# What each recipient domain has had in this hour: reserved for certain, and in the hands of some sender.
WINDOWS = f"""
SELECT v.domain, coalesce(w.reserved, 0) + coalesce(t.mails, 0) AS used
FROM unnest(%(domains)s::text[]) AS v (domain)
LEFT JOIN mailboxes_recipientwindow w ON w.domain = v.domain AND w.hour = {THIS_HOUR}
LEFT JOIN (SELECT lower(recipient_domain) AS domain, count(*) AS mails FROM outreach_message
    WHERE status = '{Status.CLAIMED}' AND status IN ('claimed', 'sending') GROUP BY 1) t ON t.domain = v.domain
"""

LAST_WRITTEN = f"""
SELECT m.workspace_id, c.company_id, max(m.sending_at) AS at
FROM outreach_message m
JOIN outreach_enrollment e ON e.id = m.enrollment_id
JOIN outreach_contact c ON c.id = e.contact_id
WHERE c.company_id = ANY(%(companies)s) AND m.status IN {LEFT} AND m.sending_at > now() - interval '7 days'
GROUP BY 1, 2
"""

# Whom each application has written to, counted under the company's lock.
WRITTEN_PEOPLE = f"""
SELECT e.application_id, array_agg(DISTINCT e.contact_id) AS people
FROM outreach_enrollment e JOIN outreach_message m ON m.enrollment_id = e.id
WHERE e.application_id = ANY(%(applications)s) AND m.status IN {LEFT}
GROUP BY 1
"""

POSTPONE = f"""
UPDATE outreach_message m SET due_at = v.due_at, status_reason = v.reason, updated_at = now()
FROM unnest(%(ids)s::bigint[], %(dues)s::timestamptz[], %(reasons)s::text[]) AS v (id, due_at, reason)
WHERE m.id = v.id AND m.status = '{Status.SCHEDULED}'
"""

# Whoever holds a company's row for longer than this holds up only the mails of this group, which come back later.
LOCK_TIMEOUT = "SET LOCAL lock_timeout = '2s'"
# The employer's row too: people of one application may belong to different companies (an agency writes for it).
LOCK_COMPANIES = """
SELECT id FROM jobs_company
WHERE id IN (SELECT unnest(%(companies)s::bigint[])
    UNION SELECT j.company_id FROM jobs_application ap JOIN jobs_job j ON j.id = ap.job_id
        WHERE ap.id = ANY(%(applications)s))
ORDER BY id FOR NO KEY UPDATE
"""

# A live row of the do-not-contact list that names the address, its domain or a domain above it.
_LIVE = "s.released_at IS NULL AND (s.expires_at IS NULL OR s.expires_at > now())"
_OURS = "(s.workspace_id IS NULL OR s.workspace_id = m.workspace_id)"
SUPPRESSED = f"""(
    EXISTS (SELECT 1 FROM mailboxes_suppression s
        WHERE s.address_hash = m.recipient_hash AND s.address_hash <> '' AND {_LIVE} AND {_OURS})
    OR EXISTS (SELECT 1 FROM mailboxes_suppression s
        WHERE s.domain = ANY (ARRAY(
            SELECT array_to_string(p.labels[i:], '.')
            FROM (SELECT string_to_array(lower(m.recipient_domain), '.') AS labels) p,
                generate_subscripts(p.labels, 1) i))
        AND {_LIVE} AND {_OURS}))"""

# Reasons that last until somebody acts, whichever mailbox the mail is on; the first ones hold for drafts too.
LASTING_OF_DRAFT = f"""
    WHEN {SUPPRESSED} THEN 'suppressed'
    WHEN j.liveness = 'closed' THEN 'job_closed'
    WHEN ap.status IN ('rejected', 'withdrawn') THEN 'application_closed'
    WHEN {_PLATFORM_OFF} THEN 'platform_off'
    WHEN w.sending_paused_at IS NOT NULL THEN 'sending_paused'
    WHEN sq.paused_at IS NOT NULL THEN 'campaign_paused'"""
LASTING_OF_MAIL = f"""
    WHEN a.id IS NULL OR a.voided_at IS NOT NULL THEN 'approval_void'
    WHEN m.approved_hash <> m.text_hash OR m.approved_attachment_hash <> m.attachment_hash THEN 'text_changed'
    WHEN e.status = 'held' THEN 'person_held'
    WHEN e.status <> 'active' THEN 'sequence_stopped'{LASTING_OF_DRAFT}"""
# The same with those of its mailbox; asked before `sending` and once more after it is committed.
LASTING = f"""{LASTING_OF_MAIL}
    WHEN b.id IS NULL OR NOT ({_MAY_SEND}) OR b.is_sandbox <> m.is_sample THEN 'mailbox_stopped'
    WHEN {_QUARANTINED} THEN 'domain_quarantined'"""
# Reasons that pass with time.
PASSING = f"""
    WHEN a.hold_until > now() THEN 'approval_hold'
    WHEN NOT b.is_sandbox AND b.last_sent_at + {GAP_SQL} > now() THEN 'mailbox_gap'"""
JOINED = """
JOIN outreach_enrollment e ON e.id = m.enrollment_id
JOIN jobs_application ap ON ap.id = e.application_id
JOIN jobs_job j ON j.id = ap.job_id
JOIN outreach_sequenceversion sv ON sv.id = e.version_id
JOIN outreach_sequence sq ON sq.id = sv.sequence_id
JOIN accounts_workspace w ON w.id = m.workspace_id
LEFT JOIN outreach_approval a ON a.id = m.approval_id
LEFT JOIN mailboxes_mailbox b ON b.id = m.mailbox_id"""

VERDICTS = f"""
SELECT m.id, CASE {LASTING} {PASSING} ELSE '' END AS cause, a.hold_until, b.address,
    b.last_sent_at + {GAP_SQL} AS free_at, e.id AS enrollment_id, now() AS now
FROM unnest(%(ids)s::bigint[], %(epochs)s::bigint[]) AS v (id, epoch)
JOIN outreach_message m ON m.id = v.id AND m.lease_epoch = v.epoch AND m.status = '{Status.CLAIMED}'
{JOINED}
"""

LOOK_AGAIN = f"""
SELECT m.id
FROM unnest(%(ids)s::bigint[], %(epochs)s::bigint[]) AS v (id, epoch)
JOIN outreach_message m ON m.id = v.id AND m.lease_epoch = v.epoch AND m.status = '{Status.SENDING}'
{JOINED}
WHERE CASE {LASTING} ELSE '' END = ''
"""

# A thread stays on the mailbox that began it.
BIND = """
UPDATE outreach_enrollment e SET mailbox_id = m.mailbox_id, updated_at = now()
FROM outreach_message m
WHERE m.id = ANY(%(ids)s) AND e.id = m.enrollment_id AND e.mailbox_id IS NULL
"""
STAMP = "UPDATE mailboxes_mailbox SET last_sent_at = now(), updated_at = now() WHERE id = ANY(%(mailboxes)s)"

# Only now and then, and never waiting: it is shown to people and decides nothing.
PRAISE = """
UPDATE mailboxes_mailbox SET last_ok_at = now(), last_error = '', updated_at = now()
WHERE id IN (SELECT b.id FROM mailboxes_mailbox b
    JOIN outreach_message m ON m.mailbox_id = b.id AND m.id = ANY(%(ids)s)
    WHERE b.last_ok_at IS NULL OR b.last_ok_at < now() - interval '10 seconds'
    FOR NO KEY UPDATE OF b SKIP LOCKED)
"""

STOP_SUPPRESSED = """
UPDATE outreach_enrollment SET status = 'stopped', stop_reason = 'suppressed', stopped_at = now(), updated_at = now()
WHERE id = ANY(%(enrollments)s) AND status = 'active'
"""

RENEW = """
UPDATE outreach_message m SET lease_until = now() + make_interval(secs => %(lease)s)
FROM unnest(%(ids)s::bigint[], %(epochs)s::bigint[]) AS v (id, epoch)
WHERE m.id = v.id AND m.lease_epoch = v.epoch AND m.status IN ('claimed', 'sending')
RETURNING m.id
"""

BREAK_MAILBOX = f"""
UPDATE mailboxes_mailbox SET status = 'broken', status_reason = left(%(reason)s, 300),
    last_error = left(%(reason)s, 400), updated_at = now()
WHERE id = %(mailbox)s AND status IN {_SENDERS}
"""

NEXT_DUE = f"""
SELECT extract(epoch FROM min(due_at) - now())::float8 FROM outreach_message
WHERE status = '{Status.SCHEDULED}' AND due_at > now()
"""
