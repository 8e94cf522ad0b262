"""An asymmetric chest, written as DICOM with slices in any orientation; where its lungs are."""

import itertools
from pathlib import Path

import numpy as np
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from lungseg.dicom.series import read_series

AFFINE = np.array(
    [[0, 0, 1.25, -30.5], [0, 1.5, 0, -42.25], [3, 0, 0, -100.75], [0, 0, 0, 1]], float
)
"""(z, y, x) to (x, y, z) in mm, LPS."""
SHAPE = (24, 40, 48)


def chest():
    """HU, int16, and labels, uint8, both [z, y, x]; the right lung is larger and has a cavity."""
    z, y, x = np.mgrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]

    def ball(cz, cy, cx, rz, ry, rx):
        return ((z - cz) / rz) ** 2 + ((y - cy) / ry) ** 2 + ((x - cx) / rx) ** 2 < 1

    right = ball(12, 19, 14, 10, 13, 9) & ~ball(13, 20, 14, 4, 4, 3)
    left = ball(14, 22, 34, 7, 9, 6)
    labels = np.where(right, 1, np.where(left, 2, 0)).astype(np.uint8)
    hu = np.where(labels > 0, -850, np.where(ball(12, 20, 24, 99, 19, 23), 40, -1000))
    # Each voxel differs from its neighbours, so that no mirrored image looks the same.
    hu = hu + (7 * z + 3 * y + x) % 11
    return hu.astype(np.int16), labels


def turned(array, affine, axes, flips):
    """The array and its affine with axes in another order, some of them reversed."""
    array, affine = array.transpose(axes), affine[:, [*axes, 3]].copy()
    for axis in np.flatnonzero(flips):
        affine[:, 3] += affine[:, axis] * (array.shape[axis] - 1)
        affine[:, axis] *= -1
        array = np.flip(array, axis)
    return array, affine


def write_series(folder: Path, hu, affine, *, position="HFS", jitter=0.0, **tags) -> None:
    """Write ``[slice, row, column]``, whose affine maps its indices to mm (LPS), in that order."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    lengths = np.linalg.norm(affine[:3, :3], axis=0)
    units = affine[:3, :3] / lengths
    for k, image in enumerate(hu):
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = CTImageStorage
        meta.MediaStorageSOPInstanceUID = f"1.2.826.0.1.99.3.{k + 1}"
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
        ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
        ds.StudyInstanceUID, ds.SeriesInstanceUID = "1.2.826.0.1.99.1", "1.2.826.0.1.99.2"
        ds.FrameOfReferenceUID, ds.PositionReferenceIndicator = "1.2.826.0.1.99.4", ""
        ds.Modality, ds.Manufacturer, ds.SeriesNumber = "CT", "maker", 2
        ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        ds.PatientName, ds.PatientID, ds.PatientSex = "Doe^Jane", "P-17", "F"
        ds.PatientBirthDate, ds.StudyID, ds.AccessionNumber = "19500102", "S1", "A1"
        ds.StudyDate, ds.StudyTime, ds.ReferringPhysicianName = "20240305", "101112", ""
        ds.AcquisitionDate, ds.AcquisitionTime = "20240305", "101500.25"
        ds.InstanceNumber, ds.PatientPosition = k + 1, position
        at = affine[:3, :3] @ [k, 0, 0] + affine[:3, 3] + rng.uniform(-jitter, jitter, 3)
        ds.ImagePositionPatient = [f"{value:.6f}" for value in at]
        directions = [*units[:, 2], *units[:, 1]]
        ds.ImageOrientationPatient = [f"{value + 0:.6f}" for value in directions]
        ds.PixelSpacing = [f"{value:.6f}" for value in lengths[1:]]
        ds.SliceThickness = f"{lengths[0]:.6f}"
        ds.Rows, ds.Columns = image.shape
        ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 1
        ds.RescaleSlope, ds.RescaleIntercept = 1, 0
        ds.PixelData = np.ascontiguousarray(image, "<i2").tobytes()
        for keyword, value in tags.items():
            if value is None:
                del ds[keyword]
            else:
                setattr(ds, keyword, value)
        ds.save_as(folder / f"{k:03d}.dcm", enforce_file_format=True)


def on_grid(values, affine, like=AFFINE, shape=SHAPE):
    """Non-zero voxels of an array set on another grid, by their positions in mm."""
    found = np.argwhere(values)
    at = np.c_[found, np.ones(len(found))] @ (np.linalg.inv(like) @ affine).T
    index = np.rint(at[:, :3]).astype(int)
    assert np.abs(at[:, :3] - index).max(initial=0) < 0.1
    out = np.zeros(shape, np.asarray(values).dtype)
    out[tuple(index.T)] = values[tuple(found.T)]
    assert np.count_nonzero(out) == len(found)
    return out


HU, LABELS = chest()
FLIPS = list(itertools.product((0, 1), repeat=3))
ALL = list(itertools.product(itertools.permutations(range(3)), FLIPS))
# Axial slices, sagittal and coronal ones; all eight in-plane orientations of each are in REST.
SOME = [
    *(((0, 1, 2), (0, 0, 1)), ((0, 2, 1), (0, 0, 0)), ((0, 2, 1), (1, 1, 0))),
    *(((1, 0, 2), (0, 1, 0)), ((2, 0, 1), (1, 1, 0))),
]
REST = [turn for turn in ALL if turn not in SOME]


def series(folder, axes=(0, 1, 2), flips=(0, 0, 0), **how):
    """A written series, as read."""
    write_series(folder, *turned(HU, AFFINE, axes, flips), **how)
    read = read_series(sorted(folder.iterdir()))
    np.testing.assert_array_equal(read.volume.voxels, HU)
    return read
