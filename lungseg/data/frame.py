"""How the slices of a case lie before a network: resampled within the plane, and cropped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor

Size = tuple[int, int]
Box = tuple[int, int, int, int]

MULTIPLE = 32
"""A crop is enlarged to multiples of it, so that few sizes occur and batches can be filled."""
OUTSIDE = -16.0
"""Logit of what lies outside the crop: a probability of 1e-7."""


class Frame(NamedTuple):
    """The part of a case's slices that a network sees, and at what size. All in pixels.

    A named tuple, since batches carry it and Lightning rebuilds what they carry.

    Attributes:
        own_size: Height and width of the case's slices.
        size: Of whole slices, once they are resampled.
        box: Top, left, height and width of the crop, on the resampled slice.
    """

    own_size: Size
    size: Size
    box: Box

    @classmethod
    def of(
        cls, own_size: Size, size: Size | None = None, body: Sequence[int] | None = None
    ) -> Frame:
        """The frame of a case.

        Args:
            own_size: Height and width of its slices.
            size: To which whole slices are resampled; None for as they are.
            body: First row, one after the last, and columns likewise, of the box to crop to, on the
                case's own pixels; None for whole slices. It is enlarged to multiples of 32 pixels
                on the resampled slice, as far as there are any.

        Example:
            >>> Frame.of((512, 512), body=(100, 400, 60, 460))
            Frame(own_size=(512, 512), size=(512, 512), box=(90, 52, 320, 416))
        """
        size = size or own_size
        if body is None:
            return cls(own_size, size, (0, 0, *size))
        top, height = _enlarged(body[0], body[1], own_size[0], size[0])
        left, width = _enlarged(body[2], body[3], own_size[1], size[1])
        return cls(own_size, size, (top, left, height, width))

    @property
    def whole(self) -> bool:
        """Whether the network sees the case's own slices."""
        return self.own_size == self.size and self.box == (0, 0, *self.size)

    @property
    def seen(self) -> Size:
        """Height and width that the network sees."""
        return self.box[2], self.box[3]

    def image(self, hu: Tensor) -> Tensor:
        """HU ``[n, y, x]`` (int16) as the network sees them, likewise.

        Linear interpolation between centres of pixels; where pixels become larger, over all that
        one covers, so that nothing is skipped.
        """
        if self.size != self.own_size:
            hu = resized(hu.float().unsqueeze(1), self.size)[:, 0].round().to(hu.dtype)
        return self._cropped(hu)

    def mask(self, mask: Tensor) -> Tensor:
        """A mask ``[n, y, x]`` (uint8) likewise: interpolated, and set where it reaches a half."""
        if self.size != self.own_size:
            mask = (resized(mask.float().unsqueeze(1), self.size)[:, 0] >= 0.5).to(mask.dtype)
        return self._cropped(mask)

    def scan(self, logits: Tensor) -> Tensor:
        """Logits ``[n, 1, y, x]`` of what the network saw, on the case's own pixels (float32)."""
        from torch.nn import functional

        if self.whole:
            return logits
        top, left, height, width = self.box
        below, right = self.size[0] - top - height, self.size[1] - left - width
        whole = functional.pad(logits.float(), (left, right, top, below), value=OUTSIDE)
        return whole if self.size == self.own_size else resized(whole, self.own_size)

    def _cropped(self, values: Tensor) -> Tensor:
        top, left, height, width = self.box
        return values[..., top : top + height, left : left + width]


def resized(values: Tensor, size: Size) -> Tensor:
    """Float values ``[n, c, y, x]`` at another size, by linear interpolation without aliasing."""
    from torch.nn import functional

    made: Tensor = functional.interpolate(
        values, size, mode="bilinear", align_corners=False, antialias=True
    )
    return made


def _enlarged(first: int, stop: int, own: int, size: int) -> tuple[int, int]:
    """Start and length of a box along one axis of the resampled slice."""
    low = int(first * size / own)
    high = min(-int(-stop * size // own), size)
    length = min(-(-(high - low) // MULTIPLE) * MULTIPLE, size)
    start = (low + high - length) // 2
    return max(0, min(start, size - length)), length
