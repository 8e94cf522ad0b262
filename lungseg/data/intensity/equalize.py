"""Histogram equalisation of whole slices."""

from __future__ import annotations

import torch
from torch import Tensor

from lungseg.arguments.intensities import check_equalize


class Equalize:
    r"""Give each HU of a window the share of its slice's pixels that are not above it.

    .. math:: v(h) = \frac{|\{p : l < h_p \le h\}|}{|\{p : l < h_p < u\}|}

    HU that are frequent in the slice are spread, those that are rare drawn together, so that each
    part of the range from 0 to 1 stands for as many pixels (Lehr and Capek, Radiology 154:163,
    1985). What is not above `lower` becomes 0, what is not below `upper` 1, and neither counts: the
    air around a patient would take half of the range. There is a bin for each HU; values between
    are rounded. It is scikit-image's ``equalize_hist`` of the integers of each slice, with the
    pixels inside the window as its mask.

    Args:
        lower: HU that becomes 0, a whole number.
        upper: HU that becomes 1, likewise.

    Raises:
        ValueError: If the window is empty, or a limit is not a whole number.

    Example:
        >>> hu = torch.tensor([-2000, 0, 0, 0, 10, 3000]).view(1, 1, 1, 6)
        >>> Equalize(-1000, 400)(hu).flatten().tolist()
        [0.0, 0.75, 0.75, 0.75, 1.0, 1.0]
    """

    def __init__(self, lower: int, upper: int) -> None:
        check_equalize(lower, upper)
        self.lower = int(lower)
        self.upper = int(upper)

    def channels_out(self, channels_in: int) -> int:
        """Channels of the result: as many as of the HU."""
        return channels_in

    def __call__(self, hu: Tensor) -> Tensor:
        """HU ``[B, C, y, x]`` to float32 of that shape in [0, 1]; each channel is a slice."""
        slices = hu.shape[0] * hu.shape[1]
        n_bins = self.upper - self.lower + 1  # the first and the last for what is outside
        rounded = hu.round() if hu.is_floating_point() else hu
        bins = rounded.clamp(self.lower, self.upper).int().flatten(2).flatten(0, 1) - self.lower
        bins += torch.arange(slices, device=hu.device, dtype=bins.dtype).unsqueeze(1) * n_bins
        counts = torch.bincount(bins.flatten(), minlength=slices * n_bins).view(slices, n_bins)
        counts[:, [0, -1]] = 0
        below = counts.cumsum(1)
        shares = below.float() / below[:, -1:].clamp(min=1)
        shares[:, -1] = 1.0
        return shares.flatten().index_select(0, bins.flatten()).view(hu.shape)
