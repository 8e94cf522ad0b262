"""Three-dimensional arrays with an affine, from NIfTI and NRRD files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.dicom.limits import MAX_VOXELS
from lungseg.errors import DataError
from lungseg.findings import Finding

ENDINGS = (".nii", ".nii.gz", ".nrrd")


@dataclass(frozen=True)
class ImageFile:
    """What an image or mask file holds.

    Attributes:
        array: ``[i, j, k]`` as stored, rescaled where the file says so.
        affine: ``[4, 4]``, maps an array index ``(i, j, k, 1)`` to ``(x, y, z, 1)`` in mm (LPS).
        findings: What a reviewer should know.
        segments: For a file that names its segments: by name, the mask ``[i, j, k]``.
    """

    array: NDArray[Any]
    affine: NDArray[np.float64]
    findings: list[Finding] = field(default_factory=list)
    segments: Mapping[str, NDArray[np.bool_]] | None = None


def read_image_file(path: Path) -> ImageFile:
    """Read a NIfTI or NRRD file, told by its ending.

    Raises:
        DataError: If it is damaged, of another format or dimension, too large, or does not say
            where its voxels lie in the patient.
    """
    from lungseg.sources.nifti_file import read_nifti
    from lungseg.sources.nrrd_file import read_nrrd

    if not path.name.lower().endswith(ENDINGS):
        raise DataError(f"files of this kind are not read; {', '.join(ENDINGS)} are", path)
    try:
        made = read_nrrd(path) if path.suffix.lower() == ".nrrd" else read_nifti(path)
    except DataError as error:
        raise DataError(str(error), path) from None
    except OSError as error:
        if error.errno is not None:
            raise
        raise DataError("the file is truncated or damaged", path) from None
    except Exception as error:  # damaged bytes surface in readers as errors of every kind
        raise DataError(
            f"the file is truncated or damaged ({type(error).__name__})", path
        ) from None
    if not np.isfinite(made.affine).all() or abs(np.linalg.det(made.affine)) < 1e-9:
        raise DataError("the file's affine gives voxels no size", path)
    return made


def check_size(shape: tuple[int, ...]) -> None:
    """Refuse to decode what no CT is.

    Raises:
        DataError: If an array of this shape is empty or holds more than 2**30 voxels.
    """
    count = 1
    for size in shape:
        count *= int(size)
    if not 0 < count <= MAX_VOXELS:
        raise DataError(f"an array of {count} voxels is not read (limit {MAX_VOXELS})")
