"""Lungs with their vessels, and the airways that lead into them."""

from __future__ import annotations

import numpy as np

from lungseg.phantom.patient import Patient
from lungseg.phantom.shapes import FAR, Slab, along_body, box_of, capsule, oval, smooth_max
from lungseg.phantom.template import AIRWAY_AT, GAS, LUNG_APEX, LUNG_BASE, Array

BRONCHI = (
    ((0.0, 14.0, 142.0), (-34.0, 16.0, 122.0), 7.0),
    ((-34.0, 16.0, 122.0), (-46.0, 18.0, 100.0), 5.0),
    ((0.0, 14.0, 142.0), (42.0, 20.0, 118.0), 6.5),
    ((42.0, 20.0, 118.0), (52.0, 30.0, 98.0), 4.5),
)


def lungs_of(s: Slab) -> tuple[Slab, Array]:
    """Both lungs: the cavity without the mediastinum, from the diaphragm up to the apices.

    Args:
        s: Slices in which the mediastinum has been painted.

    Returns:
        The part of the slices around the lungs, and the distance to their surface there, in mm.
    """
    s = s.within((-150, 150), (-110, 110), (LUNG_BASE - 20, LUNG_APEX + 10))
    lungs = smooth_max(s.cavity + 1, 7 + 18 / (1 + ((s.y - 14) / 45) ** 2) - np.abs(s.x), 10)
    x, y = 0.0165 * (np.abs(s.x) - 46), 0.0105 * (s.y - 14)
    top = LUNG_APEX - x * x / 0.0165 - y * y / 0.0105
    lungs = smooth_max(lungs, (s.z - top) / np.sqrt(1 + 4 * (x * x + y * y)), 16)
    lungs = smooth_max(lungs, 2 - s.core, 7)
    uneven = 1.2 * s.rough
    return s, smooth_max(lungs + uneven, (1 - s.floor + uneven) * (s.soft / s.soft_floor), 4)


def paint_lungs(s: Slab, patient: Patient) -> None:
    """Both lungs with fissures and vessels."""
    s, lungs = lungs_of(s)
    s.lungs[...] = lungs < 0

    # Blood sinks: the back is denser than the front, most of all next to the wall.
    air = patient.lung + 0.55 * s.y + 10 * s.rough + 17 * patient.grain(*s.axes)
    air += 70 * np.clip((s.y - 40) / 40, 0, 1) * np.clip(1 + lungs / 9, 0, 1)
    inside = s.cover(lungs)
    s.hu[...] += (air - s.hu) * inside
    oblique = (s.z - 92 - 0.95 * (s.y - 5)) / 1.38 + 2 * s.rough
    level = np.where((s.x < 0) & (oblique > 0), np.abs(s.z - 118 + 2 * s.rough), FAR)
    fissure = np.minimum(np.abs(oblique), level)
    s.paint(fissure - 1, -560, 0.6 * s.thin(2) * inside)
    _paint_vessels(s, patient, inside)


def _paint_vessels(s: Slab, patient: Patient, inside: Array) -> None:
    """Lung vessels, piece by piece, each within its bounding box."""
    ends = patient.vessels[:, :6].reshape(-1, 2, 3)
    # Vessels are few: instead of bending the grid for them, bend them the other way.
    straight = np.stack(patient.straightened(*np.moveaxis(ends, -1, 0)), -1)
    ends = 2 * ends - straight
    radii = patient.vessels[:, 6]
    x, y, z = (axis.ravel() for axis in s.axes)
    reach = (radii + s.soft / 2)[:, None]
    low, high = ends.min(1) - reach, ends.max(1) + reach
    spans = [
        (np.searchsorted(axis, low[:, k]), np.searchsorted(axis, high[:, k]))
        for k, axis in ((2, z), (1, y), (0, x))
    ]
    hit = np.all([first < last for first, last in spans], axis=0) & (radii > 0.2 * s.soft)
    for i in np.flatnonzero(hit):
        box = tuple(slice(first[i], last[i]) for first, last in spans)
        start, axis = ends[i, 0], ends[i, 1] - ends[i, 0]
        w, v, u = z[box[0], None, None] - start[2], y[box[1], None] - start[1], x[box[2]] - start[0]
        along = np.clip((u * axis[0] + v * axis[1] + w * axis[2]) / (axis @ axis), 0, 1)
        u, v, w = u - along * axis[0], v - along * axis[1], w - along * axis[2]
        share = s.cover(np.sqrt(u * u + v * v + w * w) - radii[i]) * s.thin(2 * radii[i])
        target = s.hu[box]
        target += (patient.blood - 10 - target) * share * inside[box]


def paint_airways(s: Slab) -> None:
    """Larynx, trachea and main bronchi: filled with air, but not lung."""
    b = s.within((-60, 60), (-60, 70), (85, 1e4))
    for start, end, radius in BRONCHI:
        c = b.within(*box_of(start, end, radius + 3))
        bronchus = capsule(c, start, end, radius)
        c.paint(bronchus - 1.5, 0)
        c.paint(bronchus, GAS)
        c.lungs[bronchus < 1.5] = False
    trachea = oval(b.x, b.y - along_body(AIRWAY_AT, b), 8.5, 9)
    trachea = np.maximum(trachea, 140 - b.z)
    # The larynx: a shield of cartilage around an airway that narrows.
    larynx = np.maximum(np.abs(trachea - 7) - 2, np.abs(b.z - 288) - 14)
    b.paint(np.maximum(larynx, b.y - along_body(AIRWAY_AT, b)), 230)
    b.paint(trachea - 2 + np.clip(b.z - 270, 0, 14) / 7, 45)
    b.paint(trachea + np.clip(b.z - 270, 0, 14) / 7, GAS)
