"""How many mails the whole platform hands to one recipient domain in an hour, taken as exactly as a mailbox's day.

The statements are plain SQL, because the dispatcher's own connections run them.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mailboxes.addresses import is_reserved_domain
from mailboxes.models import RecipientWindow

# Gmail and Outlook call whoever sends 5,000 mails a day to them a bulk sender (quality.md section 2, deliverability).
# Nine working hours of this stay under half of it, whatever the number of workspaces.
CONSUMER_HOST_PER_HOUR = 200
# One company's server sees at most as many of our mails in an hour as Yahoo takes over one connection (quality.md
# section 2): to a small server more looks like an attack, and no team hires from more letters than that in an hour.
COMPANY_PER_HOUR = 20
# Names that can never be a person's: nobody is there to be flooded. The number is only there so that practice and
# benchmarks take the same way through the same row as real mail.
RESERVED_PER_HOUR = 1_000_000

# Hosts where very many people who do not know each other have their mailbox.
CONSUMER_HOSTS = frozenset(
    {
        "aol.com",
        "fastmail.com",
        "free.fr",
        "gmail.com",
        "gmx.at",
        "gmx.ch",
        "gmx.de",
        "gmx.net",
        "googlemail.com",
        "hotmail.co.uk",
        "hotmail.com",
        "hotmail.fr",
        "icloud.com",
        "laposte.net",
        "libero.it",
        "live.com",
        "mac.com",
        "mail.ru",
        "me.com",
        "msn.com",
        "orange.fr",
        "outlook.com",
        "outlook.de",
        "proton.me",
        "protonmail.com",
        "qq.com",
        "t-online.de",
        "wanadoo.fr",
        "web.de",
        "wp.pl",
        "yahoo.co.uk",
        "yahoo.com",
        "yahoo.de",
        "yahoo.fr",
        "yandex.ru",
        "ymail.com",
        "zoho.com",
    }
)

# A mail of unknown outcome gives its slot back when a person settles it; after a week that changes nothing.
KEPT = timedelta(days=7)

THIS_HOUR = "date_trunc('hour', now(), 'UTC')"

# Opens the hour where it is missing and locks it until the transaction ends, by domain, so that senders cannot block
# one another crosswise. A lowered cap takes effect at once but never below what is reserved.
OPEN_WINDOWS = f"""
INSERT INTO mailboxes_recipientwindow (domain, hour, cap, reserved)
SELECT v.domain, {THIS_HOUR}, v.cap, 0
FROM unnest(%(domains)s::text[], %(caps)s::int[]) AS v (domain, cap)
ORDER BY v.domain
ON CONFLICT (domain, hour) DO UPDATE
    SET cap = greatest(excluded.cap, mailboxes_recipientwindow.reserved)
RETURNING domain, hour, cap - reserved AS room
"""  # noqa: S608 - only our own constant is written in

RESERVE_WINDOWS = """
UPDATE mailboxes_recipientwindow w SET reserved = w.reserved + v.slots
FROM unnest(%(domains)s::text[], %(slots)s::int[]) AS v (domain, slots)
WHERE w.domain = v.domain AND w.hour = %(hour)s AND w.reserved + v.slots <= w.cap
RETURNING w.domain
"""


class WindowFullError(Exception):
    """A reservation would have passed the cap of a recipient domain's hour; nothing of the transaction may be kept."""


@dataclass
class WindowRoom:
    """What one recipient domain takes in this hour; `left` and `turned_away` move on as messages are planned."""

    cap: int
    left: int
    turned_away: int = 0

    def hours_to_wait(self) -> int:
        """Return after how many hours the next message that found no room may come: every hour takes `cap` of them."""
        self.turned_away += 1
        return 1 + (self.turned_away - 1) // self.cap


def forget_old_windows(*, now: datetime) -> int:
    """Delete the hours of which nobody can take or give back a slot any more; return how many."""
    return RecipientWindow.objects.filter(hour__lt=now - KEPT).delete()[0]


def hour_of(moment: datetime) -> datetime:
    """Return the UTC hour whose room a mail of `moment` takes; THIS_HOUR says the same."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def why_full(domain: str) -> str:
    """Return the sentence for a mail that waits for room at the recipient domain."""
    return f"{domain} gets at most {cap_for_domain(domain)} of our mails in an hour; this one waits for room."


def cap_for_domain(domain: str) -> int:
    """Return how many mails an hour the platform hands to the (lower-case) recipient domain."""
    if is_reserved_domain(domain):
        return RESERVED_PER_HOUR
    return CONSUMER_HOST_PER_HOUR if domain in CONSUMER_HOSTS else COMPANY_PER_HOUR
