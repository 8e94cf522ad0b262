"""A data set in a folder, written whole or not at all."""

from __future__ import annotations

import csv
import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg import __version__
from lungseg.data import store as stores
from lungseg.data.datasets.contents import Contents
from lungseg.data.datasets.layout import Layout
from lungseg.data.image_files import write_planes
from lungseg.data.parallel import Parallel
from lungseg.data.place import Place
from lungseg.errors import DataError
from lungseg.files import replacing

PART = ".part-"
NAMES = "names.csv"
# HU are noise for the most part: level 6 takes four times as long for 4 % of the size.
LEVELS = {"image": 1, "mask": 6}


def write_dataset(
    contents: Contents,
    layout: Layout,
    folder: Path,
    parallel: Parallel,
    track: Callable[[list[str]], Iterable[str]] = iter,
) -> None:
    """Write a data set under a temporary name, and rename it at the end.

    Images are int16 HU and masks uint8, 1 where there is lung, on the grid of the scan. Of each
    process one slice is in memory.

    Args:
        contents: Cases and folds.
        layout: How they lie in the folder.
        folder: Must not exist yet.
        parallel: How many cases are written at once.
        track: Wraps the list of cases, as a progress bar does.

    Raises:
        ConfigError: If the layout does not take the folder's name.
        DataError: If the folder is there already, or a case has no mask.
    """
    layout.check(folder)
    refuse_existing(folder)
    contents.cohort.require_masks()
    # An absolute path: processes of a cluster may work elsewhere.
    part = Path(os.path.abspath(folder)).with_name(f"{PART}{uuid.uuid4().hex}") / folder.name
    part.mkdir(parents=True)
    try:
        held_out, files = {*contents.held_out}, contents.files
        targets = {
            case: {
                "image": part / layout.image(files[case], held_out=case in held_out),
                "mask": part / layout.mask(files[case], held_out=case in held_out),
            }
            for case in contents.cases
        }
        write = partial(write_case, contents.cohort.store)
        done = parallel.map(write, list(targets.items()))
        for _ in zip(track(contents.cases), done, strict=False):
            pass
        if any(case != file for case, file in files.items()):
            _write_names(files, part / NAMES)
        layout.describe(contents, part)
        refuse_existing(folder)
        os.rename(part, folder)
    finally:
        shutil.rmtree(part.parent, ignore_errors=True)


def refuse_existing(folder: Path) -> None:
    """Refuse to mix a data set with what is there.

    Raises:
        DataError: If the folder exists.
    """
    if os.path.lexists(folder):
        raise DataError("output: is there already; remove it, or give another folder", folder)


def write_case(store: Place, task: tuple[str, dict[str, Path]]) -> None:
    """Write image and mask of one case.

    Args:
        store: With the prepared cases.
        task: The case's name, and files for its ``image`` and ``mask``.

    Raises:
        DataError: If the store has no such case, or it is incomplete.
    """
    case, targets = task
    affine = np.array(stores.open_case(store, case).attrs["affine"])
    arrays = dict(zip(("image", "mask"), stores.open_arrays(store, case), strict=True))
    for name, array in arrays.items():
        write_planes(
            targets[name],
            _planes(array),
            array.shape[::-1],
            array.dtype,
            affine[:, [2, 1, 0, 3]],  # of NIfTI files, x is the first axis
            f"lungseg {__version__}",
            level=LEVELS[name],
        )


def _planes(array: Any) -> Iterator[NDArray[Any]]:
    """Slices ``[x, y]`` of an array ``[z, y, x]``."""
    return (np.asarray(array[z]).T for z in range(array.shape[0]))


def _write_names(files: dict[str, str], target: Path) -> None:
    """Which file is which case, where names had to be changed."""
    with replacing(target) as part, part.open("w", newline="", encoding="utf-8") as to:
        rows = csv.writer(to, lineterminator="\n")
        rows.writerow(("file", "case"))
        rows.writerows((file, case) for case, file in files.items())
