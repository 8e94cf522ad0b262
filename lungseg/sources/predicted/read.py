"""The mask of one case, on the grid of its image."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.dicom.tree import look
from lungseg.errors import DataError
from lungseg.sources.image_reader import ENDINGS, read_image_file
from lungseg.sources.labels import one_value
from lungseg.sources.predicted.find import NPZ, stem
from lungseg.sources.predicted.resample import resampled
from lungseg.sources.predicted.rules import MaskRules
from lungseg.sources.predicted.structures import contours_of, segments_of, wanted
from lungseg.sources.predicted.values import graded, lungs_in, shown_values
from lungseg.volume import Volume, place

ARRAYS = ("mask", "masks")
"""Names of the array in an npz file."""
NOT_RESAMPLED = "; masks are not resampled"
VOLUME_CHANGE = 0.02
"""Above this share, what resampling does to a mask's volume is told."""


@dataclass(frozen=True)
class CaseMask:
    """What others found in one case.

    Attributes:
        mask: bool ``[z, y, x]``, on the image's grid.
        probability: Of lung, float32 ``[z, y, x]``, which the mask is made of; None if not known.
        graded: Whether there are probabilities between 0 and 1.
        resampled: Whether it was on another grid.
        notes: What a reader should know of the files, without their names.
    """

    mask: NDArray[np.bool_]
    probability: NDArray[np.float32] | None = None
    graded: bool = False
    resampled: bool = False
    notes: tuple[str, ...] = ()


def read_mask(files: Sequence[Path], volume: Volume, rules: MaskRules) -> CaseMask:
    """Read a mask and place it on the grid of a case's image, by its geometry.

    Args:
        files: One with all lungs, or several with a structure each.
        volume: The image's grid; its voxels are not read.
        rules: How masks are read.

    Raises:
        DataError: If a file is damaged, nothing in it is known as lung, or it does not fit the
            grid and may not be resampled.
    """
    if len(files) == 1:
        return _read(files[0], volume, rules)
    parts = [_read(file, volume, rules, alone=False) for file in files]
    return CaseMask(
        np.logical_or.reduce([part.mask for part in parts]),
        resampled=any(part.resampled for part in parts),
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
    )


def _read(file: Path, volume: Volume, rules: MaskRules, *, alone: bool = True) -> CaseMask:
    try:
        if file.name.lower().endswith(NPZ):
            return _from_npz(file, volume, rules, alone)
        if file.name.lower().endswith(ENDINGS):
            return _from_image(file, volume, rules, alone)
        return _from_dicom(file, volume, rules)
    except DataError as error:
        raise DataError(f"the mask: {error}", error.path or file) from None


def _from_npz(file: Path, volume: Volume, rules: MaskRules, alone: bool) -> CaseMask:
    content = io.BytesIO(file.read_bytes())  # so that an OSError concerns reading, not the format
    try:
        with np.load(content) as arrays:
            name = next((name for name in ARRAYS if name in arrays), None)
            if name is None:
                raise DataError("the npz file has no array 'mask'")
            array: NDArray[Any] = arrays[name]
    except (ValueError, EOFError, OSError, zipfile.BadZipFile):
        raise DataError("the npz file is damaged") from None
    if array.shape != volume.voxels.shape:
        raise DataError(
            f"its shape {array.shape} is not the image's {volume.voxels.shape} (z, y, x), and an"
            " npz file has no geometry to place it by"
        )
    lungs = _lungs(array, rules, alone and not _named(file, rules))
    return _made(lungs, rules, notes=_absent(array, lungs))


def _from_image(file: Path, volume: Volume, rules: MaskRules, alone: bool) -> CaseMask:
    image = read_image_file(file)
    notes = [finding.text for finding in image.findings]
    if image.segments is not None and alone:
        if rules.values:  # one value may stand for several segments, each in a layer of its own
            raise DataError(f"its segments are chosen by name{rules.how_to_label('[NAME]')}")
        chosen = wanted(image.segments, rules)
        stored: NDArray[Any] = np.logical_or.reduce([image.segments[name] for name in chosen])
    else:
        stored = _lungs(image.array, rules, alone and not _named(file, rules))
        notes += _absent(image.array, stored)
    placed, was_resampled, more = _on_grid(stored, image.affine, volume, rules)
    return _made(placed, rules, was_resampled, [*notes, *more])


def _named(file: Path, rules: MaskRules) -> bool:
    """Whether a file is of a structure that was asked for by name."""
    return rules.is_named(stem(file.name))


def _lungs(array: NDArray[Any], rules: MaskRules, alone: bool) -> NDArray[Any]:
    """Of a file for itself by its values; in that of one structure all but 0."""
    if alone:
        return lungs_in(array, rules)
    if array.any():
        array = one_value(array)[0]
    found: NDArray[np.bool_] = array != 0
    return found


def _absent(array: NDArray[Any], lungs: NDArray[Any]) -> list[str]:
    """A note where no lung was found among other values: the wrong ones may have been named."""
    if lungs.any() or not array.any():
        return []
    return [f"none of its values ({shown_values(array)}) is one that was named as lung"]


def _from_dicom(file: Path, volume: Volume, rules: MaskRules) -> CaseMask:
    dicom = look(file)
    if dicom is None or dicom.kind == "damaged":
        raise DataError(f"the DICOM file is damaged ({dicom.reason if dicom else 'no header'})")
    if dicom.kind == "rtstruct":
        mask, notes = contours_of(file, volume, rules)
        return CaseMask(mask, notes=tuple(notes))
    segments, notes = segments_of(file, rules)
    mask, was_resampled = np.zeros(volume.voxels.shape, np.bool_), False
    for stored, affine in segments:
        placed, changed, more = _on_grid(stored, affine, volume, rules)
        mask |= placed
        was_resampled |= changed
        notes += more
    return CaseMask(mask, resampled=was_resampled, notes=tuple(notes))


def _on_grid(
    stored: NDArray[Any], affine: NDArray[np.float64], volume: Volume, rules: MaskRules
) -> tuple[NDArray[Any], bool, list[str]]:
    """An array on the image's grid, whether it was resampled for that, and notes."""
    try:
        return place(stored, affine, volume), False, []
    except ValueError as error:
        if not rules.resample:
            why = str(error).removesuffix(NOT_RESAMPLED)
            by = f"; {rules.resampled_by} resamples it" if rules.resampled_by else NOT_RESAMPLED
            raise DataError(f"{why}{by}") from None
    made = resampled(stored, affine, volume)
    before, after = _ml(stored, affine, rules), _ml(made, volume.affine, rules)
    if abs(after - before) <= VOLUME_CHANGE * before:
        return made, True, []
    return made, True, [f"resampling changed its volume from {before:.1f} to {after:.1f} ml"]


def _ml(array: NDArray[Any], affine: NDArray[np.float64], rules: MaskRules) -> float:
    lung = array if array.dtype == np.bool_ else array >= rules.threshold
    return float(np.count_nonzero(lung) * abs(np.linalg.det(affine[:3, :3])) / 1000)


def _made(
    placed: NDArray[Any],
    rules: MaskRules,
    was_resampled: bool = False,
    notes: Sequence[str] = (),
) -> CaseMask:
    if placed.dtype == np.bool_:
        return CaseMask(placed, resampled=was_resampled, notes=tuple(notes))
    mask = placed >= rules.threshold
    return CaseMask(mask, placed, graded(placed), was_resampled, tuple(notes))
