"""Masks read from DICOM objects by programs that are not ours, as labels on the chest's grid."""

import shutil
import subprocess

import highdicom
import numpy as np
import pydicom
import pytest

from tests.dicom.oriented import AFFINE, SHAPE, on_grid


def by_highdicom(file, like=AFFINE, shape=SHAPE):
    seg = highdicom.seg.segread(file)
    labels = np.zeros(shape, np.uint8)
    for number in seg.segment_numbers:
        volume = seg.get_volume(segment_numbers=[number])
        labels += np.uint8(number) * on_grid(volume.array[..., 0] > 0, volume.affine, like, shape)
    return labels


def by_positions(file, like=AFFINE, shape=SHAPE):
    """Each frame placed by its own position; pixels by pydicom."""
    ds = pydicom.dcmread(file)
    shared = ds.SharedFunctionalGroupsSequence[0]
    along, down = np.reshape(shared.PlaneOrientationSequence[0].ImageOrientationPatient, (2, 3))
    between_rows, between_columns = shared.PixelMeasuresSequence[0].PixelSpacing
    labels = np.zeros(shape, np.uint8)
    for frame, image in zip(ds.PerFrameFunctionalGroupsSequence, ds.pixel_array, strict=True):
        affine = np.eye(4)
        affine[:3, 0] = np.cross(along, down)
        affine[:3, 1], affine[:3, 2] = down * between_rows, along * between_columns
        affine[:3, 3] = frame.PlanePositionSequence[0].ImagePositionPatient
        number = frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        labels += np.uint8(number) * on_grid((image > 0)[np.newaxis], affine, like, shape)
    return labels


def by_itk(file, like=AFFINE, shape=SHAPE):
    """An image file that ITK knows."""
    import SimpleITK

    image = SimpleITK.ReadImage(str(file))
    affine = np.eye(4)
    affine[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) @ np.diag(image.GetSpacing())
    affine[:3, 3] = image.GetOrigin()
    # ITK's arrays have the last axis first.
    return on_grid(SimpleITK.GetArrayFromImage(image), affine[:, [2, 1, 0, 3]], like, shape)


def violations(file):
    """Errors that dciodvfy finds in a DICOM file."""
    if not shutil.which("dciodvfy"):
        pytest.skip("no dciodvfy (Debian: dicom3tools)")
    done = subprocess.run(["dciodvfy", file], capture_output=True, timeout=60)
    lines = done.stderr.decode(errors="replace").splitlines()
    assert lines, "it names at least the kind of object"
    return [line for line in lines if line.startswith("Error")]
