"""Cohorts in figures, without voxels."""

import numpy as np

from lungseg.data.cohort import Cohort


def case(n_slices, n_empty, positive=0.12, sex="F", scanner="A", spacing=2.5):
    side = 64
    return {
        "content_sha256": f"{n_slices}-{n_empty}",
        "spacing_mm": [spacing, 0.9, 0.9],
        "fingerprint": {
            "sex": sex,
            "scanner": scanner,
            "n_slices": n_slices,
            "n_empty": n_empty,
            "n_voxels": n_slices * side**2,
            "n_positive": round((n_slices - n_empty) * side**2 * positive),
        },
    }


def random_cohort(n, seed=0, patients=None):
    random = np.random.default_rng(seed)
    cases = {}
    for i in range(n):
        slices = int(random.integers(90, 220))
        cases[f"Case_{i:03d}"] = case(
            slices,
            round(slices * random.uniform(0.3, 0.55)),
            random.uniform(0.08, 0.2),
            str(random.choice(["F", "M"])),
            str(random.choice(["A", "B", "C"])),
            float(random.choice([1.0, 2.5, 3.0])),
        )
    return Cohort("", cases, patients or {})


def plain(names):
    """Cases that are all alike."""
    return Cohort("", {name: case(10, 4) for name in names})


TESTED = (2, 5, 10, 11)
"""Positions of the report's test cases."""


def report_cohort():
    """As even as the report's: 0.43696 of the training and 0.43643 of the test slices are empty,
    and half of each set is female."""
    counts = [(154, 62), (169, 75), (158, 75), (240, 96), (169, 78), (116, 53),
              (161, 80), (214, 104), (170, 63), (238, 104), (132, 56), (121, 46)]  # fmt: skip
    positive = (0.14, 0.11, 0.17, 0.12, 0.19, 0.1, 0.13, 0.16, 0.15, 0.09, 0.18, 0.12)
    sexes = "FMFFMMFMFMFM"
    return Cohort(
        "",
        {
            f"Case_{i:03d}": case(*counts[i], positive=positive[i], sex=sexes[i])
            for i in range(len(counts))
        },
    )
