"""Cases and whole cohorts as files: DICOM images, npz masks."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from lungseg.arguments.phantom import check_phantom
from lungseg.files import write_text
from lungseg.phantom.cases import PhantomCase, make_case
from lungseg.phantom.header import PADDING, case_header, uid_of
from lungseg.phantom.scan import outside_circle
from lungseg.phantom.variants import CYCLE, PADDED, scanner_of

KINDS_TABLE = "kinds.csv"


def write_case(case: PhantomCase, root: Path, index: int, *, seed: int = 0) -> None:
    """Write one case as ``Images/<case>/*.dcm`` and ``Segmentations/<case>_seg.npz``.

    The case is called ``Case_<index>``, or ``Case_<index>_<kind>``.

    Args:
        case: From :func:`make_case`.
        root: Folder of the cohort.
        index: The patient's number.
        seed: The seed that the case was made with; UIDs and random names follow from it.

    Raises:
        FileExistsError: If the case's image folder exists.
    """
    name = _case_name(index, case.kind)
    folder = root / "Images" / name
    folder.mkdir(parents=True)
    count = len(case.image)
    rng = np.random.default_rng([seed, index, count])
    names = _file_names(case.plant.name_order, count, rng)
    numbers = _instance_numbers(case.plant.instance_order, count, rng)
    dataset = case_header(case, index, seed)
    scanner = scanner_of(index)
    stored = case.image.astype(np.int32) - scanner.intercept
    if index % CYCLE == PADDED:
        stored[:, outside_circle(stored.shape[1])] = PADDING
    stored = stored.astype("<i2" if scanner.signed else "<u2")
    x, y, z = case.origin
    for k in range(count):
        height = f"{z + k * case.spacing[0]:.3f}"
        uid = uid_of(case, seed, index, f"slice {k}")
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = uid
        dataset.InstanceNumber = str(numbers[k])
        dataset.ImagePositionPatient = [f"{x:.3f}", f"{y:.3f}", height]
        dataset.SliceLocation = height
        dataset.PixelData = stored[k].tobytes()
        dataset.save_as(folder / names[k], enforce_file_format=True)

    masks = root / "Segmentations"
    masks.mkdir(exist_ok=True)
    axes = tuple(axis for axis, flip in enumerate(case.plant.mask_flip) if flip)
    np.savez_compressed(masks / f"{name}_seg.npz", masks=np.flip(case.mask, axes))


def write_cohort(
    root: Path,
    *,
    n_cases: int = 12,
    size: int = 128,
    n_slices: int = 36,
    seed: int = 0,
    kinds: Sequence[str] = (),
    on_case: Callable[[int], object] | None = None,
) -> None:
    """Make and write a cohort atomically.

    Args:
        root: Folder to create, with its parents if missing.
        n_cases: Number of patients. Twelve include every variant; then they repeat.
        size: Pixels per side of a slice, at least 32.
        n_slices: Approximate number of slices per case, at least 12.
        seed: The same seed gives the same bytes.
        kinds: Each patient gets one of these in turn, as `kind` of :func:`make_case`. The table
            ``kinds.csv``, with the columns ``case`` and ``kind``, then says which.
        on_case: Called with its index after each case, as for a progress bar.

    Raises:
        ValueError: If an argument is out of range.
        FileExistsError: If ``root`` exists.
    """
    check_phantom(n_cases=n_cases, size=size, n_slices=n_slices, seed=seed, kinds=kinds)
    root = Path(root)
    if os.path.lexists(root):
        raise FileExistsError(f"{root} exists; a cohort is written to a new folder")
    root.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{root.name}-", dir=root.parent) as temporary:
        # One level deeper: the temporary folder is private to the user, the cohort is not.
        built = Path(temporary) / root.name
        rows = []
        for index in range(n_cases):
            kind = kinds[index % len(kinds)] if kinds else ""
            case = make_case(index, size=size, n_slices=n_slices, seed=seed, kind=kind)
            write_case(case, built, index, seed=seed)
            rows.append(f"{_case_name(index, kind)},{kind}\n")
            if on_case is not None:
                on_case(index)
        if kinds:
            write_text(built / KINDS_TABLE, "".join(["case,kind\n", *rows]))
        os.rename(built, root)


def _case_name(index: int, kind: str) -> str:
    return "_".join(filter(None, (f"Case_{index:03d}", kind)))


def _file_names(order: str, count: int, rng: np.random.Generator) -> list[str]:
    """Name of each slice's file, from the feet up."""
    if order == "unpadded":
        return [f"1-{k + 1}.dcm" for k in range(count)]
    if order == "random":
        return [f"{value:08x}.dcm" for value in rng.choice(2**32, count, replace=False)]
    numbers = range(1, count + 1) if order == "feet_first" else range(count, 0, -1)
    return [f"1-{number:03d}.dcm" for number in numbers]


def _instance_numbers(order: str, count: int, rng: np.random.Generator) -> list[int]:
    """InstanceNumber of each slice, from the feet up."""
    numbers = np.arange(1, count + 1)
    if order == "descending":
        numbers = numbers[::-1]
    elif order == "from_two":
        numbers = numbers + 1
    elif order == "scrambled":
        numbers = rng.permutation(numbers)
    return [int(number) for number in numbers]
