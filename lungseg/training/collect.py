"""What the final pass collects beside the counts of slices: scores, and cases in 3-D."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytorch_lightning as pl
from numpy.typing import NDArray
from torch import Tensor, distributed

from lungseg.data.cohort import Cohort
from lungseg.metrics.cases import CaseScore, case_row
from lungseg.metrics.histogram import ScoreHistogram
from lungseg.training.thumbnails import MOST, thumbnail

Mask = NDArray[np.bool_]


@dataclass
class _Open:
    """A case whose slices are coming in; they come in order and one case at a time."""

    case: int | None = None
    prediction: list[Mask] = field(default_factory=list)
    reference: list[Mask] = field(default_factory=list)


class Collect(pl.Callback):
    """Fills a ScoreHistogram for each set, and scores each case once its last slice is there.

    Memory holds one case's masks at a time, so it does not grow with the number of slices.

    Args:
        cohort: Tells how many slices a case has and how far apart voxels are.
        sets: Names of all sets, in the order of their loaders.
    """

    def __init__(self, cohort: Cohort, sets: Sequence[str]) -> None:
        cases = list(cohort.cases.values())
        self._n_slices = [case["fingerprint"]["n_slices"] for case in cases]
        self._spacing = [tuple(case["spacing_mm"]) for case in cases]
        self._sets = list(sets)

    def on_test_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start anew."""
        self._histograms = {name: ScoreHistogram().to(pl_module.device) for name in self._sets}
        self._scores: dict[str, dict[int, dict[str, Any]]] = {name: {} for name in self._sets}
        self._worst: dict[str, tuple[float, int, CaseScore]] = {}
        self._pictures: dict[tuple[int, int], str] = {}
        self._open = _Open()

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
        name = self._sets[dataloader_idx]
        self._histograms[name].update(outputs, batch["mask"])
        masks = pl_module.predict_mask(outputs)[:, 0].cpu().numpy()
        references = batch["mask"][:, 0].bool().cpu().numpy()
        for case, mask, reference in zip(batch["case"].tolist(), masks, references, strict=True):
            self._add(name, case, mask, reference)
        if name == "test" and len(self._pictures) < MOST:
            images = batch["image"][:, 0].float().cpu().numpy()
            keys = zip(batch["case"].tolist(), batch["z"].tolist(), strict=True)
            for key, *slices in zip(keys, images, references, masks, strict=True):
                self._pictures[key] = thumbnail(*slices)

    def _add(self, name: str, case: int, mask: Mask, reference: Mask) -> None:
        if case != self._open.case:
            self._open = _Open(case)
        self._open.prediction.append(mask)
        self._open.reference.append(reference)
        if len(self._open.prediction) < self._n_slices[case]:
            return
        score = case_row(
            np.stack(self._open.prediction), np.stack(self._open.reference), self._spacing[case]
        )
        self._open = _Open()
        self._scores[name][case] = score.numbers
        distance = score.numbers["hd95_mm"]
        # Points of one case's surface are enough for a picture of the worst.
        if not math.isnan(distance) and distance > self._worst.get(name, (-1.0,))[0]:
            self._worst[name] = (distance, case, score)

    def histogram(self, name: str) -> NDArray[np.int64]:
        """Counts of scores in a set, of all processes, ``[2, BINS]``."""
        counts: Tensor = self._histograms[name].compute()
        return counts.cpu().numpy()

    def cases(self, name: str) -> dict[int, dict[str, Any]]:
        """Numbers of each case of a set, of all processes, by position in the cohort."""
        found: dict[int, dict[str, Any]] = {}
        for scores in _from_all(self._scores[name]):
            found |= scores
        return dict(sorted(found.items()))

    def worst(self, name: str) -> tuple[int, CaseScore] | None:
        """The case of a set with the largest HD95, of all processes, and its surface."""
        found = [worst for worst in _from_all(self._worst.get(name)) if worst is not None]
        if not found:
            return None
        _, case, score = max(found, key=lambda worst: (worst[0], -worst[1]))
        return case, score

    def thumbnails(self) -> dict[tuple[int, int], str]:
        """Pictures of the first test slices of each process, by case and z."""
        found: dict[tuple[int, int], str] = {}
        for pictures in _from_all(self._pictures):
            found |= pictures
        return dict(sorted(found.items()))


def _from_all(mine: Any) -> list[Any]:
    """The same thing of every process, in the order of their ranks."""
    if not (distributed.is_available() and distributed.is_initialized()):
        return [mine]
    found: list[Any] = [None] * distributed.get_world_size()
    distributed.all_gather_object(found, mine)
    return found
