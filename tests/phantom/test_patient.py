"""How patients differ."""

from __future__ import annotations

import numpy as np

from lungseg.phantom.patient import Patient


def test_women_are_smaller():
    rng = np.random.default_rng(0)
    widths = {
        female: np.mean(
            [Patient.draw(rng, female=female, large_left=False).scale for _ in range(8)]
        )
        for female in (True, False)
    }
    assert widths[True] < widths[False]
