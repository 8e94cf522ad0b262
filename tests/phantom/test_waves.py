"""Random fields: their statistics, and against the plain sum of cosines."""

from __future__ import annotations

import numpy as np
import pytest

from lungseg.phantom.waves import Waves


def test_waves_have_mean_0_and_variance_1():
    waves = Waves.draw(np.random.default_rng(0), 12, (10, 30))
    z, y, x = np.meshgrid(*[np.arange(0, 300, 7, dtype=np.float32)] * 3, indexing="ij", sparse=True)
    values = waves(x, y, z)
    assert values.shape == (43, 43, 43)
    assert abs(values.mean()) < 0.05
    assert values.std() == pytest.approx(1, abs=0.1)


def test_waves_taken_apart_are_the_waves():
    """The field, against the plain sum of cosines."""
    waves = Waves.draw(np.random.default_rng(1), 5, (20, 90))
    points = np.random.default_rng(2).uniform(-100, 100, (50, 3)).astype(np.float32)
    plain = np.cos(points @ waves.k.T + waves.phase).sum(axis=1) * np.sqrt(2 / 5)
    np.testing.assert_allclose(waves(*points.T), plain, atol=1e-4)
