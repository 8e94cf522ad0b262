"""The base of all corruptions, and what they may know of a scan."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lungseg.data.frame import Size
from lungseg.data.network_slices import Slices

if TYPE_CHECKING:
    from torch import Tensor

    from lungseg.augment.image_transform import ImageTransform

Plane = NDArray[np.float32]


@dataclass(frozen=True)
class Scan:
    """One scan, read slice by slice.

    Attributes:
        slices: HU, int16 ``[y, x]`` each.
        n_slices: Their number.
        spacing_mm: Distance between voxel centres ``(z, y, x)``.
        key: Whole numbers that random corruptions are drawn from, beside the slice.
    """

    slices: Slices
    n_slices: int
    spacing_mm: tuple[float, float, float]
    key: tuple[int, ...] = ()

    def hu(self, z: int) -> Plane:
        """HU of a slice, a new array."""
        return np.array(self.slices[z], np.float32)

    def seed(self, z: int) -> int:
        """A number below 2³² for a slice: the same at each strength, so that only that differs."""
        return int(np.random.SeedSequence((*self.key, z)).generate_state(1)[0])

    @property
    def pixel_mm(self) -> float:
        """Side of the square of a pixel's area."""
        return float(np.sqrt(self.spacing_mm[1] * self.spacing_mm[2]))


class Corruption(ABC):
    """Changes a scan as something that happens in hospitals would, more or less strongly.

    Attributes:
        name: In the setting ``stress``.
        unit: Of the strengths.
        strengths: In rising severity.
        none: Strength, in the same unit, of a scan as it is.
        words: What it is, in two sentences or so, for readers.
    """

    name: ClassVar[str]
    unit: ClassVar[str]
    strengths: ClassVar[tuple[float, ...]]
    none: ClassVar[float] = 0.0
    words: ClassVar[str]

    @abstractmethod
    def image(self, scan: Scan, z: int, strength: float) -> Plane:
        """HU of a slice, ``[y, x]``, before they are rounded to whole numbers."""

    def size(self, size: Size, spacing_mm: tuple[float, float, float], strength: float) -> Size:
        """Height and width of a slice after it.

        Args:
            size: Before.
            spacing_mm: Of the scan.
            strength: In the corruption's unit.
        """
        return size

    def labels(
        self, labels: NDArray[np.uint8], spacing_mm: tuple[float, float, float], strength: float
    ) -> NDArray[np.uint8]:
        """Reference of a slice, or sides of its lungs (0, 1, 2), where the image is changed.

        It stays as it is unless the corruption moves the patient or changes the field of view.

        Args:
            labels: ``[y, x]``.
            spacing_mm: Of the scan.
            strength: In the corruption's unit.

        Returns:
            Labels of the size of the changed image.
        """
        return labels


def transformed(transform: ImageTransform, hu: Plane, params: dict[str, Any]) -> Plane:
    """A slice after a transform of :mod:`lungseg.augment`, with parameters that are given."""
    import torch

    sample: Tensor = torch.from_numpy(hu)[None, None]
    changed, _ = transform.apply(sample, sample, [params])
    plane: Plane = changed[0, 0].numpy()
    return plane
