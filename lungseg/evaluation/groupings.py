"""Groups of cases by sex, scanner, spacing, size of the lungs, or a column of a user's table."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from lungseg.data.cohort import Cohort
from lungseg.errors import ConfigError, listed
from lungseg.splits.table import read_table

UNKNOWN = "unknown"
LABELS = ("sex", "scanner")
"""Known from headers of DICOM files."""
LIMITS_MM = {"slice_spacing": (1.5, 3.0), "pixel_spacing": (0.7, 0.85)}
"""The same for all cohorts: thin, usual and thick slices; small, usual and large fields of view."""
SITE = "site"
"""The column of a table that is used without being asked for."""
KNOWN = (*LABELS, *LIMITS_MM, "lung_volume")
MOST_VALUES = 3
"""Numbers of a table with at most so many values, such as stages, are labels."""


@dataclass(frozen=True)
class Grouping:
    """Cases by one covariate.

    Attributes:
        name: Such as ``sex``.
        groups: Labels in order, ``unknown`` last.
        group_of: Label by name of the case.
    """

    name: str
    groups: tuple[str, ...]
    group_of: Mapping[str, str]


def groupings(
    cohort: Cohort, names: Sequence[str] | None = None, table: str | None = None
) -> list[Grouping]:
    """Group all cases of a cohort, so that groups are the same in all of its sets.

    Spacings are cut at fixed limits; other numbers (volume of the reference's lungs, columns of the
    table) at terciles of the cohort, rounded to three digits, which the labels state. A case of
    which nothing is known is in a group ``unknown``.

    Args:
        cohort: Prepared cases.
        names: From ``sex``, ``scanner``, ``slice_spacing``, ``pixel_spacing``, ``lung_volume`` and
            the columns of the table, which take precedence; None for those that are known and not
            the same in all cases, and the table's column ``site``.
        table: CSV file with a column ``case``, or None.

    Raises:
        ConfigError: If a name is unknown, a column has another value for each case, or the table
            cannot be read.
    """
    columns = read_table(table, cohort.names) if table is not None else {}
    if names is None:
        there = [*KNOWN, *([SITE] if SITE in columns else [])]
        made = [_grouping(name, cohort, columns) for name in there]
        return [one for one in made if len(one.groups) > 1 and not _names_cases(one, columns)]
    made = [_grouping(name, cohort, columns) for name in dict.fromkeys(names)]
    for one in made:
        if _names_cases(one, columns):
            raise ConfigError(
                f"metrics.subgroups: {one.name!r} has another value for each case; a group needs"
                " cases that share one"
            )
    return made


def refuse_unknown(names: Sequence[str] | None, table: str | None) -> None:
    """Stop before cases are prepared where a covariate is unknown, and no table can have it.

    Raises:
        ConfigError: Likewise.
    """
    for name in (names or ()) if table is None else ():
        if name not in KNOWN:
            raise _unknown(name, {})


def _names_cases(grouping: Grouping, columns: Mapping[str, list[str]]) -> bool:
    """Whether labels of a table are those of single cases, such as a number of the patient."""
    labels = [label for label in grouping.group_of.values() if label != UNKNOWN]
    own = {*labels} <= {*columns.get(grouping.name, [])}
    return own and len(labels) > 2 and len({*labels}) == len(labels)


def _grouping(name: str, cohort: Cohort, columns: Mapping[str, list[str]]) -> Grouping:
    if name in columns:
        return _by_column(name, columns[name], cohort.names)
    cases = cohort.cases.values()
    if name in LABELS:
        return _labelled(name, cohort.names, [str(c["fingerprint"].get(name) or "") for c in cases])
    if name in LIMITS_MM:
        axis = 0 if name == "slice_spacing" else 1
        values = [float(case["spacing_mm"][axis]) for case in cases]
        return _cut(name, cohort.names, values, LIMITS_MM[name], " mm")
    if name == "lung_volume":
        volumes = [_lung_ml(case) for case in cases]
        return _cut(name, cohort.names, volumes, terciles(volumes), " ml")
    raise _unknown(name, columns)


def _unknown(name: str, columns: Collection[str]) -> ConfigError:
    known = listed([*KNOWN, *columns], most=30)
    hint = "" if columns else "; split.table=FILE.csv adds its columns"
    return ConfigError(f"metrics.subgroups: no covariate {name!r}; there are {known}{hint}")


def _lung_ml(case: Mapping[str, Any]) -> float:
    """Volume of the reference's lungs; NaN without a mask."""
    voxels = case["fingerprint"].get("n_positive")
    return math.nan if voxels is None else voxels * math.prod(case["spacing_mm"]) / 1000


def _by_column(name: str, values: Sequence[str], cases: Sequence[str]) -> Grouping:
    numbers = [_as_number(value) for value in values]
    if all(map(math.isfinite, (n for n, v in zip(numbers, values, strict=True) if v))):
        if len({n for n in numbers if math.isfinite(n)}) > MOST_VALUES:
            return _cut(name, cases, numbers, terciles(numbers), "")
        return _labelled(name, cases, values)
    return _labelled(name, cases, values)


def _as_number(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        return math.nan


def _labelled(name: str, cases: Sequence[str], values: Sequence[str]) -> Grouping:
    known = sorted({*values} - {"", UNKNOWN})
    return _ordered(name, cases, [value or UNKNOWN for value in values], known)


def _cut(
    name: str, cases: Sequence[str], values: Sequence[float], limits: Sequence[float], unit: str
) -> Grouping:
    ends = [f"{limit:.10g}" for limit in limits]
    middle = [f"above {low} to {high}{unit}" for low, high in pairwise(ends)]
    labels = [f"up to {ends[0]}{unit}", *middle, f"above {ends[-1]}{unit}"] if ends else []
    # Spacings are computed from positions: 1.5 mm may be 1.4999999 or 1.5000001.
    places = [int(np.searchsorted(limits, round(value, 4))) for value in values]
    made = [
        UNKNOWN if math.isnan(value) else labels[place]
        for value, place in zip(values, places, strict=True)
    ]
    return _ordered(name, cases, made, labels)


def _ordered(
    name: str, cases: Sequence[str], made: Sequence[str], labels: Sequence[str]
) -> Grouping:
    groups = tuple(label for label in (*labels, UNKNOWN) if label in made)
    return Grouping(name, groups, dict(zip(cases, made, strict=True)))


def terciles(values: Sequence[float]) -> list[float]:
    """Limits, rounded to three digits, that cut numbers into three groups of about one size.

    Args:
        values: Numbers; NaN are ignored.

    Returns:
        Two limits in rising order; one if they are equal, none without numbers.

    Example:
        >>> terciles([3210.4, 2000, 4500, 5100, 2600, 3900])
        [2600.0, 3900.0]
        >>> terciles([7, 7, 7])
        [7.0]
    """
    there = np.array([value for value in values if math.isfinite(value)], np.float64)
    if not len(there):
        return []
    cuts = np.quantile(there, [1 / 3, 2 / 3], method="inverted_cdf")
    return sorted({float(f"{cut:.3g}") for cut in cuts})
