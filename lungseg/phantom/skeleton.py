"""Bones: ribs and breastbone, spine, shoulders, jaw."""

from __future__ import annotations

import numpy as np

from lungseg.phantom.patient import Patient
from lungseg.phantom.shapes import Slab, along_body, box_of, capsule, oval
from lungseg.phantom.template import CAVITY_AT, CAVITY_Y, SPINE_AT, SPINE_R, WATERY, Array, Point

CORTEX, MARROW, CARTILAGE, DISC = 700.0, 200.0, 140.0, 85.0

Bone = tuple[Point, Point, float]

# Paired bones, given for the left side.
LONG_BONES: tuple[Bone, ...] = (
    ((18.0, -22.0, 196.0), (70.0, -17.0, 212.0), 6.0),  # collar bone
    ((70.0, -17.0, 212.0), (146.0, 12.0, 246.0), 6.0),
    ((96.0, 92.0, 200.0), (152.0, 44.0, 244.0), 6.5),  # spine of the scapula
    ((136.0, 26.0, 226.0), (140.0, 22.0, 236.0), 14.0),  # glenoid, coracoid
    ((138.0, 16.0, 232.0), (124.0, -12.0, 236.0), 6.0),
    ((168.0, 22.0, 244.0), (170.0, 20.0, 248.0), 22.0),  # humerus
    ((170.0, 20.0, 248.0), (226.0, 6.0, 350.0), 12.0),
)
HUMERUS = 2  # how many of them are parts of it


def paint_ribs(s: Slab) -> None:
    """Rings around the cavity that descend towards the front, and the breastbone."""
    s = s.within((-165, 165), (-125, 125), (-90, 240))
    phase = (s.z - 0.6 * s.y) / 26
    off = (phase - np.round(phase)) * (26 * 0.86)
    rib = np.sqrt((s.cavity - 6.5) ** 2 + (0.62 * off) ** 2) - 4
    ends = np.maximum(-78 + 0.6 * (80 - s.y) - s.z, s.z - 222 - 0.45 * (s.y - 10))
    rib = np.maximum(np.maximum(rib, ends), 20 - np.abs(s.x))
    front = np.clip((-52 - s.y) / 10, 0, 1)
    cortex = CORTEX + front * (CARTILAGE - CORTEX)
    _paint_bone(s, rib, cortex, MARROW + front * (CARTILAGE - MARROW))
    s = s.within((-40, 40), (-125, 20), (50, 195))
    y = along_body(CAVITY_AT, s) - along_body(CAVITY_Y, s) - 5
    width = np.clip(15 + (s.z - 150) / 4, 15, 26)
    _paint_bone(s, np.maximum(oval(s.x, s.y - y, width, 5.5), np.abs(s.z - 122) - 66), 420, 150)


def paint_spine(s: Slab) -> None:
    """Vertebral bodies and discs, the canal, arches and processes."""
    s = s.within((-60, 60), (-15, 125))
    z, radius = s.axes[2], along_body(SPINE_R, s)
    turn = np.cos(np.where(z < 205, z / 25, (z - 205) / 17 + 8.2) * np.float32(2 * np.pi))
    disc = np.clip((turn - 0.72) * 8, 0, 1)
    at = along_body(SPINE_AT, s)
    vertebra = oval(s.x, s.y - at, radius * (1 + 0.05 * turn), radius * 0.78)
    canal = at + radius * 0.78 + 9
    x, y = np.abs(s.x), s.y - canal
    ring = np.abs(np.sqrt(s.x**2 + y**2) - 10.5) - 2.8
    _paint_bone(s, np.maximum(ring, -3 - y), CORTEX * 0.8, MARROW)
    _paint_bone(s, oval(x - 14, y - 4, 6, 8), CORTEX * 0.8, MARROW + 80)
    sloped = np.cos((s.z + 0.6 * y) * np.float32(2 * np.pi / 25))
    _paint_bone(s, np.maximum(oval(s.x, y - 26, 3.6, 15), 12 * (sloped - 0.3)), CORTEX, MARROW)
    side = oval(x - radius - 9, y - 3 - 0.25 * (x - radius), 17, 5.5)
    _paint_bone(s, np.maximum(side, 12 * (turn + 0.1)), CORTEX * 0.8, MARROW)
    cortex, marrow = CORTEX * 0.75, MARROW + 12 * s.rough
    _paint_bone(s, vertebra, cortex + disc * (DISC - cortex), marrow + disc * (DISC - marrow))
    s.paint(np.sqrt(s.x**2 + y**2) - 8, WATERY)


def paint_shoulders(s: Slab, patient: Patient) -> None:
    """Shoulder blades, collar bones, arms, jaw."""
    if s.axes[2].max() < 80 and not patient.arms_down:
        return
    bones = LONG_BONES
    if patient.arms_down:
        bones = (*LONG_BONES[:-HUMERUS], *_bones_beside_the_body(patient.arm))
    for side in (-1, 1):
        for (x0, y0, z0), (x1, y1, z1), radius in bones:
            ends = (side * x0, y0, z0), (side * x1, y1, z1)
            b = s.within(*box_of(*ends, radius))
            _paint_bone(b, capsule(b, *ends, radius), CORTEX, 110)
        b = s.within((50, 150) if side > 0 else (-150, -50), (10, 125), (95, 240))
        blade = np.maximum(oval(b.y - 68, b.z - 178, 32, 50), 56 - side * b.x)
        off = 20 + 0.22 * (side * b.x - 70)  # away from the ribs towards the shoulder
        _paint_bone(b, np.maximum(np.abs(b.cavity - off) - 2.6, blade), CORTEX, MARROW)
    b = s.within((-60, 60), (-100, 10), (295, 400))
    jaw = np.abs(oval(b.x, b.y + 22, 44, 58)) - 4.5
    _paint_bone(b, np.maximum(np.maximum(jaw, b.y + 5), 308 - b.z), 1200, 500)


def _bones_beside_the_body(arm: float) -> tuple[Bone, ...]:
    """Upper arm and forearm of an arm that lies at a distance from the middle."""
    return (
        ((160.0, 22.0, 222.0), (164.0, 22.0, 216.0), 22.0),  # humerus
        ((164.0, 22.0, 216.0), (arm, 18.0, 46.0), 11.0),
        ((arm - 8, 20.0, 30.0), (arm - 8, 6.0, -200.0), 7.0),  # ulna, radius
        ((arm + 12, 14.0, 30.0), (arm + 12, -2.0, -200.0), 7.0),
    )


def _paint_bone(s: Slab, distance: Array, cortex: float | Array, marrow: float | Array) -> None:
    s.paint(distance, cortex)
    s.paint(distance + 2.5, marrow)
