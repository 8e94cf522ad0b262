"""The base of transforms that change values and leave everything in its place."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from lungseg.augment.transform import Params, Transform

if TYPE_CHECKING:
    from torch import Tensor


class ImageTransform(Transform):
    """Changes values of the image; the mask stays.

    Attributes:
        space: ``"hu"`` where it changes HU, ``"intensity"`` where it changes the network's input,
            which is from 0 to 1.
    """

    space: ClassVar[Literal["hu", "intensity"]]

    def apply(
        self, image: Tensor, mask: Tensor, params: Sequence[Params | None]
    ) -> tuple[Tensor, Tensor]:
        """Image and mask of a batch after the transform.

        Args:
            image: Float ``[B, C, y, x]``, which is changed in place: most of the time of a copy
                would go into getting its memory.
            mask: uint8 ``[B, M, y, x]``.
            params: As drawn for each sample; None where it stays as it is.
        """
        for sample, drawn in zip(image, params, strict=True):
            if drawn is not None:
                self._change(sample, drawn)
        return image, mask

    @abstractmethod
    def _change(self, sample: Tensor, params: Params) -> None:
        """Change one sample ``[C, y, x]`` in place."""
