"""How much memory a program took at most; for programs that must not import the package, which starts servers."""

import resource
from pathlib import Path


def peak_rss_mb() -> float:
    """Return this program's own peak; getrusage() on Linux also counts the parent that started it."""
    try:
        status = Path("/proc/self/status").read_text()
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
