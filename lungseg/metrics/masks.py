"""Binary masks as arrays: checks, bounding boxes, surfaces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
IndexArray = npt.NDArray[np.int64]


def surface_points(mask: npt.NDArray[Any]) -> IndexArray:
    """Find the surface voxels of a mask.

    Args:
        mask: ``[z, y, x]``, bool or uint8; any value but 0 is lung.

    Returns:
        Indices ``(z, y, x)`` of the surface voxels, ``[m, 3]``, in the order of the array.

    Raises:
        ValueError: If `mask` has another dtype or other axes.
    """
    validate_mask("mask", mask)
    box = bounding_box(mask)
    inside = surface(mask[box] != 0)
    points = indices_of(np.flatnonzero(inside), inside.shape)
    points += [part.start for part in box]
    return points


def surface(mask: BoolArray) -> BoolArray:
    """Voxels of a bool mask that share a face with background or with the outside of the grid."""
    inner = mask.copy()
    for axis in range(mask.ndim):
        erode_along(inner, mask, axis)
    return mask & ~inner


def erode_along(eroded: BoolArray, mask: BoolArray, axis: int) -> None:
    """Clear in `eroded` the voxels of `mask` with background before or after them along an axis."""
    kept, original = np.moveaxis(eroded, axis, 0), np.moveaxis(mask, axis, 0)
    kept[1:] &= original[:-1]
    kept[:-1] &= original[1:]
    kept[:1] = kept[-1:] = False


def bounding_box(*masks: npt.NDArray[Any]) -> tuple[slice, ...]:
    """Slices ``(z, y, x)`` of the smallest box that contains all `masks`; empty if they are.

    Example:
        >>> mask = np.zeros((4, 3, 3), bool)
        >>> mask[1:3, 2, 0] = True
        >>> bounding_box(mask)
        (slice(1, 3, None), slice(2, 3, None), slice(0, 1, None))
    """
    box: list[slice] = []
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        # Each axis is searched only within the slices found before.
        inside = np.any([mask[tuple(box)].any(axis=others) for mask in masks], axis=0)
        where = np.flatnonzero(inside)
        box.append(slice(int(where[0]), int(where[-1]) + 1) if len(where) else slice(0, 0))
    return tuple(box)


def as_steps(spacing: Sequence[float]) -> FloatArray:
    """Check a spacing and make it ``[3]`` float64."""
    steps = np.asarray(spacing, dtype=np.float64)
    if steps.shape != (3,) or not ((steps > 0) & np.isfinite(steps)).all():
        raise ValueError(f"spacing must be three positive numbers (z, y, x), got {spacing}")
    return steps


def validate_mask(name: str, mask: npt.NDArray[Any]) -> None:
    """Raise ValueError unless `mask` is ``[z, y, x]``, bool or uint8."""
    if mask.ndim != 3 or mask.dtype not in (np.bool_, np.uint8):
        raise ValueError(
            f"{name} must be a bool or uint8 mask [z, y, x], got {mask.dtype} of shape {mask.shape}"
        )


def validate_pair(prediction: npt.NDArray[Any], reference: npt.NDArray[Any]) -> None:
    """Raise ValueError unless both are masks of one shape."""
    validate_mask("prediction", prediction)
    validate_mask("reference", reference)
    if prediction.shape != reference.shape:
        raise ValueError(
            "prediction and reference must have the same shape, "
            f"got {prediction.shape} and {reference.shape}"
        )


def indices_of(flat: IndexArray, shape: tuple[int, ...]) -> IndexArray:
    """Flat indices as ``(z, y, x)``, ``[n, 3]``."""
    return np.stack(np.unravel_index(flat, shape), axis=1)
