"""A pytest plugin that gives the tests a throw-away PostgreSQL and Valkey.

Loaded through `-p tests.servers`, because pytest-django reads the settings before any conftest.
The controller starts PostgreSQL and xdist's workers inherit its address; pytest-django gives each
worker a database of its own. Every process gets a Valkey of its own, so a test may flush it.
TEST_DATABASE_URL and TEST_REDIS_URL name servers to use instead.
"""

import atexit
import itertools
import os
import shutil
import tempfile
from pathlib import Path

from config.embedded import host, postgres, valkey

PREFIX = "roleferry-test-"
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")


def _remove_remains() -> None:
    """Remove the folders of runs that were killed; the kernel has ended their servers."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        pid = folder.name.removeprefix(PREFIX).split("-")[0]
        if pid.isdigit() and _is_ours(folder) and not _is_running(int(pid)):
            remains = [folder]
            for base, kind in itertools.product(host.socket_bases(), ("postgres", "valkey")):
                remains.append(base / host.socket_folder_name(folder / kind))
            for path in remains:
                shutil.rmtree(path, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    try:
        return folder.stat().st_uid == os.geteuid()
    except FileNotFoundError:  # another run removes remains at this moment
        return False


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _start(kind: str) -> str:
    """Start one server in a temporary folder, have it removed at exit, return its address."""
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    folder.chmod(0o711)  # root's servers run under another account, which must get in
    server = {"postgres": postgres, "valkey": valkey}[kind].start(folder / kind, durable=False)

    owner = os.getpid()

    def stop() -> None:
        if os.getpid() == owner:  # a test that forks must not end its parent's servers
            server.stop()
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    return server.url


def _numbered(url: str) -> str:
    """Return a shared Redis address with a database number of this worker's own."""
    if not WORKER or "db=" in url:
        return url
    return f"{url}{'&' if '?' in url else '?'}db={int(WORKER.removeprefix('gw')) + 1}"


if not WORKER:
    _remove_remains()
    os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL") or _start("postgres")
given = os.environ.get("TEST_REDIS_URL")
os.environ["REDIS_URL"] = _numbered(given) if given else _start("valkey")
os.environ.pop("CELERY_BROKER_URL", None)
