"""Our sender as `manage.py dispatch` runs it, in a process that then tells what it took. Arguments are the command's."""

import json
import os
import sys
import time
from pathlib import Path

BEGAN = time.perf_counter()
sys.path.insert(1, str(Path(__file__).resolve().parent.parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"


def main() -> None:
    import django
    from django.core.management import execute_from_command_line
    from memory import peak_rss_mb

    django.setup()
    import outreach.management.commands.dispatch  # noqa: F401 - what the command needs is loaded before we look at the clock

    began, started = time.perf_counter(), time.process_time()
    execute_from_command_line(["manage.py", "dispatch", *sys.argv[1:]])
    told = {
        "running_seconds": time.perf_counter() - began,
        "running_cpu_seconds": time.process_time() - started,
        "seconds": time.perf_counter() - BEGAN,
        "cpu_seconds": time.process_time(),
        "peak_rss_mb": peak_rss_mb(),
    }
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
