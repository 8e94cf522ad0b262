"""The grid on which a network sees a scan: the scan's own, or one like those it was trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LARGEST = 1024
"""Slices are enlarged to no more pixels along a side."""
TOLERANCE = 0.1
"""Spacings within this share of the training cases' range are used as they are."""


@dataclass(frozen=True)
class NetworkGrid:
    """How slices are brought to a network, and its probabilities back.

    Attributes:
        size: Height and width that the network sees.
        own_size: Height and width of the scan's slices.
        group: Neighbouring slices that are averaged to one, where the scan's are thinner than any
            in training; 1 for none.
        spacing_mm: ``(z, y, x)`` of what the network sees.
        as_trained: Whether the model says to what size slices are resampled, as in training.
    """

    size: tuple[int, int]
    own_size: tuple[int, int]
    group: int
    spacing_mm: tuple[float, float, float]
    as_trained: bool = False

    @classmethod
    def of(
        cls,
        shape: Sequence[int],
        spacing_mm: Sequence[float],
        domain: Mapping[str, Sequence[float]],
        size: tuple[int, int] | None = None,
    ) -> NetworkGrid:
        """The grid for a scan.

        Within the slice, where the model does not say to what size slices are resampled, a spacing
        outside the range of the training cases (and 10 % beyond) is brought to its nearer end, as
        far as 1024 pixels reach. Thinner slices are averaged in groups, as a scanner does; thicker
        ones cannot be made thinner and stay as they are.

        Args:
            shape: Of the scan, ``(z, y, x)``.
            spacing_mm: Likewise.
            domain: Lowest and highest ``pixel_mm`` and ``slice_mm`` of the training cases; a
                quantity that is missing changes nothing.
            size: Of slices, where the model says so.

        Example:
            >>> trained = {"pixel_mm": [0.9, 1.0], "slice_mm": [3.0, 3.0]}
            >>> grid = NetworkGrid.of((400, 512, 512), (0.6, 0.5, 0.5), trained)
            >>> grid.size, grid.group, [round(mm, 4) for mm in grid.spacing_mm]
            ((284, 284), 5, [3.0, 0.9014, 0.9014])
        """
        n, *own = (int(length) for length in shape)
        mm = [float(spacing) for spacing in spacing_mm]
        height, width = size or [
            _length(length, length * here / _nearest(here, domain.get("pixel_mm")))
            for length, here in zip(own, mm[1:], strict=True)
        ]
        wanted = max(_nearest(mm[0], domain.get("slice_mm")), mm[0])
        group = max(1, min(n, round(wanted / mm[0])))
        in_plane = (mm[1] * own[0] / height, mm[2] * own[1] / width)
        seen = (mm[0] * group, *in_plane)
        return cls((height, width), (own[0], own[1]), group, seen, as_trained=size is not None)

    @property
    def resampled(self) -> bool:
        """Whether the network sees anything but the scan's own slices."""
        return self.group > 1 or self.size != self.own_size

    @property
    def unlike_training(self) -> bool:
        """Whether that is because the scan's voxels are unlike those of the training."""
        return self.group > 1 or (self.size != self.own_size and not self.as_trained)

    def planes(self, n_slices: int) -> list[range]:
        """Slices of the scan that are averaged to each slice that the network sees."""
        starts = range(0, n_slices, self.group)
        return [range(start, min(start + self.group, n_slices)) for start in starts]


def between(planes: Sequence[range], z: int) -> tuple[int, int, float]:
    """The two planes around a slice, and the weight of the second, by their centres.

    Example:
        >>> between([range(0, 2), range(2, 4)], 1)
        (0, 1, 0.25)
    """
    centres = [(plane[0] + plane[-1]) / 2 for plane in planes]
    k = next((k for k, centre in enumerate(centres) if centre >= z), len(centres) - 1)
    if k == 0 or centres[k] < z:  # outside the outer centres
        return k, k, 0.0
    return k - 1, k, (z - centres[k - 1]) / (centres[k] - centres[k - 1])


def _length(own: int, wanted: float) -> int:
    return max(1, min(round(wanted), max(own, LARGEST)))


def _nearest(value: float, ends: Sequence[float] | None) -> float:
    if ends is None:
        return value
    low, high = ends
    if low * (1 - TOLERANCE) <= value <= high * (1 + TOLERANCE):
        return value
    return low if value < low else high
