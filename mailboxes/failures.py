"""Failures of SMTP, IMAP and DNS as facts, and small questions about them, for mailboxes.diagnosing. Pure."""

import imaplib
import re
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass

STAGES = {
    "dns": "finding the server",
    "connect": "connecting",
    "tls": "encryption",
    "login": "log-in",
    "send": "sending to yourself",
    "imap": "opening the mailbox",
    "find": "finding the test mail",
}


@dataclass(frozen=True)
class Failure:
    """What went wrong: in which row of the check, what the server said, what the system raised.

    `row` is one of dns, connect, tls, login, send, imap, find. `code` is the SMTP reply code, `enhanced` as 5.7.8.
    """

    row: str
    host: str = ""
    port: int = 0
    security: str = ""
    protocol: str = "SMTP"
    code: int | None = None
    enhanced: str = ""
    text: str = ""
    error: BaseException | None = None


class PrivateAddressError(Exception):
    """The name leads into a network that may not be dialled from here."""


class NoMailServerError(Exception):
    """The domain of the address says that it takes no mail, or names nobody who would."""


class SentFolderMissingError(Exception):
    """No folder of the mailbox holds sent mail."""


class NotArrivedError(Exception):
    """The mail to oneself was taken, but did not appear in time."""


class SuppressedError(Exception):
    """The address once asked not to be written to."""


def raised(*kinds: type[BaseException]) -> Callable[[Failure], bool]:
    """Whether something of these kinds was raised."""

    def fits(failure: Failure) -> bool:
        return any(isinstance(error, kinds) for error in chain(failure.error))

    return fits


def chain(error: BaseException | None) -> list[BaseException]:
    """Return the error and what caused it, outermost first."""
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return chain


def names(
    pattern: str, *, among: tuple[type[BaseException], ...] = (Exception,)
) -> Callable[[Failure], bool]:
    """Whether what was raised says something like this."""
    wanted = re.compile(pattern, re.IGNORECASE)

    def fits(failure: Failure) -> bool:
        words = [str(error) for error in chain(failure.error) if isinstance(error, among)]
        return any(wanted.search(text) for text in words)

    return fits


def looked_up(*codes: int) -> Callable[[Failure], bool]:
    """Whether looking up a name ended with one of these codes of getaddrinfo."""

    def fits(failure: Failure) -> bool:
        return any(
            isinstance(error, socket.gaierror) and error.errno in codes
            for error in chain(failure.error)
        )

    return fits


def said(
    pattern: str = "",
    *,
    codes: tuple[int, ...] = (),
    enhanced: str = "",
    rows: tuple[str, ...] = (),
) -> Callable[[Failure], bool]:
    """Whether the server said something like this, with such a code, in such a row."""
    wanted = re.compile(pattern, re.IGNORECASE)

    def fits(failure: Failure) -> bool:
        return (
            (not codes or failure.code in codes)
            and (not rows or failure.row in rows)
            and failure.enhanced.startswith(enhanced)
            and (not pattern or bool(wanted.search(failure.text)))
            and bool(codes or enhanced or failure.text)
        )

    return fits


def either(*rules: Callable[[Failure], bool]) -> Callable[[Failure], bool]:
    """Whether any of the rules fits."""
    return lambda failure: any(rule(failure) for rule in rules)


def certificate(pattern: str) -> Callable[[Failure], bool]:
    """Whether a certificate was refused for such a reason."""
    return names(pattern, among=(ssl.SSLCertVerificationError,))


def refused_by_imap(failure: Failure) -> bool:
    """Whether the IMAP server said no to opening the mailbox, rather than hanging up."""
    raised_ones = chain(failure.error)
    return (
        failure.row == "imap"
        and any(isinstance(error, imaplib.IMAP4.error) for error in raised_ones)
        and not any(isinstance(error, imaplib.IMAP4.abort) for error in raised_ones)
    )
