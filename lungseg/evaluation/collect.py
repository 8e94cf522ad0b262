"""What the final pass collects beside the counts per slice: scores, and cases in 3-D."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from numpy.typing import NDArray
from torch import Tensor, distributed

from lungseg.data.cohort import Cohort
from lungseg.data.store import open_sides
from lungseg.errors import DataError
from lungseg.evaluation.thumbnails import pictured, thumbnail
from lungseg.evaluation.whole_cases import Slice, WholeCases, slices_in, table_of
from lungseg.inference.postprocess import Postprocess
from lungseg.metrics.cases import CaseScore
from lungseg.metrics.histogram import ScoreHistogram
from lungseg.metrics.stream import CaseStream


class Collect(pl.Callback):
    """Fills a ScoreHistogram for each set, and scores each case after its last slice.

    Only a few cases' masks are in memory at a time. Masks of all test slices are kept compressed,
    in a few hundred bytes each, because pictures have to show what was counted: predicted again in
    another batch or with other threads, a pixel at the threshold may fall on the other side.

    Args:
        cohort: Gives the number of slices and the spacing of each case.
        sets: Case and z of the slices of each set, in the order of the loaders.
        device: Device on which scores are counted.
        postprocess: From the mask of a case to lungs; None for the masks as they are.
    """

    def __init__(
        self,
        cohort: Cohort,
        sets: Mapping[str, Sequence[tuple[int, int]]],
        device: torch.device,
        postprocess: Postprocess | None = None,
    ) -> None:
        cases = list(cohort.cases.values())
        n_slices = [case["fingerprint"]["n_slices"] for case in cases]
        spacing = [tuple(case["spacing_mm"]) for case in cases]
        self._sets = list(sets)
        self._histograms = {name: ScoreHistogram().to(device) for name in sets}
        names = cohort.names
        self._cases = {
            name: CaseStream(n_slices, spacing, lambda case: open_sides(cohort.store, names[case]))
            for name in sets
        }
        self._whole = None
        if postprocess is not None:
            self._whole = {
                name: WholeCases(n_slices, spacing, postprocess, partial(self._take, name))
                for name in sets
            }
        self._pictured = pictured(sets.get("test", ()))
        self._pictures: dict[tuple[int, int], str] = {}
        self._masks: dict[tuple[int, int], bytes] = {}

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
        for k, one in enumerate(slices_in(batch, pl_module.predict_mask(outputs))):
            if name == "test" and (one.case, one.z) in self._pictured:
                one = replace(one, image=batch["picture"][k, 0].float().cpu().numpy())
            if self._whole is None:
                self._take(name, one)
            else:
                self._whole[name].add(one)

    def _take(self, name: str, one: Slice) -> None:
        """Score a slice and keep what is shown of it."""
        self._cases[name].add(one.case, one.prediction, one.reference)
        if name == "test":
            key = one.case, one.z
            self._masks[key] = pack(one.prediction)
            if one.image is not None:
                self._pictures[key] = thumbnail(one.image, one.reference, one.prediction)

    def table(self, name: str) -> NDArray[np.int64] | None:
        """Counts of a set after post-processing, of all processes; None without any."""
        if self._whole is None:
            return None
        return table_of([row for rows in from_all(self._whole[name].rows()) for row in rows])

    def histogram(self, name: str) -> NDArray[np.int64]:
        """Counts of scores in a set, of all processes, ``[2, BINS]``.

        Raises:
            DataError: If the model returned scores that are not numbers.
        """
        try:
            counts: Tensor = self._histograms[name].compute()
        except ValueError as error:
            raise DataError(
                f"the model's output on the {name} set is not a number ({error}): training"
                " diverged; lower optimizer.lr"
            ) from None
        return counts.cpu().numpy()

    def cases(self, name: str) -> dict[int, dict[str, Any]]:
        """Numbers of each case of a set, of all processes, by position in the cohort."""
        cases: dict[int, dict[str, Any]] = {}
        for numbers in from_all(self._cases[name].numbers()):
            cases |= numbers
        return dict(sorted(cases.items()))

    def worst(self, name: str) -> tuple[int, CaseScore] | None:
        """The case of a set with the largest HD95, of all processes, and its surface."""
        candidates = [worst for worst in from_all(self._cases[name].worst()) if worst is not None]
        return max(
            candidates, key=lambda worst: (worst[1].numbers["hd95_mm"], -worst[0]), default=None
        )

    def thumbnails(self) -> dict[tuple[int, int], str]:
        """Pictures of test slices, of all processes, by case and z."""
        return _merged(self._pictures)

    def masks(self) -> dict[tuple[int, int], bytes]:
        """Predicted masks of all test slices, of all processes, by case and z, see `unpack`."""
        return _merged(self._masks)


def pack(mask: NDArray[np.bool_]) -> bytes:
    """A mask compressed to a few hundred bytes, so that those of a whole test set fit in memory."""
    return zlib.compress(np.packbits(mask).tobytes(), level=1)


def unpack(packed: bytes, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """The mask that `pack` compressed, in its shape."""
    bits = np.frombuffer(zlib.decompress(packed), dtype=np.uint8)
    return np.unpackbits(bits, count=math.prod(shape)).astype(bool).reshape(shape)


def _merged(mine: dict[tuple[int, int], Any]) -> dict[tuple[int, int], Any]:
    """The dictionaries of all processes as one, sorted by key."""
    merged: dict[tuple[int, int], Any] = {}
    for others in from_all(mine):
        merged |= others
    return dict(sorted(merged.items()))


def from_all(mine: Any) -> list[Any]:
    """The value of every process, in the order of ranks."""
    if not (distributed.is_available() and distributed.is_initialized()):
        return [mine]
    gathered: list[Any] = [None] * distributed.get_world_size()
    distributed.all_gather_object(gathered, mine)
    return gathered
