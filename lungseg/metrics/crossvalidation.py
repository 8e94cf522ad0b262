"""What folds of a cross-validation add to the variance of a mean over cases.

``docs/comparison.md`` explains the choice of methods, and their error rates in simulations.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Folds:
    r"""How the models that scored the cases came about.

    Attributes:
        partitions: Fold of each case, ``[partitions, cases]``: one row per distinct division of
            the cases into folds. Any values; equal ones are one fold.
        shared: :math:`1 / n_{train}`, the mean over cases of one over the number of cases that the
            model which scored it was trained on.
    """

    partitions: npt.NDArray[np.generic]
    shared: float

    def of(self, cases: npt.NDArray[np.bool_]) -> Folds:
        """The same for some of the cases, ``[cases]``."""
        return replace(self, partitions=self.partitions[:, cases])

    @property
    def freedom(self) -> int:
        """Degrees of freedom of `variance`: folds less one, over all partitions."""
        return sum(len(np.unique(fold)) - 1 for fold in self.partitions)

    def variance(self, values: npt.ArrayLike) -> float:
        """Variance of the mean that folds add, summed over partitions (`fold_variance`).

        With R repeats of a cross-validation averaged by case, a partition that only one of them
        has shows the effects of its models divided by R: their sum is that of the average.
        """
        return sum(fold_variance(values, fold) for fold in self.partitions)


def fold_variance(values: npt.ArrayLike, folds: npt.ArrayLike) -> float:
    r"""Variance of the mean over cases from effects that all cases of a fold share.

    All cases of a fold are scored by the same model, whose training shifts them together. With
    :math:`m_j` of n cases in fold j of k, the variance of this effect is estimated by the analysis
    of variance, :math:`\hat\sigma^2 = (MS_{between} - MS_{within}) / m_0` with
    :math:`m_0 = (n - \sum m_j^2 / n) / (k - 1)`, not below 0, and adds
    :math:`\hat\sigma^2 \sum m_j^2 / n^2`. Where each case has a fold of its own, the effect is a
    part of the scatter over cases, and nothing is added.

    Source: Searle, Casella and McCulloch, Variance Components (1992), section 3.6.

    Args:
        values: A number of each case, ``[n]``.
        folds: The fold of each case, ``[n]``.

    Example:
        >>> fold_variance([1, 3, 5, 7], [0, 0, 1, 1])  # (16 - 2) / 2 / 2
        3.5
        >>> fold_variance([1, 3, 5, 7], [0, 1, 2, 3])
        0.0
    """
    values = np.asarray(values, np.float64)
    names, place, sizes = np.unique(folds, return_inverse=True, return_counts=True)
    n, k = len(values), len(names)
    if not 1 < k < n:
        return 0.0
    means = np.bincount(place, weights=values) / sizes
    between = float((sizes * (means - values.mean()) ** 2).sum()) / (k - 1)
    within = float(((values - means[place]) ** 2).sum()) / (n - k)
    squares = float((sizes**2).sum())
    effect = (between - within) * (k - 1) / (n - squares / n)
    return max(effect, 0.0) * squares / n**2
