"""Volumes as NIfTI, and label maps as NRRD and npz too, the same bytes each time."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.files import replacing

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
# Per voxel. A quaternion cannot express sheared axes, as after a gantry tilt.
SHEAR_MM = 1e-3


def write_nifti(
    path: Path, labels: NDArray[np.uint8], affine: NDArray[np.float64], made_by: str
) -> None:
    """Write a ``.nii.gz`` file.

    Args:
        path: File to write.
        labels: ``[i, j, k]``.
        affine: ``[4, 4]``, maps an index ``(i, j, k, 1)`` to ``(x, y, z, 1)`` in mm (LPS).
        made_by: Name and version of the program.

    Raises:
        OSError: If the file cannot be written; it is then as it was.
    """
    planes = (labels[:, :, k] for k in range(labels.shape[2]))
    write_planes(path, planes, labels.shape, labels.dtype, affine, made_by)


def write_planes(
    path: Path,
    planes: Iterable[NDArray[Any]],
    shape: Sequence[int],
    dtype: np.dtype[Any],
    affine: NDArray[np.float64],
    made_by: str,
    *,
    level: int = 6,
) -> None:
    """Write a ``.nii.gz`` file plane by plane, of which one at a time is in memory.

    Args:
        path: File to write.
        planes: ``[i, j]`` each, for k from 0.
        shape: Of all of them, ``(i, j, k)``.
        dtype: Likewise; values are stored as they are, without a scale.
        affine: As for :func:`write_nifti`.
        made_by: Likewise.
        level: Of compression, 1 to 9.

    Raises:
        OSError: If the file cannot be written; it is then as it was.
    """
    import nibabel

    ras = LPS_TO_RAS @ affine + 0.0  # no -0.0
    header: Any = nibabel.Nifti1Header()  # type: ignore[no-untyped-call]
    header.set_data_dtype(dtype)
    header.set_data_shape(tuple(shape))
    # Code 1: coordinates of the scanner. Readers differ in which of the two they prefer.
    header.set_sform(ras, 1)
    header.set_qform(ras, 1)
    if np.abs(header.get_qform() - ras).max() > SHEAR_MM:
        header.set_qform(None, 0)
    header.set_xyzt_units("mm")
    header["descrip"] = made_by.encode()[:79]
    header.set_data_offset(header.single_vox_offset)
    with replacing(path) as part, _gzipped(part, level=level) as file:
        header.write_to(file)
        for plane in planes:  # the first axis varies fastest
            file.write(plane.astype(header.get_data_dtype(), copy=False).tobytes(order="F"))


def write_nrrd(path: Path, labels: NDArray[np.uint8], affine: NDArray[np.float64]) -> None:
    """Write a ``.nrrd`` file; arguments and errors as for :func:`write_nifti`.

    Not by pynrrd, which writes the time into the file.
    """
    directions = " ".join(_vector(affine[:3, axis]) for axis in range(3))
    header = (
        "NRRD0004",
        "type: uint8",
        "dimension: 3",
        "space: left-posterior-superior",
        f"sizes: {' '.join(map(str, labels.shape))}",
        f"space directions: {directions}",
        "kinds: domain domain domain",
        "encoding: gzip",
        f"space origin: {_vector(affine[:3, 3])}",
        "",
        "",
    )
    with replacing(path) as part:
        part.write_text("\n".join(header), encoding="ascii", newline="\n")
        with _gzipped(part, append=True) as file:
            for k in range(labels.shape[2]):  # the first axis varies fastest
                file.write(labels[:, :, k].tobytes(order="F"))


def write_npz(path: Path, image: NDArray[np.int16], labels: NDArray[np.uint8]) -> None:
    """Write ``image`` (HU) and ``mask`` (0 or 1), as :func:`lungseg.data.export.export_npz`.

    Raises:
        OSError: If the file cannot be written; it is then as it was.
    """
    with replacing(path) as part:
        np.savez_compressed(part, image=image, mask=(labels > 0).view(np.uint8))


@contextmanager
def _gzipped(path: Path, *, append: bool = False, level: int = 6) -> Iterator[gzip.GzipFile]:
    """A file to be compressed, without its name and the time of writing."""
    with (
        path.open("ab" if append else "wb") as target,
        gzip.GzipFile("", "wb", compresslevel=level, fileobj=target, mtime=0) as file,
    ):
        yield file


def _vector(numbers: NDArray[np.float64]) -> str:
    return f"({','.join(repr(float(number) + 0.0) for number in numbers)})"
