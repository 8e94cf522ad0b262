"""How far several models, or flips of the image, agree on each lung."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lungseg.metrics.sides import LEFT, RIGHT


def agreement(
    mask: NDArray[np.bool_], labels: NDArray[np.uint8], members: Sequence[NDArray[np.uint8]]
) -> dict[str, float]:
    """DSC of each member with their mean, the lowest of them, for each lung.

    Voxels without a side count for the lung on whose side of the midline they are: halfway
    between the lungs' mean x.

    Args:
        mask: Where the mean is lung, ``[z, y, x]``, before post-processing, as the members are.
        labels: Sides of the lungs, ``[z, y, x]``.
        members: Masks, bits packed along x (`numpy.packbits`), ``[z, y, x / 8]``.

    Returns:
        For ``right`` and ``left``; 1 where neither has a voxel.

    Example:
        >>> import numpy as np
        >>> labels = np.array([[[1, 1, 0, 0, 0, 0, 2, 2]]], np.uint8)
        >>> half = np.packbits(np.array([[[1, 0, 0, 0, 0, 0, 1, 1]]], bool), axis=-1)
        >>> agreement(labels > 0, labels, [half])
        {'right': 0.6666666666666666, 'left': 1.0}
    """
    x = np.arange(labels.shape[2])
    beyond = np.where(x < _midline(labels), RIGHT, LEFT).astype(np.uint8)
    lowest = {"right": 1.0, "left": 1.0}
    for packed in members:
        sums = {name: [0, 0] for name in lowest}
        for plane, mean, bits in zip(labels, mask, packed, strict=True):
            own = np.unpackbits(bits, axis=-1, count=len(x)).astype(np.bool_)
            sides = np.where(plane > 0, plane, beyond)
            for name, side in (("right", RIGHT), ("left", LEFT)):
                here = sides == side
                sums[name][0] += int(np.count_nonzero(own & mean & here))
                sums[name][1] += int(np.count_nonzero(own & here) + np.count_nonzero(mean & here))
        for name, (both, each) in sums.items():
            lowest[name] = min(lowest[name], 2 * both / each if each else 1.0)
    return lowest


def _midline(labels: NDArray[np.uint8]) -> int:
    x = np.arange(labels.shape[2])
    means = []
    for side in (RIGHT, LEFT):
        profile = np.count_nonzero(labels == side, axis=(0, 1))
        if profile.any():
            means.append(float(np.average(x, weights=profile)))
    return round(sum(means) / len(means)) if len(means) == 2 else labels.shape[2] // 2
