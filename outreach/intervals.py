"""How sure a share can be."""

from dataclasses import dataclass
from math import sqrt

# The 97.5th percentile of the normal distribution: an interval that holds the truth 95 times of 100.
Z_95 = 1.959963984540054
# Below this many observations a rate is an anecdote and the page says so instead of printing it.
TOO_FEW = 30


@dataclass(frozen=True)
class Share:
    """`part` of `whole`, with the 95 % Wilson score interval as `low` and `high` (0 to 1)."""

    part: int
    whole: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share itself, 0 to 1; 0 when there is nothing to share."""
        return self.part / self.whole if self.whole else 0.0

    @property
    def is_too_few(self) -> bool:
        """Whether nothing should be concluded from so little."""
        return self.whole < TOO_FEW


def wilson(part: int, whole: int) -> Share:
    """Return the share with its Wilson score interval (Wilson 1927, JASA 22:209); of nothing, the whole range.

    Raises ValueError unless 0 <= part <= whole.
    """
    if not 0 <= part <= whole:
        raise ValueError(f"{part} cannot be a part of {whole}.")
    if not whole:
        return Share(0, 0, 0.0, 1.0)
    share, square = part / whole, Z_95**2
    middle = share + square / (2 * whole)
    spread = Z_95 * sqrt(share * (1 - share) / whole + square / (4 * whole**2))
    scale = 1 + square / whole
    low, high = (middle - spread) / scale, (middle + spread) / scale
    return Share(part, whole, max(0.0, low), min(1.0, high))
