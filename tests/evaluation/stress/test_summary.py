"""Tables of a stress test: means, paired differences, one row per case and strength."""

import numpy as np
import pytest
from scipy.stats import t

from lungseg.evaluation.stress.run import Level
from lungseg.evaluation.stress.summary import COLUMNS, stress_frame, stress_summary
from lungseg.metrics.summary import CASE_NUMBERS, SIDES

CASES = [f"c{k}" for k in range(5)]


def level(strength, dsc, refused=()):
    """Five cases whose HD95 is 100 (1 − DSC)."""
    zero = {side + key: 0 for side in SIDES for key in (*CASE_NUMBERS, "missed", "invented")}
    zero |= dict.fromkeys(COLUMNS, 0)
    rows = {
        case: zero | {"dsc": value, "hd95_mm": 100 * (1 - value), "farthest_mm": 300.0}
        for case, value in zip(CASES, dsc, strict=True)
    }
    return Level("noise", strength, rows, "data:", frozenset(refused))


CLEAN = (0.99, 0.98, 0.97, 0.98, 0.95)
NOISY = (0.95, 0.97, 0.90, 0.96, np.nan)
LEVELS = [level(0.0, CLEAN), level(20.0, NOISY, ["c4"])]


def test_means_and_paired_differences():
    """Fewer than six cases are not resampled: the interval is Student's, over the pairs."""
    made = stress_summary(LEVELS)["noise"]
    assert made["unit"] == "HU"
    clean, noisy = made["levels"]
    assert (clean["strength"], noisy["strength"]) == (0, 20)
    assert (clean["n_refused"], noisy["n_refused"]) == (0, 1)
    assert "difference" not in clean
    assert noisy["volume_dsc_mean"]["value"] == pytest.approx(0.945)
    assert noisy["volume_dsc_mean"]["n"] == 4
    pairs = np.array(NOISY[:4]) - np.array(CLEAN[:4])
    found = noisy["difference"]["volume_dsc_mean"]
    assert found["value"] == pytest.approx(pairs.mean())
    assert found["n"] == 4
    half = t.ppf(0.975, 3) * pairs.std(ddof=1) / 2
    assert found["ci95"] == pytest.approx([pairs.mean() - half, pairs.mean() + half])
    assert noisy["difference"]["hd95_mm_mean"]["value"] == pytest.approx(-100 * pairs.mean())


def test_one_row_per_strength_and_case():
    frame = stress_frame(LEVELS)
    assert frame[["level", "strength", "case"]].to_numpy().tolist() == [
        [k, strength, case] for k, strength in ((0, 0.0), (1, 20.0)) for case in CASES
    ]
    assert frame["dsc"].tolist()[:9] == [*CLEAN, *NOISY[:4]]
    assert frame["refused"].tolist() == [0] * 9 + [1]
    assert {*frame["unit"]} == {"HU"}
