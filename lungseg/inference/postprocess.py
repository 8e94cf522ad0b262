"""From the mask that a network gives to lungs: components, holes, sides."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lungseg.arguments.inference import check_lungs
from lungseg.inference.airways import without_airways
from lungseg.metrics.components import components, of_components
from lungseg.metrics.masks import bounding_box
from lungseg.runs.recorded import build_recorded


class Postprocess(Protocol):
    """Maps the mask of a whole volume to another one."""

    def __call__(self, mask: NDArray[np.bool_], spacing_mm: Sequence[float]) -> NDArray[np.bool_]:
        """Bool ``[z, y, x]`` to another array of this kind."""


class Unchanged:
    """The mask as the network gives it."""

    def __call__(self, mask: NDArray[np.bool_], spacing_mm: Sequence[float]) -> NDArray[np.bool_]:
        """The mask itself."""
        return mask


@dataclass(frozen=True)
class Lungs:
    """At most two lungs, without holes.

    Voxels that share a face belong together. The largest component is kept, and the second largest
    if it is at least `min_share` of the largest: two lungs that do not touch. Two that touch are
    one component. Then cavities that the lungs enclose from all sides in 3-D are filled: vessels
    and nodules, but not airways, which lead out of the lungs, as in the training masks. Before all
    that, a windpipe that was taken for lung is left out
    (:func:`lungseg.inference.airways.without_airways`).

    Attributes:
        n_lungs: Components that are kept.
        min_share: Of the largest component's voxels.
        fill_holes: Whether cavities are filled.
        cut_airways: Whether windpipes are left out; not so in models of earlier versions.

    Raises:
        ValueError: If a parameter is out of range.

    Example:
        >>> import numpy as np
        >>> mask = np.zeros((1, 1, 12), bool)
        >>> mask[..., :4] = mask[..., 5:8] = mask[..., 10] = True  # two lungs and a stray voxel
        >>> Lungs()(mask, (1, 1, 1)).astype(int).ravel().tolist()
        [1, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0]
    """

    n_lungs: int = 2
    min_share: float = 0.05
    fill_holes: bool = True
    cut_airways: bool = False

    def __post_init__(self) -> None:
        check_lungs(n_lungs=self.n_lungs, min_share=self.min_share)

    def __call__(self, mask: NDArray[np.bool_], spacing_mm: Sequence[float]) -> NDArray[np.bool_]:
        """The lungs in a mask, bool ``[z, y, x]``."""
        if not mask.any():
            return mask
        box = bounding_box(mask)
        inside = mask[box]
        if self.cut_airways:
            inside = without_airways(inside, spacing_mm)
        labels, sizes = components(inside)
        largest = np.argsort(-sizes, kind="stable")[: self.n_lungs]
        kept = np.zeros(len(sizes), np.bool_)
        kept[largest] = sizes[largest] >= self.min_share * sizes.max()
        kept[0] = False
        lungs = of_components(kept, labels)
        del labels
        result = np.zeros_like(mask)
        result[box] = _filled(lungs) if self.fill_holes else lungs
        return result


@dataclass(frozen=True)
class Auto:
    """Masks as they are, or `lungs`: left to the training, which chooses on its validation cases.

    Attributes:
        lungs: What masks as they are, the other choice, are compared with.

    Raises:
        ValueError: If `lungs` does not post-process.
    """

    lungs: Postprocess

    def __post_init__(self) -> None:
        if not callable(self.lungs):
            raise ValueError(f"lungs must be a post-processing with _target_, got {self.lungs}")


def _filled(lungs: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Without cavities: background that no path along faces connects with the outside.

    Args:
        lungs: In their bounding box; overwritten, since copies would be large.
    """
    labels, sizes = components(np.logical_not(lungs, out=lungs))
    inside = np.ones(len(sizes), np.bool_)
    for axis in range(3):
        for face in (0, -1):
            inside[np.take(labels, face, axis)] = False
    inside[0] = True  # the lungs themselves
    return of_components(inside, labels)


def recorded_postprocess(node: Mapping[str, Any] | None) -> Postprocess | None:
    """What a model was trained and reported with; None for masks as they are.

    Args:
        node: ``postprocess`` of the configuration in its file.

    Raises:
        ConfigError: If it names anything that may not be built from a file.
    """
    made: Postprocess | None = build_recorded(node, "postprocess") if node else None
    return made


def consistent(
    probability: NDArray[np.uint8], mask: NDArray[np.bool_], threshold: float
) -> NDArray[np.uint8]:
    """Probabilities that give the post-processed mask at the threshold.

    Where a component was removed they are just below it, where a cavity was filled just at it;
    elsewhere they stay.

    Args:
        probability: ``[z, y, x]``, 255 is 1.
        mask: After post-processing.
        threshold: A voxel is lung when its probability is at least this.

    Example:
        >>> import numpy as np
        >>> consistent(np.array([[[0, 200, 90]]], np.uint8), np.array([[[0, 0, 1]]], bool), 0.5)
        array([[[  0, 127, 128]]], dtype=uint8)
    """
    least = math.ceil(threshold * 255)
    return np.where(
        mask, np.maximum(probability, np.uint8(least)), np.minimum(probability, np.uint8(least - 1))
    )
