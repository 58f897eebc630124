"""How many posts proved no sender: counted, never kept, so that a forged flood costs a counter and not a table."""

from collections import Counter
from datetime import datetime

from django.core.cache import cache

from mailboxes.webhooks import ADAPTERS

STEP_SECONDS = 600
# Longer than any look back at them.
KEPT_SECONDS = 24 * 3600
_KEY = "refused-posts:{}:{}"


def note_refused(provider: str, *, now: datetime) -> None:
    """Count one post to a real endpoint of `provider` whose signature was missing, wrong or too old."""
    key = _KEY.format(provider, _step(now))
    # Of two that begin the same ten minutes one adds and the other counts on.
    if not cache.add(key, 1, timeout=KEPT_SECONDS):
        cache.incr(key)


def refused_since(since: datetime, *, now: datetime) -> Counter[str]:
    """Return how many posts were refused per provider, in the steps of ten minutes that touch `since` to `now`."""
    keys = {
        _KEY.format(provider, step): provider
        for provider in ADAPTERS
        for step in range(_step(since), _step(now) + 1)
    }
    counts = Counter[str]()
    for key, count in cache.get_many(list(keys)).items():
        counts[keys[key]] += count
    return counts


def _step(moment: datetime) -> int:
    return int(moment.timestamp() // STEP_SECONDS)
