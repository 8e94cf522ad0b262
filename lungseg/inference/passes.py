"""All slices of a volume through models and flips, and what they agree on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lungseg.data.network_input import NetworkInput
from lungseg.data.outlines import Outline
from lungseg.errors import DataError
from lungseg.inference.network_grid import NetworkGrid, between
from lungseg.inference.planes import Averaged, Joined
from lungseg.volume import Volume

if TYPE_CHECKING:
    from torch import Tensor

TTA: Mapping[str, tuple[tuple[int, ...], ...]] = {"none": ((),), "flip": ((), (-1,))}
"""Axes along which the slice is flipped for each pass, by the name of the setting."""
FULL = 255
"""Stands for probability 1."""


class Network(Protocol):
    """What maps HU to logits: a checkpoint's network, or an exported one."""

    @property
    def threshold(self) -> float:
        """A voxel is lung when its probability is at least this."""

    @property
    def batch_size(self) -> int:
        """Slices per batch."""

    @property
    def domain(self) -> Mapping[str, Sequence[float]]:
        """Ranges of the training cases."""

    @property
    def input(self) -> NetworkInput:
        """What becomes of a slice before the network sees it."""

    def logits(self, images: Tensor) -> Tensor:
        """Channels of slices, int16 ``[n, c, y, x]``, to float32 logits ``[n, 1, y, x]``."""


@dataclass(frozen=True)
class Scores:
    """What came out for a volume, on its own grid, ``[z, y, x]``.

    Attributes:
        mask: Where the mean probability is at least the threshold, bool.
        probability: Mean over models and flips, uint8: 255 is 1.
        spread: Difference between the highest and the lowest of them, likewise; None where there
            is only one.
        members: The mask of each, as packed bits.
        grids: On which each model saw the volume.
    """

    mask: NDArray[np.bool_]
    probability: NDArray[np.uint8]
    spread: NDArray[np.uint8] | None
    members: tuple[NDArray[np.uint8], ...]
    grids: tuple[NetworkGrid, ...]


def run(
    networks: Sequence[Network],
    volume: Volume,
    *,
    tta: str = "none",
    advance: Callable[[int], object] = lambda slices: None,
) -> Scores:
    """Predict a volume slice by slice, in bounded memory.

    With one network, no flip and a scan of a spacing as in training, the mask is the one that
    ``lungseg evaluate`` counts: the same batches, the same comparison of logits.

    Args:
        networks: One, or several whose probabilities are averaged.
        volume: HU.
        tta: ``none``, or ``flip``: each slice as it is and with left and right exchanged.
        advance: Told the number of slices that were done.
    """
    import torch

    from lungseg.training.module import logit

    shape = volume.voxels.shape
    flips = TTA[tta]
    several = len(networks) * len(flips) > 1
    grids = [_grid(network, volume) for network in networks]
    outline = None
    if any(network.input.needs_outline for network in networks):
        outline = Outline.find(volume.voxels, volume.spacing)
    probability = np.empty(shape, np.uint8)
    spread = np.empty(shape, np.uint8) if several else None
    # Masks are packed while the networks take most memory.
    packed = (*shape[:2], -(-shape[2] // 8))
    mask = np.empty(packed, np.uint8)
    members = [np.empty(packed, np.uint8) for _ in range(len(networks) * len(flips) * several)]
    passes = [
        _pass(network, grid, volume.voxels, outline, flip, networks[0].batch_size)
        for network, grid in zip(networks, grids, strict=True)
        for flip in flips
    ]
    threshold = float(np.mean([network.threshold for network in networks]))
    for outputs in zip(*passes, strict=True):
        z = slice(outputs[0][0], outputs[0][0] + len(outputs[0][1]))
        logits = [output[1] for output in outputs]
        probabilities = [torch.sigmoid(one) for one in logits]
        mean = torch.stack(probabilities).mean(dim=0) if several else probabilities[0]
        chosen = mean >= threshold if several else logits[0] >= logit(threshold)
        mask[z] = np.packbits(chosen.cpu().numpy(), axis=-1)
        probability[z] = _as_byte(mean)
        if spread is not None:
            stacked = torch.stack(probabilities)
            spread[z] = _as_byte(stacked.amax(dim=0) - stacked.amin(dim=0))
            for member, own in zip(members, probabilities, strict=True):
                member[z] = np.packbits((own >= threshold).cpu().numpy(), axis=-1)
        advance(z.stop - z.start)
    unpacked = np.unpackbits(mask, axis=-1, count=shape[2]).view(np.bool_)
    return Scores(unpacked, probability, spread, tuple(members), tuple(grids))


def _grid(network: Network, volume: Volume) -> NetworkGrid:
    shape, spacing = volume.voxels.shape, volume.spacing
    size = network.input.resampled_size((shape[1], shape[2]), spacing)
    return NetworkGrid.of(shape, spacing, network.domain, size)


def _pass(
    network: Network,
    grid: NetworkGrid,
    voxels: NDArray[np.int16],
    outline: Outline | None,
    flip: tuple[int, ...],
    size: int,
) -> Iterator[tuple[int, Any]]:
    """First slice and logits of each batch of slices of the scan."""
    import torch

    n = len(voxels)
    frame = network.input.frame(grid.own_size, grid.size, outline)
    planes = grid.planes(n)
    thin = grid.group > 1
    with _said_of(n, grid, len(planes)):
        seen = network.input.slices(
            Averaged(voxels, planes) if thin else voxels,
            len(planes),
            frame,
            grid.spacing_mm[0],
            outline=Joined(outline, planes) if outline is not None and thin else outline,
        )

    def logits(start: int) -> Tensor:
        images = torch.stack([seen.image(z) for z in range(start, min(start + size, len(seen)))])
        made = network.logits(images.flip(flip) if flip else images)
        return frame.scan(made.flip(flip) if flip else made)[:, 0].cpu()

    if not thin:
        for start in range(0, n, size):
            yield start, logits(start)
        return
    # Planes of all slices are kept, and each slice is interpolated from two of them.
    coarse: list[Any] = []
    for start in range(0, len(planes), size):
        coarse += torch.sigmoid(logits(start)).half().unbind()
    for start in range(0, n, size):
        values = []
        for z in range(start, min(start + size, n)):
            below, above, weight = between(planes, z)
            values.append(torch.lerp(coarse[below].float(), coarse[above].float(), weight))
        yield start, torch.logit(torch.stack(values), eps=1e-6)


@contextmanager
def _said_of(n_slices: int, grid: NetworkGrid, n_averaged: int) -> Iterator[None]:
    """Have an error about slices say how they came from those of the scan."""
    try:
        yield
    except DataError as error:
        if grid.group == 1:
            raise
        own_mm = grid.spacing_mm[0] / grid.group
        raise DataError(
            f"{error}: the scan's {n_slices} slices of {own_mm:.3g} mm were averaged to"
            f" {n_averaged} of {grid.spacing_mm[0]:.3g} mm, about as thick as in the training"
        ) from None


def _as_byte(values: Tensor) -> NDArray[np.uint8]:
    import torch

    scaled = (values * FULL).round().clamp(0, FULL).to(torch.uint8)
    array: NDArray[np.uint8] = scaled.cpu().numpy()
    return array
