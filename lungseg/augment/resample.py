"""Moves image and mask of a batch together, with a single interpolation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

FULL = 1024.0
"""What stands for 1 in a mask while it is interpolated. Of the order of HU: rounding to whole
numbers settles what is exactly half in the mask as in the image."""


def resample(
    image: Tensor,
    mask: Tensor,
    matrices: NDArray[np.float64],
    displacements: Sequence[Tensor | None],
    fill_hu: float,
) -> tuple[Tensor, Tensor]:
    """Image and mask after a move of their own for each sample.

    A pixel at `o` (from the middle) of the result is taken from ``inverse(matrix) (o + d)``, where
    `d` is the displacement there. Image and mask are interpolated linearly. The image is rounded to
    whole HU, as they are stored: so a flip, or a shift by whole pixels, is exact. The mask is 1
    where at least half of it is: its border moves with the image, to fractions of a pixel, which
    the nearest neighbour misses by up to half of one.

    Args:
        image: HU ``[B, C, y, x]``, any dtype.
        mask: 0 or 1, uint8 ``[B, M, y, x]``.
        matrices: Where points go, ``[B, 3, 3]``, as :meth:`SpatialTransform.matrix` returns them.
        displacements: Of each sample, ``[2, y, x]`` in pixels, or None.
        fill_hu: HU of what comes from beyond the image; the mask is 0 there.

    Returns:
        Image, float32, and mask, uint8; the image is always a new tensor.
    """
    import torch
    from torch.nn import functional

    if (matrices == np.eye(3)).all() and all(field is None for field in displacements):
        return image.to(torch.float32, copy=True), mask
    n_samples, n_channels, high, wide = image.shape
    both = image.new_empty((n_samples, n_channels + mask.shape[1], high, wide), dtype=torch.float32)
    hu, share = both[:, :n_channels], both[:, n_channels:]
    hu.copy_(image).sub_(fill_hu)  # grid_sample fills with 0
    share.copy_(mask).mul_(FULL)
    grid = _grid(matrices, displacements, both)
    both = functional.grid_sample(both, grid, padding_mode="zeros", align_corners=False)
    hu, share = both[:, :n_channels], both[:, n_channels:]
    return hu.add_(fill_hu).round_(), (share.round_() >= FULL / 2).to(mask.dtype)


def _grid(
    matrices: NDArray[np.float64], displacements: Sequence[Tensor | None], like: Tensor
) -> Tensor:
    """Sampling positions ``[B, y, x, 2]`` as ``(x, y)``; -1 and 1 are the image's outer borders."""
    import torch

    high, wide = like.shape[2:]
    y = (torch.arange(high, device=like.device, dtype=like.dtype) - (high - 1) / 2)[None, :, None]
    x = (torch.arange(wide, device=like.device, dtype=like.dtype) - (wide - 1) / 2)[None, None, :]
    if any(field is not None for field in displacements):
        fields = [like.new_zeros(2, high, wide) if one is None else one for one in displacements]
        dy, dx = torch.stack(fields, dim=1)
        y, x = y + dy, x + dx
    to_borders = np.diag([2 / high, 2 / wide]) @ np.linalg.inv(matrices)[:, :2]
    rows = like.new_tensor(to_borders)[..., None, None]
    grid = like.new_empty((len(matrices), high, wide, 2))
    for axis in (0, 1):
        by_y, by_x, shift = rows[:, axis].unbind(dim=1)
        torch.add(by_y * y + shift, by_x * x, out=grid[..., 1 - axis])
    return grid
