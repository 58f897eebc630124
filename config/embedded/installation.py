"""A local installation: which processes `make up` runs, with which settings, in which order."""

import contextlib
import hashlib
import http.client
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings

from config.embedded import host, local_keys
from config.embedded.host import EmbeddedServerError
from config.embedded.postgres import STOP_SIGNALS as POSTGRES_STOP
from config.embedded.postgres import PostgresServer
from config.embedded.supervisor import Child, Supervisor, claim, command
from config.embedded.valkey import STOP_SIGNALS as VALKEY_STOP
from config.embedded.valkey import ValkeyServer

HOST = "127.0.0.1"
# Celery first finishes its tasks, then (SIGQUIT) drops them: the send ledger survives either.
WORKER_STOP = ((signal.SIGTERM, 8.0), (signal.SIGQUIT, 4.0))
SERVER_STOPS = {"postgres": POSTGRES_STOP, "valkey": VALKEY_STOP}


class Installation:
    """One folder with the code, and everything it keeps under `var`."""

    def __init__(self, root: Path, *, port: int) -> None:
        self.root = root
        self.var = root / "var"
        self.port = port
        self.env: dict[str, str] = {}
        self.servers: dict[str, PostgresServer | ValkeyServer] = {}

    def run(self) -> None:
        """Start everything, say where it is, watch it until a stop signal, stop everything."""
        self.var.mkdir(exist_ok=True)
        with Supervisor(lock=self.var / "up.lock") as supervisor:
            check_port_is_free(self.port)
            forget_taken_port(self.var / "practice.port")
            self._make_environment()
            try:
                for server in self.servers.values():
                    server.prepare()
                if not supervisor.signals:
                    supervisor.run(self._children(), on_ready=self._announce)
            finally:
                for server in reversed(self.servers.values()):
                    server.stop()

    def run_beside(self, subcommand: list[str]) -> int:
        """Run one manage.py command on this folder's servers, started for it unless they run.

        Returns its exit status. The keyboard and the screen are the command's.
        """
        self.var.mkdir(exist_ok=True)
        self._make_environment()
        arguments = [sys.executable, str(self.root / "manage.py"), *subcommand]
        lock = self.var / "up.lock"
        with contextlib.ExitStack() as stack:
            held = None
            with contextlib.suppress(EmbeddedServerError):  # then `make up` runs the servers
                held = claim(lock)
            if held is not None:
                stack.callback(host.release_lock, lock, held)
                for server in self.servers.values():
                    stack.callback(server.stop)
                    server.prepare()
                    server.spawn(subprocess.DEVNULL)
            for server in self.servers.values():
                server.wait_ready()
            env = {**os.environ, **self.env}
            return subprocess.run(arguments, cwd=self.root, env=env, check=False).returncode

    def _make_environment(self) -> None:
        """Fill what the children get beyond our own environment; what the user set stays."""
        keys = local_keys.load_or_make(self.var / "secrets.json")
        self.env = {name: os.environ.get(name) or value for name, value in keys.items()}
        self.env["DJANGO_SETTINGS_MODULE"] = settings.SETTINGS_MODULE
        self.env["PORT"] = str(self.port)
        self.env["PYTHONUNBUFFERED"] = "1"
        self.env["SANDBOX_SMTP_PORT"] = os.environ.get("SANDBOX_SMTP_PORT") or str(
            steady_port(self.var / "practice.port")
        )
        if not os.environ.get("DATABASE_URL"):
            database = PostgresServer(self.var / "postgres")
            self.servers["postgres"] = database
            self.env["DATABASE_URL"] = database.url
        if not os.environ.get("REDIS_URL"):
            cache = ValkeyServer(self.var / "valkey")
            self.servers["valkey"] = cache
            self.env["REDIS_URL"] = cache.url

    def _children(self) -> list[Child]:
        """Return what to run in starting order; stopping goes backwards."""
        servers = [
            Child(
                name,
                server.spawn,
                is_ready=server.is_ready,
                gate=True,
                stop_signals=tuple(SERVER_STOPS[name]),
            )
            for name, server in self.servers.items()
        ]
        if self._marker is not None and self._is_prepared(self._marker):
            first = self._manage("check", once=True)
        else:  # which begins with the same checks
            first = self._manage("prepare", gate=True, once=True, ready_seconds=600.0)
        return [*servers, first, *self._sandbox(), self._web(), *self._celery()]

    def _sandbox(self) -> list[Child]:
        if not any(self.root.glob("*/management/commands/sandbox_mail.py")):
            print("There is no sandbox_mail command, so no practice mail server is started.")
            return []
        return [self._manage("sandbox_mail", name="sandbox")]

    def _web(self) -> Child:
        arguments = ["granian", "--interface", "asginl", "--host", HOST, "--port", str(self.port)]
        arguments += ["--workers", "1", "--no-ws", "--log-level", "warning"]
        return Child(
            "web",
            self._module(*arguments, "config.asgi:application"),
            is_ready=lambda: answers(self.port),
            stop_signals=((signal.SIGTERM, 5.0),),
            gate=True,  # the pages come first: the workers' start would share the processor
        )

    def _celery(self) -> list[Child]:
        celery = ["celery", "--quiet", "-A", "config.celery_app"]
        quiet = ["--without-gossip", "--without-mingle", "--loglevel", "WARNING"]
        mail = ["worker", "-Q", "mail", "-n", "mail@%h", "--concurrency", "1", *quiet]
        default = ["worker", "-Q", "default", "-n", "default@%h", "--concurrency", "2", *quiet]
        beat = ["beat", "--schedule", str(self.var / "beat"), "--pidfile=", "--loglevel", "WARNING"]
        return [
            Child("mail", self._module(*celery, *mail), stop_signals=WORKER_STOP),
            Child("worker", self._module(*celery, *default), stop_signals=WORKER_STOP),
            Child("beat", self._module(*celery, *beat)),
        ]

    def _manage(self, subcommand: str, *, name: str = "", **options: Any) -> Child:
        arguments = [sys.executable, str(self.root / "manage.py"), subcommand]
        spawn = command(arguments, env=self.env, cwd=self.root)
        return Child(name or subcommand, spawn, **options)

    def _module(self, *arguments: str) -> Any:
        # Celery's warning for root is about pickled tasks; ours are JSON.
        python = [sys.executable, "-W", "ignore:You're running the worker", "-m"]
        return command([*python, *arguments], env=self.env, cwd=self.root)

    @property
    def _marker(self) -> Path | None:
        """Where to note that the embedded database is prepared; gone when the database is."""
        database = self.servers.get("postgres")
        return database.folder / "prepared" if database else None

    def _is_prepared(self, marker: Path) -> bool:
        collected = Path(settings.STATIC_ROOT).is_dir()
        return collected and marker.exists() and marker.read_text() == fingerprint(self.root)

    def _announce(self) -> None:
        if self._marker is not None:
            self._marker.write_text(fingerprint(self.root))
        lines = [f"RoleFerry is ready: http://localhost:{self.port}"]
        for role in ("DEMO_LOGIN", "ADMIN"):
            email = getattr(settings, f"{role}_EMAIL", "")
            password = getattr(settings, f"{role.removesuffix('_LOGIN')}_PASSWORD", "")
            if email and password:
                name = {"DEMO_LOGIN": "Demo", "ADMIN": "Operations"}[role]
                lines.append(f"  {name} log-in: {email}  password: {password}")
        lines.append("Stop everything with Ctrl-C.")
        print("\n".join(["", *lines, ""]), flush=True)


def port_number(text: str) -> int:
    """Return the port, from 1 to 65535; raises EmbeddedServerError with a sentence otherwise."""
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 65535:
        return int(text)
    raise EmbeddedServerError(f"PORT is {text!r}; it must be a whole number from 1 to 65535.")


def check_port_is_free(port: int) -> None:
    """Raise EmbeddedServerError when the web server could not listen on `port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError as error:
            message = f"Port {port} is reserved for root: choose one above 1023, as in: make up PORT=8000."
            raise EmbeddedServerError(message) from error
        except OSError as error:
            message = (
                f"Port {port} is taken by another program: stop that one, or choose another port, "
                f"as in: make up PORT={port + 1 if port < 65535 else 8000}."
            )
            raise EmbeddedServerError(message) from error


def steady_port(file: Path) -> int:
    """Return the port that `file` remembers, or remember a free one.

    A command beside a running installation must speak of the port at which its practice server listens.
    """
    try:
        return port_number(file.read_text())
    except (FileNotFoundError, EmbeddedServerError):
        port = free_port()
        file.write_text(str(port))
        return port


def forget_taken_port(file: Path) -> None:
    """Let a new port be drawn when somebody else listens on the remembered one by now."""
    try:
        check_port_is_free(port_number(file.read_text()))
    except (FileNotFoundError, EmbeddedServerError):
        file.unlink(missing_ok=True)


def free_port() -> int:
    """Return a loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Return whether the web server answers a page without an error of its own."""
    connection = http.client.HTTPConnection(HOST, port, timeout=2.0)
    try:
        connection.request("GET", "/health", headers={"Host": "localhost"})
        return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def fingerprint(root: Path) -> str:
    """Return a text that changes whenever `prepare` could have something to do.

    It covers the packages, every migration, the demo workspace and the static files.
    """
    patterns = (
        "requirements.txt",
        "*/migrations/*.py",
        "static/**/*",
        "config/management/commands/*.py",
    )
    digest = hashlib.sha256()
    for path in sorted(path for pattern in patterns for path in root.glob(pattern)):
        if path.is_file():
            state = path.stat()
            digest.update(
                f"{path.relative_to(root)}:{state.st_size}:{state.st_mtime_ns}\n".encode()
            )
    return digest.hexdigest()
