"""Failures of SMTP, IMAP and DNS, as hosts really word them, and the cause that is said (ux.md E27)."""

import imaplib
import socket
import ssl

import pytest

from mailboxes.diagnosing import RULES, diagnose
from mailboxes.failures import (
    STAGES,
    Failure,
    NoMailServerError,
    NotArrivedError,
    PrivateAddressError,
    SentFolderMissingError,
    SuppressedError,
)
from mailboxes.receipts import PermanentTransportError, Stage
from mailboxes.smtp_wire import WireError


def caused(error, cause):
    error.__cause__ = cause
    return error


def certificate(message):
    error = ssl.SSLCertVerificationError(1, f"certificate verify failed: {message}")
    error.verify_message = message
    return error


def smtp(row, code, enhanced, text):
    return Failure(row, "mail.x.com", 587, "starttls", code=code, enhanced=enhanced, text=text)


def imap(text, *, kind=imaplib.IMAP4.error, row="imap"):
    return Failure(row, "imap.x.com", 993, "tls", "IMAP", text=text, error=kind(text))


def raised(row, error, *, port=587, security="starttls", protocol="SMTP"):
    return Failure(row, "mail.x.com", port, security, protocol, error=error)


CASES = [
    ("wrong_password", smtp("login", 535, "5.7.8", "Username and Password not accepted.")),
    ("wrong_password", smtp("login", 535, "", "Authentication credentials invalid")),
    ("app_password_needed", smtp("login", 534, "5.7.9", "Application-specific password required.")),
    ("app_password_needed", smtp("login", 534, "5.7.14", "Please log in. Web login required.")),
    (
        "basic_auth_disabled",
        smtp(
            "login",
            535,
            "5.7.139",
            "Authentication unsuccessful, basic authentication is disabled.",
        ),
    ),
    (
        "basic_auth_disabled",
        smtp("login", 535, "5.7.3", "SmtpClientAuthentication is disabled for the Tenant."),
    ),
    (
        "too_many_log_ins",
        smtp("login", 454, "4.7.0", "Too many login attempts, please try again later."),
    ),
    ("encryption_required", smtp("login", 530, "5.7.0", "Must issue a STARTTLS command first")),
    ("greylisted", smtp("send", 451, "4.7.1", "Greylisting in action, please come back later")),
    ("greylisted", smtp("send", 450, "4.2.0", "Recipient address rejected: Greylisted")),
    ("relay_denied", smtp("send", 554, "5.7.1", "<a@b>: Relay access denied")),
    (
        "relay_denied",
        smtp("send", 550, "5.7.54", "SMTP; Unable to relay recipient in non-accepted domain"),
    ),
    ("too_many_connections", smtp("connect", 421, "4.7.0", "Too many concurrent SMTP connections")),
    (
        "mailbox_full",
        smtp("send", 552, "5.2.2", "The email account that you tried to reach is over quota."),
    ),
    (
        "sender_refused",
        smtp("send", 553, "5.7.1", "Sender address rejected: not owned by user olga"),
    ),
    (
        "sender_refused",
        smtp(
            "send", 550, "5.7.60", "SMTP; Client does not have permissions to send as this sender"
        ),
    ),
    ("sending_limit", smtp("send", 550, "5.4.5", "Daily user sending limit exceeded.")),
    ("policy_block", smtp("send", 550, "5.7.1", "Message contains content that is blocked")),
    (
        "policy_block",
        smtp("send", 554, "", "Your access to this mail system has been rejected: blocklist"),
    ),
    ("recipient_unknown", smtp("send", 550, "5.1.1", "The email account does not exist.")),
    ("authentication_required", smtp("send", 530, "5.5.1", "Authentication Required.")),
    (
        "tls_on_plain_port",
        raised("tls", ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number")),
    ),
    ("plain_on_tls_port", raised("connect", TimeoutError(), port=465)),
    ("certificate_expired", raised("tls", certificate("certificate has expired"))),
    (
        "certificate_wrong_name",
        raised("tls", certificate("Hostname mismatch, certificate is not valid for 'mail.x.com'.")),
    ),
    ("certificate_self_signed", raised("tls", certificate("self-signed certificate"))),
    (
        "certificate_unknown_issuer",
        raised("tls", certificate("unable to get local issuer certificate")),
    ),
    (
        "tls_failed",
        raised("tls", ssl.SSLError(1, "[SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert")),
    ),
    (
        "starttls_not_offered",
        raised(
            "tls",
            PermanentTransportError("mail.x.com offers no STARTTLS on port 587", stage=Stage.TLS),
        ),
    ),
    (
        "no_encryption",
        raised(
            "login",
            PermanentTransportError(
                "The password would travel without encryption", stage=Stage.LOGIN
            ),
        ),
    ),
    (
        "no_common_log_in",
        raised(
            "login",
            PermanentTransportError(
                "mail.x.com offers no way to log in that we know", stage=Stage.LOGIN
            ),
        ),
    ),
    (
        "access_withdrawn",
        raised(
            "login",
            PermanentTransportError(
                "Google says access was withdrawn; connect again.", stage=Stage.LOGIN
            ),
        ),
    ),
    (
        "name_unknown",
        raised("dns", socket.gaierror(socket.EAI_NONAME, "Name or service not known")),
    ),
    (
        "name_without_address",
        raised("dns", socket.gaierror(socket.EAI_NODATA, "No address associated")),
    ),
    ("resolver_failed", raised("dns", socket.gaierror(socket.EAI_AGAIN, "Temporary failure"))),
    ("private_network", raised("dns", PrivateAddressError())),
    ("no_receiving_server", raised("dns", NoMailServerError())),
    (
        "nobody_listens",
        raised("connect", caused(OSError("failed"), ConnectionRefusedError(111, "refused"))),
    ),
    ("unreachable", raised("connect", OSError(101, "Network is unreachable"))),
    ("silent", raised("connect", TimeoutError())),
    ("hung_up", raised("connect", WireError("the server closed the connection"))),
    (
        "another_protocol",
        raised("connect", WireError("the server answered with something that is not SMTP")),
    ),
    ("suppressed", raised("send", SuppressedError())),
    (
        "imap_disabled",
        imap("[ALERT] Your account is not enabled for IMAP use. Please enable IMAP access."),
    ),
    ("imap_wrong_password", imap("[AUTHENTICATIONFAILED] Authentication failed.")),
    ("app_password_needed", imap("[ALERT] Application-specific password required")),
    ("imap_busy", imap("[UNAVAILABLE] Temporary authentication failure")),
    ("imap_busy", imap("[ALERT] Too many simultaneous connections. (Failure)")),
    ("hung_up", imap("command: LOGIN => socket error: EOF", kind=imaplib.IMAP4.abort)),
    ("sent_folder_missing", raised("find", SentFolderMissingError(), protocol="IMAP")),
    ("not_arrived", raised("find", NotArrivedError(), protocol="IMAP")),
]


@pytest.mark.parametrize(
    ("key", "failure"),
    CASES,
    ids=lambda value: value if isinstance(value, str) else value.text[:30],
)
def test_the_cause_is_named(key, failure):
    assert diagnose(failure).key == key


def test_every_cause_has_a_case_and_there_are_more_than_twenty():
    assert {key for key, *_ in RULES} == {key for key, _ in CASES}
    assert len({key for key, _ in CASES}) > 20


@pytest.mark.parametrize(
    ("key", "failure"), CASES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_cause_and_fix_are_sentences_that_say_more_than_error(key, failure):
    found = diagnose(failure)
    for sentence in (found.cause, found.fix):
        assert sentence[0].isupper() or sentence.startswith(failure.host)
        assert sentence.endswith(".")
        assert "{" not in sentence
        assert "error" not in sentence.lower()
        assert len(sentence.split()) > 4
    assert found.cause != found.fix


@pytest.mark.parametrize("row", STAGES)
def test_what_nobody_foresaw_still_says_where_and_what_to_do(row):
    said = diagnose(smtp(row, 599, "", "Computer says no"))
    assert said.key == "refused"
    assert STAGES[row] in said.cause
    assert "Computer says no" in said.cause
    silent = diagnose(Failure(row, "mail.x.com", 25, error=RuntimeError("odd")))
    assert silent.key == "no_conversation"
    assert "mail.x.com" in silent.cause


def test_braces_in_a_servers_words_are_harmless():
    assert "{host}" in diagnose(smtp("send", 599, "", "{host} {0}")).cause
