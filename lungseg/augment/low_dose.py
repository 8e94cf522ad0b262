"""Makes a slice look as if it had been scanned with less dose."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from lungseg.augment.image_transform import ImageTransform
from lungseg.augment.ranges import number, span
from lungseg.augment.transform import Params, Shape
from lungseg.augment.white_noise import SEEDS, white_noise

if TYPE_CHECKING:
    from torch import Tensor

CUTOFF = 0.3
"""Of the reconstruction's smoothing `f_c`, in cycles per pixel: noise is strongest at 0.21."""


class LowDose(ImageTransform):
    r"""Add the noise, correlated as that of CT, that a lower dose would have added.

    As Britten et al. 2004 (Br J Radiol 77:323) add noise to images: its variance is inversely
    proportional to dose, so a share `d` of the dose adds

    .. math:: \sigma = \sigma_1 \sqrt{1 / d - 1},

    and its power spectrum is that of filtered back-projection, a ramp and a smoothing kernel
    (Riederer et al. 1978, Phys Med Biol 23:446):

    .. math:: S(f) \propto f \exp(-f^2 / f_c^2).

    The noise is the same all over the slice, whereas that of a scanner is stronger between the
    shoulders, and independent between slices.

    Args:
        p: Probability that a sample is changed.
        dose: Range of the share `d` of the dose.
        noise: Standard deviation of the noise at full dose :math:`\sigma_1`, in HU.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> import torch
        >>> hu = torch.zeros(1, 1, 200, 200)
        >>> quarter, _ = LowDose(noise=10).apply(hu, hu, [{"dose": 0.25, "seed": 3}])
        >>> round(quarter.std().item() / 10, 1)  # the root of 1 / 0.25 - 1
        1.7
    """

    space = "hu"

    def __init__(
        self, p: float = 0.2, dose: Sequence[float] = (0.25, 1.0), noise: float = 12.0
    ) -> None:
        super().__init__(p)
        self.dose = span("LowDose.dose", dose, 0.01, 1)
        self.noise = number("LowDose.noise", noise, 0, 1000)

    def _draw(self, rng: np.random.Generator, shape: Shape) -> Params:
        return {"dose": rng.uniform(*self.dose), "seed": int(rng.integers(SEEDS))}

    def _change(self, sample: Tensor, params: Params) -> None:
        import torch

        high, wide = sample.shape[1:]
        down = torch.fft.fftfreq(high)[:, None]
        # Of unit variance, which is the mean power over all frequencies.
        mean = _power(down, torch.fft.fftfreq(wide)).mean()
        gain = torch.sqrt(_power(down, torch.fft.rfftfreq(wide)) / mean).to(sample.device)
        white = torch.fft.rfft2(white_noise(params["seed"], sample))
        sigma = self.noise * sqrt(1 / params["dose"] - 1)
        sample.add_(torch.fft.irfft2(white * gain, s=(high, wide)), alpha=sigma)


def _power(y: Tensor, x: Tensor) -> Tensor:
    """The formula of the class, by frequencies in cycles per pixel."""
    import torch

    f = torch.hypot(y, x)
    return f * torch.exp(-((f / CUTOFF) ** 2))
