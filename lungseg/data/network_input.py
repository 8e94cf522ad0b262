"""From a stored slice to the input of a network: the one object that all commands share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lungseg.arguments.network_input import check_network_input
from lungseg.data.context import offsets
from lungseg.data.frame import Frame, Size
from lungseg.data.network_slices import SOFT_TISSUE_HU, NetworkSlices, Slices

if TYPE_CHECKING:
    from torch import Tensor

    from lungseg.data.cohort import Cohort
    from lungseg.data.outlines import Outline

AIR_HU = -1000
SETTINGS = ("outside", "crop", "matrix_size", "spacing", "context", "context_mm")
"""Keys of ``data`` that it is made of."""
PROBED = 64
"""Side of the image by which the number of channels is found."""


class NetworkInput:
    """Turns slices into input of a network, in training, evaluation, prediction and export alike.

    In this order: what lies outside the patient is replaced (``outside``); the slice is resampled
    (``matrix_size`` or ``spacing``), cropped (``crop``) and joined with its neighbours
    (``context``), all of it case by case, in int16 HU; then HU become intensities, batch by batch
    on the device.

    Args:
        intensity: Maps HU ``[n, c, y, x]`` to the network's input, channels included.
        outside: What lies outside the patient's skin: ``keep`` leaves it, ``soft`` sets it to soft
            tissue (40 HU), ``channel`` leaves it and adds the outline as a last channel of 0 and 1.
        crop: ``none``, or ``body``: the box of the patient, found from the image alone.
        matrix_size: Pixels along the longer side to which slices are resampled; None for none.
        spacing: Distance of pixels in mm to which slices are resampled; None likewise.
        context: Neighbouring slices on each side that become channels.
        context_mm: Distance between channels; None for the neighbouring slices.

    Raises:
        ValueError: If a setting is out of its range, or both `matrix_size` and `spacing` are given.
    """

    def __init__(
        self,
        intensity: Callable[[Tensor], Tensor],
        *,
        outside: str = "keep",
        crop: str = "none",
        matrix_size: int | None = None,
        spacing: float | None = None,
        context: int = 0,
        context_mm: float | None = None,
    ) -> None:
        check_network_input(
            outside=outside, crop=crop, matrix_size=matrix_size, spacing=spacing,
            context=context, context_mm=context_mm,
        )  # fmt: skip
        self.intensity = intensity
        self.outside = outside
        self.crop = crop
        self.matrix_size = matrix_size
        self.spacing = spacing
        self.context = context
        self.context_mm = context_mm

    @classmethod
    def of(cls, intensity: Callable[[Tensor], Tensor], data: Mapping[str, Any]) -> NetworkInput:
        """Made from the settings ``data`` of a configuration; earlier versions had none of them."""
        return cls(intensity, **{key: data[key] for key in SETTINGS if key in data})

    @property
    def settings(self) -> dict[str, Any]:
        """What it was made of, beside the intensity."""
        return {key: getattr(self, key) for key in SETTINGS}

    @property
    def plain(self) -> bool:
        """Whether a network sees each slice as it is, alone."""
        return self.geometry == NetworkInput(self.intensity).geometry

    @property
    def geometry(self) -> str:
        """Tells apart what becomes of the slices of a case."""
        return repr(self.settings)

    @property
    def needs_outline(self) -> bool:
        """Whether the patient's outline has to be known."""
        return self.outside != "keep" or self.crop != "none"

    @property
    def fill_hu(self) -> int:
        """What lies beyond the image, where it is moved: as what lies outside the patient."""
        return SOFT_TISSUE_HU if self.outside == "soft" else AIR_HU

    @property
    def stored_channels(self) -> int:
        """Channels of :meth:`NetworkSlices.image`."""
        return 2 * self.context + 1 + (self.outside == "channel")

    @property
    def channels(self) -> int:
        """Channels of the network's input."""
        import torch

        blank = torch.zeros((1, self.stored_channels, PROBED, PROBED), dtype=torch.int16)
        return int(self(blank).shape[1])

    def __call__(self, images: Tensor) -> Tensor:
        """Channels ``[n, c, y, x]`` of :class:`NetworkSlices` to the network's input, float32."""
        import torch

        if self.outside != "channel":
            return self.intensity(images)
        return torch.cat([self.intensity(images[:, :-1]), images[:, -1:].float()], dim=1)

    def augmented(
        self, images: Tensor, mask: Tensor, augment: Any, keys: Sequence[tuple[int, ...]]
    ) -> tuple[Tensor, Tensor]:
        """As on call, with augmentation; also the mask, ``[n, 1, y, x]``.

        Args:
            images: Channels of slices, ``[n, c, y, x]``.
            mask: Of the slices, uint8 ``[n, 1, y, x]``.
            augment: As :class:`lungseg.augment.augment.Augment`.
            keys: From which the random numbers of each slice are drawn.
        """
        import torch

        image: Tensor
        if self.outside != "channel":
            image, mask = augment(images, mask, keys, self.intensity, fill_hu=self.fill_hu)
            return image, mask
        masks = torch.cat([mask, images[:, -1:].to(mask.dtype)], dim=1)
        image, masks = augment(images[:, :-1], masks, keys, self.intensity, fill_hu=self.fill_hu)
        return torch.cat([image, masks[:, 1:].to(image.dtype)], dim=1), masks[:, :1]

    def resampled_size(self, own_size: Size, spacing_mm: Sequence[float]) -> Size | None:
        """Size of whole slices as the settings say; None where they say nothing.

        Args:
            own_size: Height and width of the slices.
            spacing_mm: Of their voxels, ``(z, y, x)``.
        """
        if self.matrix_size is not None:
            scales = [self.matrix_size / max(own_size)] * 2
        elif self.spacing is not None:
            scales = [mm / self.spacing for mm in spacing_mm[1:]]
        else:
            return None
        height, width = (
            max(1, round(length * scale)) for length, scale in zip(own_size, scales, strict=True)
        )
        return height, width

    def outlines(self, cohort: Cohort, names: Sequence[str]) -> dict[str, Outline]:
        """Outlines of patients by name of the case; none where they do not matter.

        Args:
            cohort: All prepared cases.
            names: Of those that are used.

        Raises:
            DataError: If there is no patient in a case.
        """
        from lungseg.data.outlines import outlines_of

        if not self.needs_outline:
            return {}
        return outlines_of(cohort.store, cohort.cases, names)

    def frame(self, own_size: Size, size: Size | None, outline: Outline | None) -> Frame:
        """How slices of a case lie before the network.

        Args:
            own_size: Height and width of its slices.
            size: To which whole slices are resampled.
            outline: Of the patient, where :attr:`needs_outline`.
        """
        body = outline.box if outline is not None and self.crop == "body" else None
        return Frame.of(own_size, size, body)

    def slices(
        self,
        image: Slices,
        n_slices: int,
        frame: Frame,
        slice_mm: float,
        *,
        mask: Slices | None = None,
        outline: Slices | None = None,
    ) -> NetworkSlices:
        """The slices of a case.

        Args:
            image: HU, int16.
            n_slices: Their number.
            frame: As from :meth:`frame`.
            slice_mm: Distance between slices.
            mask: uint8, if any.
            outline: Of the patient, where :attr:`needs_outline`.

        Raises:
            DataError: If the context reaches further than the case.
        """
        return NetworkSlices(
            image,
            n_slices,
            frame,
            offsets(self.context, self.context_mm, slice_mm, n_slices),
            mask=mask,
            outline=outline,
            outside=self.outside,
        )
