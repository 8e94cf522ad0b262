"""The chest as scans, read from files of every kind."""

from pathlib import Path

import nibabel
import nrrd
import numpy as np

from lungseg.geometry import oriented
from lungseg.sources.image_reader import read_image_file
from lungseg.sources.scan import Scan
from lungseg.volume import Volume
from tests.dicom.oriented import AFFINE, HU, series, turned

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def dicom_scan(folder: Path, *turn, **how) -> Scan:
    read = series(folder, *turn, **how)
    return Scan("case", read.volume, read.stored_affine, "", instances=read.instances)


def image_scan(file: Path, axes=(2, 1, 0), flips=(0, 0, 0)) -> Scan:
    """Written as NIfTI or NRRD with the given axes, by nibabel or pynrrd, and read."""
    array, affine = turned(HU, AFFINE, axes, flips)
    if file.suffix == ".nrrd":
        header = {
            "space": "left-posterior-superior",
            "space directions": affine[:3, :3].T,
            "space origin": affine[:3, 3],
        }
        nrrd.write(str(file), np.ascontiguousarray(array), header)
    else:
        nibabel.save(nibabel.Nifti1Image(array, LPS_TO_RAS @ affine), file)
    scan = read_image(file)
    np.testing.assert_array_equal(scan.volume.voxels, HU)
    return scan


def read_image(file: Path) -> Scan:
    image = read_image_file(file)
    voxels, moved, _ = oriented(image.array, image.affine)
    return Scan("case", Volume(voxels, moved), image.affine, "")
