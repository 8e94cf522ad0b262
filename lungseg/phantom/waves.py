"""Smooth random fields, which bend a patient's frame and roughen its surfaces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lungseg.phantom.template import Array, Range


@dataclass(frozen=True)
class Waves:
    """A smooth random field of mean 0 and variance 1: a sum of plane waves.

    Attributes:
        k: Wave vectors, ``[waves, 3]`` as ``(x, y, z)``, in 1/mm.
        phase: ``[waves]``, in radians.
    """

    k: Array
    phase: Array

    @classmethod
    def draw(cls, rng: np.random.Generator, waves: int, lengths: Range) -> Waves:
        """Draw waves in all directions, with wavelengths between two bounds in mm."""
        k = rng.normal(size=(waves, 3))
        k *= 2 * np.pi / np.linalg.norm(k, axis=1, keepdims=True)
        k /= rng.uniform(*lengths, size=(waves, 1))
        return cls(k.astype(np.float32), rng.uniform(0, 2 * np.pi, waves).astype(np.float32))

    def __call__(self, x: Array, y: Array, z: Array) -> Array:
        """Value of the field at ``x``, ``y``, ``z`` (mm), which broadcast."""
        total = np.zeros(1, np.float32)
        for (kx, ky, kz), phase in zip(self.k, self.phase, strict=True):
            # By the addition theorem for cos(a + b), only products remain for the whole grid.
            plane, along = kx * x + ky * y, kz * z + phase
            total = total + np.cos(plane) * np.cos(along) - np.sin(plane) * np.sin(along)
        return total * np.float32(np.sqrt(2 / len(self.k)))
