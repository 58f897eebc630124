"""Measuring in alternation, and the lines that every benchmark prints."""

import json
import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence

LONGEST_SECONDS = 60.0


def alternate(systems: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Call every system once per round, in turn, and return each one's milliseconds.

    One round before them warms caches and is not counted. No round begins after LONGEST_SECONDS, so that a busy machine
    gives fewer rounds and not a benchmark without end; the lines say how many there were.
    """
    spent: dict[str, list[float]] = {name: [] for name in systems}
    deadline = time.monotonic() + LONGEST_SECONDS
    for number in range(rounds + 1):
        if number > 1 and time.monotonic() > deadline:
            break
        for name, act in systems.items():
            began = time.perf_counter()
            act()
            if number:
                spent[name].append((time.perf_counter() - began) * 1000)
    return spent


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that `share` (0 to 1) of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def say(**line: object) -> None:
    """Print one system's line."""
    print(json.dumps(line), flush=True)


def say_times(system: str, spent: Sequence[float], **more: object) -> None:
    """Print one system's line of times in ms."""
    p50, p95 = statistics.median(spent), percentile(spent, 0.95)
    say(system=system, runs=len(spent), p50_ms=round(p50, 2), p95_ms=round(p95, 2), **more)


def ratio(peer: Sequence[float], ours: Sequence[float]) -> float:
    """Return how many times lower our median is."""
    return round(statistics.median(peer) / statistics.median(ours), 2)


def finish(bench: str, **ratios: float) -> None:
    """Print the last line."""
    say(bench=bench, ratios=ratios)
