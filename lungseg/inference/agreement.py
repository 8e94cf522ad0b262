"""How far several models, or flips of the image, agree on each lung."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lungseg.metrics.sides import LEFT, RIGHT


def agreement(labels: NDArray[np.uint8], members: Sequence[NDArray[np.uint8]]) -> dict[str, float]:
    """DSC of each member with what was decided, the lowest of them, for each lung.

    Voxels outside the lungs count for the lung on whose side of the midline they are: halfway
    between the lungs' mean x.

    Args:
        labels: What was decided, ``[z, y, x]``.
        members: Masks, bits packed along x (`numpy.packbits`), ``[z, y, x / 8]``.

    Returns:
        For ``right`` and ``left``; 1 where neither has a voxel.

    Example:
        >>> import numpy as np
        >>> labels = np.array([[[1, 1, 0, 0, 0, 0, 2, 2]]], np.uint8)
        >>> half = np.packbits(np.array([[[1, 0, 0, 0, 0, 0, 1, 1]]], bool), axis=-1)
        >>> agreement(labels, [half])
        {'right': 0.6666666666666666, 'left': 1.0}
    """
    middle = _midline(labels)
    lowest = {}
    for name, side in (("right", RIGHT), ("left", LEFT)):
        half = slice(0, middle) if side == RIGHT else slice(middle, None)
        scores = []
        for packed in members:
            both = mine = 0
            for plane, bits in zip(labels, packed, strict=True):
                mask = np.unpackbits(bits, axis=-1, count=labels.shape[2]).astype(np.bool_)
                both += int(np.count_nonzero(mask & (plane == side)))
                stray = mask & (plane == 0)
                mine += int(np.count_nonzero(stray[:, half]))
            mine += both
            n = int(np.count_nonzero(labels == side))
            scores.append(2 * both / (mine + n) if mine + n else 1.0)
        lowest[name] = min(scores)
    return lowest


def _midline(labels: NDArray[np.uint8]) -> int:
    x = np.arange(labels.shape[2])
    means = []
    for side in (RIGHT, LEFT):
        profile = np.count_nonzero(labels == side, axis=(0, 1))
        if profile.any():
            means.append(float(np.average(x, weights=profile)))
    return round(sum(means) / len(means)) if len(means) == 2 else labels.shape[2] // 2
