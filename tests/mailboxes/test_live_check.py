"""The live check against real servers on loopback: every row, what is learned, what is kept, and what never is."""

import json
import ssl
from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AuditEntry
from mailboxes import checking
from mailboxes.live_check import TEST_SUBJECT
from mailboxes.models import Mailbox, MailboxDay
from mailboxes.suppression import suppress
from tests.fakes.dovecot import PASSWORD, Dovecot, free_port, needs_dovecot
from tests.fakes.smtp_sink import Fault, make_certificate
from tests.mailboxes.live_checking import (
    ADDRESS,
    HOST,
    Delivering,
    details,
    row,
    run,
    states,
)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    needs_dovecot,
]


@pytest.fixture(scope="module")
def dovecot():
    with Dovecot() as server:
        yield server


def test_all_rows_turn_green_and_the_mailbox_is_kept_with_what_was_learned(workspace, dovecot):
    steps = []
    with Delivering(dovecot) as sink:
        check = run(workspace, details(sink, dovecot), steps=steps)
    assert states(check) == ["ok"] * 7
    assert steps == [0, 1, 2, 3, 4, 5, 6]
    mailbox = Mailbox.objects.get()
    assert (check.verdict, check.mailbox, check.secrets) == ("passed", mailbox, "")
    assert (mailbox.sent_folder, mailbox.files_sent_copies) == ("Sent", True)
    assert (mailbox.status, mailbox.smtp_password, mailbox.imap_password) == (
        "warmup",
        PASSWORD,
        "",
    )
    assert (mailbox.imap_host, mailbox.imap_username) == ("imap.real-company.com", ADDRESS)


def test_the_test_mail_goes_to_its_own_sender_once_and_counts_nowhere(workspace, dovecot):
    before = dovecot.unread(ADDRESS, "INBOX")
    with Delivering(dovecot) as sink:
        run(workspace, details(sink, dovecot, display_name="Buy now"))
        mail = sink.accepted[0]
        assert len(sink.accepted) == 1
    assert (mail.sender, mail.recipients) == (ADDRESS, (ADDRESS,))
    assert TEST_SUBJECT.encode() in mail.raw
    assert b"Buy now" not in mail.raw
    assert not MailboxDay.objects.exists()
    assert not AuditEntry.objects.exists()
    assert Mailbox.objects.get().last_sent_at is None
    assert dovecot.unread(ADDRESS, "INBOX") == before + 1


def test_a_server_that_files_no_copy_is_known_as_such(workspace, dovecot):
    with Delivering(dovecot, folders=("INBOX",)) as sink:
        assert run(workspace, details(sink, dovecot)).verdict == "passed"
    mailbox = Mailbox.objects.get()
    assert (mailbox.sent_folder, mailbox.files_sent_copies) == ("Sent", False)


def test_reading_is_optional_and_its_absence_is_said(workspace, dovecot):
    with Delivering(dovecot) as sink:
        check = run(workspace, details(sink))
    assert states(check) == ["ok"] * 5 + ["skipped"] * 2
    assert "Answers will then only be heard" in row(check, "imap")["note"]
    mailbox = Mailbox.objects.get()
    assert (mailbox.imap_host, mailbox.files_sent_copies) == ("", None)


def test_sending_works_but_reading_does_not_and_the_person_decides(workspace, dovecot):
    with Delivering(dovecot) as sink:
        check = run(workspace, details(sink, dovecot, imap_password="wrong"))
    assert states(check) == ["ok"] * 5 + ["failed", "waiting"]
    assert row(check, "imap")["key_of_cause"] == "imap_wrong_password"
    assert "Authentication failed" in row(check, "imap")["raw"]
    assert (check.verdict, Mailbox.objects.count()) == ("sending", 0)
    mailbox = checking.go_on_without_reading(check, now=timezone.now())
    assert checking.go_on_without_reading(check, now=timezone.now()) == mailbox
    check.refresh_from_db()
    assert (mailbox.imap_host, mailbox.smtp_password, check.secrets) == ("", PASSWORD, "")


def test_a_failed_check_keeps_no_mailbox_and_no_password_for_long(workspace, dovecot):
    with Delivering(dovecot) as sink:
        check = run(workspace, details(sink, dovecot, password="not-the-password"))
        assert sink.accepted == []
    assert states(check) == ["ok", "ok", "ok", "failed", "waiting", "waiting", "waiting"]
    assert not Mailbox.objects.exists()
    assert "not-the-password" not in json.dumps([check.rows, check.details])
    with pytest.raises(checking.NothingToCheckError):
        checking.go_on_without_reading(check, now=timezone.now())
    assert checking.forget_secrets(now=timezone.now()) == 0
    assert checking.forget_secrets(now=timezone.now() + timedelta(hours=1)) == 1
    check.refresh_from_db()
    with pytest.raises(checking.NothingToCheckError, match="Enter it again"):
        checking.reopen_check(check, now=timezone.now())


SMTP_FAULTS = [
    (Fault("banner", "421 4.7.0 busy"), "connect", "too_many_connections"),
    (Fault("banner", "drop"), "connect", "hung_up"),
    (Fault("mail", "550 5.4.5 Daily user sending limit exceeded"), "send", "sending_limit"),
    (
        Fault("mail", "550 5.7.60 SMTP; Client does not have permissions to send as this sender"),
        "send",
        "sender_refused",
    ),
    (
        Fault("mail", "553 5.7.1 Sender address rejected: not owned by user"),
        "send",
        "sender_refused",
    ),
    (Fault("rcpt", "451 4.7.1 Greylisted, come back later"), "send", "greylisted"),
    (Fault("rcpt", "554 5.7.1 Relay access denied"), "send", "relay_denied"),
    (Fault("rcpt", "552 5.2.2 Mailbox full"), "send", "mailbox_full"),
    (Fault("rcpt", "550 5.1.1 No such user here"), "send", "recipient_unknown"),
    (Fault("mail", "530 5.7.0 Must issue a STARTTLS command first"), "send", "encryption_required"),
    (Fault("dot", "554 5.7.1 Message rejected as spam"), "send", "policy_block"),
    (Fault("dot", "drop"), "send", "hung_up"),
    (Fault("data", "421 4.3.2 Too many connections"), "send", "too_many_connections"),
]


@pytest.mark.parametrize(
    ("fault", "failed_row", "cause"), SMTP_FAULTS, ids=lambda value: getattr(value, "action", value)
)
def test_simulated_faults_of_the_outgoing_server(workspace, dovecot, fault, failed_row, cause):
    with Delivering(dovecot, faults=[fault]) as sink:
        check = run(workspace, details(sink))
    found = row(check, failed_row)
    assert (found["status"], found["key_of_cause"]) == ("failed", cause)
    assert found["raw"]
    assert found["cause"].endswith(".")
    assert found["fix"].endswith(".")
    assert not Mailbox.objects.exists()


def test_wrong_password_as_the_sink_says_it(workspace, dovecot):
    with Delivering(dovecot) as sink:
        check = run(workspace, details(sink, password="nope"))
    assert row(check, "login")["key_of_cause"] == "wrong_password"
    assert row(check, "login")["raw"].startswith("535")


def test_nobody_listens(workspace, dovecot):
    with Delivering(dovecot) as sink:
        check = run(workspace, details(sink, port=free_port()))
    assert row(check, "connect")["key_of_cause"] == "nobody_listens"


def test_tls_on_a_plain_port(workspace, dovecot):
    with Delivering(dovecot) as sink:
        check = run(workspace, details(sink, security="tls"))
    assert (row(check, "connect")["status"], row(check, "tls")["key_of_cause"]) == (
        "ok",
        "tls_on_plain_port",
    )


def test_starttls_where_none_is_offered(workspace, dovecot):
    with Delivering(dovecot) as sink:
        check = run(workspace, details(sink, security="starttls"))
    assert row(check, "tls")["key_of_cause"] == "starttls_not_offered"


@pytest.mark.parametrize(
    ("host", "trusted", "cause"),
    [(HOST, True, "certificate_wrong_name"), ("localhost", False, "certificate_self_signed")],
)
def test_certificates(workspace, dovecot, tmp_path, host, trusted, cause):
    certificate = make_certificate(tmp_path)
    context = ssl.create_default_context(cafile=str(certificate) if trusted else None)
    with Delivering(dovecot, certificate=certificate) as sink:
        typed = details(sink, host=host, security="starttls")
        check = run(workspace, typed, tls_context=context)
        assert sink.accepted == []
    assert row(check, "tls")["key_of_cause"] == cause


def raising(error):
    def look_up(host):
        raise error

    return look_up


def dns_cases():
    import socket

    return [
        (raising(socket.gaierror(socket.EAI_NONAME, "Name or service not known")), "name_unknown"),
        (raising(socket.gaierror(socket.EAI_NODATA, "No address")), "name_without_address"),
        (raising(socket.gaierror(socket.EAI_AGAIN, "Temporary failure")), "resolver_failed"),
    ]


@pytest.mark.parametrize(("look_up", "cause"), dns_cases(), ids=lambda value: str(value)[:20])
def test_names_that_lead_nowhere(workspace, dovecot, look_up, cause):
    with Delivering(dovecot) as sink:
        check = run(workspace, details(sink), addresses_of=look_up)
        assert sink.verbs == []
    assert row(check, "dns")["key_of_cause"] == cause


def test_a_private_network_is_never_dialled(workspace, dovecot, settings):
    settings.SMTP_ALLOW_PRIVATE = False
    with Delivering(dovecot) as sink:
        check = run(workspace, details(sink))
        assert sink.verbs == []
    assert row(check, "dns")["key_of_cause"] == "private_network"


def test_a_domain_that_receives_no_mail(workspace, dovecot):
    with Delivering(dovecot) as sink:
        check = run(workspace, details(sink), receives_mail=lambda domain: False)
        unsure = run(workspace, details(sink), receives_mail=lambda domain: None)
    assert row(check, "dns")["key_of_cause"] == "no_receiving_server"
    assert (row(unsure, "dns")["status"], unsure.verdict) == ("ok", "passed")


def test_a_mail_that_does_not_arrive(workspace, dovecot):
    with Delivering(dovecot, folders=()) as sink:
        check = run(workspace, details(sink, dovecot))
    assert row(check, "find")["key_of_cause"] == "not_arrived"
    assert check.verdict == "sending"


def test_a_mailbox_without_a_sent_folder(workspace):
    with ExitStack() as stack:
        odd = stack.enter_context(Dovecot(sent="Stuff", special=False))
        sink = stack.enter_context(Delivering(odd, folders=("INBOX",)))
        check = run(workspace, details(sink, odd))
    found = row(check, "find")
    assert (found["status"], found["key_of_cause"]) == ("warning", "sent_folder_missing")
    assert (check.verdict, Mailbox.objects.get().files_sent_copies) == ("passed", None)


def test_nobody_answers_imap(workspace, dovecot):
    with Delivering(dovecot) as sink:
        check = run(workspace, details(sink, dovecot, imap_port=free_port()))
    assert row(check, "imap")["key_of_cause"] == "nobody_listens"


def test_an_address_that_asked_for_silence_gets_no_test_mail(workspace, dovecot):
    suppress(email=ADDRESS, reason="unsubscribed", scope="platform", now=timezone.now())
    with Delivering(dovecot) as sink:
        check = run(workspace, details(sink))
        assert sink.accepted == []
    assert row(check, "send")["key_of_cause"] == "suppressed"
