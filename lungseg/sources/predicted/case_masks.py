"""The masks that others made of the cases of a cohort."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lungseg.data.cohort import Cohort
from lungseg.errors import ConfigError, DataError, listed
from lungseg.files import sha256_of
from lungseg.sources.about import about
from lungseg.sources.predicted.find import find_masks
from lungseg.sources.predicted.read import CaseMask, read_mask
from lungseg.sources.predicted.rules import MaskRules
from lungseg.volume import Volume

EMPTY = "predictions.missing=empty scores a case without a mask as one in which nothing was found"


class CaseMasks:
    """Reads the masks of cases, and keeps what is to be recorded and told of them.

    Args:
        folder: With the masks.
        cohort: Whose cases they are of.
        rules: How masks are read.

    Attributes:
        strangers: Files with masks that fit no case; for the screen only.
        sha256: Hash of the files of each case that was read.
        notes: What a reader should know of them, by case.
        resampled: Cases whose masks were on other grids.
        absent: Cases without a mask, which were read as empty ones.

    Raises:
        DataError: As of :func:`lungseg.sources.predicted.find.find_masks`.
    """

    def __init__(self, folder: Path, cohort: Cohort, rules: MaskRules) -> None:
        self._folder = folder
        self._rules = rules
        found = find_masks(folder, cohort.image_sha256, rules)
        self._files = found.by_case
        self.strangers = found.strangers
        self._seen = found.seen
        self.sha256: dict[str, str] = {}
        self.notes: dict[str, list[str]] = {}
        self.resampled: list[str] = []
        self.absent: list[str] = []

    def having(self, names: Sequence[str]) -> list[str]:
        """Those of some cases that have a mask."""
        return [name for name in names if name in self._files]

    def require(self, names: Sequence[str]) -> None:
        """Stop where a case has no mask.

        Raises:
            DataError: Naming such cases.
        """
        if missing := [name for name in names if name not in self._files]:
            raise DataError(
                f"no mask for {listed(missing)} ({len(missing)} of {len(names)} cases); split=…"
                f" chooses the cases that are scored; {EMPTY}",
                self._folder,
            )

    def refuse_seen(self, names: Sequence[str]) -> None:
        """Stop where the model that made a mask was trained on the case, or chosen by it.

        Raises:
            ConfigError: Naming such cases.
        """
        if seen := [name for name in names if name in self._seen]:
            raise ConfigError(
                f"predictions: {listed(seen)}: lungseg predict noted that its model was trained on"
                " this scan or chosen by it, so it cannot be tested on it; split=… chooses other"
                " cases"
            )

    def read(self, name: str, volume: Volume) -> CaseMask:
        """The mask of a case; of one that has none an empty mask.

        Args:
            name: Of the case.
            volume: The grid of its image.

        Raises:
            DataError: As of :func:`lungseg.sources.predicted.read.read_mask`.
        """
        if name not in self._files:
            self.absent.append(name)
            shape = volume.voxels.shape
            return CaseMask(np.zeros(shape, np.bool_), np.zeros(shape, np.float32))
        files = self._files[name]
        with about(name):
            mask = read_mask(files, volume, self._rules)
            hashes = [sha256_of(file) for file in files]
        self.sha256[name] = (
            hashes[0].hex() if len(hashes) == 1 else hashlib.sha256(b"".join(hashes)).hexdigest()
        )
        if mask.notes:
            self.notes[name] = [f"the mask: {note}" for note in mask.notes]
        if mask.resampled:
            self.resampled.append(name)
        return mask

    def record(self) -> dict[str, Any]:
        """What ``provenance.json`` says of the masks, without names of files."""
        return {
            "masks_sha256": self.sha256,
            "resampled": self.resampled,
            "missing_scored_as_empty": self.absent,
            "files_of_no_case": len(self.strangers),
        }
