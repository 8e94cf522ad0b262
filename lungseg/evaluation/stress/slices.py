"""The slices of a test set after a corruption, made when they are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.data import store as stores
from lungseg.data.cohort import Cohort
from lungseg.data.dataset import SliceDataset
from lungseg.data.frame import Size
from lungseg.data.network_input import NetworkInput
from lungseg.data.outlines import Outline
from lungseg.errors import DataError
from lungseg.evaluation.stress.corruption import Corruption, Scan
from lungseg.metrics.sides import SideArray

KEPT = 32
"""Slices kept in memory: a thick slice, and neighbours as channels, read each several times."""
INT16 = np.iinfo(np.int16)


class LastMade:
    """A function of which the last results are kept. Unlike those of functools, it can be pickled.

    Args:
        make: The function; it has hashable arguments.
    """

    def __init__(self, make: Callable[..., NDArray[Any]]) -> None:
        self._make = make
        self._made: dict[tuple[Any, ...], NDArray[Any]] = {}

    def __call__(self, *key: Any) -> NDArray[Any]:
        """The result for these arguments, made or kept."""
        if key not in self._made:
            if len(self._made) == KEPT:
                del self._made[next(iter(self._made))]  # the oldest
            self._made[key] = self._make(*key)
        return self._made[key]


class MadeSlices:
    """Slices ``[y, x]`` that are made on access.

    Args:
        make: Makes slice z.
    """

    def __init__(self, make: Callable[[int], NDArray[Any]]) -> None:
        self._make = make

    def __getitem__(self, z: int) -> NDArray[Any]:
        """One slice."""
        return self._make(z)


class CorruptedSlices(SliceDataset):
    """As the slices of a set, of scans that were corrupted before anything else happened to them.

    The patient's outline is found anew where a network needs it, as it would be in practice. Scans
    in which there is no patient any more are refused by ``lungseg predict``; here their names are
    kept, and their predictions count as empty.

    Args:
        cohort: All prepared cases.
        cases: Names of those to use.
        network_input: What becomes of their slices.
        corruption: What happens to the scans.
        strength: In its unit.
        seed: From which random corruptions are drawn, beside a scan's hash and the slice.

    Attributes:
        refused: Names of the cases without a patient.
    """

    def __init__(
        self,
        cohort: Cohort,
        cases: list[str],
        network_input: NetworkInput,
        *,
        corruption: Corruption,
        strength: float,
        seed: int,
    ) -> None:
        self._corruption = corruption
        self._strength = strength
        self._seed = seed
        self._cohort = cohort
        self._opened: dict[str, tuple[Any, Any]] = {}
        self._stored = LastMade(self._read_image)
        self._made = LastMade(self._corrupt)
        self.refused: set[str] = set()
        outlines: Mapping[str, Outline] = {}
        if network_input.needs_outline:
            outlines = {name: self._outline(name) for name in cases}
        super().__init__(cohort, cases, network_input, outlines)

    def sides(self, name: str) -> SideArray | None:
        """Sides of a case's reference, ``[z, y, x]``; None if its source gives none."""
        stored = stores.open_sides(self._cohort.store, name)
        return None if stored is None else np.stack([self._labels(name, one) for one in stored])

    def _own_size(self, name: str) -> Size:
        spacing = self._cohort.cases[name]["spacing_mm"]
        return self._corruption.size(super()._own_size(name), spacing, self._strength)

    def _open(self, name: str) -> tuple[Any, Any]:
        return MadeSlices(partial(self._made, name)), MadeSlices(partial(self._mask, name))

    def _corrupt(self, name: str, z: int) -> NDArray[np.int16]:
        attributes = self._cohort.cases[name]
        scan = Scan(
            MadeSlices(partial(self._stored, name)),
            attributes["fingerprint"]["n_slices"],
            attributes["spacing_mm"],
            (self._seed, int(attributes["image_sha256"][:15], 16)),
        )
        hu = self._corruption.image(scan, z, self._strength)
        return np.rint(hu).clip(INT16.min, INT16.max).astype(np.int16)

    def _mask(self, name: str, z: int) -> NDArray[np.uint8]:
        return self._labels(name, np.asarray(self._arrays_of(name)[1][z]))

    def _read_image(self, name: str, z: int) -> NDArray[np.int16]:
        return np.asarray(self._arrays_of(name)[0][z])

    def _arrays_of(self, name: str) -> tuple[Any, Any]:
        if name not in self._opened:
            self._opened[name] = stores.open_arrays(self._cohort.store, name)
        return self._opened[name]

    def _labels(self, name: str, labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        spacing = self._cohort.cases[name]["spacing_mm"]
        return self._corruption.labels(labels, spacing, self._strength)

    def _outline(self, name: str) -> Outline:
        attributes = self._cohort.cases[name]
        n_slices = attributes["fingerprint"]["n_slices"]
        voxels = np.stack([self._made(name, z) for z in range(n_slices)])
        try:
            return Outline.find(voxels, attributes["spacing_mm"])
        except DataError:
            self.refused.add(name)
        height, width = voxels.shape[1:]
        whole = np.packbits(np.ones(voxels.shape, bool), axis=-1)
        return Outline(whole, width, (0, height, 0, width))
