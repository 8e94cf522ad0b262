"""NIfTI files: voxels rescaled, affine in LPS."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.errors import DataError
from lungseg.findings import Finding
from lungseg.sources.image_file import ImageFile, check_size

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
# sform and qform are stored with different precision; a larger difference is not rounding.
MAX_APART_MM = 0.1


def read_nifti(path: Path) -> ImageFile:
    """Read a NIfTI-1 or NIfTI-2 file.

    Raises:
        DataError: If it has a time axis, is not in mm, or has neither sform nor qform.
    """
    import nibabel

    image: Any = nibabel.load(path)
    header = image.header
    shape = tuple(image.shape)
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if len(shape) != 3:
        raise DataError(f"the file has {len(shape)} axes {shape}; one volume of 3 is expected")
    check_size(shape)
    findings = []
    unit = header.get_xyzt_units()[0]
    if unit == "unknown":
        text = "the file gives no unit of length; mm was assumed"
        findings.append(Finding("units-unknown", "info", text))
    elif unit != "mm":
        raise DataError(f"the file's unit of length is {unit}, not mm")
    sform, qform = header.get_sform(coded=True)[0], header.get_qform(coded=True)[0]
    affine = qform if sform is None else sform
    if affine is None:
        raise DataError("the file has neither sform nor qform: its orientation is unknown")
    if sform is not None and qform is not None:
        apart = _apart(sform, qform, shape)
        if apart > MAX_APART_MM:
            text = f"sform and qform place voxels up to {apart:.1f} mm apart; sform was used"
            findings.append(Finding("sform-qform", "error", text))
    array = np.asanyarray(image.dataobj).reshape(shape, order="F")
    return ImageFile(array, RAS_TO_LPS @ affine, findings)


def _apart(a: NDArray[np.float64], b: NDArray[np.float64], shape: tuple[int, ...]) -> float:
    """Largest distance of a corner between two affines, in mm."""
    corners = np.array([(*corner, 1) for corner in product(*((0, size - 1) for size in shape))])
    return float(np.linalg.norm(((a - b) @ corners.T)[:3], axis=0).max())
