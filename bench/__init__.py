"""Benchmarks: our way and its peers, measured side by side in one run (`make bench NAME=send`).

Importing this package starts a PostgreSQL and a Valkey that live as long as the process, loads Django and migrates.
Every benchmark prints one JSON line per system and, last, {"bench": NAME, "ratios": {"vs_<peer>": number}}: how many
times better than the peer we are. BENCH_SCALE=tiny runs the same on a handful of rows, to see that it works.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import django
from django.core.management import call_command

from config.embedded import postgres, valkey

IS_TINY = os.environ.get("BENCH_SCALE") == "tiny"
# Set for the processes that a benchmark starts: they use its servers.
MARK = "BENCH_HAS_SERVERS"


def _start_servers() -> None:
    """Durable servers, because what a commit costs is part of what is measured."""
    # The prefix of the tests' folders: their next run removes what a killed one left.
    folder = Path(tempfile.mkdtemp(prefix=f"roleferry-test-{os.getpid()}-"))
    folder.chmod(0o711)  # root's servers run under another account, which must get in
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    database, cache = postgres.start(folder / "postgres"), valkey.start(folder / "valkey")
    for server in (database, cache):
        atexit.register(server.stop)
    os.environ |= {"DATABASE_URL": database.url, "REDIS_URL": cache.url, MARK: "1"}
    os.environ["TEST_MEDIA_ROOT"] = str(folder / "files")
    os.environ.pop("CELERY_BROKER_URL", None)


os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
if os.environ.get(MARK):
    django.setup()
else:
    _start_servers()
    django.setup()
    call_command("migrate", verbosity=0)
