"""Neighbouring slices that a network sees beside the one that it segments."""

from __future__ import annotations

from lungseg.errors import DataError


def offsets(context: int, context_mm: float | None, slice_mm: float, n_slices: int) -> list[int]:
    """Distances in slices of a slice's channels, from the feet up; 0 is the slice itself.

    Args:
        context: Neighbours on each side.
        context_mm: Distance between channels in mm, rounded to whole slices; None for the
            neighbouring slices, whatever their distance.
        slice_mm: Distance between slices.
        n_slices: Slices of the case.

    Raises:
        DataError: If the case has fewer slices than there are channels, or its slices are so thick
            that a channel would be repeated.

    Example:
        >>> offsets(2, 5.0, 2.5, 100)
        [-4, -2, 0, 2, 4]
    """
    step = 1 if context_mm is None else round(context_mm / slice_mm)
    if context and step == 0:
        raise DataError(
            f"data.context_mm={context_mm:g}: the slices here are {slice_mm:g} mm apart; at least"
            f" {slice_mm / 2:.3g} would lead to another slice"
        )
    if context and 2 * context * step + 1 > n_slices:
        raise DataError(
            f"data.context={context}: the network needs at least {2 * context * step + 1} slices,"
            f" and there are {n_slices} here"
        )
    return [step * k for k in range(-context, context + 1)]


def neighbours(z: int, offsets: list[int], n_slices: int) -> list[int]:
    """Slices at these distances; the outermost slice stands for those beyond it.

    Example:
        >>> neighbours(1, [-2, -1, 0, 1, 2], 50)
        [0, 0, 1, 2, 3]
    """
    return [min(max(z + offset, 0), n_slices - 1) for offset in offsets]
