"""Patients assigned to sets of given sizes so that the sets are similar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lungseg.data.cohort import Cohort
from lungseg.errors import ConfigError
from lungseg.splits.covariates import covariates
from lungseg.splits.exhaustive import count, exhaustive
from lungseg.splits.local_search import local_search
from lungseg.splits.objective import Objective
from lungseg.splits.patients import by_name

DEFAULT = ("empty_share", "positive_share", "sex")
MOST = 1_000_000
"""Number of ways up to which all are tried; with more, a local search is made."""
MOST_SETS = 3_000_000
"""Likewise for the sets in all of these ways, on which the cost depends."""


@dataclass(frozen=True)
class Assignment:
    """Sets, and how they were found.

    Attributes:
        sets: Names of cases, sorted, in the order of the requested sizes.
        value: Value of the objective.
        how: How they were found, in words.
    """

    sets: list[list[str]]
    value: float
    how: str


@dataclass(frozen=True, kw_only=True)
class Even:
    """Settings for balancing sets.

    Attributes:
        balance: Covariates, as :func:`lungseg.splits.covariates.covariates` names them.
        table: CSV file with further covariates, and case names in the column ``case``.
        seed: Seed of the local search, used if there are too many ways to try all.
    """

    balance: Sequence[str] = DEFAULT
    table: str | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.balance, list | tuple) or not self.balance:
            raise ConfigError(
                f"split.balance={self.balance}: must be a list of covariates:"
                f" 'split.balance=[{','.join(DEFAULT)}]'"
            )
        if not isinstance(self.seed, int) or self.seed < 0:
            raise ConfigError(f"split.seed={self.seed}: must be a whole number, 0 or more")
        if self.table is not None and not Path(self.table).exists():
            raise ConfigError("split.table: no such file", self.table)

    def find(self, cohort: Cohort, sizes: Sequence[int], among: Sequence[str]) -> Assignment:
        """Assign patients to sets, each with all its cases.

        Args:
            cohort: Cohort with the figures.
            sizes: Patients in each set, 1 or more; their sum is the number of patients.
            among: Cases to assign, with all or none of a patient's cases.

        Raises:
            ConfigError: If a covariate is not known for all cases.
        """
        units = [unit for unit in by_name(cohort) if unit[0] in {*among}]
        part = Cohort("", {case: cohort.cases[case] for unit in units for case in unit})
        measured = covariates(part, self.balance, self.table)
        rows = {case: row for row, case in enumerate(part.names)}
        objective = Objective.of(
            [covariate for covariate in measured if covariate.variance],
            [[rows[case] for case in unit] for unit in units],
        )
        ways = count(sizes)
        if ways <= MOST and ways * len(sizes) <= MOST_SETS:
            labels, how = exhaustive(objective, sizes), _all_tried(ways)
        else:
            labels = local_search(objective, sizes, self.seed)
            how = f"found by a search (split.seed={self.seed}); too many ways to try all"
        sets = [
            sorted(case for unit, k in zip(units, labels, strict=True) if k == label
                   for case in unit)
            for label in range(len(sizes))
        ]  # fmt: skip
        value = float(objective(labels[None], len(sizes))[0])
        return Assignment(sets, value, how)

    def validation(self, cohort: Cohort, test: Sequence[str], n: int) -> list[str]:
        """Cases of n patients outside the test set, as similar to the training set as possible."""
        rest = [case for case in cohort.names if case not in {*test}]
        n_rest = sum(unit[0] in {*rest} for unit in by_name(cohort))
        return self.find(cohort, (n_rest - n, n), rest).sets[1] if n else []


def _all_tried(ways: int) -> str:
    return f"the best of all {ways:,} ways" if ways > 1 else "there is just one way"
