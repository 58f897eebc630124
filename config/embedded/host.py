"""What an embedded server needs from the machine: an account, private folders, readable programs.

PostgreSQL refuses to run as root. Started by root, every server therefore runs under another
account, which must be able to reach its data and its programs; started by anybody else, it runs
as that person and nothing below changes owners or copies files.
"""

import contextlib
import ctypes
import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

PR_SET_PDEATHSIG = 1  # linux/prctl.h
# sockaddr_un.sun_path holds 104 bytes on macOS and 108 on Linux; the server adds its own file name.
MAX_SOCKET_FOLDER = 80
# Where root keeps what another account has to reach when the project itself is in a closed folder.
ROOT_STORE = Path("/var/lib/roleferry")
SERVER_ACCOUNTS = ("postgres", "nobody")


class EmbeddedServerError(Exception):
    """An embedded server cannot run; the message is one sentence for the person at the terminal."""


@dataclass(frozen=True)
class Account:
    """The operating system account a server runs under; `switch` is empty for our own."""

    uid: int
    gid: int
    switch: bool

    @property
    def popen_arguments(self) -> dict[str, Any]:
        if not self.switch:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        if self.switch:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def can_enter(self, folder: Path) -> bool:
        return self._test("-x", folder)

    def can_read(self, file: Path) -> bool:
        return self._test("-r", file)

    def _test(self, flag: str, path: Path) -> bool:
        if not self.switch:
            return True
        try:
            answer = subprocess.run(
                ["test", flag, str(path)], check=False, cwd="/", **self.popen_arguments
            )
        except (PermissionError, OSError, subprocess.SubprocessError) as error:
            message = (
                "PostgreSQL refuses to run as root and this system does not let root switch to "
                f"another account ({error}): run the command as a normal user, or set DATABASE_URL "
                "and REDIS_URL to servers of your own."
            )
            raise EmbeddedServerError(message) from error
        return answer.returncode == 0


def server_account(data: Path) -> Account:
    """Return the account for a server whose data is (or will be) in `data`.

    Data that exists decides: its owner runs the server, so installing a `postgres` account later
    does not lock anybody out of the data made before.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), switch=False)
    if data.exists() and data.stat().st_uid != 0:
        found = data.stat()
        return Account(found.st_uid, found.st_gid, switch=True)
    for name in SERVER_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, switch=True)
    message = (
        "PostgreSQL refuses to run as root and this system has neither a postgres nor a nobody "
        "account: create one, run the command as a normal user, or set DATABASE_URL."
    )
    raise EmbeddedServerError(message)


def reachable_folder(folder: Path) -> Path:
    """Make `folder` and return it, or its stand-in under /var/lib where the server cannot enter.

    The stand-in is needed when root keeps the project in a closed folder such as /root. A link
    under the wished name shows where the data went.
    """
    folder = folder.absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.is_symlink():
        return folder.resolve()
    folder.mkdir(mode=0o711, exist_ok=True)
    if server_account(folder / "data").can_enter(folder):
        return folder
    if any(folder.iterdir()):
        message = (
            f"The server's account cannot enter {folder}, which holds data: make its parent "
            "folders enterable (chmod o+x), or move the project."
        )
        raise EmbeddedServerError(message)
    stand_in = ROOT_STORE / f"{folder.name}-{_fingerprint(str(folder))}"
    ROOT_STORE.mkdir(mode=0o711, parents=True, exist_ok=True)
    stand_in.mkdir(mode=0o711, exist_ok=True)
    folder.rmdir()
    folder.symlink_to(stand_in)
    return stand_in


def private_folder(folder: Path, account: Account) -> Path:
    """Make `folder` for `account` alone (0700) and return it.

    Raises EmbeddedServerError when something else is there or somebody else owns it.
    """
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {account.uid, os.geteuid()}:
        message = (
            f"{folder} belongs to somebody else, so a private socket cannot be put there: "
            "remove it, or set TMPDIR to a folder of your own."
        )
        raise EmbeddedServerError(message)
    account.own(folder)
    folder.chmod(0o700)
    return folder


def socket_folder(folder: Path, account: Account) -> Path:
    """Return a private folder with a short path for the socket of the server living in `folder`.

    It is not beside the data, because project folders can be too deep for a socket's path or on a
    file system without sockets. Always the same one for the same server, whatever TMPDIR and
    XDG_RUNTIME_DIR say in this terminal, because commands in other terminals must find it.
    """
    for base in socket_bases():
        place = base / socket_folder_name(folder)
        short = len(str(place)) <= MAX_SOCKET_FOLDER
        if short and os.access(base, os.W_OK | os.X_OK) and account.can_enter(base):
            return private_folder(place, account)
    message = "No folder for temporary files is writable: set TMPDIR to one that is."
    raise EmbeddedServerError(message)


def socket_bases() -> list[Path]:
    return [Path("/tmp"), Path(tempfile.gettempdir())]  # noqa: S108 - 0700 inside, owner checked


def socket_folder_name(folder: Path) -> str:
    return f"roleferry-{os.geteuid()}-{_fingerprint(str(folder))}"


def readable_programs(trees: list[Path], account: Account, probe: Path) -> Path:
    """Return the folder that holds `trees` in a place where `account` can run them.

    `trees` are siblings; normally their own parent is returned. Root's virtual environment in a
    closed folder is copied once, under a name made from the files' identity, and appears whole or
    not at all, so two starts at once are harmless.
    """
    parent = trees[0].parent
    if account.can_read(probe):
        return parent
    state = probe.stat()
    copy = ROOT_STORE / f"programs-{_fingerprint(f'{probe}:{state.st_size}:{state.st_mtime_ns}')}"
    if copy.exists():
        return copy
    ROOT_STORE.mkdir(mode=0o711, parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{copy.name}-", dir=ROOT_STORE))
    draft.chmod(0o755)
    for tree in trees:
        shutil.copytree(tree, draft / tree.name, symlinks=True)
    try:
        draft.rename(copy)
    except OSError:
        if not copy.exists():
            raise
        shutil.rmtree(draft)  # another start was first
    return copy


def take_lock(path: Path, refusal: str) -> IO[bytes]:
    """Hold `path` until release_lock(); the kernel lets go of it should we be killed.

    Raises EmbeddedServerError with `refusal` while another process holds it.
    """
    while True:
        lock = path.open("a+b")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.exists() and os.path.samestat(os.fstat(lock.fileno()), path.stat()):
                return lock
        except BlockingIOError as error:
            lock.close()
            raise EmbeddedServerError(refusal) from error
        lock.close()  # its holder removed it between our open and our lock


def release_lock(path: Path, lock: IO[bytes]) -> None:
    """Remove the lock file and let go of it, in this order, so that nobody locks a removed file."""
    path.unlink(missing_ok=True)
    lock.close()


def die_with_parent(signal_number: int = signal.SIGTERM) -> Callable[[], None] | None:
    """Return a Popen `preexec_fn` that has the kernel signal the child when we die.

    None where the system has no such thing; the next start then ends what was left behind.
    The kernel watches the *thread* that forks, so spawn from the main thread.
    """
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(
        None, use_errno=True
    )  # loaded before the fork: no lock is taken in the child
    parent = os.getpid()

    def ask_kernel() -> None:
        library.prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
        if os.getppid() != parent:  # it died before the kernel knew
            os.kill(os.getpid(), signal.SIGKILL)

    return ask_kernel


def launch(
    arguments: list[str],
    output: IO[bytes] | int,
    *,
    env: Mapping[str, str],
    dies_by: signal.Signals = signal.SIGTERM,
    account: Account | None = None,
    cwd: Path = Path("/"),
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, without a keyboard, that does not outlive us.

    `dies_by` is what the kernel sends it should we be killed, where the kernel can (Linux).
    """
    return subprocess.Popen(
        arguments,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd=cwd,
        env=env,
        start_new_session=True,
        preexec_fn=die_with_parent(dies_by),  # noqa: PLW1509 - two system calls, no lock taken
        **(account.popen_arguments if account else {}),
    )


def command_line(pid: int) -> str:
    """Return the command line of a running process, or "" if there is none."""
    if not Path("/proc/self/cmdline").exists():
        command = ["ps", "-ww", "-o", "args=", "-p", str(pid)]
        answer = subprocess.run(command, check=False, capture_output=True, text=True)
        return answer.stdout.strip()
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return raw.replace(b"\0", b" ").decode(errors="replace").strip()


def end_process(
    process: subprocess.Popen[bytes], signals: list[tuple[signal.Signals, float]]
) -> None:
    """Send each signal and wait its seconds for the process to end; SIGKILL is the last word."""
    for number, seconds in signals:
        if process.poll() is not None:
            return
        process.send_signal(number)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
    if process.poll() is None:
        process.kill()
        process.wait()


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
