"""How often a 95 % interval by case contains the true value: with few cases, too rarely."""

from __future__ import annotations

import numpy as np

from lungseg.metrics.bootstrap import ratio_intervals

CASES = (3, 4, 12, 40)
TRUTH, BETWEEN_CASES, WITHIN_CASE = 0.95, 0.02, 0.05


def coverage(n_cases: int, rounds: int) -> float:
    """Share of rounds whose interval of the mean over slices contains the mean of all patients.

    Each case has a mean of its own, around which its 100 to 150 slices scatter.
    """
    random = np.random.default_rng(n_cases)
    contained = 0
    for _ in range(rounds):
        n_slices = random.integers(100, 150, n_cases)
        means = random.normal(TRUTH, BETWEEN_CASES, n_cases)
        scatter = random.normal(0, WITHIN_CASE, n_cases) * np.sqrt(n_slices)
        sums = n_slices * means + scatter
        ((low, high),) = ratio_intervals(sums[:, None], n_slices[:, None])
        contained += low <= TRUTH <= high
    return contained / rounds


def main() -> None:
    shares = ", ".join(f"{n} cases {coverage(n, rounds=1000):.2f}" for n in CASES)
    print(f"95 % intervals by case that contain the true value, simulated: {shares}")


if __name__ == "__main__":
    main()
