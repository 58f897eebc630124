"""A mailbox to try against servers on loopback, for the tests of the live check."""

from django.utils import timezone

from mailboxes import checking
from mailboxes.connecting import SmtpDetails
from mailboxes.live_check import Tools
from tests.fakes.dovecot import PASSWORD
from tests.fakes.smtp_sink import SmtpSink

ADDRESS = "olga@real-company.com"
HOST = "mail.real-company.com"


class Delivering(SmtpSink):
    """A sink that puts each mail into Dovecot's folders, as a provider does."""

    def __init__(self, dovecot, folders=("INBOX", "Sent"), **options):
        super().__init__(**{"logins": {"olga": PASSWORD}, **options})
        record = self.rules._record

        def record_and_deliver(peer, raw):
            mail = record(peer, raw)
            for folder in folders:
                dovecot.deliver(ADDRESS, folder, raw)
            return mail

        self.rules._record = record_and_deliver


def details(sink, dovecot=None, **changes):
    values = {
        "address": ADDRESS,
        "display_name": "Olga",
        "host": HOST,
        "port": sink.port,
        "security": "none",
        "username": "olga",
        "password": PASSWORD,
    }
    if dovecot is not None:
        values |= {
            "imap_host": "imap.real-company.com",
            "imap_port": dovecot.port,
            "imap_security": "none",
            "imap_username": ADDRESS,
        }
    return SmtpDetails(**{**values, **changes})


def tools(**changes):
    values = {
        "addresses_of": lambda host: ["127.0.0.1"],
        "receives_mail": lambda domain: True,
        "arrival_seconds": 0.2,
        "filing_seconds": 0.1,
        "look_every_seconds": 0.05,
        "step_seconds": 20,  # patience for a busy machine; nothing here is silent
    }
    return Tools(**{**values, **changes})


def run(workspace, typed, *, steps=None, **changes):
    check = checking.open_check(workspace, now=timezone.now(), details=typed)
    report = steps.append if steps is not None else lambda step: None
    checking.run_check(check, now=timezone.now(), tools=tools(**changes), report=report)
    check.refresh_from_db()
    return check


def states(check):
    return [row["status"] for row in check.rows]


def row(check, key):
    return next(row for row in check.rows if row["key"] == key)
