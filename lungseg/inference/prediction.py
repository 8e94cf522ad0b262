"""One scan's lungs, as models see them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.data.anatomy import anatomy_of
from lungseg.findings import Finding
from lungseg.inference.agreement import agreement
from lungseg.inference.doubt import doubts
from lungseg.inference.exported import OnnxModel
from lungseg.inference.model import Model
from lungseg.inference.network_grid import NetworkGrid
from lungseg.inference.passes import run
from lungseg.inference.postprocess import Postprocess
from lungseg.metrics.sides import split_sides
from lungseg.sources.scan import Scan


@dataclass(frozen=True)
class Prediction:
    """The lungs of one scan, on its own grid.

    Attributes:
        labels: uint8 ``[z, y, x]``: 1 the patient's right lung, 2 the left, 0 anything else.
        probability: uint8 ``[z, y, x]``, before post-processing: 255 is probability 1.
        spread: uint8 ``[z, y, x]``, where models or flips disagree; None where there is only one.
        lungs: Numbers of ``right`` and ``left``: ``volume_ml``, ``mean_hu``, ``n_components``, …
        findings: On the scan, and on what came out.
        grid: On which the first model saw the scan.
    """

    labels: NDArray[np.uint8]
    probability: NDArray[np.uint8]
    spread: NDArray[np.uint8] | None
    lungs: dict[str, Any]
    findings: list[Finding]
    grid: NetworkGrid

    @property
    def mask(self) -> NDArray[np.bool_]:
        """Both lungs, bool ``[z, y, x]``."""
        return self.labels > 0


def predict(
    models: Sequence[Model | OnnxModel],
    scan: Scan,
    postprocess: Postprocess,
    *,
    tta: str = "none",
    advance: Callable[[int], object] = lambda slices: None,
) -> Prediction:
    """Find the lungs in a scan.

    Args:
        models: One, or several whose probabilities are averaged.
        scan: As read.
        postprocess: From the mask to lungs.
        tta: As in :func:`lungseg.inference.passes.run`.
        advance: Told the number of slices that were done.
    """
    scores = run(models, scan.volume, tta=tta, advance=advance)
    predicted, members, grid = scores.mask, scores.members, scores.grids[0]
    probability, spread = scores.probability, scores.spread
    mask = postprocess(predicted, scan.volume.spacing)
    removed = sum(np.count_nonzero(a & ~b) for a, b in zip(predicted, mask, strict=True))
    del scores
    if not members:
        del predicted  # arrays of a whole scan are given back as soon as they can be
    labels = split_sides(mask, scan.volume.spacing) if mask.any() else mask.astype(np.uint8)
    del mask
    agreed = agreement(predicted, labels, members) if members else None
    lungs = anatomy_of(scan.volume, labels)
    records = [model.record for model in models]
    findings = [
        *scan.findings,
        *_of_grid(grid, scan.volume.spacing),
        *_of_postprocess(removed * float(np.prod(scan.volume.spacing)) / 1000),
        *doubts(scan, labels, lungs, records[0], others=records[1:], disagreement=agreed),
    ]
    return Prediction(labels, probability, spread, lungs, [*dict.fromkeys(findings)], grid)


def _of_postprocess(ml: float) -> list[Finding]:
    if ml < 1:
        return []
    text = f"post-processing removed {ml:.0f} ml of what the network took for lung"
    return [Finding("removed", "info", text)]


def _of_grid(grid: NetworkGrid, spacing: Sequence[float]) -> list[Finding]:
    if not grid.unlike_training:
        return []
    here, there = (" × ".join(f"{mm:.3g}" for mm in sizes) for sizes in (spacing, grid.spacing_mm))
    text = (
        f"voxels of {here} mm are unlike those of the training scans: the network saw {there} mm,"
        " and its probabilities were interpolated to the scan's own voxels"
    )
    return [Finding("resampled", "info", text)]
