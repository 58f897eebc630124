"""A line of the last two hours beside a figure: geometry here, SVG in templates/ops/sparkline.html."""

from collections.abc import Sequence
from dataclasses import dataclass

# ux.md section C: the size of every sparkline in the product.
WIDTH, HEIGHT = 96, 28
# Room for the line's own width at both edges.
EDGE = 2
LEAST_POINTS = 2


@dataclass(frozen=True)
class Sparkline:
    """`parts` are the points of unbroken lines in a viewBox of WIDTH x HEIGHT; `words` tell the trend to those who cannot see."""

    parts: tuple[str, ...]
    words: str

    @property
    def view_box(self) -> str:
        """The drawing's own units."""
        return f"0 0 {WIDTH} {HEIGHT}"


def sparkline(values: Sequence[float | None], *, unit: str = "") -> Sparkline | None:
    """Return the line of `values` (oldest first, None for a gap), or None when fewer than two were kept."""
    known = [value for value in values if value is not None]
    if len(known) < LEAST_POINTS:
        return None
    top = max(known)
    step = WIDTH / (len(values) - 1)
    parts: list[list[str]] = [[]]
    for number, value in enumerate(values):
        if value is None:
            parts.append([])
            continue
        y = HEIGHT - EDGE - (value / top if top else 0) * (HEIGHT - 2 * EDGE)
        parts[-1].append(f"{number * step:.1f},{y:.1f}")
    drawn = tuple(" ".join(part) for part in parts if len(part) >= LEAST_POINTS)
    first, last = known[0], known[-1]
    words = (
        f"In two hours from {_said(first)}{unit} to {_said(last)}{unit}, at most {_said(top)}{unit}"
    )
    return Sparkline(drawn, words)


def _said(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
