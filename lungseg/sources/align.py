"""Find the orientation of a mask without geometry from the image, or refuse to guess."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.volume import Volume

# On real chests (LCTSC, both lungs, 512x512) the true orientation scores 0.8 and more, the best
# wrong flip, and the best flip of another patient's mask, less than 0.45.
MIN_SCORE = 0.6
MIN_MARGIN = 0.15

LUNG_BELOW_HU = -500
RING_MM = 10.0
# Evidence needs no full resolution: pixels of this size settle it fifteen times faster.
PIXEL_MM = 4.0


@dataclass(frozen=True)
class Alignment:
    """The orientation that fits best, and by how much.

    Attributes:
        flip: Whether the stored mask was flipped along ``(z, y, x)`` to match the image.
        score: Share of dark voxels under the mask minus their share just around it, -1 to 1.
        margin: Lead over the second-best of the eight orientations.
        scores: Score of each orientation, keyed by the flipped axes (``""``, ``"z"``, … ``"zyx"``).
    """

    flip: tuple[bool, bool, bool]
    score: float
    margin: float
    scores: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Plain containers, for JSON."""
        return {**asdict(self), "flip": list(self.flip)}


def orientation_scores(volume: Volume, mask: NDArray[np.uint8]) -> dict[tuple[bool, ...], float]:
    """Score how lung-like the HU under the mask are, for each of the eight flips.

    Score = P(HU < -500 | under the mask) - P(HU < -500 | within 10 mm around it, in the slice).
    The voxels under a correctly oriented mask are dark and bordered by tissue; elsewhere neither
    holds.

    Args:
        volume: Image, HU, ``[z, y, x]``.
        mask: uint8 ``[z, y, x]``, the same shape, not empty.
    """
    evidence = _Evidence(volume)
    scores: dict[tuple[bool, ...], float] = {}
    for y, x in product((False, True), repeat=2):
        marks = evidence.marks(flipped(mask, (False, y, x)))
        # No pixels are skipped along z, so flipping the image is the same as flipping the mask.
        scores[False, y, x] = evidence.score(marks, evidence.dark)
        scores[True, y, x] = evidence.score(marks, evidence.dark[::-1])
    return dict(sorted(scores.items()))


def score(volume: Volume, mask: NDArray[np.uint8]) -> float:
    """Score of :func:`orientation_scores` for a mask in its present orientation, -1 to 1.

    Checks whether the image supports the position of a mask that was placed by its geometry.

    Args:
        volume: Image, HU, ``[z, y, x]``.
        mask: uint8 ``[z, y, x]``, the same shape. An empty one scores -1.
    """
    evidence = _Evidence(volume)
    return evidence.score(evidence.marks(mask), evidence.dark)


@dataclass(frozen=True)
class _Marks:
    """Pixels under a mask and around it, in their bounding box."""

    box: tuple[slice, ...]
    inside: NDArray[np.bool_]
    ring: NDArray[np.bool_]


class _Evidence:
    """The dark pixels of a volume, with which masks are compared."""

    def __init__(self, volume: Volume) -> None:
        _, *in_plane = volume.spacing
        step_y, step_x = (max(1, round(PIXEL_MM / spacing)) for spacing in in_plane)
        self._pixels = (slice(None), slice(None, None, step_y), slice(None, None, step_x))
        self.dark = volume.voxels[self._pixels] < LUNG_BELOW_HU
        self._radius = max(1, round(RING_MM / (in_plane[0] * step_y)))

    def marks(self, mask: NDArray[np.uint8]) -> _Marks:
        from scipy import ndimage

        under = mask[self._pixels] > 0
        box = []
        for axis, reach in enumerate((0, self._radius, self._radius)):
            others = tuple(other for other in range(3) if other != axis)
            at = np.flatnonzero(under.any(axis=others))
            low, high = (at[0], at[-1]) if len(at) else (0, -1)
            box.append(slice(max(0, low - reach), high + reach + 1))
        inside = under[tuple(box)]
        disc = ndimage.generate_binary_structure(2, 1)[np.newaxis]
        ring = inside
        if inside.size:
            ring = ndimage.binary_dilation(inside, disc, iterations=self._radius) & ~inside
        return _Marks(tuple(box), inside, ring)

    def score(self, marks: _Marks, dark: NDArray[np.bool_]) -> float:
        """Score of marks on the dark pixels, which may be flipped along z."""
        n_inside, n_ring = np.count_nonzero(marks.inside), np.count_nonzero(marks.ring)
        # An empty mask, or one without surroundings, gives no evidence.
        if not (n_inside and n_ring):
            return -1.0
        there = dark[marks.box]
        return float(
            np.count_nonzero(there & marks.inside) / n_inside
            - np.count_nonzero(there & marks.ring) / n_ring
        )


def flipped(mask: NDArray[np.uint8], flip: tuple[bool, ...]) -> NDArray[np.uint8]:
    """View of a mask flipped along the axes for which ``flip`` is true."""
    view: NDArray[np.uint8] = np.flip(mask, tuple(axis for axis, on in enumerate(flip) if on))
    return view


def align(volume: Volume, mask: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], Alignment]:
    """Flip a mask to the orientation that fits the image best.

    Args:
        volume: Image, HU, ``[z, y, x]``.
        mask: 0 or 1, uint8 ``[z, y, x]``, with unknown directions of its axes.

    Returns:
        The mask on the image's grid, and the evidence.

    Raises:
        ValueError: If the shapes differ, the mask is empty, no orientation scores 0.6, or the best
            leads the second by less than 0.15.
    """
    if mask.shape != volume.voxels.shape:
        raise ValueError(
            f"the mask's shape {mask.shape} is not the image's {volume.voxels.shape} (z, y, x)"
        )
    if not mask.any():
        raise ValueError("the mask is empty: nothing to align by")
    scores = orientation_scores(volume, mask)
    ranked = sorted(scores, key=lambda flip: scores[flip], reverse=True)
    best, second = ranked[:2]
    alignment = Alignment(
        flip=(best[0], best[1], best[2]),
        score=round(scores[best], 4),
        margin=round(scores[best] - scores[second], 4),
        scores={_name(flip): round(score, 4) for flip, score in scores.items()},
    )
    if alignment.score < MIN_SCORE or alignment.margin < MIN_MARGIN:
        raise ValueError(
            "the mask fits the image in no orientation: best score"
            f" {alignment.score:.2f} (at least {MIN_SCORE} needed), lead {alignment.margin:.2f}"
            f" (at least {MIN_MARGIN}); is it another patient's, or not a lung mask?"
        )
    return np.ascontiguousarray(flipped(mask, best)), alignment


def _name(flip: tuple[bool, ...]) -> str:
    return "".join(axis for axis, on in zip("zyx", flip, strict=True) if on)
