"""The dissimilarity of sets as one number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lungseg.splits.covariates import Covariate

Labels = NDArray[np.int32]
"""The set of each unit; wide enough for one fold per patient."""


@dataclass(frozen=True)
class Objective:
    """The sum of squared standardized differences, over covariates and pairs of sets.

    ``Σ_covariates Σ_columns Σ_{sets a<b} (x_a − x_b)² / variance`` where ``x`` is a set's value and
    the variance is the covariate's over cases. It is 0 for equal sets. For one share or
    number and two sets it is the square of Cohen's d with the whole cohort's deviation; for labels
    the variance is that of all columns together, which for two labels is again the square of their
    standardized difference of proportions (Austin, Stat Med 28:3083, 2009).

    Attributes:
        parts: float ``[unit, column]``, columns of all covariates concatenated.
        wholes: float ``[unit, column]``.
        weights: float ``[column]``, one over the covariate's variance.
    """

    parts: NDArray[np.float64]
    wholes: NDArray[np.float64]
    weights: NDArray[np.float64]

    @classmethod
    def of(cls, covariates: Sequence[Covariate], units: Sequence[Sequence[int]]) -> Objective:
        """From covariates that are not equal in all cases; each unit is a list of rows."""
        if not covariates:
            nothing = np.zeros((len(units), 0))
            return cls(nothing, nothing, np.zeros(0))

        def sums(name: str) -> NDArray[np.float64]:
            whole = np.concatenate([getattr(covariate, name) for covariate in covariates], axis=1)
            return np.stack([whole[list(unit)].sum(axis=0) for unit in units])

        weights = [[1 / covariate.variance] * len(covariate.columns) for covariate in covariates]
        return cls(sums("parts"), sums("wholes"), np.concatenate(weights))

    def __call__(self, labels: Labels, n_sets: int) -> NDArray[np.float64]:
        """Values of many assignments at once.

        Args:
            labels: Set of each unit, int32 ``[assignment, unit]``.
            n_sets: Sets are 0 to ``n_sets - 1``; no set is empty.
        """
        # One set at a time: all of many folds would not fit in memory.
        members = ((labels == k).astype(np.float64) for k in range(n_sets))
        values = np.stack([(member @ self.parts) / (member @ self.wholes) for member in members])
        return self.spread(values)

    def spread(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """From the sets' values, ``[set, …, column]``."""
        apart = values - values.mean(axis=0)
        # Over pairs of k sets, squared differences sum to k times those from the mean.
        squares: NDArray[np.float64] = len(values) * (apart**2).sum(axis=0) @ self.weights
        return squares
