"""The slices of one case as a network sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lungseg.data.context import neighbours
from lungseg.data.frame import Frame

if TYPE_CHECKING:
    import torch
    from torch import Tensor

SOFT_TISSUE_HU = 40
"""What stands outside the patient with ``data.outside=soft``."""


class Slices(Protocol):
    """Slices by number, ``[y, x]``: an array, in memory or in a store."""

    def __getitem__(self, z: int, /) -> NDArray[Any]:
        """One slice."""


class NetworkSlices:
    """Turns the stored slices of a case into input of a network, on access or once for all.

    Args:
        image: HU, int16.
        n_slices: Their number.
        frame: Size and crop.
        offsets: Distances of the slices that become channels, as from
            :func:`lungseg.data.context.offsets`.
        mask: uint8, if any.
        outline: Where the patient is, if it matters.
        outside: ``keep``, ``soft`` or ``channel``, see
            :class:`lungseg.data.network_input.NetworkInput`.
    """

    def __init__(
        self,
        image: Slices,
        n_slices: int,
        frame: Frame,
        offsets: list[int],
        *,
        mask: Slices | None = None,
        outline: Slices | None = None,
        outside: str = "keep",
    ) -> None:
        self.frame = frame
        self._n_slices = n_slices
        self._image = image
        self._mask = mask
        self._outline = outline
        self._outside = outside
        self._offsets = offsets
        self._planes: list[Tensor] = []
        self._targets: list[Tensor] = []
        self._bodies: list[Tensor] = []

    def __len__(self) -> int:
        return self._n_slices

    def load(self) -> NetworkSlices:
        """Prepare all slices now and keep them; returns itself."""
        self._planes = [self._plane(z).clone() for z in range(self._n_slices)]
        if self._mask is not None:
            self._targets = [self._target(z).clone() for z in range(self._n_slices)]
        return self

    def to(self, device: torch.device) -> NetworkSlices:
        """Move what :meth:`load` has kept, and the outline if it is a channel; returns itself."""
        self._planes = [plane.to(device) for plane in self._planes]
        self._targets = [target.to(device) for target in self._targets]
        if self._outside == "channel":
            self._bodies = [self._body(z).to(device) for z in range(self._n_slices)]
        return self

    def image(self, z: int) -> Tensor:
        """Channels of a slice, int16 ``[c, y, x]``: HU, and the outline (0, 1) if it is one."""
        import torch

        planes = [self._hu(at) for at in self.sources(z)]
        if self._outside == "channel":
            planes.append(self._bodies[z] if self._bodies else self._body(z))
        return torch.stack(planes) if len(planes) > 1 else planes[0].unsqueeze(0)

    def sources(self, z: int) -> list[int]:
        """Numbers of the slices whose HU are the channels of a slice."""
        return neighbours(z, self._offsets, self._n_slices)

    def target(self, z: int) -> Tensor:
        """The reference mask on the network's grid, uint8 ``[1, y, x]``."""
        return (self._targets[z] if self._targets else self._target(z)).unsqueeze(0)

    def _hu(self, z: int) -> Tensor:
        return self._planes[z] if self._planes else self._plane(z)

    def _plane(self, z: int) -> Tensor:
        import torch

        hu = np.asarray(self._image[z])
        if self._outside == "soft":
            assert self._outline is not None
            hu = np.where(self._outline[z], hu, np.int16(SOFT_TISSUE_HU))
        return self.frame.image(torch.as_tensor(hu).unsqueeze(0))[0]

    def _target(self, z: int) -> Tensor:
        import torch

        assert self._mask is not None
        return self.frame.mask(torch.as_tensor(np.asarray(self._mask[z])).unsqueeze(0))[0]

    def _body(self, z: int) -> Tensor:
        import torch

        assert self._outline is not None
        body = torch.from_numpy(self._outline[z].astype(np.uint8)).unsqueeze(0)
        return self.frame.mask(body)[0].short()
