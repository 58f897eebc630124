"""A board on loopback, and fetchers that may be pointed at it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable

from jobs.fetching import Fetcher, HostBudget, Limits, RobotsCache
from jobs.network import Network

HOST = "jobs.acme-board.com"
OTHER = "moved.acme-board.com"
API = "boards-api.greenhouse.io"
ALLOW = b"User-agent: *\nDisallow: /private\n"


def answer(body: bytes = b"", *, status: str = "200 OK", headers: tuple[str, ...] = ()) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


class BoardServer:
    """A TLS server on loopback that answers by path and records what it was asked."""

    def __init__(self, certificate: tuple[str, str]) -> None:
        self.replies: dict[str, bytes | Callable[[ssl.SSLSocket], None]] = {
            "/robots.txt": answer(ALLOW)
        }
        self.requests: list[str] = []
        self.names: list[str | None] = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*certificate)
        self._context.sni_callback = lambda _sock, name, _context: self.names.append(name)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                plain, _peer = self._listener.accept()
            except OSError:
                return
            with plain:
                self._answer(plain)

    def _answer(self, plain: socket.socket) -> None:
        plain.settimeout(5)
        try:
            with self._context.wrap_socket(plain, server_side=True) as connection:
                request = b""
                while b"\r\n\r\n" not in request:
                    chunk = connection.recv(65536)
                    if not chunk:
                        return
                    request += chunk
                text = request.decode()
                self.requests.append(text)
                path = text.split(" ")[1].split("?")[0]
                reply = self.replies.get(path, answer(b"gone", status="404 Not Found"))
                if callable(reply):
                    reply(connection)
                else:
                    connection.sendall(reply)
        except (OSError, ssl.SSLError):
            return  # the client gave up, as several tests mean it to

    @property
    def paths(self) -> list[str]:
        return [request.split(" ")[1] for request in self.requests]

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=10)


def make_fetcher(network: Network, **settings) -> Fetcher:
    settings.setdefault("limits", Limits(body_bytes=100_000, total_seconds=2, step_seconds=1))
    return Fetcher(
        site_url="https://roleferry.example/",
        network=network,
        pacer=HostBudget(spacing_seconds=0),
        robots=RobotsCache(),
        **settings,
    )
