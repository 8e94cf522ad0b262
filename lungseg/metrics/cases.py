"""The 3-D numbers of one case: for both lungs together, the right and the left lung."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lungseg.metrics.masks import (
    BoolArray,
    FloatArray,
    as_steps,
    bounding_box,
    indices_of,
    surface,
    validate_pair,
)
from lungseg.metrics.nearest import distances, nearest
from lungseg.metrics.sides import LEFT, RIGHT, SideArray, split_sides
from lungseg.metrics.surface import (
    SurfaceDistances,
    hausdorff95,
    hausdorff95_mean,
    mean_surface_distance,
    surface_dice,
    surface_distances,
)

TOLERANCE_MM = 2.0
"""Tolerance of the surface Dice."""


@dataclass(frozen=True)
class CaseScore:
    """Numbers of one case, and the distances between its surfaces.

    Attributes:
        numbers: Numbers by name, see `case_row`.
        surface_mm: Surface voxels of the reference, both lungs, ``[m, 3]`` float32 ``(z, y, x)``,
            mm from the centre of the array's first voxel.
        distance_mm: Distance of each to the nearest surface voxel of the prediction, ``[m]``
            float32, mm; ``farthest_mm`` if the prediction is empty.
        predicted_surface_mm: Surface voxels of the prediction, likewise, ``[n, 3]``.
        predicted_distance_mm: Distance of each to the reference's surface, likewise, ``[n]``.
    """

    numbers: dict[str, float | int]
    surface_mm: npt.NDArray[np.float32]
    distance_mm: npt.NDArray[np.float32]
    predicted_surface_mm: npt.NDArray[np.float32]
    predicted_distance_mm: npt.NDArray[np.float32]


def case_row(
    prediction: npt.NDArray[Any],
    reference: npt.NDArray[Any],
    spacing: Sequence[float],
    sides: SideArray | None = None,
) -> CaseScore:
    r"""Score the prediction for one case.

    Keys refer to both lungs; with the prefix ``right_`` or ``left_`` to one lung:

    - ``tp``, ``fp``, ``fn``, ``tn``: voxels of the whole grid, whole numbers.
    - ``dsc`` :math:`\frac{2\,TP}{2\,TP + FP + FN}`, ``recall`` :math:`\frac{TP}{TP + FN}`,
      ``specificity`` :math:`\frac{TN}{TN + FP}`, ``precision`` :math:`\frac{TP}{TP + FP}`.
    - ``hd95_mm``, ``hd95_lctsc_mm``, ``msd_mm``, ``surface_dice_2mm``: see
      `lungseg.metrics.surface`.
    - ``missed``: 1 if not one voxel of the reference's structure was predicted; for both lungs: of
      one of them. ``invented``: 1 if there is a prediction, and nothing in the reference. Else 0.
    - ``volume_ml`` of the reference, ``predicted_volume_ml``, ``volume_difference_ml``: predicted
      minus reference, ``volume_difference_percent``: of the reference.

    ``farthest_mm`` is the distance between opposite corners of the grid, which no distance in it
    exceeds. A structure that was missed or invented has the worst of numbers: all its distances are
    ``farthest_mm``, its surface Dice is 0. Otherwise a model could improve by missing a lung.

    Undefined numbers (0 / 0, or a distance where neither mask has a surface) are NaN.

    A reference without sides is split by `split_sides`. Predictions have no sides: inside the
    reference a predicted voxel has the reference's side, elsewhere that of the nearest reference
    voxel. If the reference cannot be split into two lungs (one or both are missing, or their
    connection is too broad), the side of a voxel is unknown, and all numbers of the right and the
    left lung are NaN.

    Args:
        prediction: Predicted mask, ``[z, y, x]``, bool or uint8, any value but 0 is lung; z runs
            from the feet up, y to the back, x to the patient's left.
        reference: Reference mask, in the same form and shape.
        spacing: Distance between voxel centres along ``(z, y, x)``, in mm.
        sides: `RIGHT` or `LEFT` for each lung voxel of the reference, in the same shape, if known.

    Returns:
        The numbers, and the reference's surface with its distances.

    Raises:
        ValueError: If the shapes differ, or for other dtypes or axes, or a spacing that is not
            three positive numbers.

    Example:
        >>> lungs = np.array([[[1, 1, 0, 0, 1, 1]]], np.uint8)
        >>> numbers = case_row(lungs, lungs, (10, 10, 10)).numbers
        >>> numbers["dsc"], numbers["right_tp"], numbers["left_volume_ml"]
        (1.0, 2, 2.0)
    """
    validate_pair(prediction, reference)
    steps = as_steps(spacing)
    box = bounding_box(prediction, reference)
    predicted, actual = prediction[box] != 0, reference[box] != 0
    actual_surface = surface(actual)
    actual_sides = split_sides(actual, spacing) if sides is None else sides[box]
    predicted_sides = _claim_sides(predicted, actual, actual_surface, actual_sides, steps)

    to_actual, to_predicted = _Way.both(surface(predicted), actual_surface, steps)
    both = SurfaceDistances(to_actual.lengths, to_predicted.lengths)
    farthest = float(np.linalg.norm((np.array(prediction.shape) - 1) * steps))
    told_apart = RIGHT in actual_sides and LEFT in actual_sides
    found = np.unique(predicted_sides[actual])
    whole = RIGHT in found and LEFT in found
    counts = _counts(predicted, actual, prediction.size)
    numbers = _numbers(counts, both, steps, farthest, lung_missed=told_apart and not whole)
    names = list(numbers)
    joined = _joined(predicted_sides) or _joined(actual_sides)
    for prefix, side in (("right_", RIGHT), ("left_", LEFT)):
        if not told_apart:
            numbers |= {prefix + name: float("nan") for name in names}
            continue
        one, other = predicted_sides == side, actual_sides == side
        # If no voxel touches the other lung, a lung's surface is part of the surface of both, and
        # most distances are already known.
        measured = (
            surface_distances(one, other, spacing)
            if joined
            else SurfaceDistances(
                to_actual.within(predicted_sides, actual_sides, side),
                to_predicted.within(actual_sides, predicted_sides, side),
            )
        )
        lung = _numbers(_counts(one, other, prediction.size), measured, steps, farthest)
        numbers |= {prefix + name: value for name, value in lung.items()}
    numbers["farthest_mm"] = farthest
    corner = [part.start for part in box]
    pictures: list[npt.NDArray[np.float32]] = []
    for way in (to_predicted, to_actual):
        points = indices_of(way.asking, actual.shape)
        pictures.append(((points + corner) * steps).astype(np.float32))
        pictures.append(np.nan_to_num(way.lengths, nan=farthest).astype(np.float32))
    return CaseScore(numbers, *pictures)


@dataclass(frozen=True)
class _Way:
    """From one surface to the nearest voxels of another.

    Attributes:
        asking: Flat indices of the voxels of the first, ``[n]``.
        hits: Flat indices of the nearest voxels of the other, ``[n]``; ``[0]`` if it is empty.
        lengths: Distances, mm, ``[n]``; NaN if the other is empty.
        steps: Spacing ``(z, y, x)``, ``[3]``, mm.
    """

    asking: npt.NDArray[np.intp]
    hits: npt.NDArray[np.intp]
    lengths: FloatArray
    steps: FloatArray

    @classmethod
    def both(cls, one: BoolArray, other: BoolArray, steps: FloatArray) -> tuple[_Way, _Way]:
        """Both directions between two surfaces ``[z, y, x]``."""
        ways = []
        for asking, targets in ((one, other), (other, one)):
            hits = nearest(asking, targets, steps)
            lengths = distances(asking, hits, steps)
            ways.append(cls(np.flatnonzero(asking), hits, lengths, steps))
        return ways[0], ways[1]

    def within(self, asking: SideArray, targets: SideArray, side: int) -> FloatArray:
        """Distances within one side, mm; measured again only if the nearest is on the other side.

        Args:
            asking: Sides of the first surface's voxels, ``[z, y, x]``.
            targets: Sides of the other's voxels.
            side: `RIGHT` or `LEFT`.
        """
        mine = asking.ravel()[self.asking] == side
        if not (targets == side).any():
            return np.full(np.count_nonzero(mine), np.nan)
        lengths: FloatArray = self.lengths[mine]
        astray = targets.ravel()[self.hits[mine]] != side
        if astray.any():
            lost = np.zeros(asking.shape, bool)
            lost.ravel()[self.asking[mine][astray]] = True
            hits = nearest(lost, surface(targets == side), self.steps)
            lengths[astray] = distances(lost, hits, self.steps)
        return lengths


def _joined(sides: SideArray) -> bool:
    """Whether voxels of both sides share a face."""
    for axis in range(3):
        along = np.moveaxis(sides, axis, 0)
        if (along[:-1] * along[1:] == RIGHT * LEFT).any():
            return True
    return False


def _claim_sides(
    predicted: BoolArray,
    actual: BoolArray,
    actual_surface: BoolArray,
    actual_sides: SideArray,
    steps: FloatArray,
) -> SideArray:
    """Give each predicted voxel the side of the nearest reference voxel, 0 if there is none."""
    sides: SideArray = predicted * actual_sides
    outside = predicted & ~actual
    if actual.any() and outside.any():
        hits = nearest(outside, actual_surface, steps)
        sides[outside] = actual_sides.ravel()[hits]
    return sides


def _counts(predicted: BoolArray, actual: BoolArray, size: int) -> dict[str, int]:
    """Count the voxels of a grid of `size` voxels, those outside the arrays being background."""
    tp = int(np.count_nonzero(predicted & actual))
    fp = int(np.count_nonzero(predicted)) - tp
    fn = int(np.count_nonzero(actual)) - tp
    return {"tp": tp, "fp": fp, "fn": fn, "tn": size - tp - fp - fn}


def _numbers(
    counts: dict[str, int],
    measured: SurfaceDistances,
    steps: FloatArray,
    farthest: float,
    *,
    lung_missed: bool = False,
) -> dict[str, float | int]:
    tp, fp, fn, tn = counts.values()
    voxel_ml = float(steps.prod()) / 1000
    missed = lung_missed or (tp + fn > 0 and tp == 0)
    invented = tp + fn == 0 and tp + fp > 0
    worst = missed or invented
    return {
        **counts,
        "dsc": _ratio(2 * tp, 2 * tp + fp + fn),
        "recall": _ratio(tp, tp + fn),
        "specificity": _ratio(tn, tn + fp),
        "precision": _ratio(tp, tp + fp),
        "hd95_mm": farthest if worst else hausdorff95(measured),
        "hd95_lctsc_mm": farthest if worst else hausdorff95_mean(measured),
        "msd_mm": farthest if worst else mean_surface_distance(measured),
        "surface_dice_2mm": 0.0 if worst else surface_dice(measured, TOLERANCE_MM),
        "volume_ml": (tp + fn) * voxel_ml,
        "predicted_volume_ml": (tp + fp) * voxel_ml,
        "volume_difference_ml": (fp - fn) * voxel_ml,
        "volume_difference_percent": 100 * _ratio(fp - fn, tp + fn),
        "missed": int(missed),
        "invented": int(invented),
    }


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
