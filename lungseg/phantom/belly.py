"""What lies beneath the diaphragm."""

from __future__ import annotations

import numpy as np

from lungseg.phantom.patient import Patient
from lungseg.phantom.shapes import Slab, ellipsoid, smooth_max, smooth_min
from lungseg.phantom.template import FAT, GAS, MUSCLE

# Soft organs of the belly: centre, half axes, HU, and how much contrast medium they take up.
BELLY = (
    ((62.0, 34.0, -66.0), (28.0, 24.0, 54.0), 32.0, 1.0),  # kidneys
    ((-60.0, 34.0, -76.0), (27.0, 24.0, 52.0), 32.0, 1.0),
    ((36.0, 44.0, -120.0), (19.0, 20.0, 90.0), 55.0, 0.1),  # psoas
    ((-36.0, 44.0, -120.0), (19.0, 20.0, 90.0), 55.0, 0.1),
    ((10.0, -14.0, -52.0), (60.0, 16.0, 13.0), 38.0, 0.5),  # pancreas
    ((-16.0, 8.0, -90.0), (12.0, 10.0, 130.0), 42.0, 0.7),  # inferior vena cava
    ((94.0, 40.0, 6.0), (36.0, 44.0, 50.0), 48.0, 0.6),  # spleen
)
LIVER = (((-58.0, -8.0, 6.0), (94.0, 92.0, 84.0)), ((14.0, -46.0, 20.0), (64.0, 44.0, 42.0)))
STOMACH = ((64.0, -24.0, 8.0), (46.0, 46.0, 50.0))


def paint_belly(s: Slab, patient: Patient) -> None:
    """Liver, stomach, bowel with pockets of gas, and the organs behind them."""
    s = s.within((-140, 140), (-125, 110), (-1e4, 85))
    uptake = max(0.0, patient.blood - 45)
    room = smooth_max(s.cavity + 1.5, s.floor + 2, 10)
    s.paint(np.maximum(s.cavity, s.floor), FAT)
    s.paint(np.maximum(s.cavity, np.abs(s.floor + 3) - 4), MUSCLE)
    loops = np.maximum(np.maximum(room, s.floor + 26), np.maximum(s.y - 28, 9 * (-0.25 - s.rough)))
    s.paint(loops, 35 + 8 * s.rough)
    for centre, radii, hu, share in BELLY:
        b = s.around(centre, radii)
        inside = smooth_max(ellipsoid(b, centre, radii), np.maximum(b.cavity - 4, b.floor + 5), 6)
        b.paint(inside + 1.5 * b.rough, hu + share * uptake)
    liver = smooth_min(ellipsoid(s, *LIVER[0]), ellipsoid(s, *LIVER[1]), 30)
    liver = smooth_max(liver + 3 * s.rough, room, 6)
    stomach = smooth_max(ellipsoid(s, *STOMACH) + 3 * s.rough, np.maximum(room, 4 - liver), 8)
    s.paint(stomach, 45)
    s.paint(stomach + 5, 15 + 12 * s.rough)
    # Air rises to the front of a patient who lies on the back: a level surface.
    s.paint(np.maximum(stomach + 5, s.axes[1] + 32), GAS)
    for px, py, pz, rx, ry, rz in patient.gas.tolist():
        b = s.around((px, py, pz), (rx + 6, ry + 6, rz + 6))
        gut = ellipsoid(b, (px, py, pz), (rx, ry, rz)) + 3 * b.rough
        gut = np.maximum(gut, np.maximum(b.cavity, b.floor) + 8)
        b.paint(gut - 3.5, 40)
        b.paint(gut, GAS)
    s.paint(liver, 56 + 0.4 * uptake)
