"""Prepared cases as npz files, for other programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from lungseg.data import store as stores
from lungseg.data.cohort import Cohort
from lungseg.files import replacing


def export_npz(
    cohort: Cohort, folder: Path, track: Callable[[list[str]], Iterable[str]] = iter
) -> None:
    """Write ``<case>.npz``: ``image`` (int16 HU) and ``mask`` (uint8), ``[z, y, x]``, aligned.

    A case without mask has ``image`` only.

    Args:
        cohort: Prepared cases.
        folder: Created if missing.
        track: Wraps the list of cases, as a progress bar does.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in track(cohort.names):
        arrays: dict[str, Any] = {"image": stores.open_image(cohort.store, name)[:]}
        if stores.has_mask(cohort.cases[name]):
            arrays["mask"] = stores.open_arrays(cohort.store, name)[1][:]
        with replacing(folder / f"{name}.npz") as part:
            np.savez_compressed(part, **arrays)
