"""The base of transforms that move image and mask together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lungseg.augment.transform import Params, Transform

if TYPE_CHECKING:
    from torch import Tensor


class SpatialTransform(Transform):
    """Says where points go, and moves nothing itself.

    All spatial transforms of a sample are composed first, so that it is interpolated only once:
    each interpolation blurs.
    """

    def matrix(self, params: Params, size: tuple[int, int]) -> NDArray[np.float64]:
        """Where points go: ``[3, 3]`` for column vectors ``(y, x, 1)``.

        Args:
            params: As drawn.
            size: Height and width.

        Returns:
            In pixels, counted from the middle of the image.
        """
        return np.eye(3)

    def displacement(self, params: Params, like: Tensor) -> Tensor | None:
        """Where each pixel of the result is taken from, relative to its place; None for no move.

        Args:
            params: As drawn.
            like: Float tensor ``[..., y, x]``, of the shape, dtype and device that are wanted.

        Returns:
            ``[2, y, x]``: in y and in x, in pixels.
        """
        return None
