"""Times of two alternatives, measured in turn so that a drifting machine slows both."""

from __future__ import annotations

import statistics
from collections.abc import Callable


def ratios(
    first: Callable[[], float], second: Callable[[], float], rounds: int
) -> tuple[float, float, float]:
    """Medians of both times (s) and of their ratio, first ÷ second, over pairs of runs."""
    pairs = [(first(), second()) for _ in range(rounds)]
    a, b = zip(*pairs, strict=True)
    return (
        statistics.median(a),
        statistics.median(b),
        statistics.median(x / y for x, y in pairs),
    )
