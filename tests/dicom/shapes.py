"""Shapes as contours, and masks traced by an independent tool."""

from pathlib import Path

import numpy as np
from contourpy import contour_generator

from lungseg.volume import Volume


def empty_volume(shape, spacing=(1.0, 1.0, 1.0), origin=(0.0, 0.0, 0.0)) -> Volume:
    """Spacing along (z, y, x), origin (x, y, z), both in mm."""
    affine = np.zeros((4, 4))
    affine[[2, 1, 0], [0, 1, 2]] = spacing
    affine[:3, 3], affine[3, 3] = origin, 1
    return Volume(np.zeros(shape, np.int16), affine)


def circle(x, y, z, radius, *, points=90, start=0.0, winding=1) -> np.ndarray:
    """Polygon [points, 3] (x, y, z) in mm with the area of the circle."""
    angle = start + winding * np.arange(points) * 2 * np.pi / points
    # Corners lie outside the circle by as much as sides lie inside it.
    radius = radius * np.sqrt(2 * np.pi / points / np.sin(2 * np.pi / points))
    return np.c_[x + radius * np.cos(angle), y + radius * np.sin(angle), np.full(points, z)]


def trace(mask: np.ndarray, volume: Volume) -> list[np.ndarray]:
    """Outlines of a mask [z, y, x], midway between pixel centres, in mm (LPS)."""
    contours = []
    for z, image in enumerate(np.pad(mask, ((0, 0), (1, 1), (1, 1))).astype(float)):
        for line in contour_generator(z=image).lines(0.5):
            index = np.c_[np.full(len(line) - 1, z), line[:-1, 1] - 1, line[:-1, 0] - 1]
            contours.append(index @ volume.affine[:3, :3].T + volume.affine[:3, 3])
    return contours


def dsc(a: np.ndarray, b: np.ndarray) -> float:
    return 2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b))


def write_image(path: Path, voxels: np.ndarray, volume: Volume) -> None:
    """A file for tools that read ITK's formats, on the volume's grid."""
    import SimpleITK

    image = SimpleITK.GetImageFromArray(voxels)
    image.SetSpacing(volume.spacing[::-1])
    image.SetOrigin(volume.affine[:3, 3].tolist())
    SimpleITK.WriteImage(image, str(path))
