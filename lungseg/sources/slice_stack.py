"""Slices in files of their own, joined to a volume: one size, and masks of two values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lungseg.errors import DataError
from lungseg.findings import Finding
from lungseg.sources.image_file import check_size
from lungseg.sources.labels import of_mask, whole_labels
from lungseg.sources.slice_image import read_grey

LISTED = 5
"""Values of a wrong mask that a message lists."""


class SliceFile(NamedTuple):
    """The file of one slice, and the slice's number."""

    z: int
    path: Path


def image_stack(files: Sequence[SliceFile]) -> tuple[NDArray[Any], list[bytes]]:
    """Images as ``[z, y, x]``, and the hashes of the files.

    Raises:
        DataError: If a file is damaged, or images differ in size.
    """
    planes, hashes = _planes(files)
    first = planes[0].shape
    for file, plane in zip(files, planes, strict=True):
        if plane.shape != first:
            raise DataError(
                f"slices differ in size: slice {file.z} is {_size(plane.shape)} pixels, slice"
                f" {files[0].z} {_size(first)}",
                file.path,
            )
    return _stacked(planes), hashes


def mask_stack(
    files: Sequence[SliceFile], shape: Sequence[int]
) -> tuple[NDArray[np.uint8], list[bytes], list[Finding]]:
    """Masks as 0 and 1, ``[z, y, x]``, hashes of the files, and findings.

    Args:
        files: One for each image.
        shape: Height and width of the images.

    Raises:
        DataError: If a file is damaged, not of its image's size, or not binary.
    """
    planes, hashes = _planes(files)
    for file, plane in zip(files, planes, strict=True):
        if plane.shape != tuple(shape):
            raise DataError(
                f"mask of slice {file.z} is {_size(plane.shape)} pixels, its image {_size(shape)}",
                file.path,
            )
    marks = _stacked(planes)
    try:
        whole, rounded = whole_labels(marks)
    except DataError:
        for file, plane in zip(files, marks, strict=True):
            with _in_slice(file):
                whole_labels(plane[np.newaxis])
        raise
    _refuse_other_values(files, whole)
    return (whole > 0).astype(np.uint8), hashes, of_mask(rounded)


def _refuse_other_values(files: Sequence[SliceFile], marks: NDArray[Any]) -> None:
    """Stop at the first mask by which they are not all of 0 and 1, or all of 0 and 255."""
    known: set[float] = set()
    for file, plane in zip(files, marks, strict=True):
        own = {float(value) for value in np.unique(plane)}
        if not _is_binary(known | own):
            others = f" and {_listed(known)} in those before" if _is_binary(own) else ""
            raise DataError(
                f"masks must contain 0 and 1, or 0 and 255; got {_listed(own)} in slice"
                f" {file.z}{others}",
                file.path,
            )
        known |= own


def _is_binary(values: set[float]) -> bool:
    return values <= {0, 1} or values <= {0, 255}


def _listed(values: set[float]) -> str:
    return ", ".join(f"{value:g}" for value in sorted(values)[:LISTED])


@contextmanager
def _in_slice(file: SliceFile) -> Iterator[None]:
    try:
        yield
    except DataError as error:
        raise DataError(f"slice {file.z}: {error}", file.path) from None


def _planes(files: Sequence[SliceFile]) -> tuple[list[NDArray[Any]], list[bytes]]:
    read = [read_grey(file.path) for file in files]
    return [values for values, _ in read], [digest for _, digest in read]


def _stacked(planes: Sequence[NDArray[Any]]) -> NDArray[Any]:
    check_size((len(planes), *planes[0].shape))
    return np.stack(planes)


def _size(shape: Sequence[int]) -> str:
    """As viewers of pictures give it: width first."""
    height, width = shape
    return f"{width} x {height}"
