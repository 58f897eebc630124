"""Reading a mailbox by IMAP: a guarded client that looks and never changes anything (folders are opened with EXAMINE).

The host is judged at each dial and its address pinned, as for SMTP; the server is a stranger, so its lines, its octets
and its time are limited. Every call blocks: from asyncio, run it in a thread.
"""

import contextlib
import imaplib
import ipaddress
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

from mailboxes.connecting import judged_at_dial
from mailboxes.credentials import login_of
from mailboxes.imap_folders import Folder, parse_folder
from mailboxes.models import Mailbox
from mailboxes.receipts import TransportError
from mailboxes.smtp_session import Authentication, Security

# One wait for the server; honest ones answer a SEARCH of a large folder in a few seconds.
STEP_SECONDS = 10.0
# A whole visit; the watchdog hangs up after it, however slowly the server dribbles.
VISIT_SECONDS = 60.0
# What a visit that looks for single messages may need: capability lists, folder lists, search results.
VISIT_OCTETS = 8 * 1024 * 1024
# RFC 5322 section 3.6.4 needs none of the characters that IMAP would have to quote.
_MESSAGE_ID = re.compile(r"<[!#-\[\]-~]{1,250}>")


class ImapStage(StrEnum):
    """Where in the conversation something happened."""

    CONNECT = "connect"
    TLS = "tls"
    LOGIN = "login"
    FOLDER = "folder"
    SEARCH = "search"


class ImapError(Exception):
    """The mailbox cannot be read now; the message is a sentence for its owner, `answer` the server's own words."""

    def __init__(self, sentence: str, *, stage: ImapStage, answer: str = "") -> None:
        super().__init__(sentence)
        self.stage = stage
        self.answer = answer


class TransientImapError(ImapError):
    """Trying later may help: no connection, no answer in time, the server is busy."""


class PermanentImapError(ImapError):
    """Trying again with the same settings cannot help: log-in refused, certificate not valid, no such folder."""


@dataclass(frozen=True, kw_only=True)
class ImapEndpoint:
    """Where and how to log in. `secret` is a password or an OAuth access token.

    `connect_to` pins the address to dial when the caller has judged `host` already; otherwise `judge` does it at each
    dial. Certificates are checked against `host` in every case. Times are seconds, `octets` bounds what is read in all.
    """

    host: str
    port: int = 993
    security: Security = Security.TLS
    username: str = ""
    secret: str = field(default="", repr=False)
    authentication: Authentication = Authentication.PASSWORD
    connect_to: str = ""
    judge: Callable[[str], str] | None = field(default=judged_at_dial, repr=False, compare=False)
    tls_context: ssl.SSLContext | None = field(default=None, repr=False, compare=False)
    step_seconds: float = STEP_SECONDS
    visit_seconds: float = VISIT_SECONDS
    octets: int = VISIT_OCTETS


class _Client(imaplib.IMAP4):
    """The standard library's client on a socket of ours: pinned address, no more octets than allowed."""

    def __init__(self, endpoint: ImapEndpoint, connected: Callable[[socket.socket], None]) -> None:
        self.endpoint = endpoint
        self.left = endpoint.octets
        self.connected = connected
        super().__init__(endpoint.host, endpoint.port, timeout=endpoint.step_seconds)
        self.is_readonly = True  # the library else takes an answer to EXAMINE for a mishap

    def _create_socket(self, timeout: float | None) -> socket.socket:
        endpoint = self.endpoint
        target = endpoint.connect_to or (endpoint.judge or str)(endpoint.host)
        plain = socket.create_connection((target, endpoint.port), timeout)
        self.connected(plain)
        if endpoint.security != Security.TLS:
            return plain
        try:
            return context_of(endpoint).wrap_socket(plain, server_hostname=endpoint.host)
        except BaseException:
            plain.close()
            raise

    def read(self, size: int) -> bytes:
        self._spend(size)
        return super().read(size)

    def readline(self) -> bytes:
        line = super().readline()
        self._spend(len(line))
        return line

    def _spend(self, octets: int) -> None:
        self.left -= octets
        if self.left < 0:
            raise self.abort("the server sent far more than we asked for")

    def command(self, name: str, *arguments: str) -> list[Any]:
        """Run a command that this library knows only in part; return its untagged answers."""
        status, data = self._simple_command(name, *arguments)
        if status != "OK":
            raise self.error(_text(data))
        answers: list[Any] = self._untagged_response(status, data, name)[1]
        return [answer for answer in answers if answer is not None]


class ImapSession:
    """One visit to a mailbox, as a context manager: connected and logged in inside the block.

    Every method raises TransientImapError or PermanentImapError and nothing else. `reached`, if given, is called
    with each stage that has been passed while opening.
    """

    def __init__(
        self, endpoint: ImapEndpoint, *, reached: Callable[[ImapStage], None] | None = None
    ) -> None:
        self.endpoint = endpoint
        self._reached = reached or (lambda stage: None)
        self._client: _Client | None = None
        self._socket: socket.socket | None = None
        self._watchdog: threading.Timer | None = None
        self._is_over = False

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self._hang_up()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._client is not None and not isinstance(error, ImapError):
            with contextlib.suppress(imaplib.IMAP4.error, OSError):
                self._client.logout()
        self._hang_up()

    @property
    def capabilities(self) -> frozenset[str]:
        """What the server said it can do, in capitals."""
        return frozenset(self._server.capabilities)

    def folders(self) -> list[Folder]:
        """Return every folder; with their special uses (RFC 6154) where the server tells them."""
        pattern = '"*"'
        if {"SPECIAL-USE", "LIST-EXTENDED"} <= self.capabilities:
            pattern += " RETURN (SPECIAL-USE)"
        with self._guarded(ImapStage.FOLDER):
            lines = self._server.command("LIST", '""', pattern)
        return [folder for line in lines if (folder := parse_folder(line)) is not None]

    def look_into(self, folder: str) -> None:
        """Open a folder, by its name on the wire, for reading only: nothing becomes marked as read."""
        with self._guarded(ImapStage.FOLDER):
            self._server.command("EXAMINE", _quoted(folder))
            self._server.state = "SELECTED"

    def holds(self, message_id: str) -> bool:
        """Whether the open folder has a mail of this Message-ID (with its angle brackets)."""
        if not _MESSAGE_ID.fullmatch(message_id):
            raise ValueError("A Message-ID has angle brackets and no spaces or quotes.")
        with self._guarded(ImapStage.SEARCH):
            found = self._server.command("SEARCH", "HEADER", "Message-ID", f'"{message_id}"')
        return any(line.strip() for line in found)

    def find(self, message_ids: Sequence[str], folders: Sequence[str]) -> dict[str, str]:
        """Return in which of the folders each Message-ID was found first; those found nowhere are missing."""
        found: dict[str, str] = {}
        for folder in folders:
            left = [identifier for identifier in message_ids if identifier not in found]
            if left:
                self.look_into(folder)
                found |= {identifier: folder for identifier in left if self.holds(identifier)}
        return found

    @property
    def _server(self) -> _Client:
        if self._client is None:
            raise RuntimeError("An ImapSession is used inside its with block.")
        return self._client

    def _open(self) -> None:
        endpoint = self.endpoint
        if any(ord(letter) < 32 for letter in endpoint.username + endpoint.secret):
            raise PermanentImapError(
                "The user name or password holds a control character.", stage=ImapStage.LOGIN
            )
        self._watchdog = threading.Timer(endpoint.visit_seconds, self._cut)
        self._watchdog.daemon = True
        self._watchdog.start()
        with self._guarded(ImapStage.CONNECT):
            self._client = client = _Client(endpoint, self._keep)
        self._reached(ImapStage.CONNECT)
        if endpoint.security == Security.STARTTLS:
            self._start_tls(client)
        elif endpoint.security == Security.NONE and not _is_loopback(client.sock):
            raise PermanentImapError(
                "The password would travel without encryption, so we did not log in. Choose TLS or STARTTLS.",
                stage=ImapStage.LOGIN,
            )
        self._reached(ImapStage.TLS)
        with self._guarded(ImapStage.LOGIN):
            log_in(client, endpoint)
            told = b" ".join(
                line for line in client.command("CAPABILITY") if isinstance(line, bytes)
            )
            client.capabilities = tuple(told.decode("ascii", "replace").upper().split())
        self._reached(ImapStage.LOGIN)

    def _start_tls(self, client: _Client) -> None:
        endpoint = self.endpoint
        if "STARTTLS" not in client.capabilities:
            raise PermanentImapError(
                f"{endpoint.host} offers no STARTTLS on port {endpoint.port}, so we did not log in. Choose TLS (port 993).",
                stage=ImapStage.TLS,
            )
        with self._guarded(ImapStage.TLS):
            client.starttls(context_of(endpoint))

    @contextlib.contextmanager
    def _guarded(self, stage: ImapStage) -> Iterator[None]:
        """Put what goes wrong in the block into words."""
        host = self.endpoint.host
        try:
            yield
        except TransportError as error:  # from the judge
            raise TransientImapError(str(error), stage=stage) from error
        except ssl.SSLCertVerificationError as error:
            raise PermanentImapError(
                f"The certificate of {host} is not valid ({error.verify_message}), so we did not log in.",
                stage=ImapStage.TLS,
            ) from error
        except UnicodeError as error:
            raise PermanentImapError(
                f"{host} takes only letters of the English alphabet in names and passwords.",
                stage=stage,
            ) from error
        except (imaplib.IMAP4.abort, OSError) as error:
            raise self._no_answer(stage, error) from error
        except imaplib.IMAP4.error as error:
            answer = _text(error.args)
            kind = TransientImapError if _is_passing(answer) else PermanentImapError
            raise kind(f"{host} answered: {answer}", stage=stage, answer=answer) from error

    def _no_answer(self, stage: ImapStage, error: Exception) -> TransientImapError:
        host, port = self.endpoint.host, self.endpoint.port
        if self._is_over or isinstance(error, TimeoutError):
            sentence = f"{host} did not answer in time on port {port}."
        else:
            sentence = f"The connection to {host} on port {port} failed: {_text([error])}."
        # A parting word of the server's counts as its answer, the system's words do not.
        parting = _text(error.args) if isinstance(error, imaplib.IMAP4.abort) else ""
        return TransientImapError(sentence, stage=stage, answer=parting)

    def _keep(self, connection: socket.socket) -> None:
        # A copy: the client gives the socket itself away to TLS.
        self._socket = connection.dup()

    def _cut(self) -> None:
        self._is_over = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _hang_up(self) -> None:
        if self._watchdog is not None:
            self._watchdog.cancel()
        if self._client is not None:
            with contextlib.suppress(imaplib.IMAP4.error, OSError):
                self._client.shutdown()
            self._client = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def log_in(client: imaplib.IMAP4, endpoint: ImapEndpoint) -> None:
    """Log in by XOAUTH2, by PLAIN (RFC 4616, knows every letter) or by LOGIN; raise imaplib's error when refused."""
    username, secret = endpoint.username, endpoint.secret
    if endpoint.authentication == Authentication.XOAUTH2:
        # A refusal comes as one more challenge, which an empty answer ends.
        answers = iter([f"user={username}\x01auth=Bearer {secret}\x01\x01".encode()])
        client.authenticate("XOAUTH2", lambda challenge: next(answers, b""))
    elif "AUTH=PLAIN" in client.capabilities:
        client.authenticate("PLAIN", lambda challenge: f"\x00{username}\x00{secret}".encode())
    else:
        client.login(username, secret)


def endpoint_of(mailbox: Mailbox, *, visit_seconds: float = VISIT_SECONDS) -> ImapEndpoint | None:
    """Return where this mailbox is read and what opens it, or None when it cannot be read.

    An access token is renewed when needed, so this may take a while and raises what credentials.login_of raises.
    """
    if not mailbox.imap_host:
        return None
    login = login_of(mailbox, reading=True)
    return ImapEndpoint(
        host=mailbox.imap_host,
        port=mailbox.imap_port,
        security=Security(mailbox.imap_security),
        username=login.username,
        secret=login.secret,
        authentication=login.authentication,
        step_seconds=min(STEP_SECONDS, visit_seconds),
        visit_seconds=visit_seconds,
    )


def context_of(endpoint: ImapEndpoint) -> ssl.SSLContext:
    """Return the TLS context: the endpoint's own, else one that trusts the machine's authorities."""
    return endpoint.tls_context or ssl.create_default_context()


def _quoted(name: str) -> str:
    if any(ord(letter) < 32 or ord(letter) > 126 for letter in name):
        raise imaplib.IMAP4.error("the folder's name is not as it is written on the wire")
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _is_loopback(connection: socket.socket) -> bool:
    return ipaddress.ip_address(str(connection.getpeername()[0]).partition("%")[0]).is_loopback


def _is_passing(answer: str) -> bool:
    # RFC 5530: these response codes say that the same request may succeed later.
    return bool(re.search(r"\[(UNAVAILABLE|INUSE|SERVERBUG|LIMIT)\]", answer, re.IGNORECASE))


def _text(parts: Sequence[Any]) -> str:
    """Return what a server or the system said, printable and short."""
    words = " ".join(
        part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part)
        for part in parts
        if part is not None
    )
    return "".join(letter if letter.isprintable() else " " for letter in words)[:500].strip()
