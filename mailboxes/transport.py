"""Handing messages to SMTP servers: one connection, one message at a time, an exact outcome for each."""

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mailboxes.receipts import (
    Accepted,
    Deferred,
    Lost,
    Receipt,
    RefusedMessageError,
    Rejected,
    Stage,
    Withdrawn,
)
from mailboxes.smtp_session import SmtpEndpoint, SmtpSession, TimeOuts
from mailboxes.smtp_wire import Reply, SmtpWire, WireError

# What goes out before we wait for the peer to take it; the final dot travels with the last piece.
CONTENT_PIECE_BYTES = 64 * 1024
# RFC 5321 section 4.5.3.1.6: a line of the message has at most 1000 octets with its CRLF.
TEXT_LINE_LIMIT = 998

BeforeData = Callable[[], Awaitable[bool]]

# How servers name the message they took: Postfix, Exim, Gmail, Amazon SES.
_QUEUE_ID = re.compile(r"queued as (\S+)|\bid=(\S+)|(\S+) - gsmtp$|^Ok (\S{20,})$", re.IGNORECASE)
_START_DATA = 354
_CLOSING = 421


def check_envelope_address(address: str, *, may_be_empty: bool = False) -> str:
    """Return the address if it is safe between angle brackets, else raise RefusedMessageError.

    The empty reverse-path (RFC 5321 section 4.5.5) is allowed where ``may_be_empty``.
    """
    if not address and may_be_empty:
        return address
    # Quotes are refused too: a quoted local part may hide brackets and spaces, and we never make one.
    if not re.fullmatch(
        r"[^\s<>\"\x00-\x20\x7f-\x9f\u2028\u2029\ud800-\udfff]{1,320}", address
    ) or (address.count("@") != 1 or address.startswith("@") or address.endswith("@")):
        raise RefusedMessageError(
            "An envelope address is not a plain e-mail address, so nothing was sent."
        )
    if not address.rpartition("@")[2].isascii():
        raise RefusedMessageError("The domain of an envelope address must be in its ASCII form.")
    return address


def prepare_content(data: bytes) -> bytes:
    """Return the message ready for DATA: dot-stuffed (RFC 5321 section 4.5.2), with the final dot.

    Raises RefusedMessageError on bare CR or LF (they allow SMTP smuggling), on NUL, and on lines
    above 998 octets.
    """
    if b"\x00" in data:
        raise RefusedMessageError("The message holds a NUL octet, so nothing was sent.")
    if not data.count(b"\r\n") == data.count(b"\r") == data.count(b"\n"):
        raise RefusedMessageError("The message holds a bare CR or LF, so nothing was sent.")
    if max(map(len, data.split(b"\r\n"))) > TEXT_LINE_LIMIT:
        raise RefusedMessageError(
            "The message has a line of more than 998 octets, so nothing was sent."
        )
    stuffed = (b"." if data.startswith(b".") else b"") + data.replace(b"\r\n.", b"\r\n..")
    return stuffed + (b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n")


class SmtpConnection:
    """One connection to one server. Not for use by two tasks at once.

    ``open`` raises TransportError; ``deliver`` does not: whatever happens to a message is a Receipt.
    """

    def __init__(self, endpoint: SmtpEndpoint) -> None:
        self._session = SmtpSession(endpoint)
        self._timeouts = endpoint.timeouts
        self.offered = 0

    @property
    def usable(self) -> bool:
        """Whether another message may be offered on this connection."""
        return self._session.wire.is_open

    @property
    def extensions(self) -> dict[str, str]:
        """What the server said it can do: keyword in capitals to parameters."""
        return self._session.extensions

    async def open(self, reached: Callable[[Stage], Awaitable[None]] | None = None) -> None:
        """Connect, protect, log in; raise TransientTransportError or PermanentTransportError.

        `reached`, if given, is awaited with CONNECT, TLS and LOGIN as each is passed.
        """
        await self._session.open(reached)

    async def deliver(
        self, envelope_from: str, rcpt: str, data: bytes, *, before_data: BeforeData | None = None
    ) -> Receipt:
        """Offer one message for one recipient and return what became of it.

        ``before_data`` is awaited once, after RCPT is accepted and right before DATA: the ledger
        commits there. If it returns False the message is withdrawn; if it raises, the connection
        is closed and the error goes to the caller. Cancelling closes the connection as well.
        Raises RefusedMessageError, before anything is sent, for an unsafe message or envelope.
        """
        content = prepare_content(data)
        check_envelope_address(envelope_from, may_be_empty=True)
        check_envelope_address(rcpt)
        parameters = self._mail_parameters(envelope_from + rcpt, data)
        if isinstance(parameters, Rejected):
            return parameters
        mail = f"MAIL FROM:<{envelope_from}>{parameters}\r\n".encode()
        recipient = f"RCPT TO:<{rcpt}>\r\n".encode()
        self.offered += 1
        transaction = _Transaction(
            self._session.wire, self._timeouts, "PIPELINING" in self.extensions
        )
        try:
            receipt = await transaction.run(mail, recipient, content, before_data)
        except BaseException:
            self._session.wire.abort()
            raise
        await self._tidy(receipt)
        return receipt

    async def close(self) -> None:
        """Say QUIT and close; never raises and never waits long."""
        if self.usable:
            await self._farewell(b"QUIT")
        with contextlib.suppress(TimeoutError):
            await self._session.wire.close(self._timeouts.farewell)

    async def _tidy(self, receipt: Receipt) -> None:
        """Leave the connection ready for another envelope, or closed."""
        if isinstance(receipt, Accepted):
            return
        # RFC 5321 section 3.8: 421 announces that the server hangs up.
        over = isinstance(receipt, Lost) or (
            isinstance(receipt, Deferred) and receipt.code == _CLOSING
        )
        if over or not await self._farewell(b"RSET"):
            self._session.wire.abort()

    async def _farewell(self, command: bytes) -> bool:
        try:
            return (await self._session.ask(command, self._timeouts.farewell)).positive
        except (WireError, TimeoutError):
            return False

    def _mail_parameters(self, addresses: str, data: bytes) -> str | Rejected:
        """Return what MAIL must say about this message, or why this server can never carry it."""
        parameters = ""
        limit = self.extensions.get("SIZE")
        if limit is not None:  # RFC 1870
            if limit.isdecimal() and 0 < int(limit) < len(data):
                sentence = f"The message has {len(data)} octets; the server takes at most {limit}."
                return Rejected(Stage.MAIL, 552, "5.3.4", sentence)
            parameters += f" SIZE={len(data)}"
        if not data.isascii():
            if "8BITMIME" not in self.extensions:  # RFC 6152
                return Rejected(Stage.MAIL, 554, "5.6.3", "The server takes only 7-bit mail.")
            parameters += " BODY=8BITMIME"
        if not (addresses.isascii() and data.partition(b"\r\n\r\n")[0].isascii()):
            if "SMTPUTF8" not in self.extensions:  # RFC 6531
                sentence = "The server takes no address with letters outside ASCII before the @."
                return Rejected(Stage.MAIL, 553, "5.6.7", sentence)
            parameters += " SMTPUTF8"
        return parameters


@dataclass
class _Transaction:
    """One mail transaction (RFC 5321 section 3.3); ``stage`` tells how far it came."""

    wire: SmtpWire
    timeouts: TimeOuts
    pipelining: bool
    stage: Stage = Stage.MAIL

    async def run(
        self, mail: bytes, recipient: bytes, content: bytes, before_data: BeforeData | None
    ) -> Receipt:
        try:
            refusal = await self._offer_envelope(mail, recipient)
        except (WireError, TimeoutError) as error:
            return self._lost(error)
        if refusal is not None:
            return refusal
        self.stage = Stage.DATA
        # Outside of any try: a failing ledger is not a failing server.
        if before_data is not None and not await before_data():
            return Withdrawn()
        try:
            return await self._hand_over(content)
        except (WireError, TimeoutError) as error:
            return self._lost(error)

    async def _offer_envelope(self, mail: bytes, recipient: bytes) -> Deferred | Rejected | None:
        """RFC 2920: with pipelining both commands leave in one packet and both replies are read."""
        self.wire.send(mail + recipient if self.pipelining else mail)
        first = await self.wire.read_reply(self.timeouts.command)
        refusal = self._refusal(first)
        if refusal is not None:
            if self.pipelining and first.code != _CLOSING:
                await self.wire.read_reply(self.timeouts.command)
            return refusal
        self.stage = Stage.RCPT
        if not self.pipelining:
            self.wire.send(recipient)
        return self._refusal(await self.wire.read_reply(self.timeouts.command))

    async def _hand_over(self, content: bytes) -> Receipt:
        self.wire.send(b"DATA\r\n")
        reply = await self.wire.read_reply(self.timeouts.data)
        if reply.code != _START_DATA:
            refusal = self._refusal(reply)
            if refusal is None:
                raise WireError("the server answered DATA with something that is not SMTP")
            return refusal
        self.stage = Stage.CONTENT
        last = (len(content) - 1) // CONTENT_PIECE_BYTES * CONTENT_PIECE_BYTES
        for start in range(0, last, CONTENT_PIECE_BYTES):
            self.wire.send(content[start : start + CONTENT_PIECE_BYTES])
            async with asyncio.timeout(self.timeouts.content):
                await self.wire.drained()
        self.stage = Stage.DOT
        self.wire.send(content[last:])
        reply = await self.wire.read_reply(self.timeouts.dot)
        return self._refusal(reply) or Accepted(reply.code, reply.text, queue_id_in(reply.text))

    def _refusal(self, reply: Reply) -> Deferred | Rejected | None:
        if reply.positive:
            return None
        if reply.code < 400:
            raise WireError(f"the server answered {reply.code} where that has no meaning")
        kind = Deferred if reply.code < 500 else Rejected
        return kind(self.stage, reply.code, reply.enhanced, reply.text)

    def _lost(self, error: Exception) -> Lost:
        reason = (
            "the server did not answer in time" if isinstance(error, TimeoutError) else str(error)
        )
        return Lost(self.stage, reason)


def queue_id_in(text: str) -> str:
    """Return the server's own name for a message it accepted, if its reply tells one."""
    found = _QUEUE_ID.search(text)
    return next(filter(None, found.groups()), "") if found else ""
