"""Score histograms of an evaluation as a file: curves of several runs are made from their sum."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from lungseg.errors import DataError
from lungseg.files import replacing

FILE = Path("evaluation", "score_histograms.npz")

Histogram = npt.NDArray[np.int64]


def write_histograms(folder: Path, histograms: Mapping[str, Histogram]) -> None:
    """Write the histogram of each set, without its empty bins: a few hundred kB at most.

    Args:
        folder: Run folder.
        histograms: ``[2, bins]`` integers by set, as `lungseg.metrics.histogram.ScoreHistogram`
            computes them.
    """
    arrays: dict[str, npt.NDArray[np.generic]] = {}
    for name, counts in histograms.items():
        filled = np.flatnonzero(counts.any(axis=0))
        arrays[f"{name}_bins"] = np.array(counts.shape[1])
        arrays[f"{name}_filled"] = filled.astype(np.int32)
        arrays[f"{name}_counts"] = counts[:, filled].astype(np.int64)
    with replacing(folder / FILE) as part:
        np.savez_compressed(part, **arrays)  # type: ignore[arg-type]  # of its allow_pickle


def read_histogram(folder: Path, set_name: str) -> Histogram | None:
    """The histogram of a set; None for a run of an earlier version, which wrote none.

    Args:
        folder: Run folder.
        set_name: Such as ``test``.

    Returns:
        ``[2, bins]``: pixels that are not lung first, lung second.

    Raises:
        DataError: If the file is damaged, or lacks the set.
    """
    file = folder / FILE
    if not file.is_file():
        return None
    try:
        with np.load(file, allow_pickle=False) as arrays:
            bins, filled, counts = (
                arrays[f"{set_name}_{kind}"] for kind in ("bins", "filled", "counts")
            )
        histogram = np.zeros((2, int(bins)), np.int64)
        histogram[:, filled] = counts
    except KeyError:
        raise DataError(f"{FILE} has no histogram of the {set_name} set", folder) from None
    except (OSError, ValueError, IndexError, TypeError, EOFError, BadZipFile):
        raise DataError(f"{FILE} is damaged", folder) from None
    return histogram
