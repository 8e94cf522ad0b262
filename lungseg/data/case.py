"""A case: one patient's image, and mask if any, on one grid, with their metadata."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.volume import Volume


@dataclass(frozen=True)
class Case:
    """What a source returns for one patient.

    Attributes:
        name: Pseudonym; the only name of the case that is used anywhere.
        volume: Image, HU.
        mask: 0 or 1, uint8 ``[z, y, x]``, on the image's grid. None without a mask
            (``data.masks=none``): such a case can be audited, but not used in training or
            evaluation.
        header: ``sex`` (``M``, ``F``, ``O`` or empty), ``scanner``, ``synthetic``, as far as known.
        audit: ``findings`` (each :meth:`lungseg.findings.Finding.to_dict`) and, with a mask,
            ``alignment``.
        source_sha256: Hash of the source files' contents.
        sides: Which lung a voxel of the mask belongs to, uint8 ``[z, y, x]``: 1 the patient's
            right, 2 the left, 0 where the mask is 0. None if the source does not give the sides.
        paths: Files that findings concern, by the finding's code, and under ``""`` the case's
            folder; for the screen only.
    """

    name: str
    volume: Volume
    mask: NDArray[np.uint8] | None
    header: dict[str, str | bool]
    audit: dict[str, Any]
    source_sha256: str
    sides: NDArray[np.uint8] | None = None
    paths: Mapping[str, Path] = field(default_factory=dict)
