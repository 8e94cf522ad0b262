"""Image and mask files of the supported formats."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lungseg.errors import DataError
from lungseg.sources.image_file import ImageFile
from lungseg.sources.nifti_file import read_nifti
from lungseg.sources.nrrd_file import read_nrrd

ENDINGS = (".nii", ".nii.gz", ".nrrd")


def read_image_file(path: Path) -> ImageFile:
    """Read a NIfTI or NRRD file, recognized by its file extension.

    Raises:
        DataError: If it is damaged, has another format or dimension, is too large, or does not
            specify the position of its voxels in the patient.
    """
    if not path.name.lower().endswith(ENDINGS):
        raise DataError(f"unsupported file format; supported are {', '.join(ENDINGS)}", path)
    try:
        image = read_nrrd(path) if path.suffix.lower() == ".nrrd" else read_nifti(path)
    except DataError as error:
        raise DataError(str(error), path) from None
    except OSError as error:
        if error.errno is not None:
            raise
        raise DataError("the file is truncated or damaged", path) from None
    except Exception as error:  # damaged bytes cause errors of every kind in readers
        raise DataError(
            f"the file is truncated or damaged ({type(error).__name__})", path
        ) from None
    if not np.isfinite(image.affine).all() or abs(np.linalg.det(image.affine)) < 1e-9:
        raise DataError("the affine is singular or not finite", path)
    return image
