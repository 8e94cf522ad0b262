"""A window of HU."""

from __future__ import annotations

from torch import Tensor

from lungseg.arguments.intensities import check_window


class Window:
    """Map a window of HU to [0, 1] and clip values outside it: ``(HU - lower) / (upper - lower)``.

    Args:
        lower: HU that becomes 0.
        upper: HU that becomes 1.

    Raises:
        ValueError: If the window is empty.

    Example:
        >>> import torch
        >>> Window(-1000, 400)(torch.tensor([-2000, -300, 3000], dtype=torch.int16)).tolist()
        [0.0, 0.5, 1.0]
    """

    def __init__(self, lower: float, upper: float) -> None:
        check_window(lower, upper)
        self.lower = float(lower)
        self.upper = float(upper)

    def channels_out(self, channels_in: int) -> int:
        """Channels of the result: as many as of the HU."""
        return channels_in

    def __call__(self, hu: Tensor) -> Tensor:
        """HU of any shape and dtype to float32 in [0, 1]."""
        return ((hu.float() - self.lower) / (self.upper - self.lower)).clamp_(0.0, 1.0)


PICTURES = Window(-1000, 400)
"""How slices are shown where the network sees them otherwise, or there is none."""
