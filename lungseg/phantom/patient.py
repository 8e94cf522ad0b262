"""The individual properties of a patient, and how they are drawn at random."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lungseg.phantom.template import Array, Point, Range
from lungseg.phantom.waves import Waves

# Bending moves no tissue further than this: boxes around shapes are enlarged by as much.
BEND_LIMIT = 14.0


@dataclass(frozen=True)
class Patient:
    """The individual properties of a patient.

    Attributes:
        female: Whether to draw breasts.
        scale: Size along ``(x, y, z)`` relative to the template.
        centre: Position of the template's origin in the scan field, ``(x, y)`` in mm.
        fat: Thickness under the skin, in mm.
        blood: HU of the great vessels; above 50 with contrast medium.
        lung: HU of the lungs in the middle.
        inflation: Width of the left lung relative to the template.
        shift: Displacement of the mediastinum to the right, in mm.
        domes: Height of the diaphragm, right and left, in mm.
        heart: Size of the heart relative to the template.
        bend: Fields that bend the frame along x, y and z.
        rough: Field that roughens surfaces.
        grain: Texture of the lungs.
        vessels: Lung vessels, ``[n, 7]``: both ends and the radius, in mm.
        gas: Pockets in the bowel, ``[n, 6]``: centre and half axes, in mm.
        arms_down: Whether the arms lie beside the body, not beside the head.
    """

    female: bool
    scale: Point
    centre: Range
    fat: float
    blood: float
    lung: float
    inflation: float
    shift: float
    domes: Range
    heart: float
    bend: tuple[Waves, Waves, Waves]
    rough: Waves
    grain: Waves
    vessels: Array
    gas: Array
    arms_down: bool = False

    @property
    def back(self) -> float:
        """Height of the table under the back, y in mm of the template."""
        return 110.0 + 0.6 * self.fat

    @property
    def arm(self) -> float:
        """Distance of an arm that lies beside the body from its middle, x in mm of the template."""
        return 206.0 + self.fat

    def straightened(self, x: Array, y: Array, z: Array) -> tuple[Array, Array, Array]:
        """Position in the template of the tissue at a position."""
        dx, dy, dz = (wave(x, y, z) for wave in self.bend)
        # The mediastinum is displaced between the lungs; chest wall and spine are not.
        gives_way = np.maximum(1 - (x / 128) ** 2, 0) * np.clip((28 - y) / 30, 0, 1)
        gives_way = gives_way / (1 + ((z - 95) / 120) ** 4)
        px = x + 3 * dx + np.float32(self.shift) * gives_way
        px = np.where(px > 0, px / np.float32(self.inflation), px)
        return px, y + 4 * dy, z + 4 * dz

    @classmethod
    def draw(cls, rng: np.random.Generator, *, female: bool, large_left: bool) -> Patient:
        """Draw a patient.

        Args:
            rng: Random generator; the same state gives the same patient.
            female: A woman: somewhat smaller, with more fat under the skin.
            large_left: With an overinflated left lung that pushes the heart aside.
        """
        size = 0.96 if female else 1.03
        width, depth, height = (size * rng.normal(1, 0.02) * rng.normal(1, 0.02, 3)).tolist()
        left_dome = rng.uniform(47, 56) - (30 if large_left else 0)

        def bend() -> Waves:
            return Waves.draw(rng, 5, (110, 320))

        return cls(
            female=female,
            scale=(width, depth, height),
            centre=(float(rng.choice([-1, 1])) * rng.uniform(4, 13), rng.uniform(-20, -6)),
            fat=rng.uniform(14, 26) if female else rng.uniform(9, 22),
            blood=float(rng.choice([42.0, 45.0, rng.uniform(110, 190)])),
            lung=rng.uniform(-840, -790) - (35 if large_left else 0),
            inflation=1.08 if large_left else rng.uniform(0.9, 0.95),
            shift=24.0 if large_left else rng.uniform(-8, -2),
            domes=(rng.uniform(64, 74), left_dome),
            heart=rng.uniform(0.9, 1.06),
            bend=(bend(), bend(), bend()),
            rough=Waves.draw(rng, 9, (24, 70)),
            grain=Waves.draw(rng, 16, (4, 24)),
            vessels=np.concatenate([_grow_vessels(rng, side) for side in (-1, 1)]),
            gas=_draw_gas(rng),
        )


def _grow_vessels(rng: np.random.Generator, side: int) -> Array:
    """Grow arteries and veins of one lung from its hilum.

    Args:
        rng: Random generator.
        side: -1 for the right lung, 1 for the left.

    Returns:
        ``[n, 7]``: both ends as ``(x, y, z)`` and the radius of each piece, in mm.
    """
    pieces = []
    for trunks, root, radius in ((6, (40, 8, 124), 4.6), (4, (40, 2, 104), 4.4)):
        # Spread over the half of the sphere that faces the lung, not all to one side.
        turn = np.linspace(0, 2 * np.pi, trunks, endpoint=False) + rng.uniform(0, 6)
        tilt = rng.uniform(0.5, 1.5, trunks)
        heading = np.stack(
            [np.cos(tilt), np.sin(tilt) * np.cos(turn), np.sin(tilt) * np.sin(turn)], 1
        )
        start = np.repeat(np.array([root], float), trunks, axis=0) + rng.normal(0, 3, (trunks, 3))
        for length in (20, 19, 18, 16, 14, 12):
            end = start + heading * length * rng.uniform(0.7, 1.3, (len(start), 1))
            caliber = radius * rng.uniform(0.75, 1.1, (len(start), 1))
            pieces.append(np.hstack([start, end, caliber]))
            start, radius = np.repeat(end, 2, axis=0), radius * 0.77
            heading = np.repeat(heading, 2, axis=0) + rng.normal(0, 0.42, (len(start), 3))
            heading /= np.linalg.norm(heading, axis=1, keepdims=True)
    # Branches all over the lung, each pointing away from the hilum; those outside are invisible.
    start = rng.uniform((25, -85, 0), (128, 88, 228), (600, 3))
    away = start - (35, 5, 115)
    distance = np.linalg.norm(away, axis=1, keepdims=True)
    away = away / distance + rng.normal(0, 0.35, away.shape)
    end = start + away * rng.uniform(8, 18, distance.shape)
    pieces.append(
        np.hstack([start, end, rng.uniform(0.7, 1.1, distance.shape) + 30 / (distance + 40)])
    )
    tree = np.concatenate(pieces).astype(np.float32)
    tree[:, [0, 3]] *= side
    return tree


def _draw_gas(rng: np.random.Generator) -> Array:
    """Pockets in the front of the belly, one of them high on the left, beneath the lung."""
    pockets = rng.uniform((-105, -72, -150, 6, 5, 6), (105, -20, -8, 20, 13, 18), (14, 6))
    pockets[0, :3] = rng.uniform((84, -30, 0), (100, 5, 22))
    return pockets.astype(np.float32)
