"""Cross-validation: every patient is tested once over the folds."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lungseg.data.cohort import Cohort
from lungseg.errors import ConfigError
from lungseg.splits.balance import balance_of
from lungseg.splits.even import Even
from lungseg.splits.patients import (
    by_name,
    check_size,
    how_many,
    patients,
    refuse_all,
    refuse_too_few,
)
from lungseg.splits.sets import Split


@dataclass(frozen=True, kw_only=True)
class KFold(Even):
    """One of k folds is the test set; the folds are as similar as possible.

    They depend on the cohort, k, balance and seed, and are the same for every ``fold``. Their
    sizes, in patients, differ by one at most.

    Attributes:
        k: Number of folds, 2 or more.
        fold: The fold that is the test set, counted from 0.
        val: Patients of the other folds for validation: a share of all patients, or their number.
    """

    k: int
    fold: int = 0
    val: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not _is_integer(self.k) or self.k < 2:
            raise ConfigError(f"split.k={self.k}: must be a whole number, 2 or more")
        refuse_all("fold", self.fold)
        if not _is_integer(self.fold) or not 0 <= self.fold < self.k:
            raise ConfigError(
                f"split.fold={self.fold}: must be a whole number from 0 to {self.k - 1}"
                f" (split.k={self.k})"
            )
        check_size("val", self.val)

    def __call__(self, cohort: Cohort) -> Split:
        """The sets.

        Raises:
            ConfigError: If there are fewer patients than folds, or a covariate is unknown.
        """
        n = len(by_name(cohort))
        if self.k > n:
            raise ConfigError(f"split.k={self.k}: more folds than patients, of whom there are {n}")
        sizes = [n // self.k + (fold < n % self.k) for fold in range(self.k)]
        val = how_many(self.val, n)
        refuse_too_few(n, sizes[self.fold], val)
        assignment = self.find(cohort, sizes, cohort.names)
        split = _with_validation(self, cohort, assignment.sets[self.fold], val)
        how = f"{self.k} folds, {assignment.how}"
        balance = balance_of(
            split.sets(), cohort, self.balance, self.table, how=how, value=assignment.value
        )
        return replace(split, balance=balance)


@dataclass(frozen=True, kw_only=True)
class LeaveOneOut(Even):
    """One patient is the test set, with all cases.

    Attributes:
        fold: The test patient, counted from 0 in the cohort's order.
        val: Other patients for validation: a share of all patients, or their number.
    """

    fold: int = 0
    val: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        refuse_all("fold", self.fold)
        if not _is_integer(self.fold) or self.fold < 0:
            raise ConfigError(f"split.fold={self.fold}: must be a whole number, 0 or more")
        check_size("val", self.val)

    def __call__(self, cohort: Cohort) -> Split:
        """The sets.

        Raises:
            ConfigError: If there is no such patient, or none is left for training.
        """
        units = patients(cohort)
        if self.fold >= len(units):
            raise ConfigError(
                f"split.fold={self.fold}: there are {len(units)} patients, folds 0 to"
                f" {len(units) - 1}"
            )
        val = how_many(self.val, len(units))
        refuse_too_few(len(units), 1, val)
        return _with_validation(self, cohort, units[self.fold], val)


def _with_validation(even: Even, cohort: Cohort, test: list[str], n_val: int) -> Split:
    val = even.validation(cohort, test, n_val)
    train = [case for case in cohort.names if case not in {*test, *val}]
    return Split(train=train, test=test, val=val)


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
