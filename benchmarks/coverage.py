"""How often a 95 % interval by case contains the true value, in simulated populations of cases."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from lungseg.metrics.interval import ratio_intervals

CASES = (3, 4, 6, 8, 12, 40)
ROUNDS = 2000
Array = npt.NDArray[np.float64]
Draw = Callable[[np.random.Generator, tuple[int, int]], tuple[Array, Array]]


def _dsc(centre: float, spread: float) -> Draw:
    """A case's DSC, normal on the logit scale: most are high, and the tail is long."""
    return lambda random, shape: (expit(random.normal(centre, spread, shape)), np.ones(shape))


def _distance(spread: float) -> Draw:
    """A case's distance, mm, log-normal."""
    return lambda random, shape: (np.exp(random.normal(1.5, spread, shape)), np.ones(shape))


def _difference() -> Draw:
    """A case's volume difference, ml."""
    return lambda random, shape: (random.normal(20, 60, shape), np.ones(shape))


def _share(low: float, high: float) -> Draw:
    """Slices of a kind among the 100 to 150 of a case, whose share is its own."""

    def draw(random: np.random.Generator, shape: tuple[int, int]) -> tuple[Array, Array]:
        n = random.integers(100, 150, shape)
        return random.binomial(n, random.beta(low, high, shape)).astype(float), n.astype(float)

    return draw


def _pooled(correlation: float) -> Draw:
    """Pixels found among those of a case, with its size; larger lungs may be easier."""

    def draw(random: np.random.Generator, shape: tuple[int, int]) -> tuple[Array, Array]:
        size, own = random.normal(size=shape), random.normal(size=shape)
        mixed = correlation * size + np.sqrt(1 - correlation**2) * own
        n = 1e6 * np.exp(0.35 * size)
        return n * expit(3 + 0.6 * mixed), n

    return draw


POPULATIONS: dict[str, dict[str, Draw]] = {
    "mean DSC": {"0.96": _dsc(3.2, 0.5), "0.90": _dsc(2.4, 0.8), "0.94, skewed": _dsc(3.2, 1.0)},
    "mean distance": {"5 mm": _distance(0.5), "6 mm, skewed": _distance(0.8)},
    "mean difference": {"20 ml": _difference()},
    "share of slices": {
        "0.05": _share(1, 19), "0.3": _share(3, 7), "0.8": _share(8, 2), "0.95": _share(19, 1),
    },
    "pooled ratio": {"0.94": _pooled(0), "0.96, larger is easier": _pooled(0.6)},
}  # fmt: skip
"""Draws of ``a`` and ``b`` of `ratio_intervals`, ``[rounds, cases]``, by kind of number."""


ENDS = {"mean distance": (0.0, 700.0), "mean difference": (-np.inf, np.inf)}
"""Least and largest possible value, where they are not 0 and 1."""


def coverage(kind: str, name: str, n_cases: int, rounds: int = ROUNDS) -> float:
    """Share of rounds whose interval contains the ratio of the whole population."""
    draw = POPULATIONS[kind][name]
    random = np.random.default_rng(n_cases)
    part, whole = draw(random, (1, 2_000_000))
    truth = part.sum() / whole.sum()
    low, high = ENDS.get(kind, (0.0, 1.0))
    # Each round is a ratio of its own: [cases, rounds].
    parts, wholes = (drawn.T for drawn in draw(random, (rounds, n_cases)))
    low_ends, high_ends = ratio_intervals(parts, wholes, low=low, high=high).T
    return float(np.mean((low_ends <= truth) & (truth <= high_ends)))


def least_and_most(kind: str, n_cases: int, rounds: int = ROUNDS) -> tuple[float, float]:
    """Lowest and highest coverage among the populations of a kind."""
    found = [coverage(kind, name, n_cases, rounds) for name in POPULATIONS[kind]]
    return min(found), max(found)


def main() -> None:
    """Print the table of ``docs/metrics.md``."""
    print("95 % intervals by case that contain the true value, of 100, simulated:")
    print(f"| cases | {' | '.join(map(str, CASES))} |")
    for kind in POPULATIONS:
        ranges = (least_and_most(kind, n) for n in CASES)
        print(f"| {kind} | {' | '.join(f'{100 * a:.0f} to {100 * b:.0f}' for a, b in ranges)} |")


if __name__ == "__main__":
    main()
