"""Axial slices of some cases, one per sample."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset, default_collate

from lungseg.data import store as stores
from lungseg.data.cohort import Cohort
from lungseg.data.context import offsets
from lungseg.data.frame import Frame, Size
from lungseg.data.memory import Key, kept
from lungseg.data.network_input import NetworkInput
from lungseg.data.network_slices import NetworkSlices
from lungseg.data.outlines import Outline
from lungseg.data.read_ahead import ReadAhead, ahead, at_once
from lungseg.errors import DataError

Arrays = tuple[Any, Any]
"""Image and mask of a case, ``[z, y, x]``: in memory, or in the store."""


class SliceDataset(Dataset[dict[str, Any]]):
    """Axial slices of some cases, one per sample.

    A sample contains ``image`` (int16, the channels ``[c, y, x]`` that the network sees), ``mask``
    (uint8 ``[1, y, x]``, likewise), ``case`` (position in the cohort) and ``z`` (0 is nearest the
    feet). In evaluation ``mask`` is that of the case's own slice, whatever the network sees; the
    network's is ``target``, and ``frame`` says how the two are related. Where the network sees
    anything but the slice, ``slice`` is the slice, int16 HU ``[1, y, x]``.

    Args:
        cohort: All prepared cases.
        cases: Names of those to use.
        network_input: What becomes of their slices.
        outlines: Of the patients, by name, where the network's input needs them.

    Attributes:
        index: Case and z of each sample.
        frames: How each sample's slice lies before the network.
        keys: Of what is kept in memory.

    Raises:
        DataError: If a case has too few slices for the context.
    """

    def __init__(
        self,
        cohort: Cohort,
        cases: list[str],
        network_input: NetworkInput,
        outlines: Mapping[str, Outline],
    ) -> None:
        self._cohort = cohort
        self._names = cohort.names
        self._input = network_input
        self._outlines = outlines
        self._cases = cases
        self._cache = False
        self._device: torch.device | None = None
        self._evaluated = False
        self.keys: set[Key] = set()
        self._slices: dict[int, NetworkSlices] = {}
        self._arrays: dict[int, Arrays] = {}
        positions = {name: case for case, name in enumerate(self._names)}
        self.index = [
            (positions[name], z)
            for name in cases
            for z in range(cohort.cases[name]["fingerprint"]["n_slices"])
        ]
        by_case = {positions[name]: self._frame(name) for name in cases}
        self.frames = [by_case[case] for case, _ in self.index]
        for name in cases:
            self._refuse_context(name)

    @property
    def n_bytes(self) -> int:
        """Memory for all slices: int16 images and uint8 masks, also as the network sees them."""
        own: int = sum(frame.own_size[0] * frame.own_size[1] for frame in self.frames)
        seen: int = sum(frame.seen[0] * frame.seen[1] for frame in self.frames)
        return 3 * (own if self._input.plain else own + seen)

    @property
    def n_seen_bytes(self) -> int:
        """Memory for what the network sees: int16 channels of one slice each, and uint8 masks."""
        planes = 5 if self._input.outside == "channel" else 3
        return sum(planes * frame.seen[0] * frame.seen[1] for frame in self.frames)

    def cache(self) -> None:
        """Read all slices at once and keep them, instead of each on access."""
        self._cache = True
        self.keys = self._all_keys()

    def keep_on(self, device: torch.device | None) -> None:
        """Also keep them on a device, as the network sees them; to be called before any is read.

        Args:
            device: None for memory alone, as at first.
        """
        self._device = device
        self.keys = self._all_keys()

    def evaluated(self) -> SliceDataset:
        """The same slices, for evaluation."""
        twin = copy.copy(self)
        twin._evaluated = True
        return twin

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, item: int) -> dict[str, Any]:
        case, z = self.index[item]
        slices = self._slices_of(case)
        sample = {"image": slices.image(z), "mask": slices.target(z), "case": case, "z": z}
        if not self._evaluated:
            return sample
        sample |= {"frame": slices.frame, "target": sample["mask"]}
        if not self._input.plain:
            image, mask = self._arrays[case]
            sample["mask"] = torch.as_tensor(mask[z]).unsqueeze(0)
            sample["slice"] = torch.as_tensor(image[z]).unsqueeze(0)
        return sample

    def __getitems__(self, items: list[int]) -> list[dict[str, Any]]:
        """The samples of a batch; what they need of the store is read at once."""
        if self._cache:
            return [self[item] for item in items]
        keys = [self.index[item] for item in items]
        cases = {case: None for case, _ in keys}
        opened = dict(zip(cases, at_once(self._slices_of, cases), strict=True))
        wanted: list[tuple[Any, int]] = []
        for case, z in keys:
            image, mask = self._arrays[case]
            wanted += [(image, at) for at in opened[case].sources(z)] + [(mask, z)]
        with ahead(pair for pair in wanted if isinstance(pair[0], ReadAhead)):
            return [self[item] for item in items]

    def __copy__(self) -> SliceDataset:
        """In the same process, with what it has kept and opened."""
        twin = object.__new__(type(self))
        twin.__dict__ |= self.__dict__
        return twin

    def __getstate__(self) -> dict[str, Any]:
        """For a worker that is started anew instead of forked, which reads what it needs itself.

        Its copy of what is kept in memory would be another, in each worker.
        """
        return self.__dict__ | {"_cache": False, "_slices": {}, "_arrays": {}}

    def batch(self, samples: list[dict[str, Any]]) -> dict[str, Any]:
        """Collate samples; without any, return a batch of length 0."""
        template = samples or [self[0]]
        frame = template[0].get("frame")  # that of all, as batches are made
        tensors = [{key: one[key] for key in one if key != "frame"} for one in template]
        collated: dict[str, Any] = default_collate(tensors)
        if not samples:
            collated = {name: values[:0] for name, values in collated.items()}
        return collated if frame is None else {**collated, "frame": frame}

    def positives(self) -> NDArray[np.int64]:
        """Pixels of the own mask of each sample; without a cache all masks are read for it."""
        counts = {
            case: np.count_nonzero(self._open(self._names[case])[1][:], axis=(1, 2))
            for case in dict.fromkeys(case for case, _ in self.index)
        }
        return np.array([counts[case][z] for case, z in self.index], dtype=np.int64)

    def load(self) -> None:
        """Read what is kept in memory, before worker processes are forked."""
        if self._cache:
            for case in dict.fromkeys(case for case, _ in self.index):
                self._slices_of(case)

    def _refuse_context(self, name: str) -> None:
        attributes = self._cohort.cases[name]
        n_slices, slice_mm = attributes["fingerprint"]["n_slices"], attributes["spacing_mm"][0]
        try:
            offsets(self._input.context, self._input.context_mm, slice_mm, n_slices)
        except DataError as error:
            raise DataError(f"{name}: {error}", self._cohort.store) from None

    def _frame(self, name: str) -> Frame:
        own_size = self._own_size(name)
        size = self._input.resampled_size(own_size, self._cohort.cases[name]["spacing_mm"])
        return self._input.frame(own_size, size, self._outlines.get(name))

    def _own_size(self, name: str) -> Size:
        height, width = self._cohort.cases[name]["fingerprint"]["shape"][1:]
        return height, width

    def _slices_of(self, case: int) -> NetworkSlices:
        """Slices of a case, opened when they are first asked for."""
        if case in self._slices:
            return self._slices[case]
        name = self._names[case]
        attributes = self._cohort.cases[name]
        image, mask = self._arrays[case] = self._open(name)
        slices = self._input.slices(
            image,
            attributes["fingerprint"]["n_slices"],
            self._frame(name),
            attributes["spacing_mm"][0],
            mask=mask,
            outline=self._outlines.get(name),
        )
        if self._device is not None:
            device = self._device
            slices = kept(self._made_key(name), lambda: slices.load().to(device))
        elif self._cache and not self._input.plain:
            slices = kept(self._made_key(name), slices.load)
        self._slices[case] = slices
        return slices

    def _key(self, name: str) -> Key:
        return self._cohort.store, name, self._cohort.cases[name]["content_sha256"]

    def _all_keys(self) -> set[Key]:
        raw = {self._key(name) for name in self._cases}
        if self._input.plain and self._device is None:
            return raw
        return raw | {self._made_key(name) for name in self._cases}

    def _made_key(self, name: str) -> Key:
        return (*self._key(name), self._input.geometry, str(self._device or "memory"))

    def _open(self, name: str) -> Arrays:
        if self._cache:
            arrays: Arrays = kept(self._key(name), lambda: self._read(name))
            return arrays
        image, mask = stores.open_arrays(self._cohort.store, name)
        return ReadAhead(image), ReadAhead(mask)

    def _read(self, name: str) -> Arrays:
        image, mask = stores.open_arrays(self._cohort.store, name)
        return image[:], mask[:]
