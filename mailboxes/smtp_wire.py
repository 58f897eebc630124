"""The octets of an SMTP client connection: lines in, lines out, limits and TLS; no policy."""

import asyncio
import contextlib
import math
import re
import ssl
from dataclasses import dataclass
from typing import cast

# RFC 5321 section 4.5.3.1.5 gives a reply line 512 octets. Some hosts exceed it; none honest exceeds this.
REPLY_LINE_LIMIT = 4096
# An EHLO answer has some 20 lines; a peer that sends more than this wants our memory.
REPLY_LINES_LIMIT = 128
# What we keep of a reply for people and logs.
REPLY_TEXT_LIMIT = 1000
# A socket that was told to close does so in the next turn of the loop; nobody waits longer for a loop that forgot it.
CLOSING_SECONDS = 1.0

_REPLY_LINE = re.compile(rb"([2-5][0-9]{2})([ -]?)(.*)", re.DOTALL)
# Nearly every reply is one line that has arrived whole.
_ONE_LINE_REPLY = re.compile(rb"([2-5][0-9]{2}) ([^\r\n]*)\r?\n")
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")


class WireError(Exception):
    """The connection cannot go on: closed by the peer, or the peer does not speak SMTP."""


@dataclass(frozen=True)
class Reply:
    """One reply of the server: the three-digit code and its lines without code."""

    code: int
    lines: tuple[str, ...]

    @property
    def positive(self) -> bool:
        return 200 <= self.code < 300

    @property
    def enhanced(self) -> str:
        """The enhanced status code (RFC 2034), as ``5.1.1``, or nothing."""
        found = _ENHANCED.match(self.lines[0])
        return found.group(1) if found and found.group(1)[0] == str(self.code)[0] else ""

    @property
    def text(self) -> str:
        """All lines as one, without enhanced codes, printable, at most REPLY_TEXT_LIMIT characters."""
        words = " ".join(_ENHANCED.sub("", line, count=1) for line in self.lines)
        if not words.isprintable():
            words = "".join(c if c.isprintable() else " " for c in words)
        return words[:REPLY_TEXT_LIMIT].strip()


class SmtpWire(asyncio.Protocol):
    """A stream of CRLF lines with back-pressure. Every wait ends when the connection does.

    One timer serves all waits of a connection: it looks after the next deadline and is seldom moved, because a timer
    for each reply costs as much as reading it.
    """

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._waiting: asyncio.Future[None] | None = None
        self._deadline = math.inf
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = math.inf
        self._writable = asyncio.Event()
        self._writable.set()
        self._ended: str = ""
        self._gone = asyncio.Event()

    @property
    def is_open(self) -> bool:
        """Whether the peer has neither closed nor said anything unasked (a parting 421, say)."""
        return not self._ended and not self._buffer and self._transport is not None

    @property
    def peer_host(self) -> str:
        """The address of the peer, or nothing."""
        name = self._transport.get_extra_info("peername") if self._transport else None
        return str(name[0]) if name else ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) > REPLY_LINE_LIMIT * REPLY_LINES_LIMIT:
            self._end("the server sent far more than a reply")
            self.abort()
        self._wake()

    def eof_received(self) -> bool:
        self._end("the server closed the connection")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(f"the connection was lost ({exc})" if exc else "the server closed the connection")
        self._stop_timer()
        self._writable.set()
        self._gone.set()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    async def read_reply(self, seconds: float = math.inf) -> Reply:
        """Return the next reply, all of its lines; raise WireError when there will be none.

        Raises TimeoutError when it has not come whole within ``seconds``.
        """
        whole = _ONE_LINE_REPLY.match(self._buffer)
        if not whole:
            self._wait_at_most(seconds)
            if not self._buffer and not self._ended:
                await self._more()
                whole = _ONE_LINE_REPLY.match(self._buffer)
        if whole and whole.end() <= REPLY_LINE_LIMIT:
            code, text = whole.groups()
            del self._buffer[: whole.end()]
            return Reply(int(code), (text.decode("utf-8", "replace"),))
        return await self._read_lines()

    def send(self, data: bytes) -> None:
        """Hand octets to the connection; raise WireError if it has ended."""
        if self._ended or self._transport is None:
            raise WireError(self._ended or "the connection is not open")
        self._transport.write(data)

    async def drained(self) -> None:
        """Wait until the peer takes more octets; raise WireError if it never will."""
        await self._writable.wait()
        if self._ended:
            raise WireError(self._ended)

    async def start_tls(self, context: ssl.SSLContext, server_name: str, seconds: float) -> None:
        """Go on under TLS. Octets received in the clear before that are refused.

        Whoever sits in between could have put replies there that we would trust as encrypted
        (CVE-2011-0411 and its successors on the client side).
        """
        if self._buffer:
            raise WireError("the server sent data in the clear before TLS began")
        if self._transport is None:
            raise WireError("the connection is not open")
        secured = None
        try:
            secured = await asyncio.get_running_loop().start_tls(
                self._transport,
                self,
                context,
                server_hostname=server_name,
                ssl_handshake_timeout=seconds,
            )
        finally:
            if secured is None:
                self.abort()  # of the socket in the clear; nobody tells us when a handshake breaks
            self._transport = secured
        if secured is None:
            raise WireError("the connection was lost while TLS began")

    async def close(self, seconds: float) -> None:
        """Close after what was sent has gone out, at the latest after ``seconds``; the socket is closed on return."""
        self._end("we closed the connection")
        if self._transport is None or self._gone.is_set():
            return
        self._transport.close()
        try:
            async with asyncio.timeout(seconds):
                await self._gone.wait()
        finally:
            await self.abandon()

    async def abandon(self) -> None:
        """Close at once; the socket is closed on return, so that no loop ends before it."""
        self.abort()
        if self._transport is None:
            # The socket of a connection that never became ours closes in this turn.
            await asyncio.sleep(0)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSING_SECONDS):
                await self._gone.wait()

    def disown(self) -> None:
        """Give up a connection whose opening broke off: the loop closes its socket, and may never tell us that it did."""
        self.abort()
        self._transport = None

    def abort(self) -> None:
        """Close at once; the socket itself a turn of the loop later."""
        self._end("we closed the connection")
        self._stop_timer()
        if self._transport is not None:
            self._transport.abort()

    async def _read_lines(self) -> Reply:
        lines: list[str] = []
        while len(lines) < REPLY_LINES_LIMIT:
            found = _REPLY_LINE.fullmatch(await self._read_line())
            if not found:
                raise WireError("the server answered with something that is not SMTP")
            lines.append(found.group(3).decode("utf-8", "replace"))
            if found.group(2) != b"-":
                return Reply(int(found.group(1)), tuple(lines))
        raise WireError("the server sent a reply of too many lines")

    async def _read_line(self) -> bytes:
        while True:
            end = self._buffer.find(b"\n")
            if end > REPLY_LINE_LIMIT or (end < 0 and len(self._buffer) > REPLY_LINE_LIMIT):
                raise WireError("the server sent a line that is too long")
            if end >= 0:
                line = bytes(self._buffer[:end]).rstrip(b"\r")
                del self._buffer[: end + 1]
                return line
            if self._ended:
                raise WireError(self._ended)
            await self._more()

    async def _more(self) -> None:
        """Wait for octets, the end of the connection, or the deadline."""
        self._waiting = asyncio.get_running_loop().create_future()
        try:
            await self._waiting
        finally:
            self._waiting = None

    def _wait_at_most(self, seconds: float) -> None:
        if seconds == math.inf:
            self._deadline = math.inf
            return
        loop = asyncio.get_running_loop()
        self._deadline = loop.time() + seconds
        if self._deadline < self._timer_at:
            self._stop_timer()
            self._timer_at = self._deadline
            self._timer = loop.call_at(self._deadline, self._on_timer)

    def _on_timer(self) -> None:
        self._timer, self._timer_at = None, math.inf
        if self._waiting is None or self._waiting.done():
            return  # whoever waits next sets a new one
        loop = asyncio.get_running_loop()
        if self._deadline <= loop.time():
            self._waiting.set_exception(TimeoutError())
        elif self._deadline < math.inf:
            self._timer_at = self._deadline
            self._timer = loop.call_at(self._deadline, self._on_timer)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._timer_at = None, math.inf

    def _end(self, reason: str) -> None:
        self._ended = self._ended or reason
        self._wake()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
