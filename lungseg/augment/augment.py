"""All transforms of a training batch, from HU to the network's input."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from lungseg.augment.image_transform import ImageTransform
from lungseg.augment.resample import resample
from lungseg.augment.spatial_transform import SpatialTransform
from lungseg.augment.transform import Params, Shape, Transform

if TYPE_CHECKING:
    from torch import Tensor

Key = tuple[int, ...]
Draws = list[list[Params | None]]
"""What was drawn for each sample, in the order of the transforms."""


class Augment:
    """Changes a batch at random, each sample by its key alone.

    Whatever their place in the list, spatial transforms come first, in one interpolation; then
    those on HU, then HU become the network's input, then those on intensities, all in their order.
    Draws depend on a sample's key and the transform's place in the list, and on no global state:
    not on the batch, the number of processes, or where a run was resumed.

    Args:
        transforms: In order; or by name, as configurations give them, where None leaves one out.

    Raises:
        ValueError: If one is not a transform.

    Example:
        >>> import torch
        >>> from lungseg.augment.flip import Flip
        >>> from lungseg.data.intensity import Window
        >>> augment = Augment([Flip(p=1)])
        >>> hu = torch.tensor([[[[-1000, 400, -300]]]], dtype=torch.int16)
        >>> mask = torch.tensor([[[[1, 0, 0]]]], dtype=torch.uint8)
        >>> seed, epoch, case, z = 0, 3, 1, 17
        >>> x, y = augment(hu, mask, [(seed, epoch, case, z)], Window(-1000, 400), fill_hu=-1000)
        >>> x.tolist(), y.tolist()
        ([[[[0.5, 1.0, 0.0]]]], [[[[0, 0, 1]]]])
    """

    def __init__(self, transforms: Sequence[Transform] | Mapping[str, Transform | None]) -> None:
        given = transforms.values() if isinstance(transforms, Mapping) else transforms
        self.transforms = [one for one in given if one is not None]
        for one in self.transforms:
            if not isinstance(one, SpatialTransform | ImageTransform):
                raise ValueError(f"transforms: {one!r} is not a transform")

    def __call__(
        self,
        image: Tensor,
        mask: Tensor,
        keys: Sequence[Key],
        to_intensity: Callable[[Tensor], Tensor],
        *,
        fill_hu: float,
    ) -> tuple[Tensor, Tensor]:
        """Draw for each sample and apply what was drawn.

        Args:
            image: HU ``[B, C, y, x]``; all channels of a sample move alike.
            mask: 0 or 1, uint8 ``[B, M, y, x]``; likewise.
            keys: Whole numbers of at least 0 for each sample, such as seed, epoch, case and z.
            to_intensity: From HU to the network's input, from 0 to 1; may change the number of
                channels.
            fill_hu: HU of what comes from beyond the image: those of what is outside the patient.

        Returns:
            The network's input, and the mask as uint8.

        Raises:
            ValueError: If there is not one key per sample.
        """
        if len(keys) != len(image):
            raise ValueError(f"keys: must be one per sample, got {len(keys)} for {len(image)}")
        n_channels, high, wide = image.shape[1:]
        draws = self.draw(keys, (n_channels, high, wide))
        return self.apply(image, mask, draws, to_intensity, fill_hu=fill_hu)

    def check(self, n_channels: int) -> None:
        """Refuse samples that a transform cannot change.

        Args:
            n_channels: Slices of a sample.

        Raises:
            ConfigError: Naming the transform.
        """
        for transform in self.transforms:
            transform.check(n_channels)

    def draw(self, keys: Sequence[Key], shape: Shape) -> Draws:
        """What all transforms draw for each sample.

        Args:
            keys: Of each sample.
            shape: Channels, height and width of a sample.
        """
        return [
            [
                transform.draw(np.random.default_rng(_seed(key, place)), shape)
                for place, transform in enumerate(self.transforms)
            ]
            for key in keys
        ]

    def apply(
        self,
        image: Tensor,
        mask: Tensor,
        draws: Draws,
        to_intensity: Callable[[Tensor], Tensor],
        *,
        fill_hu: float,
    ) -> tuple[Tensor, Tensor]:
        """As a call, with what :meth:`draw` has drawn before."""
        image, mask = self._move(image, mask, draws, fill_hu)
        image, mask = self._change("hu", image, mask, draws)
        return self._change("intensity", to_intensity(image), mask, draws)

    def _move(
        self, image: Tensor, mask: Tensor, draws: Draws, fill_hu: float
    ) -> tuple[Tensor, Tensor]:
        high, wide = image.shape[2:]
        matrices = np.tile(np.eye(3), (len(image), 1, 1))
        fields: list[Tensor | None] = [None] * len(image)
        for k, drawn in enumerate(draws):
            for transform, params in zip(self.transforms, drawn, strict=True):
                if not isinstance(transform, SpatialTransform) or params is None:
                    continue
                matrices[k] = transform.matrix(params, (high, wide)) @ matrices[k]
                field = transform.displacement(params, image)
                if field is not None:
                    before = fields[k]
                    fields[k] = field if before is None else before + field
        return resample(image, mask, matrices, fields, fill_hu)

    def _change(
        self, space: str, image: Tensor, mask: Tensor, draws: Draws
    ) -> tuple[Tensor, Tensor]:
        for place, transform in enumerate(self.transforms):
            if isinstance(transform, ImageTransform) and transform.space == space:
                image, mask = transform.apply(image, mask, [drawn[place] for drawn in draws])
        return image, mask


def _seed(key: Key, place: int) -> np.random.SeedSequence:
    return np.random.SeedSequence(entropy=key, spawn_key=(place,))
