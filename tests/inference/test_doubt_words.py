"""How a doubt is worded: once for each cause, and without two kinds of percent."""

import numpy as np
import pytest

from tests.inference.lung_cases import doubts_about, phantom, record_of


@pytest.fixture(scope="module")
def case():
    return phantom(3)


@pytest.fixture(scope="module")
def record():
    return record_of([phantom(index) for index in range(3)])


def text_of(findings, code, part=""):
    (text,) = {each.text for each in findings if each.code == code and part in each.text}
    return text


def test_next_to_no_lung_is_told_once(case, record):
    """A voxel on each side: nobody needs to read by what factor each is too small."""
    labels = np.zeros_like(case.labels)
    for side in (1, 2):
        labels[tuple(np.argwhere(case.labels == side)[0])] = side
    findings = doubts_about(case.scan(), labels, record)
    told = {finding.code for finding in findings}
    assert "little-lung" in told
    assert "lung-volume" not in told
    per_voxel = np.prod(case.volume.spacing) / 1000
    text = text_of(findings, "little-lung")
    assert float(text.split()[0]) == pytest.approx(2 * per_voxel, abs=0.005)
    few = np.where(np.cumsum(case.mask).reshape(case.mask.shape) < case.mask.sum() / 20, 1, 0)
    few = (case.labels * few).astype(np.uint8)
    assert {"little-lung", "lung-volume"} <= {
        f.code for f in doubts_about(case.scan(), few, record)
    }


def test_a_distance_between_shares_is_in_percentage_points(case, record):
    inside = np.flatnonzero(case.mask.any(axis=(1, 2)))
    part = np.s_[: (inside[0] + inside[-1]) // 2]
    cut = case.changed(case.volume.voxels[part], case.mask[part])
    text = text_of(
        doubts_about(cut.scan(), cut.labels, record), "position", "from the first to the last slice"
    )
    end = record["anatomy"]["quantities"]["centre_z"]["high"]
    value, far = (float(text.split(mark)[0].split()[-1]) for mark in (" %,", " percentage points"))
    assert far == pytest.approx(value - end, abs=1)
    assert ", outside the range expected from 3 training case(s), " in text
    assert text.endswith(" percentage points")
