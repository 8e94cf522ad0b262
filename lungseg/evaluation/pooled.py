"""Cross-validation as one result: every case once, by the model that never saw it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lungseg.errors import DataError
from lungseg.evaluation.conventions import Conventions
from lungseg.evaluation.run import summary_of
from lungseg.evaluation.tables import slices_frame
from lungseg.metrics.table import COLUMNS
from lungseg.runs.folds import Fold, Repeat
from lungseg.runs.histograms import Histogram, read_histogram
from lungseg.runs.read import read_slices

SET = "test"
WRONG = ("missed", "invented")
CHOSEN_IN_FOLDS = "chosen on validation cases, fold by fold"
"""The post-processing, where folds chose different ones."""


@dataclass(frozen=True, eq=False)
class Pooled:
    """The out-of-fold result of one or several cross-validations of the same cases.

    Attributes:
        repeats: The cross-validations.
        summary: As in ``summary.json``: the numbers of the set ``test``.
        slices: As in ``slices.csv``; of several repeats with a column ``repeat``.
        cases: As in ``cases.csv``: one row per case; of several repeats the mean over them.
        histogram: Counts of scores, ``[2, BINS]``, of all folds; None if a fold has none.
        parts: Numbers of the set ``test`` of each fold; of several repeats, of each repeat.
        history: Mean over folds of ``metrics.csv``, of the epochs that all have; None if none have.
    """

    repeats: tuple[Repeat, ...]
    summary: dict[str, Any]
    slices: pd.DataFrame
    cases: pd.DataFrame
    histogram: Histogram | None
    parts: dict[str, dict[str, Any]]
    history: pd.DataFrame | None

    @property
    def folds(self) -> list[Fold]:
        """Of all repeats."""
        return [fold for repeat in self.repeats for fold in repeat.folds]

    @property
    def test(self) -> dict[str, Any]:
        """The pooled numbers."""
        numbers: dict[str, Any] = self.summary[SET]
        return numbers

    @property
    def synthetic(self) -> bool:
        """Whether any case is synthetic."""
        return any(fold.run.synthetic for fold in self.folds)


def pool(repeats: Sequence[Repeat]) -> Pooled:
    """Pool folds: counts are summed exactly, numbers and intervals are those of a run.

    Of several repeats, the results of a case are averaged over repeats first, so that an interval
    by case does not take repeats for further patients. Counts of slices are summed over repeats
    instead, which gives ratios the same value and interval, and `n` that counts each repeat.

    Args:
        repeats: From `lungseg.runs.folds.repeats_of`.

    Raises:
        DataError: If tables of a fold are missing, damaged, or do not agree with each other.
    """
    folds = [fold for repeat in repeats for fold in repeat.folds]
    names = sorted({case for repeat in repeats for case in repeat.cases})
    tables = [_table(repeat, names) for repeat in repeats]
    table = np.concatenate(tables)
    number = np.repeat(np.arange(len(tables)), [len(each) for each in tables])
    order = np.lexsort((number, table[:, 1], table[:, 0]))
    table, number = table[order], number[order]
    conventions = conventions_of(folds)
    slices = slices_frame({SET: table}, names, conventions.empty_dsc)
    every = pd.concat([_cases(fold) for fold in folds], ignore_index=True)
    cases = every.sort_values("case", kind="stable", ignore_index=True)
    if len(repeats) > 1:
        slices["repeat"] = [repeats[int(k)].label for k in number]
        cases = mean_cases(every)
    histogram = _histogram(folds)
    rows = dict(enumerate(cases.to_dict("records")))
    numbers = summary_of(table, histogram, rows, names, conventions, _partitions(repeats, names))
    if before := _before_postprocess(folds):
        numbers["dsc_before_postprocess"] = before
    if len(repeats) > 1:
        # Counts of voxels that are averaged are none.
        numbers["dsc_by_convention"] = _by_convention(table, every)
        numbers["n_repeats"] = len(repeats)
        parts = {repeat.label: pool([repeat]).test for repeat in repeats}
    else:
        parts = {f"fold {fold.label}": fold.run.summary[SET] for fold in folds}
    return Pooled(
        tuple(repeats), {SET: numbers}, slices, cases, histogram, parts, mean_history(folds)
    )


def _before_postprocess(folds: Sequence[Fold]) -> dict[str, dict[str, Any]]:
    """Mean DSC without post-processing, over the slices and volumes of all folds."""
    each = [fold.run.summary[SET].get("dsc_before_postprocess") for fold in folds]
    if not all(each):
        return {}
    pooled = {}
    for key in each[0]:
        n = sum(means[key]["n"] for means in each)
        total = sum((means[key]["value"] or 0) * means[key]["n"] for means in each)
        pooled[key] = {"value": total / n if n else None, "n": n}
    return pooled


def _partitions(repeats: Sequence[Repeat], names: Sequence[str]) -> list[list[str]]:
    """Fold of each case, once for each different division of the cases into folds."""
    divisions = {
        frozenset(frozenset(fold.test) for fold in repeat.folds): repeat for repeat in repeats
    }
    return [
        [next((fold.label for fold in repeat.folds if case in fold.test), "") for case in names]
        for repeat in divisions.values()
    ]


def conventions_of(folds: Sequence[Fold]) -> Conventions:
    """Conventions of the pooled numbers; post-processing that was chosen differs between folds."""
    first = folds[0]
    ways = list(dict.fromkeys(fold.evaluation.get("postprocess", "") for fold in folds))
    postprocess = ways[0] if len(ways) == 1 else CHOSEN_IN_FOLDS
    empty = first.evaluation.get("empty_dsc", first.run.config.get("metrics.empty_dsc"))
    return Conventions(float(first.run.threshold or 0), empty, postprocess)


def mean_cases(every: pd.DataFrame) -> pd.DataFrame:
    """One row per case: the mean over repeats in which a number is defined.

    A structure counts as missed or invented if it was in any repeat.

    Args:
        every: One row per case and repeat, as in ``cases.csv``.
    """
    grouped = every.drop(columns="split").groupby("case", sort=True)
    means = grouped.mean()
    for name in means:
        if str(name).removeprefix("right_").removeprefix("left_") in WRONG:
            means[name] = grouped[name].max()
    means = means.reset_index()
    means.insert(0, "split", SET)
    return means


def mean_history(folds: Sequence[Fold]) -> pd.DataFrame | None:
    """Mean over folds of each number per epoch, of the epochs and numbers that all folds have."""
    histories = [fold.run.history for fold in folds]
    there = [history.set_index("epoch") for history in histories if history is not None]
    if len(there) < len(histories):
        return None
    columns = [name for name in there[0] if all(name in history for history in there)]
    common = sorted(set.intersection(*({*history.index} for history in there)))
    stacked = np.stack([history.loc[common, columns].to_numpy(float) for history in there])
    return pd.DataFrame(stacked.mean(axis=0), columns=columns).assign(epoch=common)[
        ["epoch", *columns]
    ]


def _table(repeat: Repeat, names: Sequence[str]) -> NDArray[np.int64]:
    """Counts of the test slices of all folds, ``[n, 6]``, cases by their position in `names`."""
    place = {name: k for k, name in enumerate(names)}
    tables = []
    for fold in repeat.folds:
        slices = read_slices(fold.run.folder)
        slices = slices[slices["split"] == SET]
        if {*slices["case"]} != {*fold.run.sets[SET]}:
            raise DataError(
                "evaluation/slices.csv and cases.csv have other test cases", fold.run.folder
            )
        counts = slices.assign(case=slices["case"].map(place))[list(COLUMNS)]
        tables.append(counts.to_numpy(np.int64))
    return np.concatenate(tables)


def _cases(fold: Fold) -> pd.DataFrame:
    cases = fold.run.cases
    if "farthest_mm" not in cases or "left_invented" not in cases:
        raise DataError(
            "evaluation/cases.csv is of an earlier version and lacks columns; evaluate the run"
            " again: lungseg evaluate run=RUN",
            fold.run.folder,
        )
    return cases[cases["split"] == SET]


def _histogram(folds: Sequence[Fold]) -> Histogram | None:
    histograms = [read_histogram(fold.run.folder, SET) for fold in folds]
    there = [histogram for histogram in histograms if histogram is not None]
    return np.sum(there, axis=0) if len(there) == len(histograms) else None


def _by_convention(table: NDArray[np.int64], every: pd.DataFrame) -> Mapping[str, Any]:
    from lungseg.metrics.summary import conventions

    return conventions(table, every.to_dict("records"))
