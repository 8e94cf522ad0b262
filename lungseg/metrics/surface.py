"""Distances between the surfaces of two 3-D masks, and measures derived from them.

The surface of a mask consists of its voxels that share a face with background; everything outside
the grid is background. Distances are between voxel centres, in mm, and exact for any spacing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lungseg.metrics.masks import FloatArray, as_steps, bounding_box, surface, validate_pair
from lungseg.metrics.nearest import distances, nearest


@dataclass(frozen=True)
class SurfaceDistances:
    """Distances between the surfaces of a prediction and a reference.

    Attributes:
        predicted: From each surface voxel of the prediction to the nearest surface voxel of the
            reference, ``[n]`` float64, mm; NaN where the reference is empty.
        reference: From each surface voxel of the reference to the nearest of the prediction,
            ``[m]`` float64, mm, in the order of `surface_points`; NaN where the prediction is
            empty.
    """

    predicted: FloatArray
    reference: FloatArray


def surface_distances(
    prediction: npt.NDArray[Any], reference: npt.NDArray[Any], spacing: Sequence[float]
) -> SurfaceDistances:
    """Measure the distances between the surfaces of two masks, both ways.

    Args:
        prediction: Predicted mask, ``[z, y, x]``, bool or uint8; any value but 0 is lung.
        reference: Reference mask, in the same form and shape.
        spacing: Distance between voxel centres along ``(z, y, x)``, in mm.

    Returns:
        The distances, in mm.

    Raises:
        ValueError: If the shapes differ, or for other dtypes or axes, or a spacing that is not
            three positive numbers.

    Example:
        >>> prediction, reference = np.zeros((2, 4, 1, 1), bool)
        >>> prediction[0], reference[3] = True, True
        >>> surface_distances(prediction, reference, (3, 1, 1))
        SurfaceDistances(predicted=array([9.]), reference=array([9.]))
    """
    validate_pair(prediction, reference)
    steps = as_steps(spacing)
    box = bounding_box(prediction, reference)
    predicted, actual = surface(prediction[box] != 0), surface(reference[box] != 0)
    return SurfaceDistances(
        distances(predicted, nearest(predicted, actual, steps), steps),
        distances(actual, nearest(actual, predicted, steps), steps),
    )


def hausdorff95(measured: SurfaceDistances) -> float:
    r"""95 % Hausdorff distance: the larger of the two directed 95th percentiles.

    .. math:: \mathrm{HD}_{95} = \max(P_{95}(d_{\hat{y} \to y}), P_{95}(d_{y \to \hat{y}}))

    Args:
        measured: Distances both ways, in mm.

    Returns:
        mm; NaN if either mask is empty.
    """
    return float(np.max(_percentiles(measured)))


def hausdorff95_mean(measured: SurfaceDistances) -> float:
    r"""95 % Hausdorff distance, the mean of both directions; to our knowledge as in LCTSC.

    .. math:: \mathrm{HD}_{95} = \frac{P_{95}(d_{\hat{y} \to y}) + P_{95}(d_{y \to \hat{y}})}{2}

    Yang et al. 2018, doi:10.1002/mp.13141.

    Args:
        measured: Distances both ways, in mm.

    Returns:
        mm; NaN if either mask is empty.
    """
    return float(np.mean(_percentiles(measured)))


def mean_surface_distance(measured: SurfaceDistances) -> float:
    r"""Mean surface distance, the mean of both directions; to our knowledge as in LCTSC.

    .. math:: \mathrm{MSD} =
        \frac{\overline{d_{\hat{y} \to y}} + \overline{d_{y \to \hat{y}}}}{2}

    Yang et al. 2018, doi:10.1002/mp.13141. The mean over all points of both surfaces is a
    different number if one surface has more points than the other.

    Args:
        measured: Distances both ways, in mm.

    Returns:
        mm; NaN if either mask is empty.
    """
    if not (len(measured.predicted) and len(measured.reference)):
        return float("nan")
    return float(measured.predicted.mean() + measured.reference.mean()) / 2


def surface_dice(measured: SurfaceDistances, tolerance_mm: float) -> float:
    r"""Share of both surfaces that is within a tolerance of the other one.

    .. math:: \mathrm{NSD}_\tau = \frac{|\{d_{\hat{y} \to y} \le \tau\}| +
        |\{d_{y \to \hat{y}} \le \tau\}|}{n + m}

    Counts surface voxels (not areas), as MONAI's ``compute_surface_dice`` does by default;
    Nikolov et al. 2021, doi:10.2196/26151, weigh them by area.

    Args:
        measured: Distances both ways, in mm.
        tolerance_mm: Largest distance :math:`\tau` that counts as correct, in mm.

    Returns:
        From 0 to 1: 0 if one mask is empty, NaN if both are.

    Raises:
        ValueError: If `tolerance_mm` is negative or not finite.
    """
    if not 0 <= tolerance_mm < np.inf:
        raise ValueError(f"tolerance_mm must be a number of at least 0, got {tolerance_mm}")
    both = np.concatenate([measured.predicted, measured.reference])
    return float((both <= tolerance_mm).mean()) if len(both) else float("nan")


def _percentiles(measured: SurfaceDistances) -> FloatArray:
    """The directed 95th percentiles, ``[2]``, mm; NaN if either mask is empty."""
    if not (len(measured.predicted) and len(measured.reference)):
        return np.full(2, np.nan)
    return np.array([np.percentile(way, 95) for way in (measured.predicted, measured.reference)])
