"""The middle of the chest, between the lungs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lungseg.phantom.patient import Patient
from lungseg.phantom.shapes import (
    Slab,
    along_body,
    box_of,
    capsule,
    ellipsoid,
    oval,
    smooth_max,
    smooth_min,
)
from lungseg.phantom.template import AORTA_X, FAT, GAS, SPINE_AT, SPINE_R, Array

GREAT_VESSELS = (  # from, to, radius
    ((-8.0, -34.0, 96.0), (-14.0, -28.0, 148.0), 15.0),  # ascending aorta, arch
    ((-14.0, -28.0, 148.0), (-4.0, -10.0, 165.0), 14.0),
    ((-4.0, -10.0, 165.0), (14.0, 14.0, 166.0), 13.0),
    ((14.0, 14.0, 166.0), (26.0, 28.0, 150.0), 12.5),
    ((12.0, -40.0, 100.0), (18.0, -28.0, 134.0), 13.0),  # pulmonary trunk and arteries
    ((16.0, -22.0, 134.0), (46.0, 10.0, 136.0), 10.0),
    ((12.0, -18.0, 130.0), (-46.0, 2.0, 124.0), 9.5),
    ((-32.0, -10.0, 90.0), (-28.0, -14.0, 190.0), 9.0),  # superior vena cava
    ((-28.0, -14.0, 190.0), (34.0, -18.0, 208.0), 6.5),  # brachiocephalic veins
    ((-6.0, -12.0, 168.0), (-34.0, -8.0, 262.0), 5.5),  # arteries to head and arms
    ((4.0, -4.0, 170.0), (28.0, -2.0, 262.0), 4.5),
    ((14.0, 8.0, 168.0), (22.0, 4.0, 240.0), 4.5),
    ((-34.0, -8.0, 262.0), (-36.0, 4.0, 420.0), 5.0),
    ((28.0, -2.0, 262.0), (36.0, 4.0, 420.0), 5.0),
    ((-28.0, -14.0, 200.0), (-46.0, -2.0, 400.0), 7.0),  # jugular veins
    ((34.0, -18.0, 208.0), (46.0, -2.0, 400.0), 6.5),
)
HILA = (((-42.0, 8.0, 116.0), (17.0, 18.0, 26.0)), ((43.0, 12.0, 120.0), (15.0, 17.0, 25.0)))


def paint_mediastinum(s: Slab, patient: Patient) -> None:
    """Heart, great vessels, oesophagus, and the rest of the mediastinum."""
    s = s.within((-120, 120), (-110, 110))
    blood = patient.blood
    b = s.within((-60, 60), (-10, 90), (-40, 250))
    spine = np.sqrt(b.x**2 + (b.y - along_body(SPINE_AT, b) - 4) ** 2) - along_body(SPINE_R, b) - 6
    b.core[...] = smooth_min(b.core, spine, 8)
    for centre, radii in HILA:
        b = s.around(centre, (radii[0] + 8, radii[1] + 8, radii[2] + 8))
        _paint_solid(b, ellipsoid(b, centre, radii) + 3 * b.rough, 0.5 * blood)
    b = s.within((-70, 120), (-110, 50), (15, 150))
    heart = _heart(b, patient.heart)
    _paint_solid(b, heart, 48)
    b.paint(heart + 9 + 4 * b.rough, blood)
    b.paint(np.maximum(np.abs(heart + 6) - 5, 7 * np.abs(b.rough) - 2), FAT, 0.6)  # its grooves
    for start, end, radius in GREAT_VESSELS:
        b = s.within(*box_of(start, end, radius + 8))
        _paint_solid(b, capsule(b, start, end, radius), blood)
    b = s.within((-20, 50), (-10, 60), (-1e4, 152))
    front = along_body(SPINE_AT, b) - 0.78 * along_body(SPINE_R, b)
    aorta = np.sqrt((b.x - along_body(AORTA_X, b)) ** 2 + (b.y - front) ** 2) - 11.5
    _paint_solid(b, np.maximum(aorta, b.z - 152), blood)
    b = s.within((-20, 30), (-25, 50), (25, 275))
    gullet = oval(b.x - 6, b.y - along_body(SPINE_AT, b) + along_body(SPINE_R, b) + 4, 9, 6)
    b.paint(gullet, 40)
    b.paint(gullet + 4.5, GAS, 0.6 * np.clip(b.rough, 0, 1))


def _heart(s: Slab, size: float) -> Array:
    """Distance to the heart: the ventricles, their tip to the left and front, and the atria."""
    x, y, z = s.x - 31, s.y + 34, s.z - 84
    along = 0.83 * x - 0.55 * y
    aside = 0.55 * x + 0.83 * y
    tilted = replace(s, x=along, y=aside, z=z + 0.35 * along)
    chambers = ellipsoid(tilted, (0, 0, 0), (62 * size, 44 * size, 47 * size))
    chambers = smooth_min(chambers, ellipsoid(s, (-13, -18, 94), (32, 36, 40)), 16)
    chambers = smooth_min(chambers, ellipsoid(s, (8, 14, 104), (34, 24, 28)), 10)
    chambers = smooth_max(chambers + 1.5 * s.rough, 3 - s.floor, 8)
    return smooth_max(chambers, s.cavity + 6, 8)


def _paint_solid(s: Slab, distance: Array, hu: float) -> None:
    """Paint the space between the lungs, with a thin layer of fat."""
    s.core[...] = smooth_min(s.core, distance - 1.5, 8)
    s.paint(distance, hu)
