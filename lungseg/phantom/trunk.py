"""Skin, fat and muscle: the outline of trunk, arms, neck and head."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lungseg.phantom.patient import Patient
from lungseg.phantom.shapes import (
    Slab,
    along_body,
    capsule,
    ellipsoid,
    oval,
    smooth_max,
    smooth_min,
)
from lungseg.phantom.template import (
    FAT,
    FAT_SHARE,
    MUSCLE,
    SPINE_AT,
    TRUNK_AT,
    TRUNK_X,
    TRUNK_Y,
    WATERY,
    Array,
)


def paint_trunk(s: Slab, patient: Patient) -> None:
    """Skin, fat and muscle, and the fat inside the trunk."""
    fat = np.float32(patient.fat) * along_body(FAT_SHARE, s)
    outline = outline_of(s, patient)
    rests = s.axes[1] - np.float32(patient.back)
    skin = outline
    if patient.female:
        breasts = ellipsoid(replace(s, x=np.abs(s.x)), (76, -104, 96), (56, 34, 56))
        skin = smooth_min(skin, breasts, 25)
    skin = smooth_max(skin, rests, 12)
    s.paint(skin, FAT + 6 * s.rough)
    s.paint(np.abs(skin + 1) - 1, WATERY, s.thin(2))
    if patient.female:
        s.paint(breasts + 14 + 5 * s.rough, WATERY, 0.7)
    muscle = smooth_max(outline + fat * (1 + 0.1 * s.rough), rests + 5, 10)
    s.paint(muscle, MUSCLE)
    # Thin planes of fat between the muscles: where the rough field crosses zero, and on the ribs.
    within_muscle = s.cover(muscle + 2)
    s.paint(7 * np.abs(s.rough) - 1, FAT, 0.5 * s.thin(2) * within_muscle)
    s.paint(np.abs(s.cavity - 15) - 1.2, FAT, 0.7 * s.thin(2.4) * within_muscle)
    s.paint(smooth_max(s.cavity, s.z - 205, 30), FAT)


def outline_of(s: Slab, patient: Patient) -> Array:
    """Distance to trunk, arms, neck and head, without the breasts."""
    fat = np.float32(patient.fat) * along_body(FAT_SHARE, s)
    wall = oval(s.x, s.y - along_body(TRUNK_AT, s), along_body(TRUNK_X, s), along_body(TRUNK_Y, s))
    # The top slopes down to the front and the sides.
    top = 243 + 0.45 * np.minimum(s.y - 10, 0) - 0.001 * s.x**2
    outline = smooth_max(wall - fat, 0.9 * (s.z - top), 45)
    both = replace(s, x=np.abs(s.x))
    if patient.arms_down:
        elbow = (patient.arm, 18.0, 40.0)
        outline = smooth_min(outline, capsule(both, (118, 24, 190), (164, 22, 214), 46), 40)
        outline = smooth_min(outline, capsule(both, (164, 22, 214), elbow, 42), 3)
        outline = smooth_min(outline, capsule(both, elbow, (patient.arm, 0, -200), 36), 3)
    if s.axes[2].max() < 90:
        return outline
    if not patient.arms_down:
        outline = smooth_min(outline, capsule(both, (118, 24, 190), (166, 22, 250), 48), 40)
        outline = smooth_min(outline, capsule(both, (166, 22, 250), (232, 4, 352), 47), 20)
    neck = oval(s.x, s.y - along_body(SPINE_AT, s) + 4, 57, 58)
    outline = smooth_min(outline, np.maximum(neck, 150 - s.z), 45)
    outline = smooth_min(outline, ellipsoid(s, (0, -8, 390), (76, 92, 94)), 20)
    return smooth_min(outline, ellipsoid(s, (0, -52, 324), (54, 46, 36)), 30)
