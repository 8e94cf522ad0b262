"""How often plans come true, simulated: mean width of intervals, and power of comparisons."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from benchmarks.statistics import CENTRE
from lungseg.metrics.difference import paired_difference
from lungseg.metrics.interval import ratio_intervals
from lungseg.metrics.planning import cases_for_width, pairs_for_power
from lungseg.metrics.statistics import verdict

Array = npt.NDArray[np.float64]
Draw = Callable[[np.random.Generator, tuple[int, ...]], Array]

SCORES: dict[str, Draw] = {
    "DSC 0.94": lambda random, shape: expit(random.normal(CENTRE, 0.7, shape)),
    "DSC 0.90, skewed": lambda random, shape: expit(random.normal(2.5, 1.0, shape)),
}
DIFFERENCES: dict[str, Draw] = {
    "normal": lambda random, shape: random.normal(0, 1, shape),
    "of two DSC": lambda random, shape: _of_two(random, shape),
    "heavy tails": lambda random, shape: random.standard_t(3, shape),
}
WIDTHS = (0.1, 0.05, 0.02)
SIZES = (1.0, 0.6, 0.35)
"""Difference in units of its scatter."""
POWER = 0.8


def _of_two(random: np.random.Generator, shape: tuple[int, ...]) -> Array:
    cases = random.normal(CENTRE, 0.7, shape)
    a, b = (expit(cases + random.normal(0, 0.28, shape)) for _ in range(2))
    return np.asarray(b - a)


def reached_width(name: str, width: float, rounds: int = 1000) -> tuple[int, float]:
    """Planned patients, and the mean width of the intervals of so many."""
    random = np.random.default_rng(int(1000 * width))
    population = SCORES[name](random, (400_000,))
    n = cases_for_width(width, float(population.mean()), float(population.std()))
    assert n is not None
    drawn = random.choice(population, (n, rounds))
    low, high = ratio_intervals(drawn, np.ones_like(drawn)).T
    return n, float((high - low).mean())


def reached_power(name: str, size: float, rounds: int = 1000) -> tuple[int, float]:
    """Planned pairs, and the share of comparisons of so many that call the difference."""
    random = np.random.default_rng(int(1000 * size))
    sd = float(DIFFERENCES[name](random, (400_000,)).std())
    n = pairs_for_power(size * sd, sd, POWER)
    assert n is not None
    count = 0
    for drawn in DIFFERENCES[name](random, (rounds, n)) + size * sd:
        difference = paired_difference(np.zeros((1, n)), drawn[None])
        count += verdict(difference, difference.p, higher_is_better=True) == "better"
    return n, count / rounds


def main() -> None:
    """Print the tables of ``docs/planning.md``."""
    print("planned patients, and the mean width of the intervals of so many")
    print("| wished width | " + " | ".join(map(str, WIDTHS)) + " |")
    for name in SCORES:
        cells = (reached_width(name, width) for width in WIDTHS)
        print(f"| {name} | {' | '.join(f'{n}: {width:.4f}' for n, width in cells)} |")
    print(f"planned pairs for a power of {POWER}, and the share that call the difference")
    print("| difference, SD | " + " | ".join(map(str, SIZES)) + " |")
    for name in DIFFERENCES:
        cells = (reached_power(name, size) for size in SIZES)
        print(f"| {name} | {' | '.join(f'{n}: {power:.3f}' for n, power in cells)} |")


if __name__ == "__main__":
    main()
