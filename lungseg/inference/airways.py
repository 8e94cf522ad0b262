"""Windpipes that a network took for lung, told by their shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

AREA_SHARE = 0.05
"""Of the lungs' largest axial section: no section of a windpipe or throat is larger.

In adults these have 1 to 5 cm², the largest section of both lungs 200 to 400 cm².
"""
AREA_MM2 = 1000.0
"""Nor is any larger than this, however much a slice with false lung makes the largest section."""
HEIGHT_MM = 40.0
"""At least so tall is what counts as a windpipe: the dome of a lung is wide a centimetre below."""
LUNG_SHARE = 0.05
"""Of the voxels of all wide parts: smaller ones are no lung."""

Ints = NDArray[np.int64]


def without_airways(mask: NDArray[np.bool_], spacing_mm: Sequence[float]) -> NDArray[np.bool_]:
    """Leave out columns that rise from the lungs, too narrow and too tall to be lung.

    A piece of an axial slice is narrow if it has less than `AREA_SHARE` of the largest section and
    less than `AREA_MM2`. Narrow pieces that touch from slice to slice are a column; it is left out
    if it is `HEIGHT_MM` tall or more, stands on a lung, and no lung stands on it. So the lowest
    corners of the lungs stay, which widen upwards, and so do their tops, which are too short. What
    stands on such a column, as a mouth does, no longer touches the lungs. A narrow top of a lung
    that touches the column goes with it: one to three slices.

    Args:
        mask: Bool ``[z, y, x]``, z from the feet up.
        spacing_mm: Of z, y and x.

    Returns:
        The mask itself if there is nothing to leave out, or else a copy.
    """
    z, sizes, edges = _pieces(mask)
    if not len(sizes):
        return mask
    largest = max(int(np.count_nonzero(plane)) for plane in mask)
    narrow = sizes < min(AREA_SHARE * largest, AREA_MM2 / (spacing_mm[1] * spacing_mm[2]))
    part = _parts(len(sizes), edges[:, narrow[edges[0]] == narrow[edges[1]]])
    voxels = np.bincount(part, np.where(narrow, 0, sizes))
    is_lung = (voxels > 0) & (voxels >= LUNG_SHARE * voxels.sum())
    low, high = part[edges]
    on_lung, under_lung = np.zeros((2, len(voxels)), np.bool_)
    on_lung[high[is_lung[low]]] = True
    under_lung[low[is_lung[high]]] = True
    height = ndimage.maximum(z, part, range(len(voxels))) + 1.0
    height -= ndimage.minimum(z, part, range(len(voxels)))
    tall = height * spacing_mm[0] >= HEIGHT_MM
    airway = (tall & on_lung & ~under_lung)[part] & narrow
    if not airway.any():
        return mask
    result = mask.copy()
    first = np.searchsorted(z, np.arange(len(mask)))  # piece of each slice with the number 1
    for here in np.unique(z[airway]).tolist():
        labels, _ = ndimage.label(mask[here])
        numbers = np.flatnonzero(airway & (z == here)) - first[here] + 1
        result[here] &= ~np.isin(labels, numbers)
    return result


def _pieces(mask: NDArray[np.bool_]) -> tuple[Ints, Ints, Ints]:
    """Connected pieces of all slices: slice and size of each, and which touch.

    Returns:
        Slice ``[n]``, in order; pixels ``[n]``; the lower and the upper of two that touch
        ``[2, edges]``.
    """
    slices: list[Ints] = []
    sizes: list[Ints] = []
    edges: list[Any] = [np.zeros((2, 0), np.int64)]
    first, below, first_below = 0, np.zeros(mask.shape[1:], np.int32), 0
    for z, plane in enumerate(mask):
        labels, count = ndimage.label(plane)
        both = plane & (below > 0)
        pairs = np.unique(below[both].astype(np.int64) * (count + 1) + labels[both])
        edges.append(
            np.stack([pairs // (count + 1) + first_below, pairs % (count + 1) + first]) - 1
        )
        sizes.append(np.bincount(labels.ravel(), minlength=count + 1)[1:])
        slices.append(np.full(count, z))
        first, below, first_below = first + count, labels, first
    return np.concatenate(slices), np.concatenate(sizes), np.concatenate(edges, axis=1)


def _parts(n: int, edges: Ints) -> Ints:
    """Number of the connected part of each of `n` pieces."""
    graph = coo_array((np.ones(edges.shape[1], np.bool_), tuple(edges)), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)
