"""The balance table: covariates of each set, and how much the sets differ."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from lungseg.data.cohort import Cohort
from lungseg.splits.covariates import covariates


@dataclass(frozen=True)
class Row:
    """One covariate, or one label of it.

    Attributes:
        name: ``empty_share``, or ``sex=F``.
        values: By set.
        difference: Largest less smallest value.
        standardized: The difference in standard deviations over cases; 0 if all are equal.
    """

    name: str
    values: dict[str, float]
    difference: float
    standardized: float


@dataclass(frozen=True)
class Balance:
    """How even sets are.

    Attributes:
        n_cases: By set.
        n_slices: By set.
        rows: Of the covariates.
        alike: Covariates that are equal in all cases and so had no influence on the choice.
        how: How the sets were found, in words; empty if they were given.
        value: Value of the minimized objective, over the sets or folds.
    """

    n_cases: dict[str, int]
    n_slices: dict[str, int]
    rows: list[Row]
    alike: list[str]
    how: str = ""
    value: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain containers, for JSON."""
        return asdict(self)


def balance_of(
    sets: Mapping[str, Sequence[str]],
    cohort: Cohort,
    names: Sequence[str],
    table: str | None = None,
    *,
    how: str = "",
    value: float | None = None,
) -> Balance:
    """Compare sets, however they were chosen. Shares are pooled over the slices or pixels of a set.

    Args:
        sets: Names of cases, by set.
        cohort: Cohort with the figures.
        names: Covariates, as in ``split.balance``.
        table: CSV file with further covariates.
        how: How the sets were found.
        value: Value of the objective.

    Raises:
        ConfigError: If a covariate is not known for all cases.
    """
    index = {case: row for row, case in enumerate(cohort.names)}
    members = {name: [index[case] for case in cases] for name, cases in sets.items()}
    measured = covariates(cohort, names, table)
    rows = []
    for covariate in measured:
        for column, label in enumerate(covariate.columns):
            values = {
                name: float(covariate.parts[at, column].sum() / covariate.wholes[at, column].sum())
                for name, at in members.items()
            }
            apart = max(values.values()) - min(values.values())
            deviation = math.sqrt(covariate.variance)
            rows.append(
                Row(
                    f"{covariate.name}={label}" if label else covariate.name,
                    values,
                    apart,
                    apart / deviation if deviation else 0.0,
                )
            )
    return Balance(
        n_cases={name: len(cases) for name, cases in sets.items()},
        n_slices={
            name: sum(int(cohort.cases[case]["fingerprint"]["n_slices"]) for case in cases)
            for name, cases in sets.items()
        },
        rows=rows,
        alike=[covariate.name for covariate in measured if not covariate.variance],
        how=how,
        value=value,
    )
