"""The masks of a scan, written on its own grid in each of the formats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lungseg.data.image_files import write_nifti, write_npz, write_nrrd
from lungseg.dicom.derived import Algorithm as Algorithm
from lungseg.dicom.rtstruct_writer import write_rtstruct
from lungseg.dicom.seg_writer import write_seg
from lungseg.errors import DataError
from lungseg.inference.nearer_lung import nearer_lung
from lungseg.sources.scan import Scan

FILES = {
    "seg": "lungs.seg.dcm",
    "rtstruct": "lungs.rtstruct.dcm",
    "nifti": "lungs.nii.gz",
    "nrrd": "lungs.nrrd",
    "npz": "lungs.npz",
}
FORMATS = tuple(FILES)
DICOM_ONLY = ("seg", "rtstruct")
"""Formats that belong to a patient's study, and so need a scan that was read from DICOM."""


def write(
    format: str,  # the name of the setting's values
    folder: Path,
    scan: Scan,
    labels: NDArray[np.uint8],
    *,
    algorithm: Algorithm,
    probabilities: NDArray[np.uint8] | None = None,
) -> Path:
    """Write the masks of a scan in one format, whole or not at all.

    Args:
        format: One of `FORMATS`.
        folder: Folder to write to; made if missing.
        scan: The scan, on whose stored grid the masks are written.
        labels: ``[z, y, x]`` on the grid of ``scan.volume``: 0 background, 1 right lung, 2 left
            lung.
        algorithm: What made the labels.
        probabilities: Of lung, 255 is probability 1, on the same grid. They make the DICOM-SEG
            fractional; other formats do not have them.

    Returns:
        The file.

    Raises:
        DataError: If the format needs a DICOM scan and this is none, or its files cannot be
            referred to.
        OSError: If the file cannot be written.
    """
    path = folder / FILES[format]
    if format in DICOM_ONLY and not scan.instances:
        raise DataError(
            f"{format} belongs to a DICOM study, and the scan was not read from DICOM; write"
            " nifti or nrrd"
        )
    if format == "npz":
        write_npz(path, scan.volume.voxels, labels)
    elif format == "rtstruct":
        write_rtstruct(path, scan.instances, scan.as_stored(labels), about=algorithm)
    elif format == "seg" and probabilities is not None:
        lungs = nearer_lung(labels, scan.volume.spacing)
        lungs[probabilities == 0] = 0  # no frames of nothing but zeros
        write_seg(
            path,
            scan.instances,
            scan.as_stored(lungs),
            about=algorithm,
            fractions=scan.as_stored(probabilities),
        )
    elif format == "seg":
        write_seg(path, scan.instances, scan.as_stored(labels), about=algorithm)
    else:
        stored, affine = scan.as_stored(labels), scan.stored_affine
        if scan.instances:
            # Of image files, x is the first axis.
            stored, affine = stored.transpose(2, 1, 0), affine[:, [2, 1, 0, 3]]
        if format == "nifti":
            write_nifti(path, stored, affine, f"{algorithm.name} {algorithm.version}")
        else:
            write_nrrd(path, stored, affine)
    return path
