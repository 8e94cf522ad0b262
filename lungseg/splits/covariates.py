"""Covariates by which sets are balanced: figures of cases that add up to those of a set."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.data.cohort import Cohort
from lungseg.errors import ConfigError, listed
from lungseg.splits.table import read_table

SHARES = {"empty_share": ("n_empty", "n_slices"), "positive_share": ("n_positive", "n_voxels")}
NUMBERS = ("n_slices", "spacing_z")
LABELS = ("sex", "scanner")
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Covariate:
    """One covariate of all cases: a set's value is its sum of parts over its sum of wholes.

    A share is pooled (empty slices over all slices), a number is a mean over cases, and each label
    is a column: the share of cases with this label.

    Attributes:
        name: As in ``split.balance``.
        columns: Labels; a single empty one for a share or a number.
        parts: float ``[case, column]``.
        wholes: float ``[case, column]``.
        variance: Over cases, summed over columns; 0 if all cases are equal.
    """

    name: str
    columns: list[str]
    parts: NDArray[np.float64]
    wholes: NDArray[np.float64]

    @property
    def variance(self) -> float:
        """Variance over cases (divided by n), summed over columns."""
        each = self.parts / self.wholes
        alike = np.ptp(each, axis=0) <= 1e-9 * np.abs(each).max(axis=0)
        return float(np.where(alike, 0, each.var(axis=0)).sum())


def covariates(cohort: Cohort, names: Sequence[str], table: str | None) -> list[Covariate]:
    """The requested covariates; columns of the table take precedence over headers.

    Args:
        cohort: Cases, in the order of the rows.
        names: From ``empty_share``, ``positive_share``, ``n_slices``, ``spacing_z`` (mm), ``sex``,
            ``scanner`` and the columns of the table.
        table: CSV file with a column ``case``, or None.

    Raises:
        ConfigError: If a covariate is unknown, or a case has no value of a number.
        DataError: If a share of masks is requested, and a case has no mask.
    """
    columns = read_table(table, cohort.names) if table is not None else {}
    return [_covariate(name, cohort, columns) for name in dict.fromkeys(names)]


def labels(name: str, cohort: Cohort, table: str | None) -> list[str]:
    """A label of each case, from the table or the header; empty if not known.

    Raises:
        ConfigError: If the label is unknown.
    """
    columns = read_table(table, cohort.names) if table is not None else {}
    if name not in columns and name not in LABELS:
        known = listed([*columns, *LABELS])
        hint = "" if columns else "; split.table=FILE.csv adds its columns"
        raise ConfigError(f"split.by={name}: no such label; there are {known}{hint}")
    return columns[name] if name in columns else _header(name, cohort)


def _header(name: str, cohort: Cohort) -> list[str]:
    return [str(case["fingerprint"].get(name) or "") for case in cohort.cases.values()]


def _covariate(name: str, cohort: Cohort, columns: dict[str, list[str]]) -> Covariate:
    cases: list[dict[str, Any]] = list(cohort.cases.values())
    if name in columns:
        return _column(name, columns[name], cohort.names)
    if name in SHARES:
        cohort.require_masks()
        part, whole = ([[case["fingerprint"][key]] for case in cases] for key in SHARES[name])
        return Covariate(name, [""], np.array(part, float), np.array(whole, float))
    if name == "n_slices":
        return _number(name, [case["fingerprint"]["n_slices"] for case in cases])
    if name == "spacing_z":
        return _number(name, [case["spacing_mm"][0] for case in cases])
    if name in LABELS:
        return _labelled(name, _header(name, cohort))
    known = listed([*SHARES, *NUMBERS, *LABELS, *columns], most=30)
    hint = "" if columns else "; split.table=FILE.csv adds its columns"
    raise ConfigError(f"split.balance: no covariate {name!r}; there are {known}{hint}")


def _column(name: str, values: list[str], cases: list[str]) -> Covariate:
    numbers = [_as_number(value) for value in values]
    if all(value is None for value in numbers):
        return _labelled(name, values)
    for case, value, number in zip(cases, values, numbers, strict=True):
        if number is None or not math.isfinite(number):
            what = f"{value!r} is not a number, though others are" if value else "no value"
            raise ConfigError(f"split.table: {name} of {case}: {what}")
    return _number(name, [number for number in numbers if number is not None])


def _as_number(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def _number(name: str, values: Sequence[float]) -> Covariate:
    parts = np.array(values, float)[:, None]
    return Covariate(name, [""], parts, np.ones_like(parts))


def _labelled(name: str, values: list[str]) -> Covariate:
    values = [value or UNKNOWN for value in values]
    labels = sorted({*values})
    parts = np.array([[value == label for label in labels] for value in values], float)
    return Covariate(name, labels, parts, np.ones_like(parts))
