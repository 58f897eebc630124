"""A small web server on loopback, on a thread of its own, that records requests and does what a test tells it."""

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    """One request as it arrived."""

    method: str
    path: str
    query: dict
    headers: dict
    body: bytes = field(repr=False)

    @property
    def form(self):
        return dict(parse_qsl(self.body.decode()))

    @property
    def json(self):
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What the server says. `wait`: seconds before it does; `hang_up`: it reads the request and closes instead."""

    status: int = 200
    body: object = ""
    headers: dict = field(default_factory=dict)
    wait: float = 0.0
    hang_up: bool = False

    @property
    def octets(self):
        return (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that gave up is what some tests are about."""


@contextmanager
def web_server(answer):
    """Run a server whose `answer(request)` returns a Reply; yield (base address, list of requests)."""
    requests = []

    class Handler(BaseHTTPRequestHandler):
        def _serve(self):
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = Request(
                self.command, parts.path, dict(parse_qsl(parts.query)), dict(self.headers), body
            )
            requests.append(request)
            reply = answer(request)
            time.sleep(reply.wait)
            if reply.hang_up:
                self.close_connection = True
                return
            self.send_response(reply.status)
            headers = {"Content-Type": "application/json", **reply.headers}
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.octets)))
            self.end_headers()
            self.wfile.write(reply.octets)

        do_GET = do_POST = _serve  # noqa: N815 - names that http.server calls

        def log_message(self, *args):
            """Say nothing."""

    server = _Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", requests
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
