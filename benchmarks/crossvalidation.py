"""How often statements on cross-validations are right, simulated: intervals and comparisons."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from benchmarks.statistics import BETWEEN_CASES, CENTRE, NOISE, SETTING
from lungseg.metrics.crossvalidation import Folds
from lungseg.metrics.difference import paired_difference
from lungseg.metrics.interval import ratio_intervals
from lungseg.metrics.statistics import verdict

CASES = (6, 8, 12, 24, 60)
FOLDS = (3, 5, 0)
"""Number of folds; 0 leaves one case out."""
WORLDS = {"none": (0.0, 0.0), "moderate": (0.3, 0.1), "strong": (0.3, 0.2)}
"""Effect of a training case on the model (divided by their number), and of a training's chance."""
SHIFT = 0.25

Array = npt.NDArray[np.float64]
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(60)


class CrossValidations:
    """Simulated cross-validations of settings, DSC by case.

    Case i of fold k has the score expit(centre + its own difficulty + setting and noise in this
    case + effect of model k). That effect is the mean of the effects of the training cases, which
    the models of two folds have in common but for one fold each, plus the chance of the training.

    Args:
        n: Cases.
        k: Folds, whose sizes differ by one at most; 0 leaves one case out.
        world: Of `WORLDS`.
    """

    def __init__(self, n: int, k: int, world: str) -> None:
        self.fold = np.arange(n) % (k or n)
        self.trained_on = np.array([self.fold != fold for fold in range(k or n)], float)
        sizes = self.trained_on.sum(1)
        self.folds = Folds(self.fold[None], float((1 / sizes)[self.fold].mean()))
        self.influence, self.chance = WORLDS[world]
        model = self.influence**2 * self.folds.shared + self.chance**2
        self.spread = np.sqrt(BETWEEN_CASES**2 + SETTING**2 + NOISE**2 + model)

    def truth(self, shift: float = 0.0) -> float:
        """Mean over all cases and all trainings."""
        return float(expit(CENTRE + shift + self.spread * _NODES) @ _WEIGHTS / _WEIGHTS.sum())

    def cases(self, random: np.random.Generator, rounds: int) -> Array:
        """Difficulty of each case, ``[rounds, cases]``."""
        return random.normal(CENTRE, BETWEEN_CASES, (rounds, len(self.fold)))

    def scores(
        self, random: np.random.Generator, cases: Array, shift: float = 0.0, repeats: int = 1
    ) -> Array:
        """Score of each case out of fold, ``[repeats, rounds, cases]``."""
        rounds, n = cases.shape
        influences = random.normal(0, self.influence, (rounds, n))
        of_data = influences @ (self.trained_on / self.trained_on.sum(1, keepdims=True)).T
        models = of_data + random.normal(0, self.chance, (repeats, rounds, len(self.trained_on)))
        setting = random.normal(shift, SETTING, (rounds, n))
        noise = random.normal(0, NOISE, (repeats, rounds, n))
        return np.asarray(expit(cases + setting + noise + models[:, :, self.fold]))


def coverage(n: int, k: int, world: str, rounds: int = 2000) -> float:
    """Share of intervals of a pooled result that contain the mean over all cases and trainings."""
    made = CrossValidations(n, k, world)
    random = np.random.default_rng([n, k])
    (scores,) = made.scores(random, made.cases(random, rounds))
    low, high = ratio_intervals(scores.T, np.ones_like(scores.T), folds=made.fold).T
    return float(np.mean((low <= made.truth()) & (made.truth() <= high)))


def called(
    n: int,
    k: int,
    world: str,
    shift: float = 0.0,
    repeats: int = 1,
    rounds: int = 1000,
    *,
    corrected: bool = True,
) -> float:
    """Share of comparisons of two settings that call a difference.

    Uncorrected, cases are compared as if one model had scored them all.
    """
    made = CrossValidations(n, k, world)
    random = np.random.default_rng([n, k, repeats])
    cases = made.cases(random, rounds)
    a, b = (made.scores(random, cases, change, repeats) for change in (0.0, shift))
    count = 0
    for each in range(rounds):
        difference = paired_difference(
            a[:, each], b[:, each], folds=made.folds if corrected else None
        )
        judged = verdict(difference, difference.p, higher_is_better=True)
        count += judged != "cannot be told"
    return count / rounds


def _print(share: Callable[[int, int, str], float]) -> None:
    print(f"| effect of the training | folds | {' | '.join(f'{n} cases' for n in CASES)} |")
    for world in WORLDS:
        for k in FOLDS:
            cells = [f"{share(n, k, world):.3f}" for n in CASES]
            print(f"| {world} | {k or 'leave one out'} | {' | '.join(cells)} |")


def main() -> None:
    """Print the tables of ``docs/comparison.md``."""
    made = CrossValidations(24, 5, "moderate")
    gain = 100 * (made.truth(SHIFT) - made.truth())
    print("cross-validation: share of 95 % intervals of a pooled result that contain the truth")
    _print(coverage)
    print("two equal settings: share of comparisons that call a difference")
    _print(called)
    print("the same with three repeats each")
    _print(partial(called, repeats=3))
    surer = called(60, 0, "moderate", repeats=3, rounds=4000)
    print(f"the highest of these again, in 4,000 simulations: {surer:.3f}")
    print(f"settings {gain:.1f} DSC % apart: share of comparisons that call the difference")
    _print(partial(called, shift=SHIFT))


if __name__ == "__main__":
    main()
