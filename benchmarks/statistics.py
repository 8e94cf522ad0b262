"""How often a comparison of runs is right, simulated: intervals, and false alarms of families."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from lungseg.metrics.difference import paired_difference
from lungseg.metrics.statistics import pairs, verdict

CASES = (8, 12, 24, 60)
REPEATS = ((1, 1), (3, 3), (5, 5), (1, 3))
SHIFTS = (0.0, 0.25)
FAMILIES = ((12, 1), (60, 2), (24, 3))

# DSC by case is expit of a normal number: mean 0.94, from about 0.8 to 0.99, skewed.
CENTRE, BETWEEN_CASES = 3.0, 0.7
SETTING, SEED, NOISE = (
    0.2,
    0.1,
    0.2,
)  # of a setting in a case, of a training, of a case in a training

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(60)


def runs(
    random: np.random.Generator, cases: np.ndarray, repeats: int, shift: float, seed_spread: float
) -> tuple[np.ndarray, np.ndarray]:
    """DSC of trainings with one setting, ``[repeats, cases]``, and the effect of each seed."""
    seeds = random.normal(0, seed_spread, (repeats, 1))
    setting = random.normal(shift, SETTING, cases.shape)
    return expit(cases + setting + seeds + random.normal(0, NOISE, (repeats, len(cases)))), seeds


def mean_dsc(shift: float, *, seeds: float) -> float:
    """Mean over all cases (and over all seeds, if their spread is given)."""
    spread = np.sqrt(BETWEEN_CASES**2 + SETTING**2 + NOISE**2 + seeds**2)
    return float(expit(CENTRE + shift + spread * _NODES) @ _WEIGHTS / _WEIGHTS.sum())


def compared(
    n_cases: int, repeats: tuple[int, int], shift: float, rounds: int = 1000
) -> tuple[float, float]:
    """Shares of rounds whose interval contains the true difference, and that call b better.

    With one repeat each, the true difference is that of the two trained models over all cases;
    otherwise it is that of the settings over all cases and seeds.
    """
    random = np.random.default_rng([n_cases, *repeats, int(100 * shift)])
    contained = better = 0
    for _ in range(rounds):
        cases = random.normal(CENTRE, BETWEEN_CASES, n_cases)
        a, of_a = runs(random, cases, repeats[0], 0, SEED)
        b, of_b = runs(random, cases, repeats[1], shift, SEED)
        if repeats == (1, 1):
            truth = mean_dsc(shift + of_b.item(), seeds=0) - mean_dsc(of_a.item(), seeds=0)
        else:
            truth = mean_dsc(shift, seeds=SEED) - mean_dsc(0, seeds=SEED)
        difference = paired_difference(a, b)
        low, high = difference.ci95
        contained += low <= truth <= high
        better += verdict(difference, difference.p, higher_is_better=True) == "better"
    return contained / rounds, better / rounds


def false_alarms(
    n_cases: int, repeats: int, rounds: int = 1000, n_runs: int = 6, *, seeds: bool | None = None
) -> float:
    """Share of families of equal runs in which any pair is called better or worse.

    Single runs are equal only without the effect of seeds (`seeds`, by default with repeats only),
    which is a true difference between these models.
    """
    seeds = repeats > 1 if seeds is None else seeds
    random = np.random.default_rng([n_cases, repeats])
    called = 0
    for _ in range(rounds):
        cases = random.normal(CENTRE, BETWEEN_CASES, n_cases)
        spread = SEED if seeds else 0
        group = {str(i): runs(random, cases, repeats, 0, spread)[0] for i in range(n_runs)}
        verdicts = [pair.verdict for pair in pairs(group, higher_is_better=True)]
        called += any(verdict != "cannot be told" for verdict in verdicts)
    return called / rounds


def main() -> None:
    print(
        "two runs compared, 1000 simulations: share of 95 % intervals that contain the true value"
    )
    print("repeats  difference  " + "".join(f"{n:4} cases" for n in CASES))
    better = {}
    for repeats in REPEATS:
        for shift in SHIFTS:
            points = 100 * (mean_dsc(shift, seeds=SEED) - mean_dsc(0, seeds=SEED))
            cells = [compared(n, repeats, shift) for n in CASES]
            name = f"{repeats[0]} and {repeats[1]}  {points:6.1f} DSC %"
            print(name + "".join(f"{share:10.3f}" for share, _ in cells))
            better[name] = "".join(f"{share:10.3f}" for _, share in cells)
    print("share of simulations in which the second is called better")
    for name, shares in better.items():
        print(name + shares)
    for n_cases, repeats in FAMILIES:
        share = false_alarms(n_cases, repeats)
        print(f"6 equal runs, {n_cases} cases, repeats {repeats}: any called different {share:.3f}")
    share = false_alarms(24, 1, seeds=True)
    print(f"6 single runs of one setting with different seeds, 24 cases: {share:.3f}, as models")


if __name__ == "__main__":
    main()
