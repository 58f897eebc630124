"""From a failure of SMTP, IMAP or DNS to its cause and what to change, in words for the owner of a mailbox. Pure.

The rules are tried in order; the first that fits wins. Reply codes are those of RFC 5321 and RFC 4954, enhanced codes
those of RFC 3463 and RFC 5248; the texts are what the big hosts really say.
"""

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from mailboxes.failures import (
    STAGES,
    Failure,
    NoMailServerError,
    NotArrivedError,
    PrivateAddressError,
    SentFolderMissingError,
    SuppressedError,
    certificate,
    either,
    looked_up,
    names,
    raised,
    refused_by_imap,
    said,
)


@dataclass(frozen=True)
class Diagnosis:
    """Why it failed and what to change; `key` names the cause for tests and statistics."""

    key: str
    cause: str
    fix: str


Rule = tuple[str, Callable[[Failure], bool], str, str]


def diagnose(failure: Failure) -> Diagnosis:
    """Return cause and fix; every failure has one, and none says only that there was an error."""
    for key, fits, cause, fix in RULES:
        if fits(failure):
            return Diagnosis(key, _filled(cause, failure), _filled(fix, failure))
    said = f" It said: “{_short(failure)}”" if _short(failure) else ""
    return Diagnosis(
        "refused" if failure.code else "no_conversation",
        _filled("{host} did not go on at “{stage}”.", failure) + said,
        _filled(
            "Compare server, port {port} and encryption with your provider's help page; its support can explain the answer below.",
            failure,
        ),
    )


_TLS_PORT = {"SMTP": "465", "IMAP": "993"}
_STARTTLS_PORT = {"SMTP": "587", "IMAP": "143"}


def _filled(sentence: str, failure: Failure) -> str:
    return sentence.format(
        host=failure.host or "The server",
        port=failure.port or "",
        protocol=failure.protocol,
        stage=STAGES.get(failure.row, failure.row),
        tls_port=_TLS_PORT.get(failure.protocol, "465"),
        starttls_port=_STARTTLS_PORT.get(failure.protocol, "587"),
    )


def _short(failure: Failure) -> str:
    return failure.text[:160].strip()


_IMAP = ("imap", "find")
_DNS: tuple[Rule, ...] = (
    (
        "private_network",
        raised(PrivateAddressError),
        "{host} stands in a private network, which RoleFerry may not reach.",
        "Enter the public name of your mail server, the one you use outside of your office.",
    ),
    (
        "no_receiving_server",
        raised(NoMailServerError),
        "No server receives mail for the domain of your address, so answers to you would be lost.",
        "Check the spelling of your address. If it is right, add an MX record where your domain is managed.",
    ),
    (
        "name_without_address",
        looked_up(getattr(socket, "EAI_NODATA", -5), getattr(socket, "EAI_ADDRFAMILY", -9)),
        "The name {host} exists, but no server stands behind it.",
        "Use the name that your provider gives for outgoing or incoming mail, often smtp. or imap. before the domain.",
    ),
    (
        "resolver_failed",
        either(looked_up(socket.EAI_AGAIN), names("resolver did not answer")),
        "The name {host} could not be looked up in time. This says nothing about your settings.",
        "Test again in a minute. If it stays so, the name servers of that domain do not answer.",
    ),
    (
        "name_unknown",
        raised(socket.gaierror),
        "There is no server named {host}.",
        "Check the spelling of the server's name; your provider's help page has it.",
    ),
)
_CONNECTION: tuple[Rule, ...] = (
    (
        "tls_on_plain_port",
        names("wrong.version.number|record layer failure|unknown protocol|packet length too long"),
        "Port {port} of {host} begins without encryption, but TLS was tried at once.",
        "Choose STARTTLS for this port, or keep TLS and use port {tls_port}.",
    ),
    (
        "certificate_expired",
        certificate("expired"),
        "The certificate of {host} has expired, so your password was not sent.",
        "Only the server's administrator can renew it. Ask them, then test again.",
    ),
    (
        "certificate_wrong_name",
        certificate("hostname mismatch|not valid for|ip address mismatch"),
        "{host} shows a certificate of another name, so your password was not sent.",
        "Enter the name that the certificate was made for; the server's own answer below tells it.",
    ),
    (
        "certificate_self_signed",
        certificate("self.signed"),
        "{host} vouches for itself only (its certificate is self-signed), so your password was not sent.",
        "Its administrator needs a certificate of a public authority; Let's Encrypt gives them free.",
    ),
    (
        "certificate_unknown_issuer",
        certificate(""),
        "The certificate of {host} comes from nobody we know, or its chain is incomplete, so your password was not sent.",
        "Ask the server's administrator to install the full chain of the certificate.",
    ),
    (
        "tls_failed",
        raised(ssl.SSLError),
        "{host} and we found no way of encryption that both know; it may be too old.",
        "Ask the provider for a server with TLS 1.2 or newer.",
    ),
    (
        "starttls_not_offered",
        names("offers no STARTTLS"),
        "{host} offers no encryption on port {port}, so your password was not sent.",
        "Choose TLS with port {tls_port}, or ask your provider which port is encrypted.",
    ),
    (
        "no_encryption",
        names("without encryption"),
        "Without encryption everybody on the way could read your password, so it was not sent.",
        "Choose STARTTLS (port {starttls_port}) or TLS (port {tls_port}).",
    ),
    (
        "nobody_listens",
        raised(ConnectionRefusedError),
        "{host} is there, but takes no connections on port {port}.",
        "Check the port: {starttls_port} with STARTTLS or {tls_port} with TLS are usual.",
    ),
    (
        "unreachable",
        names("unreachable|no route"),
        "There is no way from here to {host}.",
        "Try again in a few minutes; if it stays so, ask your provider whether the server is up.",
    ),
    (
        "plain_on_tls_port",
        lambda failure: (
            failure.row in {"connect", *_IMAP}
            and failure.port in {465, 993}
            and failure.security != "tls"
            and raised(TimeoutError)(failure)
        ),
        "Port {port} waits for encryption from the first octet, but STARTTLS was tried.",
        "Choose TLS for port {port}.",
    ),
    (
        "silent",
        raised(TimeoutError),
        "{host} did not answer in time on port {port}.",
        "The port may be blocked or belong to something else. Try {starttls_port} with STARTTLS or {tls_port} with TLS.",
    ),
)
_LOGIN: tuple[Rule, ...] = (
    (
        "imap_busy",
        said(r"\[(UNAVAILABLE|INUSE|SERVERBUG|LIMIT)\]|too many.{0,20}connections", rows=_IMAP),
        "{host} is busy, or other programs hold too many connections to this mailbox.",
        "Close other mail programs that use it, wait a few minutes, and test again.",
    ),
    (
        "app_password_needed",
        either(
            said(enhanced="5.7.9"),
            said("application.specific password|app password", rows=("login", *_IMAP)),
            said("InvalidSecondFactor|web login required"),
        ),
        "Your provider does not take your normal password here, because two-step verification is on.",
        "Make an app password in your account's security settings and enter that instead.",
    ),
    (
        "basic_auth_disabled",
        either(
            said(enhanced="5.7.139"),
            said(
                "basic authentication is disabled|SmtpClientAuthentication is disabled|AUTHENTICATE failed.*basic"
            ),
        ),
        "Your organisation has switched passwords off for mail programs (Microsoft calls it basic authentication).",
        "Go back and choose Microsoft instead of SMTP, or ask your administrator to allow authenticated SMTP for your mailbox.",
    ),
    (
        "too_many_log_ins",
        either(
            said(enhanced="4.7.0", codes=(454, 421), rows=("login",)),
            said("too many (failed )?(login|log-in|auth)", rows=("login", *_IMAP)),
        ),
        "{host} has seen too many log-ins and makes us wait.",
        "Wait a quarter of an hour, then test again.",
    ),
    (
        "imap_disabled",
        said(
            r"imap (access )?(is )?(disabled|not enabled|deactivated)|not enabled for imap|enable imap|imap.{0,40}disabled",
            rows=_IMAP,
        ),
        "Your mailbox does not let programs read it: IMAP is switched off.",
        "Switch IMAP on in your provider's settings (often under Forwarding or Synchronisation), then test again.",
    ),
    (
        "encryption_required",
        either(
            said(codes=(530,), enhanced="5.7.0"),
            said(
                "must issue a STARTTLS|STARTTLS first|encryption required|LOGINDISABLED|plaintext authentication"
            ),
            said(codes=(538,)),
        ),
        "{host} wants encryption before anything else.",
        "Choose STARTTLS (port {starttls_port}) or TLS (port {tls_port}).",
    ),
    (
        "no_common_log_in",
        names("offers no way to log in"),
        "{host} offers none of the ways to log in that we know, at least not with this encryption.",
        "Choose STARTTLS or TLS. If it was chosen, this may be a server for receiving only; ask for the outgoing one.",
    ),
    (
        "access_withdrawn",
        names("access was withdrawn"),
        "You or your provider took the access back.",
        "Connect the mailbox again, the same way as the first time.",
    ),
    (
        "imap_wrong_password",
        refused_by_imap,
        "{host} did not take the user name or the password for reading.",
        "Check both. Many providers want an app password, and some a user name without the part after the @.",
    ),
    (
        "wrong_password",
        either(
            said(codes=(535, 534, 530, 454), rows=("login",)),
            said(enhanced="5.7.8", rows=("login",)),
        ),
        "{host} did not take the user name or the password.",
        "Enter both again. Many providers want an app password instead of your normal one.",
    ),
)
_SENDING: tuple[Rule, ...] = (
    (
        "suppressed",
        raised(SuppressedError),
        "This address asked RoleFerry never to write to it, and that holds for its own tests as well.",
        "Use another address, or write to support if this is yours.",
    ),
    (
        "sending_limit",
        either(
            said(enhanced="5.4.5"),
            said(
                "(daily|hourly|user|sending|message).{0,30}(limit|quota).{0,20}(exceed|reach)|exceeded.{0,40}(limit|rate)",
                rows=("send",),
                codes=(550, 452, 450, 421, 451),
            ),
        ),
        "Your provider's limit of mails for today is used up.",
        "Wait a day. Then choose a daily cap here that leaves room for your own mail.",
    ),
    (
        "mailbox_full",
        either(
            said(enhanced="5.2.2"),
            said(enhanced="4.2.2"),
            said(
                "(mailbox|quota).{0,20}(full|exceed)|over quota|insufficient storage",
                rows=("send",),
            ),
        ),
        "Your own mailbox is full, so not even a mail from you to you fits.",
        "Delete or archive old mail, then test again. Answers would be lost too.",
    ),
    (
        "sender_refused",
        either(
            said(enhanced="5.7.60"),
            said(
                "sender.{0,40}(reject|not owned|denied|not allowed|verify)|not (permitted|allowed) to send as|send as",
                rows=("send",),
            ),
            said(codes=(553,), rows=("send",)),
        ),
        "The server lets you in, but not send as this address.",
        "Use the address that belongs to this log-in, or have your administrator allow it as an alias.",
    ),
    (
        "relay_denied",
        said(
            r"relay(ing)?\b.{0,30}(denied|not permitted|not allowed|prohibited)|unable to relay|5\.7\.54",
            rows=("send",),
        ),
        "{host} does not pass on mail for this log-in.",
        "Check that this is the server for outgoing mail, and that the user name is the full e-mail address.",
    ),
    (
        "authentication_required",
        said(codes=(530,), rows=("send",)),
        "{host} wants a log-in before it takes mail.",
        "Enter your user name and password.",
    ),
    (
        "policy_block",
        either(
            said(enhanced="5.7."),
            said(
                "spam|policy|blocked|blacklist|blocklist|listed",
                rows=("send",),
                codes=(550, 554, 521, 571),
            ),
        ),
        "The server refused the test mail by its policy: it distrusts the text, this address or our own.",
        "Read its answer below; it often has a link. Your provider's support can lift the block.",
    ),
    (
        "recipient_unknown",
        either(said(enhanced="5.1."), said(codes=(550, 551), rows=("send",))),
        "The server knows no mailbox of your own address.",
        "Check the spelling of your e-mail address above.",
    ),
    (
        "too_many_connections",
        said(codes=(421,)),
        "{host} has too many connections now, or is closing, and asked us to come back.",
        "Close other mail programs that use this mailbox, wait a few minutes, and test again.",
    ),
    (
        "greylisted",
        said(codes=(450, 451, 452)),
        "{host} takes mail of new senders only at the second try (greylisting), or is busy.",
        "Wait five minutes, then test again. When really sending, we come back by ourselves.",
    ),
)
_FINDING: tuple[Rule, ...] = (
    (
        "sent_folder_missing",
        raised(SentFolderMissingError),
        "We found no folder of sent mail in this mailbox.",
        "Mark one as “Sent” in your mail program. Sending works without; only after a crash we could not look there.",
    ),
    (
        "not_arrived",
        raised(NotArrivedError),
        "The test mail was sent, but did not arrive in your inbox in time.",
        "Look into your spam folder. Some hosts take minutes: test again a little later.",
    ),
)
# Asked last, because a connection that broke may have said why before.
_BROKEN: tuple[Rule, ...] = (
    (
        "another_protocol",
        names("not SMTP|too long|unexpected response|line too"),
        "What answers at {host} on port {port} does not speak {protocol}.",
        "Check server and port: {starttls_port} with STARTTLS or {tls_port} with TLS are usual.",
    ),
    (
        "hung_up",
        names("closed the connection|connection was lost|reset by peer|EOF|broken pipe"),
        "{host} hung up in the middle of the conversation.",
        "Check port and encryption: {starttls_port} with STARTTLS or {tls_port} with TLS. Else test again in a few minutes.",
    ),
)
RULES: tuple[Rule, ...] = _DNS + _CONNECTION + _LOGIN + _SENDING + _FINDING + _BROKEN
