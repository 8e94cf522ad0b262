"""A grid, masks on it, and files of them that nibabel and SimpleITK write."""

import nibabel
import numpy as np
import SimpleITK

from lungseg.volume import Volume

SHAPE = (6, 8, 10)
SPACING = (3.0, 1.5, 1.25)
ORIGIN = (-20.0, 30.0, -100.0)  # x, y, z


def affine_of(spacing=SPACING, origin=ORIGIN):
    """From (z, y, x) to LPS mm."""
    affine = np.zeros((4, 4))
    affine[[2, 1, 0], [0, 1, 2]], affine[:3, 3], affine[3, 3] = spacing, origin, 1
    return affine


GRID = Volume(np.broadcast_to(np.int16(0), SHAPE), affine_of())


def lungs(shape=SHAPE):
    """Two boxes of different size, so that no flip or turn maps them to themselves."""
    mask = np.zeros(shape, np.uint8)
    mask[1:4, 2:6, 1:4] = 1
    mask[2:6, 1:5, 6:9] = 2
    return mask


def write_itk(path, array, spacing=SPACING, origin=ORIGIN, axes="LPS"):
    """By SimpleITK: an array (z, y, x) with the axes turned to another orientation."""
    image = SimpleITK.GetImageFromArray(array)
    image.SetSpacing(spacing[::-1])
    image.SetOrigin(origin)
    path.parent.mkdir(parents=True, exist_ok=True)
    SimpleITK.WriteImage(SimpleITK.DICOMOrient(image, axes), str(path))


def write_nibabel(path, array, axes, spacing=SPACING, origin=ORIGIN):
    """By nibabel, stored in the order and direction of axes that a code such as PSR names."""
    ras = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine_of(spacing, origin)
    image = nibabel.Nifti1Image(array, ras)
    own = nibabel.io_orientation(ras)
    turn = nibabel.orientations.ornt_transform(own, nibabel.orientations.axcodes2ornt(axes))
    image = image.as_reoriented(turn)
    assert "".join(nibabel.aff2axcodes(image.affine)) == axes
    image.header.set_xyzt_units("mm")
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(image, path)
