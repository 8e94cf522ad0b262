"""The template body; every patient is a scaled and smoothly, randomly bent version of it.

All shapes are in its frame, in mm: x to the patient's left, y to the back, z to the head, lung
bases near z = 0 and apices near z = 240. As the frame is bent and not each organ separately,
neighbouring organs remain adjacent.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

# Single precision throughout; mypy does not follow numpy there.
Array = NDArray[np.floating[Any]]
Point = tuple[float, float, float]
Range = tuple[float, float]

LUNG_BASE, LUNG_APEX = -4.0, 237.0

AIR, GAS, FAT, MUSCLE, WATERY = -1000.0, -975.0, -105.0, 55.0, 20.0


def _profile(*knots: Range) -> PchipInterpolator:
    return PchipInterpolator(*zip(*knots, strict=True))


# Half width (x), half depth (y) and centre of the rib cage's inside and of the trunk under its fat,
# and other properties that change along the body, by z.
CAVITY_X = _profile(
    *((-200, 118), (-60, 126), (0, 132), (60, 136), (110, 134), (150, 126), (180, 112)),
    *((205, 94), (225, 74), (245, 54), (275, 40), (450, 36)),
)
CAVITY_Y = _profile(
    *((-200, 68), (0, 87), (60, 92), (110, 90), (150, 82), (180, 69), (205, 55), (225, 42)),
    *((275, 30), (450, 28)),
)
CAVITY_AT = _profile(
    (-200, -16), (0, -4), (60, -2), (110, 0), (150, 4), (180, 9), (225, 14), (450, 14)
)
TRUNK_X = _profile((-200, 143), (0, 152), (60, 157), (110, 159), (150, 161), (205, 168), (450, 150))
TRUNK_Y = _profile(
    (-200, 103), (0, 107), (60, 111), (110, 107), (150, 99), (205, 86), (260, 64), (450, 60)
)
TRUNK_AT = _profile((-200, 2), (60, 2), (110, 5), (150, 9), (205, 20), (260, 26), (450, 26))
FAT_SHARE = _profile((-200, 1.15), (100, 1), (180, 0.8), (250, 0.45), (450, 0.3))
SPINE_AT = _profile(
    *((-200, 32), (-60, 40), (0, 46), (60, 48), (120, 47), (170, 40), (210, 31), (240, 23)),
    *((280, 14), (450, 14)),
)
SPINE_R = _profile((-200, 24), (0, 20), (120, 17), (200, 15), (260, 12), (450, 11))
AIRWAY_AT = _profile((130, 14), (200, 4), (250, -12), (285, -22), (315, -12), (450, -4))
AORTA_X = _profile((-200, 4), (-60, 9), (20, 22), (60, 26), (160, 26), (450, 26))
