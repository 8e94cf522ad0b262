"""Scales, turns, shears and shifts a slice."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, radians, sin, tan

import numpy as np
from numpy.typing import NDArray

from lungseg.augment.ranges import log_uniform, number, span
from lungseg.augment.spatial_transform import SpatialTransform
from lungseg.augment.transform import Params, Shape


class Affine(SpatialTransform):
    r"""Shear, turn and scale about the middle of the slice, then shift.

    .. math:: \begin{pmatrix} y' \\ x' \end{pmatrix} = s
        \begin{pmatrix} \cos a & \sin a \\ -\sin a & \cos a \end{pmatrix}
        \begin{pmatrix} 1 & 0 \\ \tan h & 1 \end{pmatrix}
        \begin{pmatrix} y \\ x \end{pmatrix} + \begin{pmatrix} t_y \\ t_x \end{pmatrix}

    Args:
        p: Probability that a sample is changed.
        scale: Range of the scale `s`; its logarithm is uniform, so that twice is as frequent as
            half.
        degrees: Largest angle `a`, in either direction.
        shear: Largest angle `h` of the shear along x, in degrees, in either direction.
        shift: Largest shift in each axis, as a share of the size of the slice there.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> turned = {"scale": 1.0, "degrees": 90.0, "shear": 0.0, "shift": [0.0, 0.25]}
        >>> (Affine().matrix(turned, (8, 8)) @ [0, 1, 1]).round(6).tolist()  # (y, x) = (0, 1)
        [1.0, 2.0, 1.0]
    """

    def __init__(
        self,
        p: float = 1.0,
        scale: Sequence[float] = (0.9, 1.1),
        degrees: float = 10.0,
        shear: float = 0.0,
        shift: float = 0.05,
    ) -> None:
        super().__init__(p)
        self.scale = span("Affine.scale", scale, 0.1, 10)
        self.degrees = number("Affine.degrees", degrees, 0, 180)
        self.shear = number("Affine.shear", shear, 0, 60)
        self.shift = number("Affine.shift", shift, 0, 1)

    def _draw(self, rng: np.random.Generator, shape: Shape) -> Params:
        return {
            "scale": log_uniform(rng, self.scale),
            "degrees": rng.uniform(-self.degrees, self.degrees),
            "shear": rng.uniform(-self.shear, self.shear),
            "shift": rng.uniform(-self.shift, self.shift, 2).tolist(),
        }

    def matrix(self, params: Params, size: tuple[int, int]) -> NDArray[np.float64]:
        """The equation above, in homogeneous coordinates."""
        angle = radians(params["degrees"])
        turned = np.array([[cos(angle), sin(angle)], [-sin(angle), cos(angle)]])
        sheared = np.array([[1.0, 0.0], [tan(radians(params["shear"])), 1.0]])
        matrix = np.eye(3)
        matrix[:2, :2] = params["scale"] * turned @ sheared
        matrix[:2, 2] = np.multiply(params["shift"], size)
        return matrix
