"""A model cannot improve by missing a lung: no mean, median, objective or verdict says so."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lungseg.metrics.cases import _claim_sides, case_row
from lungseg.metrics.difference import paired_difference
from lungseg.metrics.masks import surface
from lungseg.metrics.sides import LEFT, RIGHT
from lungseg.metrics.statistics import verdict
from lungseg.metrics.summary import summarize_cases, summarize_slices
from lungseg.report.compared import METRICS
from lungseg.report.numbers import better
from lungseg.search.objective import ONE_SIDED

SHAPE = (6, 10, 24)
# No voxel is as near to the right lung as to the left: its side would be a matter of chance.
SPACING = (3.0, 1.01, 2.03)


def lung(left, random):
    mask = np.zeros(SHAPE, bool)
    first = 12 if left else 2
    low = random.integers(0, 3, 3)
    mask[low[0] : 6 - low[1], 2 : 9 - low[2], first : first + 8] = True
    return mask


def predicted(reference, random, errors):
    """The lungs with errors of any kind: holes, islands, leaks, a shift."""
    mask = reference.copy()
    if errors["shift"]:
        mask = np.roll(mask, random.integers(-2, 3, 3), (0, 1, 2))
    mask &= random.random(SHAPE) >= errors["holes"]
    mask |= random.random(SHAPE) < errors["islands"]
    if errors["leak"]:
        z, y = random.integers(0, (6, 10))
        mask[z, y, random.integers(0, 12) :] = True
    return mask


@st.composite
def cohorts(draw):
    """References with sides, predictions, and which lung of which case is then missed."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    cases = []
    for _ in range(draw(st.integers(1, 7))):
        sides = lung(False, random) * RIGHT + lung(True, random) * LEFT
        errors = {
            "shift": draw(st.booleans()), "leak": draw(st.booleans()),
            "holes": draw(st.sampled_from([0, 0.1, 0.4])),
            "islands": draw(st.sampled_from([0, 0.01, 0.05])),
        }  # fmt: skip
        cases.append((sides.astype(np.uint8), predicted(sides > 0, random, errors)))
    return cases, draw(st.integers(0, len(cases) - 1)), draw(st.sampled_from([RIGHT, LEFT]))


def found(prediction, sides, side):
    """The voxels that count as a lung's.

    In every slice at least half of them have to be lung. Otherwise the slice's own accuracy and DSC
    say that nothing would have been a better prediction than what is there.
    """
    claimed = _claim_sides(prediction, sides > 0, surface(sides > 0), sides, np.array(SPACING))
    mine = claimed == side
    right = (mine & (sides > 0)).sum((1, 2))
    return mine if mine.any() and (2 * right >= mine.sum((1, 2))).all() else None


def tables(cases):
    rows, counts = [], []
    for number, (sides, prediction) in enumerate(cases):
        reference = sides > 0
        rows.append(case_row(prediction, reference, SPACING, sides).numbers)
        for z in range(SHAPE[0]):
            p, r = prediction[z], reference[z]
            counts.append(
                [number, z, (p & r).sum(), (p & ~r).sum(), (~p & r).sum(), (~p & ~r).sum()]
            )
    return rows, summarize_slices(np.array(counts), "zero") | summarize_cases(rows)


@settings(max_examples=150, deadline=None)
@given(cohorts())
def test_missing_a_lung_improves_nothing(cohort):
    cases, number, side = cohort
    sides, prediction = cases[number]
    mine = found(prediction, sides, side)
    assume(mine is not None)
    changed = list(cases)
    changed[number] = (sides, prediction & ~mine)
    (rows, before), (worse_rows, after) = tables(cases), tables(changed)
    for key in before:
        direction = better(key)
        if key.startswith("n_") or direction is None or key in ONE_SIDED:
            continue
        old, new = before[key]["value"], after[key]["value"]
        gain = new - old if direction == "max" else old - new
        assert gain <= 1e-12, key
    assert after["hd95_mm_mean"]["n_missed"] == before["hd95_mm_mean"]["n_missed"] + (
        rows[number]["missed"] == 0
    )
    for key, metric in METRICS.items():
        a, b = ([[row[key] for row in each]] for each in (rows, worse_rows))
        difference = paired_difference(a, b)
        assert (difference.mean <= 1e-12) == metric.higher_is_better or difference.mean == 0
        told = verdict(difference, difference.p, higher_is_better=metric.higher_is_better)
        assert told != "better"


def test_the_example_of_one_missed_lung_in_four_cases():
    """The mean HD95 was the same with and without it, of the cases that were left."""
    sides = (lung(False, np.random.default_rng(0)) * RIGHT).astype(np.uint8)
    sides += lung(True, np.random.default_rng(1)).astype(np.uint8) * LEFT
    good, half = sides > 0, sides == RIGHT
    rows = [case_row(p, sides > 0, SPACING, sides).numbers for p in (good, good, good, half)]
    numbers = summarize_cases(rows)
    farthest = (15**2 + (9 * 1.01) ** 2 + (23 * 2.03) ** 2) ** 0.5
    assert numbers["left_hd95_mm_mean"]["value"] == pytest.approx(farthest / 4)
    assert numbers["left_hd95_mm_mean"]["n_missed"] == 1
    assert numbers["hd95_mm_mean"]["value"] == pytest.approx(farthest / 4)
    assert numbers["right_hd95_mm_mean"] == {"value": 0, "n": 4, "n_missed": 0, "n_invented": 0}
    assert numbers["left_hd95_mm_median"]["value"] == 0
