"""Shapes, and how they are painted into a scan.

A shape is given by the distance of every voxel to its surface, negative inside. Painting it with an
edge one pixel wide produces partial volume.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from lungseg.phantom.template import Array, Point, Range

EVERYWHERE: Range = (-1e4, 1e4)
# So far from any surface that it has no effect.
FAR = 60.0


@dataclass(frozen=True)
class Slab:
    """Some slices of a patient, or a box in them. All arrays are ``[z, y, x]`` or broadcast to it.

    Attributes:
        axes: Positions of the voxels before bending: x, y and z of the template, in mm.
        x: Left, bent, in mm; ``y`` and ``z`` likewise.
        rough: The patient's rough field.
        cavity: Distance to the inside of the rib cage, in mm.
        floor: Height above the diaphragm, in mm.
        core: Distance to the solid middle of the chest, between the lungs, in mm.
        hu: CT numbers painted so far.
        lungs: Mask of the lungs.
        soft: Width of a painted edge, in mm.
        soft_floor: The same at the diaphragm, which thick slices cross at a small angle.
        margin: Enlargement of boxes for the bending, in mm.
    """

    axes: tuple[Array, Array, Array]
    x: Array
    y: Array
    z: Array
    rough: Array
    cavity: Array
    floor: Array
    core: Array
    hu: Array
    lungs: NDArray[np.bool_]
    soft: float
    soft_floor: float
    margin: float

    def within(self, x: Range = EVERYWHERE, y: Range = EVERYWHERE, z: Range = EVERYWHERE) -> Slab:
        """The part inside a box, in mm; may be empty. Painting it paints this slab."""
        cut = tuple(
            slice(*np.searchsorted(axis.ravel(), (low - self.margin, high + self.margin)))
            for axis, (low, high) in zip(self.axes[::-1], (z, y, x), strict=True)
        )
        arrays = {
            field.name: getattr(self, field.name)[cut]
            for field in fields(self)
            if field.name not in ("axes", "soft", "soft_floor", "margin")
        }
        axes = self.axes[0][..., cut[2]], self.axes[1][:, cut[1]], self.axes[2][cut[0]]
        return replace(self, axes=axes, **arrays)

    def around(self, centre: Point, reach: Point) -> Slab:
        """The part inside a box, given by its centre and half sides, in mm."""
        return self.within(*((c - r, c + r) for c, r in zip(centre, reach, strict=True)))

    def paint(self, distance: Array, hu: float | Array, strength: float | Array = 1.0) -> None:
        """Blend in a shape by its share of each voxel."""
        self.hu[...] += (hu - self.hu) * (self.cover(distance) * strength)

    def cover(self, distance: Array) -> Array:
        """Share of each voxel that a shape fills."""
        share: Array = np.clip(0.5 - distance / self.soft, 0, 1)
        return share

    def side_of(self, side: float) -> Array:
        """Share of each voxel on a side of the middle: 1 the patient's left, -1 the right."""
        return self.cover(-side * self.x)

    def thin(self, thickness: float) -> float:
        """Strength for a layer thinner than a voxel, whose edges ``cover`` would make too wide."""
        return min(1.0, thickness / self.soft)


def smooth_min(a: Array, b: Array, reach: float) -> Array:
    """Union of two shapes, its seam rounded over ``reach`` mm."""
    blend = np.maximum(reach - np.abs(a - b), 0)
    lower: Array = np.minimum(a, b) - blend * blend * (0.25 / reach)
    return lower


def smooth_max(a: Array, b: Array, reach: float) -> Array:
    """Intersection of two shapes, its edge rounded over ``reach`` mm."""
    return -smooth_min(-a, -b, reach)


def oval(u: Array, v: Array, a: float | Array, b: float | Array) -> Array:
    """Distance to an oval with half axes ``a`` and ``b``, squarer than an ellipse."""
    p, q = (u / a) ** 2, (v / b) ** 2
    radius = 0.6 * np.sqrt(p + q) + 0.4 * np.sqrt(np.sqrt(p * p + q * q))
    reach = np.sqrt(u * u + v * v)
    distance: Array = reach - reach / np.maximum(radius, 1e-3)
    return distance


def ellipsoid(s: Slab, centre: Point, radii: Point) -> Array:
    """Distance to an ellipsoid."""
    offsets = s.x - centre[0], s.y - centre[1], s.z - centre[2]
    squares = [u * u for u in offsets]
    radius = np.sqrt(sum(u / (r * r) for u, r in zip(squares, radii, strict=True)))
    reach = np.sqrt(sum(squares))
    distance: Array = reach - reach / np.maximum(radius, 1e-3)
    return distance


def capsule(s: Slab, start: Point, end: Point, radius: float) -> Array:
    """Distance to a straight tube with round ends."""
    axis = [b - a for a, b in zip(start, end, strict=True)]
    u, v, w = s.x - start[0], s.y - start[1], s.z - start[2]
    along = (u * axis[0] + v * axis[1] + w * axis[2]) / sum(a * a for a in axis)
    along = np.clip(along, 0, 1)
    u, v, w = u - along * axis[0], v - along * axis[1], w - along * axis[2]
    distance: Array = np.sqrt(u * u + v * v + w * w) - radius
    return distance


def box_of(start: Point, end: Point, pad: float) -> tuple[Range, Range, Range]:
    """The box around a tube, for :meth:`Slab.within`."""
    x, y, z = ((min(a, b) - pad, max(a, b) + pad) for a, b in zip(start, end, strict=True))
    return x, y, z


def along_body(profile: PchipInterpolator, s: Slab) -> Array:
    """A profile at each slice, ``[z, 1, 1]``."""
    values: Array = profile(s.axes[2]).astype(np.float32)
    return values
