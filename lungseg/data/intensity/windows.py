"""Several windows of HU, as channels."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from lungseg.arguments.intensities import check_windows
from lungseg.data.intensity.window import Window


class Windows:
    """Several windows of HU, each in channels of its own: one slice, seen in several ways.

    All channels of the first window come first, then all of the second.

    Args:
        windows: Pairs of the HU that becomes 0 and the HU that becomes 1
            (`lungseg.data.intensity.Window`).

    Raises:
        ValueError: If there is none, or one is empty.

    Example:
        >>> hu = torch.tensor([-300, 40]).view(1, 2, 1, 1)
        >>> Windows([(-1000, 400), (-160, 240)])(hu).flatten().tolist()
        [0.5, 0.7428571581840515, 0.0, 0.5]
    """

    def __init__(self, windows: Sequence[tuple[float, float]]) -> None:
        check_windows(windows)
        self.windows = tuple((float(lower), float(upper)) for lower, upper in windows)

    def channels_out(self, channels_in: int) -> int:
        """Channels of the result: those of the HU, once per window."""
        return channels_in * len(self.windows)

    def __call__(self, hu: Tensor) -> Tensor:
        """HU ``[B, C, y, x]`` to float32 ``[B, C * windows, y, x]`` in [0, 1]."""
        return torch.cat([Window(*window)(hu) for window in self.windows], dim=1)
