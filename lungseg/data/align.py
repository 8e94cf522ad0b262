"""Find how a mask without geometry lies on its image: by evidence, or not at all."""

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
    """The orientation that won, and by how much.

    Attributes:
        flip: Whether the mask as stored was flipped along ``(z, y, x)`` to lie on the image.
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
    """How lung-like the HU under the mask are, for each of the eight flips.

    Score = P(HU < -500 | under the mask) - P(HU < -500 | within 10 mm around it, in the slice).
    A mask on its lung is dark inside and bordered by tissue; a mask elsewhere is neither.

    Args:
        volume: Image, HU, ``[z, y, x]``.
        mask: uint8 ``[z, y, x]``, the same shape, not empty.
    """
    from scipy import ndimage

    _, *in_plane = volume.spacing
    step_y, step_x = (max(1, round(PIXEL_MM / spacing)) for spacing in in_plane)
    dark = volume.voxels[:, ::step_y, ::step_x] < LUNG_BELOW_HU
    radius = max(1, round(RING_MM / (in_plane[0] * step_y)))
    disc = ndimage.generate_binary_structure(2, 1)[np.newaxis]

    scores: dict[tuple[bool, ...], float] = {}
    for y, x in product((False, True), repeat=2):
        inside = flipped(mask, (False, y, x))[:, ::step_y, ::step_x] > 0
        ring = ndimage.binary_dilation(inside, disc, iterations=radius) & ~inside
        # A mask with nothing in it, or nothing around it, gives no evidence.
        n_inside, n_ring = np.count_nonzero(inside), np.count_nonzero(ring)
        for z in (False, True):
            there = dark[::-1] if z else dark
            scores[z, y, x] = (
                np.count_nonzero(there & inside) / n_inside
                - np.count_nonzero(there & ring) / n_ring
                if n_inside and n_ring
                else -1.0
            )
    return dict(sorted(scores.items()))


def flipped(mask: NDArray[np.uint8], flip: tuple[bool, ...]) -> NDArray[np.uint8]:
    """View of a mask flipped along the axes for which ``flip`` says so."""
    view: NDArray[np.uint8] = np.flip(mask, tuple(axis for axis, on in enumerate(flip) if on))
    return view


def align(volume: Volume, mask: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], Alignment]:
    """Flip a mask the way that the image speaks for.

    Args:
        volume: Image, HU, ``[z, y, x]``.
        mask: 0 or 1, uint8 ``[z, y, x]``, in unknown direction along each axis.

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
