"""Just enough of Valkey's protocol (RESP2) to ask one command and read one short answer.

For the sender, which must stay small: loading redis-py costs it half a second and 28 MB. Everything else uses redis-py.
"""

import socket
import ssl
from contextlib import suppress
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

DEFAULT_PORT = 6379
# The answers we ask for are numbers; one that is longer than this comes from something else than Valkey.
LONGEST_LINE = 4096

Answer = bytes | int | None


class ValkeyLinkError(OSError):
    """Valkey cannot be asked now, or refused the command."""


class ValkeyLink:
    """One connection to the Valkey of a redis://, rediss:// or unix:// address; opened by the first question."""

    def __init__(self, url: str, *, seconds: float) -> None:
        self._address, self._seconds = urlsplit(url), seconds
        self._socket: socket.socket | None = None
        self._rest = b""

    def ask(self, *command: str | int) -> Answer:
        """Return the answer to a command; raise OSError. Each step may take `seconds`."""
        try:
            if self._socket is None:
                self._open()
            return self._ask(command)
        except (OSError, ValueError) as error:
            self.close()
            if isinstance(error, OSError):
                raise
            raise ValkeyLinkError("Something that is not Valkey answered.") from error

    def close(self) -> None:
        """Let go of the connection; the next question opens a new one."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.close()
        self._socket, self._rest = None, b""

    def _open(self) -> None:
        address = self._address
        options = {name: values[-1] for name, values in parse_qs(address.query).items()}
        self._socket = _connect(address, options, self._seconds)
        if address.password:
            user = [unquote(address.username)] if address.username else []
            self._ask(("AUTH", *user, unquote(address.password)))
        of_path = "" if address.scheme == "unix" else address.path.strip("/")
        number = options.get("db") or of_path or "0"
        if number != "0":
            self._ask(("SELECT", number))

    def _ask(self, command: tuple[str | int, ...]) -> Answer:
        words = [str(word).encode() for word in command]
        packed = b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)
        self._open_socket.sendall(b"*%d\r\n%s" % (len(words), packed))
        line = self._read_line()
        kind, said = line[:1], line[1:]
        if kind == b"+":
            return said
        if kind == b":":
            return int(said)
        if kind == b"$":
            return self._read_line() if int(said) >= 0 else None
        raise ValkeyLinkError(said.decode("utf-8", "replace") if kind == b"-" else "not RESP")

    def _read_line(self) -> bytes:
        while b"\r\n" not in self._rest:
            piece = self._open_socket.recv(LONGEST_LINE)
            if not piece or len(self._rest) > LONGEST_LINE:
                raise ValkeyLinkError("The connection ended within an answer.")
            self._rest += piece
        line, _, self._rest = self._rest.partition(b"\r\n")
        return line

    @property
    def _open_socket(self) -> socket.socket:
        if self._socket is None:
            raise ValkeyLinkError("The connection is closed.")
        return self._socket


def _connect(address: SplitResult, options: dict[str, str], seconds: float) -> socket.socket:
    if address.scheme == "unix":
        link = socket.socket(socket.AF_UNIX)
        try:
            link.settimeout(seconds)
            link.connect(unquote(address.path))
        except OSError:
            link.close()
            raise
        return link
    host = address.hostname or "localhost"
    link = socket.create_connection((host, address.port or DEFAULT_PORT), timeout=seconds)
    if address.scheme != "rediss":
        return link
    context = ssl.create_default_context(cafile=options.get("ssl_ca_certs"))
    if options.get("ssl_cert_reqs", "required").lower() in {"none", "cert_none"}:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        return context.wrap_socket(link, server_hostname=host)
    except OSError:
        link.close()
        raise
