"""The choice between masks as they are and post-processed ones, on validation cases alone."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
from torch import Tensor

from lungseg.data.cohort import Cohort
from lungseg.data.datamodule import SliceDataModule
from lungseg.errors import ConfigError
from lungseg.evaluation.collect import from_all
from lungseg.evaluation.run import refuse_partial
from lungseg.evaluation.whole_cases import WholeCases, slices_in, table_of
from lungseg.inference.postprocess import Auto, Postprocess, Unchanged
from lungseg.metrics.table import dsc
from lungseg.runs.chosen import CHOICE, keep_choice, told
from lungseg.training.module import SegmentationModule

log = logging.getLogger(__name__)

SET = "val"


def refuse_without_validation(postprocess: object, sets: Collection[str]) -> None:
    """Stop a training that has no cases to choose by.

    Args:
        postprocess: As built from the configuration.
        sets: Names of the sets of its split.

    Raises:
        ConfigError: Likewise.
    """
    if isinstance(postprocess, Auto) and SET not in sets:
        raise ConfigError(
            "postprocess=auto: chooses on validation cases, and the split has none; take"
            " split=train_val_test, or postprocess=lungs"
        )


def decide(
    postprocess: Postprocess | Auto | None,
    module: SegmentationModule,
    data: SliceDataModule,
    trainer: pl.Trainer,
    cohort: Cohort,
    folder: Path,
) -> Postprocess | None:
    """What masks go through from now on, chosen and recorded if it is to be chosen.

    Args:
        postprocess: As built from the configuration.
        module: The trained model; its record gets the choice.
        data: Slices by set.
        trainer: Runs the pass.
        cohort: As in :func:`choose`.
        folder: Run folder, whose checkpoints get the choice.
    """
    if not isinstance(postprocess, Auto):
        return postprocess
    choice = choose(postprocess, module, data, trainer, cohort)
    module.record[CHOICE] = choice
    if trainer.is_global_zero:
        keep_choice(folder, choice)
        log.info(told(choice))
    return postprocess.lungs if choice["node"] else None


def choose(
    auto: Auto,
    module: SegmentationModule,
    data: SliceDataModule,
    trainer: pl.Trainer,
    cohort: Cohort,
) -> dict[str, Any]:
    """Choose by the mean over validation cases of the DSC of both lungs; a tie leaves masks alone.

    Every process of the trainer has to call this; all get the same.

    Args:
        auto: What may be chosen.
        module: The trained model, whose record has the configuration of its training.
        data: Slices by set, of which ``val`` is read.
        trainer: Runs the pass.
        cohort: Gives the number of slices and the spacing of each case.

    Returns:
        What is recorded: ``name`` and ``node`` of the choice, ``n_cases``, and ``dsc`` by name.

    Raises:
        ConfigError: If the pass was cut short.
    """
    alone, config = data.only(SET), module.record["config"]
    threshold = config["metrics"]["threshold"]
    # The sets of the module are those of the loaders, in order.
    judged = SegmentationModule(module.net, sets=[SET], threshold=threshold, record=module.record)
    both = _Both({"none": Unchanged(), "lungs": auto.lungs}, cohort)
    callbacks: list[Any] = trainer.callbacks  # type: ignore[attr-defined]  # a list, says the docs
    callbacks.append(both)
    try:
        trainer.test(judged, alone, verbose=False)
    finally:
        callbacks.remove(both)
    scores = {}
    for name, rows in both.rows().items():
        refuse_partial({SET: table_of(rows)}, alone)
        scores[name] = mean_dsc(rows)
    name = "lungs" if scores["lungs"] > scores["none"] else "none"
    n_cases = len({case for case, _ in alone.datasets[SET].index})
    chosen = dict(config["postprocess"]["lungs"]) if name == "lungs" else None
    return {"name": name, "node": chosen, "n_cases": n_cases, "dsc": scores}


def mean_dsc(rows: Sequence[tuple[int, ...]]) -> float:
    """Mean over cases of the DSC of a case's voxels; 1 where nothing is there and nothing found.

    Args:
        rows: Counts of slices: case, z, tp, fp, fn, tn.

    Example:
        >>> mean_dsc([(0, 0, 1, 1, 0, 9), (0, 1, 2, 0, 3, 9), (1, 0, 4, 0, 0, 9)])  # 6/10 and 1
        0.8
    """
    table = table_of(rows)
    cases = np.unique(table[:, 0])
    tp, fp, fn = (
        np.array([table[table[:, 0] == case, column].sum() for case in cases])
        for column in (2, 3, 4)
    )
    return float(dsc(tp, fp, fn, "one").mean())


class _Both(pl.Callback):
    """Counts the masks of whole cases after each of several ways of post-processing."""

    def __init__(self, ways: Mapping[str, Postprocess], cohort: Cohort) -> None:
        cases = list(cohort.cases.values())
        n_slices = [case["fingerprint"]["n_slices"] for case in cases]
        spacing = [tuple(case["spacing_mm"]) for case in cases]
        self._whole = {
            name: WholeCases(n_slices, spacing, way, lambda one: None) for name, way in ways.items()
        }

    def on_test_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: Any,
        outputs: Tensor | Mapping[str, Any] | None,
        batch: dict[str, Any],
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Take a batch's logits."""
        assert isinstance(outputs, Tensor)
        for one in slices_in(batch, pl_module.predict_mask(outputs)):
            for whole in self._whole.values():
                whole.add(one)

    def rows(self) -> dict[str, list[tuple[int, ...]]]:
        """Counts of all cases, of all processes."""
        return {
            name: [row for rows in from_all(whole.rows()) for row in rows]
            for name, whole in self._whole.items()
        }
