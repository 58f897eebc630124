"""Opening an SMTP session: connect, greet, protect with TLS, log in; each failure a clear sentence."""

import asyncio
import base64
import ipaddress
import re
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from typing import TypeVar

from mailboxes.receipts import PermanentTransportError, Stage, TransientTransportError
from mailboxes.smtp_wire import Reply, SmtpWire, WireError

T = TypeVar("T")

_CONTINUE = 334
_BAD_CREDENTIALS = 535  # RFC 4954 section 6
_HOST_NAME = re.compile(r"[A-Za-z0-9._:\[\]-]{1,255}")


class Security(StrEnum):
    """How the connection is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class Authentication(StrEnum):
    """What the secret of an endpoint is."""

    PASSWORD = "password"  # noqa: S105 — a kind, not a password
    XOAUTH2 = "xoauth2"


@dataclass(frozen=True)
class TimeOuts:
    """Seconds to wait for the server, at least what RFC 5321 section 4.5.3.2 asks for."""

    connect: float = 30  # ours: a host that does not answer a SYN in 30 s is down
    banner: float = 300  # 4.5.3.2.1, initial 220
    command: float = 300  # 4.5.3.2.2 and .3: MAIL and RCPT; used for EHLO and AUTH as well
    data: float = 120  # 4.5.3.2.4, the 354 reply
    content: float = 180  # 4.5.3.2.5, for each block of content
    dot: float = 600  # 4.5.3.2.6, after the final dot: too short a wait makes duplicates
    tls: float = 30  # ours
    farewell: float = 10  # ours: RSET and QUIT decide nothing any more


@dataclass(frozen=True, kw_only=True)
class SmtpEndpoint:
    """Where and how to log in. ``secret`` is a password or an OAuth access token.

    ``connect_to`` pins the IP address to dial when the caller has already resolved and judged
    ``host``; certificates are still checked against ``host``. ``client_name`` is what EHLO says.
    """

    host: str
    port: int
    security: Security = Security.STARTTLS
    username: str = ""
    secret: str = field(default="", repr=False)
    authentication: Authentication = Authentication.PASSWORD
    client_name: str = "localhost"
    connect_to: str = ""
    tls_context: ssl.SSLContext | None = field(default=None, repr=False, compare=False)
    timeouts: TimeOuts = TimeOuts()
    # Judges the host anew at each dial and returns the address to use, so that a name cannot come to lead elsewhere.
    judge: Callable[[str], str] | None = field(default=None, repr=False, compare=False)
    # Returns the secret of this very moment, for access tokens; given "" at first, and once more the secret that was
    # refused. Runs in a thread and may raise TransportError.
    renew: Callable[[str], str] | None = field(default=None, repr=False, compare=False)


class SmtpSession:
    """An endpoint, the wire to it, and what it said it can do (RFC 5321 section 2.2).

    ``extensions`` maps a keyword in capitals to its parameters.
    """

    def __init__(self, endpoint: SmtpEndpoint) -> None:
        self.endpoint = endpoint
        self.wire = SmtpWire()
        self.extensions: dict[str, str] = {}

    async def ask(self, line: bytes, seconds: float) -> Reply:
        """Send one command and return its reply; raise WireError or TimeoutError."""
        self.wire.send(line + b"\r\n")
        return await self.read(seconds)

    async def read(self, seconds: float) -> Reply:
        """Return the next reply; raise WireError or TimeoutError."""
        return await self.wire.read_reply(seconds)

    async def open(self, reached: Callable[[Stage], Awaitable[None]] | None = None) -> None:
        """Connect and log in; raise TransientTransportError or PermanentTransportError.

        `reached`, if given, is awaited with CONNECT, TLS and LOGIN as each is passed. After an error the connection is
        closed.
        """
        try:
            await self._dial()
            await self._step(
                Stage.CONNECT, self.read(self.endpoint.timeouts.banner), "accepts no mail now"
            )
            await self._greet()
            await self._say(reached, Stage.CONNECT)
            if self.endpoint.security == Security.STARTTLS:
                await self._secure()
            await self._say(reached, Stage.TLS)
            if self.endpoint.username:
                await self._log_in()
            await self._say(reached, Stage.LOGIN)
        except BaseException:
            await self.wire.abandon()
            raise

    async def _say(self, reached: Callable[[Stage], Awaitable[None]] | None, stage: Stage) -> None:
        if reached is not None:
            await reached(stage)

    async def _dial(self) -> None:
        endpoint = self.endpoint
        context = self._context() if endpoint.security == Security.TLS else None

        async def dial() -> None:
            async with asyncio.timeout(endpoint.timeouts.connect):
                target = endpoint.connect_to or endpoint.host
                if endpoint.judge is not None:
                    target = await asyncio.to_thread(endpoint.judge, endpoint.host)
                try:
                    await asyncio.get_running_loop().create_connection(
                        lambda: self.wire,
                        target,
                        endpoint.port,
                        ssl=context,
                        server_hostname=endpoint.host if context else None,
                    )
                except BaseException:
                    self.wire.disown()
                    raise

        await self._guarded(Stage.CONNECT, dial())

    async def _greet(self) -> None:
        name, seconds = self.endpoint.client_name, self.endpoint.timeouts.command
        if not _HOST_NAME.fullmatch(name):
            raise PermanentTransportError(
                "The name we greet with is not a host name.", stage=Stage.HELLO
            )
        self.extensions = {}
        reply = await self._guarded(Stage.HELLO, self.ask(f"EHLO {name}".encode(), seconds))
        if reply.code >= 500:  # RFC 5321 section 4.1.4: an old server may know only HELO
            await self._step(
                Stage.HELLO, self.ask(f"HELO {name}".encode(), seconds), "refused our greeting"
            )
            return
        self._require(reply, Stage.HELLO, "refused our greeting")
        for line in reply.lines[1:]:
            keyword, _, parameter = line.strip().upper().partition(" ")
            if keyword.startswith("AUTH="):  # a spelling older than RFC 4954
                keyword, parameter = "AUTH", f"{keyword[5:]} {parameter}"
            self.extensions[keyword] = f"{self.extensions.get(keyword, '')} {parameter}".strip()

    async def _secure(self) -> None:
        endpoint, timeouts = self.endpoint, self.endpoint.timeouts
        if "STARTTLS" not in self.extensions:
            raise PermanentTransportError(
                f"{endpoint.host} offers no STARTTLS on port {endpoint.port}, so we did not log in. Choose "
                "TLS (port 465) or ask the provider for its port with encryption.",
                stage=Stage.TLS,
            )
        await self._step(
            Stage.TLS, self.ask(b"STARTTLS", timeouts.command), "did not begin encryption"
        )
        await self._guarded(
            Stage.TLS, self.wire.start_tls(self._context(), endpoint.host, timeouts.tls)
        )
        await self._greet()  # RFC 3207 section 4.2: what was learned in the clear is void

    async def _log_in(self) -> None:
        endpoint = self.endpoint
        if endpoint.security == Security.NONE and not _is_loopback(self.wire.peer_host):
            raise PermanentTransportError(
                "The password would travel without encryption, so we did not log in. Choose TLS or STARTTLS.",
                stage=Stage.LOGIN,
            )
        secret = await self._secret("")
        reply = await self._authenticate(secret)
        if reply.code == _BAD_CREDENTIALS and endpoint.renew is not None:
            # The provider may have ended a token before its time; a second refusal is meant.
            reply = await self._authenticate(await self._secret(secret))
        self._require(reply, Stage.LOGIN, "refused the user name or password")

    async def _secret(self, refused: str) -> str:
        if self.endpoint.renew is None:
            return self.endpoint.secret
        return await asyncio.to_thread(self.endpoint.renew, refused)

    async def _authenticate(self, secret: str) -> Reply:
        endpoint = replace(self.endpoint, secret=secret)
        for line in login_lines(endpoint, self.extensions.get("AUTH", "").split()):
            reply = await self._guarded(Stage.LOGIN, self.ask(line, endpoint.timeouts.command))
            if reply.code != _CONTINUE:
                return reply
        # XOAUTH2 explains its refusal in a 334 and gives the 535 only after an empty line.
        return await self._guarded(Stage.LOGIN, self.ask(b"", endpoint.timeouts.command))

    def _context(self) -> ssl.SSLContext:
        return self.endpoint.tls_context or _default_tls_context()

    async def _step(self, stage: Stage, asking: Awaitable[Reply], failure: str) -> None:
        self._require(await self._guarded(stage, asking), stage, failure)

    def _require(self, reply: Reply, stage: Stage, failure: str) -> None:
        if reply.positive:
            return
        kind = PermanentTransportError if reply.code >= 500 else TransientTransportError
        raise kind(
            f"{self.endpoint.host} {failure}: {reply.code} {reply.text}", stage=stage, reply=reply
        )

    async def _guarded(self, stage: Stage, awaitable: Awaitable[T]) -> T:
        """Await one step of opening and put its failures into words."""
        host, port = self.endpoint.host, self.endpoint.port
        try:
            return await awaitable
        except ssl.SSLCertVerificationError as error:
            raise PermanentTransportError(
                f"The certificate of {host} is not valid ({error.verify_message}), so we did not log in.",
                stage=stage,
            ) from error
        except UnicodeError as error:  # from the resolver, for labels no host name can have
            raise PermanentTransportError(f"{host} is not a host name.", stage=stage) from error
        except TimeoutError as error:
            raise TransientTransportError(
                f"{host} did not answer in time on port {port}. We will try again later.",
                stage=stage,
            ) from error
        except (WireError, OSError) as error:
            raise TransientTransportError(
                f"The connection to {host} on port {port} failed: {error}.", stage=stage
            ) from error


def login_lines(endpoint: SmtpEndpoint, offered: list[str]) -> list[bytes]:
    """Return the lines that log in with a mechanism the server offers (RFC 4954, RFC 4616, XOAUTH2).

    Raises PermanentTransportError if it offers none that fits, or the credentials hold NUL.
    """
    username, secret = endpoint.username, endpoint.secret
    if "\x00" in username + secret or "\x01" in username + secret:
        raise PermanentTransportError(
            "The user name or password holds a NUL character.", stage=Stage.LOGIN
        )
    if endpoint.authentication == Authentication.XOAUTH2:
        if "XOAUTH2" in offered:
            return [b"AUTH XOAUTH2 " + _base64(f"user={username}\x01auth=Bearer {secret}\x01\x01")]
    elif "PLAIN" in offered:
        return [b"AUTH PLAIN " + _base64(f"\x00{username}\x00{secret}")]
    elif "LOGIN" in offered:
        return [b"AUTH LOGIN", _base64(username), _base64(secret)]
    raise PermanentTransportError(
        f"{endpoint.host} offers no way to log in that we know ({' '.join(offered) or 'none'}). Check host, port "
        "and encryption.",
        stage=Stage.LOGIN,
    )


def _base64(text: str) -> bytes:
    return base64.b64encode(text.encode())


def _is_loopback(host: str) -> bool:
    return bool(host) and ipaddress.ip_address(host.partition("%")[0]).is_loopback


@cache
def _default_tls_context() -> ssl.SSLContext:
    """One context for all: reading the machine's certificates takes tens of milliseconds."""
    return ssl.create_default_context()
