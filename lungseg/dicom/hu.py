"""Conversion of stored values to HU, directly into the volume."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.dicom.limits import RefusedError

AIR_HU = -1024  # the lowest value of a 12-bit CT; padding outside the scan circle is lower
TOP_HU = 3071  # its highest
LOWEST, HIGHEST = -32768, 32767
SAMPLED_SIDE = 128  # this many rows and columns of a slice suffice for its histogram


@dataclass(frozen=True)
class Seen:
    """Counts in a sample of a slice's values.

    Attributes:
        padded: Whether any value of the whole slice is padding or below -1024 HU.
        measured: Number of sampled values that are neither.
        air: How many of these are in [-1024, -700] HU: air and lung.
        tissue: How many are in [-150, 150] HU: fat, water, muscle.
    """

    padded: bool
    measured: int
    air: int
    tissue: int

    @classmethod
    def of(cls, sample: NDArray[Any], *, padded: bool) -> Seen:
        """Count a sample of HU, before they are clipped below."""
        measured = int(np.count_nonzero(sample >= AIR_HU))
        return cls(
            padded=padded,
            measured=measured,
            air=int(np.count_nonzero(sample <= -700)) - (sample.size - measured),
            tissue=int(np.count_nonzero((sample >= -150) & (sample <= 150))),
        )


def refuse_above(highest: float) -> None:
    """Refuse an image by its highest value.

    Raises:
        RefusedError: If it does not fit 16 bits.
    """
    if highest > HIGHEST:
        raise RefusedError(f"values up to {highest:.0f} are not HU: the rescaling to HU is missing")


def to_hu(
    stored: NDArray[Any],
    slope: float,
    intercept: float,
    padding: tuple[int, int] | None,
    out: NDArray[np.int16],
) -> Seen:
    """Write ``slope * stored + intercept``, rounded and clipped below at -1024.

    Args:
        stored: ``[rows, columns]``.
        slope: HU per stored unit; not 0.
        intercept: HU of a stored 0.
        padding: Lowest and highest stored padding value. They become -1024 if they are outside
            [-1024, 3071] HU; within it, some writers declare a value that tissue has as well.
        out: Where to write, ``[rows, columns]``.

    Raises:
        RefusedError: If a value that is not padding is above 32767 HU.
    """
    low, high = int(stored.min()), int(stored.max())
    if (
        slope == 1
        and intercept.is_integer()
        and stored.dtype.itemsize <= 2
        and LOWEST <= intercept <= HIGHEST
        and low + intercept >= LOWEST
        and high + intercept <= HIGHEST
    ):
        # All results fit int16, so sums modulo 2^16 are correct and need no wider type.
        narrow = (
            stored.view(np.int16) if stored.dtype in ("=u2", "=i2") else stored.astype(np.int16)
        )
        np.add(narrow, np.int16(intercept), out=out)
        padded = low + intercept < AIR_HU
    else:
        values = np.rint(stored * np.float64(slope) + intercept)
        if values.max() > HIGHEST:
            if padding is not None:
                values[(stored >= padding[0]) & (stored <= padding[1])] = LOWEST
            refuse_above(float(values.max()))
        np.clip(values, LOWEST, HIGHEST, out=out, casting="unsafe")
        padded = bool(out.min() < AIR_HU)
    if padding is not None and high >= padding[0] and padding[0] * slope + intercept > TOP_HU:
        out[(stored >= padding[0]) & (stored <= padding[1])] = LOWEST
        padded = True
    rows, columns = (max(1, size // SAMPLED_SIDE) for size in out.shape)
    seen = Seen.of(out[::rows, ::columns].copy(), padded=padded)
    if seen.padded:
        np.maximum(out, AIR_HU, out=out)
    return seen
