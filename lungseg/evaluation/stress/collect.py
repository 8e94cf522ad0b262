"""What is kept of a pass over corrupted scans: numbers of cases, and one picture."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import replace
from typing import Any

import numpy as np
import pytorch_lightning as pl
from torch import Tensor

from lungseg.data.cohort import Cohort
from lungseg.evaluation.collect import from_all
from lungseg.evaluation.thumbnails import thumbnail
from lungseg.evaluation.whole_cases import Slice, WholeCases, slices_in
from lungseg.inference.postprocess import Postprocess, Unchanged
from lungseg.metrics.sides import SideArray
from lungseg.metrics.stream import CaseStream


class CollectCases(pl.Callback):
    """Scores each case after its last slice, as :class:`lungseg.evaluation.collect.Collect`.

    Args:
        cohort: Gives the number of slices and the spacing of each case.
        sides: Returns the reference's sides by the name of a case, or None.
        refused: Names of cases whose prediction counts as empty.
        postprocess: From the mask of a case to lungs; None for the masks as they are.
        shown: Case and z of the slice of which a picture is kept.
    """

    def __init__(
        self,
        cohort: Cohort,
        sides: Callable[[str], SideArray | None],
        refused: Set[str],
        postprocess: Postprocess | None,
        shown: tuple[int, int],
    ) -> None:
        cases = list(cohort.cases.values())
        n_slices = [case["fingerprint"]["n_slices"] for case in cases]
        spacing = [tuple(case["spacing_mm"]) for case in cases]
        self._names = cohort.names
        self._refused = refused
        self._shown = shown
        self._picture: str | None = None
        self._cases = CaseStream(n_slices, spacing, lambda case: sides(self._names[case]))
        self._whole = WholeCases(n_slices, spacing, postprocess or Unchanged(), self._take)

    def on_test_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: Any,
        outputs: Tensor | Any,
        batch: dict[str, Any],
        *_: Any,
    ) -> None:
        """Take a batch's logits."""
        for k, one in enumerate(slices_in(batch, pl_module.predict_mask(outputs))):
            if self._names[one.case] in self._refused:
                one = replace(one, prediction=np.zeros_like(one.prediction))
            if (one.case, one.z) == self._shown:
                one = replace(one, image=batch["picture"][k, 0].float().cpu().numpy())
            self._whole.add(one)

    def _take(self, one: Slice) -> None:
        self._cases.add(one.case, one.prediction, one.reference)
        if one.image is not None:
            self._picture = thumbnail(one.image, one.reference, one.prediction)

    def numbers(self) -> dict[str, dict[str, Any]]:
        """Numbers of each case by its name, of all processes."""
        cases: dict[int, dict[str, Any]] = {}
        for some in from_all(self._cases.numbers()):
            cases |= some
        return {self._names[case]: numbers for case, numbers in sorted(cases.items())}

    def picture(self) -> str:
        """The picture, from the process that made it, as a ``data:`` URL."""
        return next(str(one) for one in from_all(self._picture) if one is not None)
