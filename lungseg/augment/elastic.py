"""Deforms a slice smoothly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lungseg.arguments.numbers import check_at_least
from lungseg.augment.ranges import number
from lungseg.augment.spatial_transform import SpatialTransform
from lungseg.augment.transform import Params, Shape

if TYPE_CHECKING:
    from torch import Tensor

MOST = 0.48
"""Below this share of their distance, control points cannot fold the plane (Choi & Lee 2000,
Graphical Models 62:411)."""


class Elastic(SpatialTransform):
    r"""Deform by cubic B-splines with random control points (Rueckert et al. 1999).

    .. math:: d(y, x) = \sum_{ij} B(y / h_y - i) B(x / h_x - j)\, c_{ij}, \quad
        |c_{ij}| \le \mathrm{strength} \cdot h

    in each axis, with control points at distances :math:`h_y, h_x` of a share of the slice. It acts
    after all affine moves, whatever its place in the list.

    Args:
        p: Probability that a sample is changed.
        cells: Distances of control points in the height, and in the width, of the slice.
        strength: Largest move of a control point in each axis, as a share of their distance, at
            most 0.48, so that nothing folds. With 6 cells, 0.2 moves pixels of a 384×384 slice by
            4 on average, at most by 13 in each axis.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> import torch
        >>> to_the_right = {"y": [[0.0] * 4] * 4, "x": [[0.25] * 4] * 4}  # everywhere alike
        >>> Elastic(cells=1).displacement(to_the_right, torch.zeros(2, 8)).round(decimals=4)[1, 0]
        tensor([2., 2., 2., 2., 2., 2., 2., 2.])
    """

    def __init__(self, p: float = 0.3, cells: int = 6, strength: float = 0.2) -> None:
        super().__init__(p)
        check_at_least(**{"Elastic.cells": (cells, 1)})
        self.cells = cells
        self.strength = number("Elastic.strength", strength, 0, MOST)

    def _draw(self, rng: np.random.Generator, shape: Shape) -> Params:
        n = self.cells + 3  # a cubic B-spline reaches over four control points
        return {
            axis: rng.uniform(-self.strength, self.strength, (n, n)).tolist() for axis in ("y", "x")
        }

    def displacement(self, params: Params, like: Tensor) -> Tensor:
        """The equation above, at the centres of pixels."""
        import torch

        high, wide = like.shape[-2:]
        down, across = _splines(high, self.cells, like), _splines(wide, self.cells, like)
        points = torch.tensor([params["y"], params["x"]], dtype=torch.float32, device=like.device)
        distances = points.new_tensor([high, wide]).reshape(2, 1, 1) / self.cells
        return down @ (distances * points) @ across.T


def _splines(n: int, cells: int, like: Tensor) -> Tensor:
    """Weights of the control points in each of `n` pixels: ``[n, cells + 3]``."""
    import torch

    places = (torch.arange(n, device=like.device) + 0.5) * cells / n
    first = places.floor().long()
    t = (places - first)[:, None]
    weights = torch.cat(
        [
            (1 - t) ** 3,
            3 * t**3 - 6 * t**2 + 4,
            -3 * t**3 + 3 * t**2 + 3 * t + 1,
            t**3,
        ],
        dim=1,
    )
    columns = first[:, None] + torch.arange(4, device=like.device)
    return weights.new_zeros(n, cells + 3).scatter_(1, columns, weights / 6)
