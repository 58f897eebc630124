"""A real Celery worker (prefork) and a real beat, as processes on this test's database and a broker of its own."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress

from django.db import connection

CELERY = [
    sys.executable,
    "-W",
    "ignore",
    "-m",
    "celery",
    "--quiet",
    "-A",
    "tests.faults.celery_app",
]
QUIET = ["--without-gossip", "--without-mingle", "--loglevel", "WARNING"]


def start(kind, folder, broker_url, **variables):
    """Start `worker` or `beat`; its log is `folder`/kind.log."""
    wanted = connection.settings_dict
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.faults.celery_settings",
        "DATABASE_URL": f"postgresql://{wanted['USER']}@/{wanted['NAME']}?host={wanted['HOST']}",
        "REDIS_URL": broker_url,
        "FAULT_STATE_ROOT": str(folder / "state"),
        **variables,
    }
    arguments = {
        "worker": ["worker", "-Q", "mail", "--concurrency", "1", *QUIET],
        "beat": ["beat", "--schedule", str(folder / "beat"), "--pidfile=", "--loglevel", "WARNING"],
    }[kind]
    with (folder / f"{kind}.log").open("ab") as log:
        return subprocess.Popen(
            [*CELERY, *arguments], env=env, stdout=log, stderr=log, start_new_session=True
        )


@contextmanager
def celery(folder, broker_url, *, kinds=("worker", "beat"), **variables):
    """Yield the running processes; whatever is left of them at the end is killed."""
    running = [start(kind, folder, broker_url, **variables) for kind in kinds]
    try:
        yield running
    finally:
        for process in running:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
