"""Run several processes as one: ordered start, shared log, restarts, ordered stop, nothing left.

One thread and one loop: children are spawned from the main thread (the kernel's "die with your
parent" follows the thread), and their output, their ends and our signals wake the same select().
"""

import contextlib
import itertools
import json
import os
import secrets
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, TextIO

from config.embedded import host
from config.embedded.host import EmbeddedServerError

RUN_VARIABLE = "ROLEFERRY_RUN"  # marks every process of one run, also grandchildren
TICK_SECONDS = 0.1
PROBE_SECONDS = 0.03
SAME_KEYSTROKE_SECONDS = 0.5
FIRST_BACKOFF, LONGEST_BACKOFF = 0.5, 30.0  # doubles; a minute of life starts it over
STEADY_SECONDS = 60.0
LONGEST_LINE = 64 * 1024
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
COLOURS = ("36", "33", "32", "35", "34", "96", "93", "92", "95")


@dataclass
class Child:
    """One named process.

    `spawn` gets a file descriptor for its output. Children after a `gate` start only when its
    `is_ready` holds, or, with `once`, when it has ended well. `stop_signals` are tried in turn with
    their seconds of grace; SIGKILL follows.
    """

    name: str
    spawn: Callable[[int], subprocess.Popen[bytes]]
    is_ready: Callable[[], bool] | None = None
    gate: bool = False
    once: bool = False
    ready_seconds: float = 60.0
    stop_signals: tuple[tuple[signal.Signals, float], ...] = ((signal.SIGTERM, 10.0),)
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    started_at: float = field(default=0.0, init=False)
    restart_at: float | None = field(default=None, init=False)
    backoff: float = field(default=FIRST_BACKOFF, init=False)

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


def command(
    arguments: list[str], *, env: Mapping[str, str], cwd: Path
) -> Callable[[int], subprocess.Popen[bytes]]:
    """Return a `spawn` for a program: own session, no keyboard, ended by the kernel if we die."""

    def spawn(output: int) -> subprocess.Popen[bytes]:
        return host.launch(arguments, output, env={**os.environ, **env}, cwd=cwd)

    return spawn


class Log:
    """Writes whole lines, each behind the coloured name of its process.

    Plain when the output is no terminal or NO_COLOR is set (https://no-color.org).
    """

    def __init__(self, names: list[str], output: TextIO | None = None) -> None:
        self.output = output or sys.stdout
        coloured = self.output.isatty() and not os.environ.get("NO_COLOR")
        width = max(map(len, names), default=0)
        self.prefixes = {}
        for name, colour in zip(names, itertools.cycle(COLOURS), strict=False):
            prefix = f"{name:<{width}} |"
            self.prefixes[name] = f"\x1b[{colour}m{prefix}\x1b[0m" if coloured else prefix
        self.parts: dict[str, bytes] = {}

    def feed(self, name: str, chunk: bytes) -> None:
        *lines, rest = (self.parts.pop(name, b"") + chunk).split(b"\n")
        if len(rest) > LONGEST_LINE or not chunk:
            lines, rest = [*lines, rest], b""
        self.parts[name] = rest
        for line in lines:
            if line or chunk:
                self.say(line.decode(errors="replace").rstrip("\r"), name)

    def say(self, text: str, name: str = "") -> None:
        prefix = f"{self.prefixes[name]} " if name else ""
        # Whoever read our output may be gone (`make up | head`); the processes matter more.
        with contextlib.suppress(BrokenPipeError):
            self.output.write(f"{prefix}{text}\n")
            self.output.flush()


class Supervisor:
    """Runs children in order until a stop signal, then stops them in the opposite order.

    `lock` is a file that only one supervisor holds; it also remembers the run, so that the next
    start ends what a killed supervisor could not. Use as a context manager around run().
    """

    def __init__(self, *, lock: Path, output: TextIO | None = None) -> None:
        self.children: list[Child] = []
        self.log = Log([], output)
        self.output = output
        self.lock_path = lock
        self.run_id = secrets.token_hex(16)
        self.signals = 0
        self.signalled_at = float("-inf")
        self.selector = selectors.DefaultSelector()

    def __enter__(self) -> "Supervisor":
        self.lock = claim(self.lock_path, run_id=self.run_id)
        os.environ[RUN_VARIABLE] = self.run_id
        self.wake_read, self.wake_write = os.pipe()
        os.set_blocking(self.wake_read, False)
        os.set_blocking(self.wake_write, False)
        self.selector.register(self.wake_read, selectors.EVENT_READ, None)
        self.old_wakeup = signal.set_wakeup_fd(self.wake_write, warn_on_full_buffer=False)
        self.old_handlers = {number: signal.signal(number, self._on_signal) for number in STOPPING}
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.stop()
        finally:
            os.environ.pop(RUN_VARIABLE, None)
            end_run(self.run_id)
            for number, handler in self.old_handlers.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(self.old_wakeup)
            self.selector.close()
            os.close(self.wake_read)
            os.close(self.wake_write)
            host.release_lock(self.lock_path, self.lock)

    def run(self, children: list[Child], *, on_ready: Callable[[], None] | None = None) -> None:
        """Start the children, call `on_ready`, watch until a stop signal, stop them.

        Raises EmbeddedServerError when a child cannot be started at all; all are stopped then too.
        """
        self.children = children
        self.log = Log([child.name for child in children], self.output)
        try:
            for child in self.children:
                if self.signals:
                    return
                self._start(child)
                if child.gate:
                    self._wait(child)
            for child in self.children:
                self._wait(child)
            if on_ready and not self.signals:
                on_ready()
            while not self.signals:
                self._turn()
        finally:
            self.stop()

    def stop(self) -> None:
        """Stop the children, last started first, each with its own signals and grace."""
        for child in reversed(self.children):
            child.restart_at = None
            if child.process is not None:
                self._end(child)

    def _start(self, child: Child) -> None:
        read, write = os.pipe()
        try:
            child.process = child.spawn(write)
        finally:
            os.close(write)
        child.started_at = time.monotonic()
        child.restart_at = None
        os.set_blocking(read, False)
        self.selector.register(read, selectors.EVENT_READ, child.name)

    def _wait(self, child: Child) -> None:
        """Return when the child is ready or a stop was asked for; raise if it will never be."""
        if child.is_ready is None and not child.once:
            return
        while not self.signals:
            if not child.is_alive():
                self._drain()
                if child.once and child.process and child.process.returncode == 0:
                    return
                self._give_up(child)
            if child.is_ready is not None and child.is_ready():
                return
            if time.monotonic() > child.started_at + child.ready_seconds:
                message = f"{child.name} was not ready after {child.ready_seconds:.0f} seconds"
                raise EmbeddedServerError(f"{message}: its lines above say why.")
            self._turn(PROBE_SECONDS, watched=child)

    def _give_up(self, child: Child) -> None:
        """Raise for a child that ended before its time, after its last words are in the log."""
        assert child.process is not None  # noqa: S101 - narrows the type; _wait() has looked
        how = describe_exit(child.process.returncode)
        when = "" if child.once else " before it was ready"
        raise EmbeddedServerError(f"{child.name} {how}{when}: its lines above say why.")

    def _turn(self, seconds: float = TICK_SECONDS, *, watched: Child | None = None) -> None:
        """Copy output for that long and look after every child but the `watched` one."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and self._pump(left) and not self.signals:
            pass
        now = time.monotonic()
        for child in self.children:
            if child is watched or child.once or child.process is None or self.signals:
                continue
            if child.restart_at is None and not child.is_alive():
                self._plan_restart(child, now)
            elif child.restart_at is not None and now >= child.restart_at:
                self._start(child)

    def _plan_restart(self, child: Child, now: float) -> None:
        assert child.process is not None  # noqa: S101 - narrows the type; _turn() has looked
        self._sweep(child)
        if now - child.started_at > STEADY_SECONDS:
            child.backoff = FIRST_BACKOFF
        how = describe_exit(child.process.returncode)
        self.log.say(f"{how}; starting it again in {child.backoff:g} s", child.name)
        child.restart_at = now + child.backoff
        child.backoff = min(child.backoff * 2, LONGEST_BACKOFF)

    def _end(self, child: Child) -> None:
        assert child.process is not None  # noqa: S101 - narrows the type; stop() has looked
        for number, seconds in child.stop_signals:
            if not child.is_alive():
                break
            child.process.send_signal(number)
            deadline = time.monotonic() + seconds
            asked = self.signals
            # Another Ctrl-C means: do not wait for this child.
            while (
                child.is_alive() and time.monotonic() < deadline and self.signals <= max(asked, 1)
            ):
                self._pump(0.02)
        if child.is_alive():
            self.log.say("did not stop in time and is killed", child.name)
            child.process.kill()
        child.process.wait()
        self._sweep(child)
        self._drain()
        child.process = None

    def _sweep(self, child: Child) -> None:
        """Kill what an ended child left in its session's process group."""
        assert child.process is not None  # noqa: S101 - narrows the type; the callers have looked
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, signal.SIGKILL)

    def _pump(self, seconds: float) -> bool:
        """Copy waiting output to the log; return whether there was any."""
        found = False
        for key, _ in self.selector.select(seconds):
            with contextlib.suppress(BlockingIOError):
                chunk = os.read(key.fd, 65536)
                if key.data is None:
                    continue  # a signal woke us
                found = True
                self.log.feed(key.data, chunk)
                if not chunk:
                    self.selector.unregister(key.fd)
                    os.close(key.fd)
        return found

    def _drain(self) -> None:
        while self._pump(0):
            pass

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if now - self.signalled_at < SAME_KEYSTROKE_SECONDS:
            return  # one Ctrl-C can arrive twice, through the terminal and through `make`
        self.signalled_at = now
        self.signals += 1
        if self.signals == 1:
            self.log.say("Stopping; press Ctrl-C again to hurry.")


def claim(path: Path, *, run_id: str = "") -> IO[bytes]:
    """Take the lock of an installation, note who has it, and end what a killed holder left.

    Raises EmbeddedServerError with a sentence naming the process that has it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    known = _remembered(path.read_bytes() if path.exists() else b"")
    refusal = (
        f"RoleFerry already runs from this folder (process {known.get('pid', 'unknown')}): "
        "use that one, or stop it with Ctrl-C in its terminal first."
    )
    lock = host.take_lock(path, refusal)
    lock.seek(0)
    end_run(_remembered(lock.read()).get("run", ""))
    lock.truncate(0)
    lock.write(json.dumps({"pid": os.getpid(), "run": run_id}).encode())
    lock.flush()
    return lock


def end_run(run_id: str) -> None:
    """Kill every process that still carries the mark of an earlier run."""
    if not run_id:
        return
    mark = f"{RUN_VARIABLE}={run_id}".encode()
    for entry in Path("/proc").glob("[0-9]*/environ"):
        pid = int(entry.parent.name)
        with contextlib.suppress(OSError):  # ended meanwhile, or not ours to read
            if pid != os.getpid() and mark in entry.read_bytes().split(b"\0"):
                os.kill(pid, signal.SIGKILL)


def describe_exit(code: int) -> str:
    """Return how a process ended, in words."""
    if code >= 0:
        return f"ended with exit status {code}"
    return f"was ended by {signal.Signals(-code).name}"


def _remembered(raw: bytes) -> dict[str, str]:
    try:
        found = json.loads(raw or b"{}")
    except ValueError:
        return {}  # the supervisor was killed while it wrote
    return found if isinstance(found, dict) else {}
