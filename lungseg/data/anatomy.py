"""What the lungs of a scan are like, in figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from lungseg.metrics.masks import bounding_box, validate_mask
from lungseg.metrics.sides import LEFT, RIGHT, split_sides
from lungseg.volume import Volume, spacing_of

SIDES = {"right": RIGHT, "left": LEFT}
"""Labels of the lungs by name."""
COMPONENT_ML = 1.0
"""Smaller components are not counted: specks of noise say little about a lung."""
ENDS = (0.01, 0.99)
"""A lung's extent leaves out this share at each end: a distant speck would lengthen it."""

COARSE_MM = 6.0
"""Pixels up to this size measure lungs to about 1 %, in a twentieth of the time."""

Anatomy = dict[str, dict[str, Any]]
"""Figures by lung, as from :func:`anatomy_of`."""


def anatomy_of(volume: Volume, labels: NDArray[np.uint8]) -> Anatomy:
    """Measure each lung.

    Works slice by slice: beside the two arrays, it needs memory for one slice.

    Args:
        volume: The scan.
        labels: uint8 ``[z, y, x]`` on its grid: 0 background, 1 the patient's right lung, 2 the
            left.

    Returns:
        For ``right`` and ``left``:

        - ``volume_ml``
        - ``mean_hu``: of all its voxels
        - ``n_components``: face-connected parts of at least 1 ml
        - ``centre``: its centre of mass along ``(z, y, x)``, from 0 to 1 through the scan
        - ``extent_mm``: along ``(z, y, x)``, without the outermost 1 % of its voxels at each end
        - ``cut``: areas in which it touches the ``bottom`` (first slice), ``top`` (last slice) and
          ``sides`` of the scan, as shares of its largest axial section

        Without a voxel, volume, components and areas are 0, and the others None.

    Raises:
        ValueError: If `labels` is no such array.

    Example:
        >>> labels = np.zeros((4, 4, 4), np.uint8)
        >>> labels[1:3, 1:3, 3] = LEFT
        >>> grid = Volume(np.full(labels.shape, -800, np.int16), np.diag([10.0] * 3 + [1]))
        >>> anatomy = anatomy_of(grid, labels)
        >>> anatomy["left"]["volume_ml"], anatomy["left"]["cut"]["sides"]
        (4.0, 2.0)
        >>> anatomy["right"]["mean_hu"] is None
        True
    """
    validate_mask("labels", labels)
    if labels.shape != volume.voxels.shape:
        raise ValueError(
            f"labels must have the volume's shape {volume.voxels.shape}, got {labels.shape}"
        )
    box = bounding_box(labels)
    tallies = {name: _Tally(labels.shape, box) for name in SIDES}
    for z in range(box[0].start, box[0].stop):
        plane, hu = labels[z][box[1:]], volume.voxels[z][box[1:]]
        for name, side in SIDES.items():
            tallies[name].add(z, plane == side, hu)
    return {name: tally.figures(volume.spacing) for name, tally in tallies.items()}


def case_anatomy(
    image: Any, mask: Any, affine: NDArray[np.float64], sides: NDArray[np.uint8] | None = None
) -> Anatomy:
    """Measure the lungs of a case with a mask, on every nth row and column.

    Args:
        image: HU, int16 ``[z, y, x]``; this and the mask may be arrays of a store.
        mask: 0 or 1, uint8, on the same grid.
        affine: ``[4, 4]``, of the grid.
        sides: Where the source tells the lungs apart: 1 right, 2 left; otherwise they are told
            apart by geometry.
    """
    steps = [max(1, int(COARSE_MM / size)) for size in spacing_of(affine)[1:]]
    part = (slice(None), *(slice(None, None, step) for step in steps))
    volume = Volume(image[part], affine * [1, *steps, 1])
    if sides is None:
        labels = split_sides(mask[part], volume.spacing)
    else:
        labels = np.where(mask[part] > 0, sides[part], np.uint8(0))
    return anatomy_of(volume, labels)


@dataclass
class _Pieces:
    """Counts the components of a mask of which one slice after another is seen."""

    sizes: list[int] = field(default_factory=list)
    links: list[NDArray[np.int64]] = field(default_factory=list)
    above: NDArray[np.int64] | None = None

    def add(self, plane: NDArray[np.bool_]) -> None:
        """Take the next slice; parts of neighbouring slices that share a face belong together."""
        parts, count = label(plane)
        numbers = np.where(plane, parts + np.int64(len(self.sizes) - 1), -1)
        self.sizes += np.bincount(parts.ravel(), minlength=count + 1)[1:].tolist()
        if self.above is not None:
            touching = plane & (self.above >= 0)
            pairs = np.stack([self.above[touching], numbers[touching]], axis=1)
            # Along a row, most pairs equal the one before them.
            new = np.concatenate([pairs[:1], pairs[1:][(pairs[1:] != pairs[:-1]).any(axis=1)]])
            self.links.append(new)
        self.above = numbers

    def count(self, least: float) -> int:
        """The components of at least so many voxels."""
        n = len(self.sizes)
        pairs = np.concatenate([*self.links, np.zeros((0, 2), np.int64)])
        graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
        _, whole = connected_components(graph, directed=False)
        return int((np.bincount(whole, weights=self.sizes) >= least).sum())


class _Tally:
    """Sums over the slices of one lung."""

    def __init__(self, shape: tuple[int, ...], box: tuple[slice, ...]) -> None:
        self.profiles = [np.zeros(size, np.int64) for size in shape]
        self.box = box
        self.hu = 0
        self.pieces = _Pieces()

    def add(self, z: int, plane: NDArray[np.bool_], hu: NDArray[np.int16]) -> None:
        """Take slice z: where the lung is in the box's rows and columns, and their HU."""
        count = np.count_nonzero(plane)
        if not count:
            self.pieces.above = None
            return
        self.profiles[0][z] = count
        self.profiles[1][self.box[1]] += np.count_nonzero(plane, axis=1)
        self.profiles[2][self.box[2]] += np.count_nonzero(plane, axis=0)
        self.hu += int(hu[plane].sum(dtype=np.int64))
        self.pieces.add(plane)

    def figures(self, spacing: tuple[float, float, float]) -> dict[str, Any]:
        """The figures of the lung, once all slices are in."""
        sections, rows, columns = self.profiles
        count, largest = int(sections.sum()), max(1, int(sections.max()))
        dz, dy, dx = spacing
        ml = dz * dy * dx / 1000
        sides = (rows[0] + rows[-1]) * dz * dx + (columns[0] + columns[-1]) * dz * dy
        return {
            "volume_ml": count * ml,
            "mean_hu": self.hu / count if count else None,
            "n_components": self.pieces.count(COMPONENT_ML / ml) if count else 0,
            "centre": [_centre(profile) for profile in self.profiles] if count else None,
            "extent_mm": [_extent(p) * step for p, step in zip(self.profiles, spacing, strict=True)]
            if count
            else None,
            "cut": {
                "bottom": int(sections[0]) / largest,
                "top": int(sections[-1]) / largest,
                "sides": float(sides) / (largest * dy * dx),
            },
        }


def _centre(profile: NDArray[np.int64]) -> float:
    middles = np.arange(len(profile)) + 0.5
    return float(np.average(middles, weights=profile)) / len(profile)


def _extent(profile: NDArray[np.int64]) -> float:
    """Distance in voxels between the ends, each found within its voxel by interpolation."""
    edges = np.arange(len(profile) + 1)
    shares = np.concatenate([[0], np.cumsum(profile)]) / profile.sum()
    first, last = np.interp(ENDS, shares, edges)
    return float(last - first)
