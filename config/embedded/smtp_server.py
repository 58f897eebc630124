"""An SMTP server for development and tests: the conversation only; rules decide what to answer.

It is strict where laxness would hide our own mistakes: commands and content end in CRLF, a bare LF
ends nothing (so no smuggling), commands out of order get 503, log-in is checked.
"""

import asyncio
import base64
import binascii
import contextlib
import itertools
import re
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

# RFC 5321 section 4.5.3.1.4 allows 512 octets a command; RFC 4954 section 4 allows 12288 for log-in.
COMMAND_LIMIT = 12_288
# A client that errs this often is broken or guessing (RFC 5321 section 4.3.2 allows 421 at any time).
ERRORS_ALLOWED = 20
# RFC 5321 section 4.5.3.2.7: a server waits at least five minutes for the next command.
IDLE_SECONDS = 300.0
# How long a closing connection may take to flush before we forget it.
FAREWELL_SECONDS = 2.0

_PATH = re.compile(
    rb"(?:FROM|TO):\s?<([^<>\r\n]*)>((?: [!-<>-~]+(?:=[!-<>-~]+)?)*)\s*", re.IGNORECASE
)


class HangUpError(Exception):
    """Raised by rules to drop the connection without another word."""


@dataclass(frozen=True)
class Answer:
    """One reply: code and text; a text of several lines becomes a reply of several lines."""

    code: int
    text: str

    def __bytes__(self) -> bytes:
        *first, last = self.text.split("\n")
        return "".join(
            [*(f"{self.code}-{line}\r\n" for line in first), f"{self.code} {last}\r\n"]
        ).encode()


@dataclass
class Peer:
    """One client connection: who it says it is, and the envelope under way."""

    number: int
    hello: str = ""
    secured: bool = False
    mechanism: str = ""
    username: str = ""
    secret: str = field(default="", repr=False)
    sender: str | None = None
    parameters: str = ""
    recipients: list[str] = field(default_factory=list)

    def forget_envelope(self) -> None:
        """Begin anew, as RSET does."""
        self.sender, self.parameters, self.recipients = None, "", []


class ServerRules:
    """What a server answers. The default takes everything; subclasses override what they care about.

    A hook that returns None gives the usual answer. Hooks may wait, or raise HangUpError.
    """

    name = "localhost"
    extensions: tuple[str, ...] = ("PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES")
    mechanisms: tuple[str, ...] = ("PLAIN", "LOGIN")
    must_log_in = False
    size_limit = 10 * 1024 * 1024
    tls_context: ssl.SSLContext | None = None

    def on_command(self, peer: Peer, verb: str, ahead: int) -> None:
        """Told of each command in capitals; ``ahead`` octets were received beyond it already."""

    async def on_connect(self, peer: Peer) -> Answer | None:
        """Called before the banner."""
        return None

    async def on_hello(self, peer: Peer) -> Answer | None:
        """Called for EHLO and HELO; an answer replaces the list of extensions."""
        return None

    async def may_log_in(self, peer: Peer) -> bool:
        """Judge ``peer.username`` and ``peer.secret``."""
        return True

    async def on_mail(self, peer: Peer, sender: str) -> Answer | None:
        """Called for MAIL; an answer refuses it."""
        return None

    async def on_recipient(self, peer: Peer, recipient: str) -> Answer | None:
        """Called for RCPT; an answer refuses it."""
        return None

    async def on_data(self, peer: Peer) -> Answer | None:
        """Called for DATA; an answer refuses it."""
        return None

    async def on_message(self, peer: Peer, raw: bytes) -> Answer | None:
        """Called with the unstuffed message; whatever must outlive a crash is kept before returning."""
        return None

    async def write(self, writer: asyncio.StreamWriter, octets: bytes) -> None:
        """Send a reply."""
        writer.write(octets)
        await writer.drain()


class SmtpServer:
    """Listens on one loopback port and talks to each client in a task of its own."""

    def __init__(self, rules: ServerRules, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.rules = rules
        self.host = host
        self.port = port
        self._numbers = itertools.count(1)
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to listen; ``port`` is then the true one. Raises OSError if the port is taken."""
        self._server = await asyncio.start_server(self._welcome, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self, *, grace_seconds: float = 0.0) -> None:
        """Stop listening, let open conversations go on for ``grace_seconds``, then end them."""
        if self._server is not None:
            self._server.close()
        await asyncio.sleep(0.01)  # connections taken a moment ago get their task first
        if self._talks and grace_seconds:
            await asyncio.wait(self._talks, timeout=grace_seconds)
        while self._talks:
            for talk in self._talks:
                talk.cancel()
            await asyncio.wait(self._talks)
        if self._server is not None:
            await self._server.wait_closed()

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        if talk is not None:
            self._talks.add(talk)
            talk.add_done_callback(self._talks.discard)
        try:
            await _Conversation(self.rules, Peer(next(self._numbers)), reader, writer).run()
        except (HangUpError, ConnectionError, TimeoutError, ssl.SSLError, asyncio.CancelledError):
            writer.transport.abort()  # cancelled means that the server is stopping: the talk ends here
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError, TimeoutError, ssl.SSLError):
                async with asyncio.timeout(FAREWELL_SECONDS):
                    await writer.wait_closed()


class _Conversation:
    def __init__(
        self,
        rules: ServerRules,
        peer: Peer,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.rules, self.peer, self.reader, self.writer = rules, peer, reader, writer
        self.buffer = bytearray()
        self.errors = 0
        self.commands: dict[bytes, Callable[[bytes], Awaitable[Answer | None]]] = {
            b"EHLO": self.hello,
            b"HELO": self.hello,
            b"STARTTLS": self.start_tls,
            b"AUTH": self.log_in,
            b"MAIL": self.mail,
            b"RCPT": self.recipient,
            b"DATA": self.data,
            b"RSET": self.reset,
            b"NOOP": self.nothing,
            b"VRFY": self.verify,
        }

    async def run(self) -> None:
        banner = await self.rules.on_connect(self.peer) or Answer(220, f"{self.rules.name} ESMTP")
        await self.say(banner)
        if banner.code != 220:
            return
        while True:
            verb, _, argument = (await self.line()).partition(b" ")
            verb = verb.upper()
            self.rules.on_command(self.peer, verb.decode("ascii", "replace"), len(self.buffer))
            if verb == b"QUIT":
                await self.say(Answer(221, "2.0.0 Goodbye"))
                return
            command = self.commands.get(verb)
            answer = await command(argument) if command else Answer(500, "5.5.2 Unknown command")
            if answer is None:
                continue
            await self.say(answer)
            self.errors += answer.code >= 500
            if answer.code == 421 or self.errors > ERRORS_ALLOWED:
                return

    async def say(self, answer: Answer) -> None:
        await self.rules.write(self.writer, bytes(answer))

    async def hello(self, argument: bytes) -> Answer:
        self.peer.hello = argument.decode("ascii", "replace").strip()
        self.peer.forget_envelope()
        own = await self.rules.on_hello(self.peer)
        if own is not None:
            return own
        lines = [self.rules.name, f"SIZE {self.rules.size_limit}", *self.rules.extensions]
        if self.rules.tls_context is not None and not self.peer.secured:
            lines.append("STARTTLS")
        if self.rules.mechanisms:
            lines.append(f"AUTH {' '.join(self.rules.mechanisms)}")
        return Answer(250, "\n".join(lines))

    async def start_tls(self, argument: bytes) -> Answer | None:
        if self.rules.tls_context is None or self.peer.secured:
            return Answer(502, "5.5.1 STARTTLS is not offered")
        if (
            self.buffer
        ):  # commands sent ahead in the clear must not count as encrypted (CVE-2011-0411)
            raise HangUpError
        await self.say(Answer(220, "2.0.0 Ready for TLS"))
        await self.writer.start_tls(self.rules.tls_context)
        self.peer.forget_envelope()  # RFC 3207 section 4.2: nothing said in the clear counts
        self.peer.secured, self.peer.hello, self.peer.username = True, "", ""
        return None

    async def log_in(self, argument: bytes) -> Answer:
        mechanism, _, initial = argument.partition(b" ")
        self.peer.mechanism = mechanism.decode("ascii", "replace").upper()
        if self.peer.mechanism not in self.rules.mechanisms:
            return Answer(504, "5.5.4 That way of logging in is not offered")
        try:
            if self.peer.mechanism == "LOGIN":
                await self._login_login(initial)
            elif self.peer.mechanism == "PLAIN":
                _, username, secret = (await self._prompted(initial, "")).split("\x00")
                self.peer.username, self.peer.secret = username, secret
            else:
                await self._login_xoauth2(initial)
        except (ValueError, binascii.Error):
            self.peer.username = ""
            return Answer(501, "5.5.2 The credentials could not be read")
        if not await self.rules.may_log_in(self.peer):
            self.peer.username = ""
            if self.peer.mechanism == "XOAUTH2":
                await self._prompted(b"", '{"status":"401","schemes":"bearer"}')
            return Answer(535, "5.7.8 The user name or password is not right")
        return Answer(235, "2.7.0 Welcome")

    async def _login_login(self, initial: bytes) -> None:
        self.peer.username = await self._prompted(initial, "Username:")
        self.peer.secret = await self._prompted(b"", "Password:")

    async def _login_xoauth2(self, initial: bytes) -> None:
        found = re.fullmatch(
            r"user=(.*)\x01auth=Bearer (.*)\x01\x01", await self._prompted(initial, "")
        )
        if not found:
            raise ValueError("not XOAUTH2")
        self.peer.username, self.peer.secret = found.groups()

    async def _prompted(self, initial: bytes, prompt: str) -> str:
        if not initial:
            await self.say(Answer(334, base64.b64encode(prompt.encode()).decode()))
            initial = await self.line()
        return base64.b64decode(initial, validate=True).decode()

    async def mail(self, argument: bytes) -> Answer:
        if not self.peer.hello or self.peer.sender is not None:
            return Answer(503, "5.5.1 Say EHLO first, and one MAIL at a time")
        if self.rules.must_log_in and not self.peer.username:
            return Answer(530, "5.7.0 Log in first")
        found = _PATH.fullmatch(argument)
        if not found or argument[:5].upper() != b"FROM:":
            return Answer(501, "5.5.4 MAIL FROM:<address> expected")
        size = re.search(rb" SIZE=(\d+)", found.group(2), re.IGNORECASE)
        if size and int(size.group(1)) > self.rules.size_limit:
            return Answer(552, "5.3.4 The message is too big")
        sender = found.group(1).decode("utf-8", "replace")
        refusal = await self.rules.on_mail(self.peer, sender)
        if refusal is None:
            self.peer.sender, self.peer.parameters = sender, found.group(2).decode("ascii").strip()
        return refusal or Answer(250, "2.1.0 Sender taken")

    async def recipient(self, argument: bytes) -> Answer:
        if self.peer.sender is None:
            return Answer(503, "5.5.1 MAIL comes first")
        found = _PATH.fullmatch(argument)
        if not found or argument[:3].upper() != b"TO:" or b"@" not in found.group(1):
            return Answer(501, "5.5.4 RCPT TO:<address> expected")
        recipient = found.group(1).decode("utf-8", "replace")
        refusal = await self.rules.on_recipient(self.peer, recipient)
        if refusal is None:
            self.peer.recipients.append(recipient)
        return refusal or Answer(250, "2.1.5 Recipient taken")

    async def data(self, argument: bytes) -> Answer:
        if not self.peer.recipients:
            return Answer(503, "5.5.1 No recipient has been taken")
        refusal = await self.rules.on_data(self.peer)
        if refusal is not None:
            return refusal
        await self.say(Answer(354, "End with a line that holds only a dot"))
        raw = await self._content()
        if raw is None:
            answer = Answer(552, "5.3.4 The message is too big")
        else:
            answer = await self.rules.on_message(self.peer, raw) or Answer(250, "2.0.0 Taken")
        self.peer.forget_envelope()
        return answer

    async def reset(self, argument: bytes) -> Answer:
        self.peer.forget_envelope()
        return Answer(250, "2.0.0 Forgotten")

    async def nothing(self, argument: bytes) -> Answer:
        return Answer(250, "2.0.0 Still here")

    async def verify(self, argument: bytes) -> Answer:
        return Answer(252, "2.1.5 Send it and see")

    async def line(self) -> bytes:
        """Return the next line without CRLF. Only CRLF ends a line."""
        while (end := self.buffer.find(b"\r\n")) < 0:
            if len(self.buffer) > COMMAND_LIMIT:
                await self.say(Answer(421, "4.7.0 That line is too long"))
                raise HangUpError
            await self._more()
        line = bytes(self.buffer[:end])
        del self.buffer[: end + 2]
        return line

    async def _content(self) -> bytes | None:
        """Return the message without dot-stuffing, or None if it was over the limit (and is gone)."""
        too_big, searched = False, 0
        self.buffer[:0] = b"\r\n"  # so that a message that is only the final dot is found as well
        while (end := self.buffer.find(b"\r\n.\r\n", max(0, searched - 4))) < 0:
            if len(self.buffer) > self.rules.size_limit + 4096:
                too_big = True
                del self.buffer[:-4]
            searched = len(self.buffer)
            await self._more()
        raw = bytes(self.buffer[2 : end + 2])
        del self.buffer[: end + 5]
        if too_big or len(raw) > self.rules.size_limit + 4096:
            return None
        return (raw[1:] if raw.startswith(b".") else raw).replace(b"\r\n.", b"\r\n")

    async def _more(self) -> None:
        async with asyncio.timeout(IDLE_SECONDS):
            octets = await self.reader.read(65_536)
        if not octets:
            raise HangUpError
        self.buffer += octets
