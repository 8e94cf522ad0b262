"""One pass over all slices of a run, and the numbers computed from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lungseg.data.cohort import Cohort
from lungseg.errors import ConfigError
from lungseg.evaluation.conventions import Conventions, Weights

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pytorch_lightning as pl
    from numpy.typing import NDArray

    from lungseg.data.datamodule import SliceDataModule
    from lungseg.evaluation.collect import Collect
    from lungseg.evaluation.groupings import Grouping
    from lungseg.evaluation.result import Evaluation
    from lungseg.inference.postprocess import Postprocess
    from lungseg.training.module import SegmentationModule


@dataclass(frozen=True)
class Task:
    """What is evaluated, how, and where its results go.

    Attributes:
        module: The trained model.
        data: Slices by set.
        trainer: Runs the pass.
        cohort: Gives cases their names and geometry.
        folder: Run folder; the report includes its history and provenance if they exist.
        conventions: Threshold and convention for empty masks.
        weights: Origin of the module's weights.
        postprocess: From the mask of a case to lungs; None for the masks as they are.
        groupings: By which numbers are also reported.
    """

    module: SegmentationModule
    data: SliceDataModule
    trainer: pl.Trainer
    cohort: Cohort
    folder: Path
    conventions: Conventions
    weights: Weights
    postprocess: Postprocess | None = None
    groupings: Sequence[Grouping] = ()


def evaluate(task: Task) -> Evaluation:
    """Evaluate every slice of every set in one pass.

    Every process of the trainer has to call this; all get the same numbers.

    Raises:
        ConfigError: If the pass was cut short.
        DataError: If the model returned scores that are not numbers.
    """
    from lungseg.evaluation.collect import Collect

    module, data, trainer = task.module, task.data, task.trainer
    collect = Collect(
        task.cohort,
        {name: dataset.index for name, dataset in data.datasets.items()},
        trainer.strategy.root_device,
        task.postprocess,
    )
    trainer.callbacks.append(collect)  # type: ignore[attr-defined]  # a list, says the docs
    # A process without a case to evaluate would skip this and keep the counts of the last epoch.
    module.on_test_epoch_start()
    trainer.test(module, data, verbose=False)
    # Lightning has moved it to the CPU, from which not every backend can gather.
    module.to(trainer.strategy.root_device)
    tables = {name: module.table(name) for name in data.datasets}
    after = {name: table for name in tables if (table := collect.table(name)) is not None}
    refuse_partial(after or tables, data)
    if not after:
        return _evaluation(tables, collect, task)
    return _evaluation(after, collect, task, before=tables)


def refuse_partial(tables: dict[str, NDArray[np.int64]], data: SliceDataModule) -> None:
    """Stop where a pass did not see all slices of a set.

    Args:
        tables: One row per slice, by set.
        data: All slices.

    Raises:
        ConfigError: Likewise.
    """
    for name, table in tables.items():
        expected = len(data.datasets[name])
        if len(table) != expected:
            raise ConfigError(
                f"evaluation: {len(table)} of {expected} {name} slices were seen, and numbers of a"
                " part would mislead; leave trainer.limit_test_batches out"
            )


def _evaluation(
    tables: dict[str, NDArray[np.int64]],
    collect: Collect,
    task: Task,
    *,
    before: Mapping[str, NDArray[np.int64]] | None = None,
) -> Evaluation:
    """Summarize the tables of all processes; `before` are those without post-processing."""
    from lungseg.evaluation.result import Evaluation, read_history, surfaces
    from lungseg.evaluation.subgroups import subgroups
    from lungseg.evaluation.tables import cases_frame, curve_frame, slices_frame
    from lungseg.metrics.curves import calibration, curve
    from lungseg.metrics.summary import dsc_of_table

    names, conventions = task.cohort.names, task.conventions
    histograms = {name: collect.histogram(name) for name in tables}
    scores = {name: collect.cases(name) for name in tables}
    summary = {
        name: summary_of(tables[name], histograms[name], scores[name], names, conventions)
        for name in tables
    }
    for name, of_set in summary.items():
        by_name = {names[case]: numbers for case, numbers in scores[name].items()}
        if before is not None:
            of_set["dsc_before_postprocess"] = dsc_of_table(before[name])
        of_set["subgroups"] = subgroups(task.groupings, by_name, task.cohort.patients)
    return Evaluation(
        summary=summary,
        slices=slices_frame(tables, names, conventions.empty_dsc),
        cases=cases_frame(scores, names),
        curve=curve_frame(curve(histograms["test"])),
        calibration=calibration(histograms["test"]),
        worst=surfaces(collect.worst("test"), names),
        history=read_history(task.folder / "metrics.csv"),
        synthetic=task.cohort.synthetic,
        threshold=conventions.threshold,
        masks=collect.masks(),
        thumbnails=collect.thumbnails(),
        histograms=histograms,
    )


def summary_of(
    table: NDArray[np.int64],
    histogram: NDArray[np.int64] | None,
    scores: dict[int, dict[str, Any]],
    names: list[str],
    conventions: Conventions,
    folds: npt.ArrayLike | None = None,
) -> dict[str, Any]:
    """One set's part of ``summary.json``.

    Args:
        table: ``[n, 6]``: case, z, tp, fp, fn, tn.
        histogram: Counts of scores, ``[2, BINS]``; None without probabilities.
        scores: Numbers of each case in 3-D, by position in `names`.
        names: Of all cases of the cohort.
        conventions: Threshold and convention for empty masks.
        folds: Of each case in a cross-validation, as in `lungseg.metrics.interval.ratio_intervals`.
    """
    from lungseg.metrics.summary import conventions as by_convention
    from lungseg.metrics.summary import (
        summarize_cases,
        summarize_scores,
        summarize_slices,
    )

    rows = list(scores.values())
    numbers = summarize_slices(table, conventions.empty_dsc, folds)
    numbers["accuracy_min"]["case"] = names[numbers["accuracy_min"]["case"]]
    after = {"postprocess": conventions.postprocess} if conventions.postprocess else {}
    return {
        **numbers,
        **summarize_scores(histogram),
        **summarize_cases(rows, folds),
        "dsc_by_convention": by_convention(table, rows),
        "threshold": conventions.threshold,
        "empty_dsc": conventions.empty_dsc,
        **after,
    }
