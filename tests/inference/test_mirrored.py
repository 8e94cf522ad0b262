"""The sides of heart and liver: worked by hand, and in scans and their mirror images."""

import numpy as np
import pytest

from lungseg.inference.mirrored import orientation_of
from lungseg.sources.lctsc import LctscFolder
from lungseg.volume import Volume
from tests.inference.lung_cases import Known, phantom


def drawn(liver=2, heart=1):
    """Lungs of 12 slices of 10 mm above 6 without, 4 columns wide on both sides of 2.

    Args:
        liver: Columns of tissue right of the middle, of 5, below the lungs; 1 left of it.
        heart: Columns that the space between the lungs is shifted to the left.
    """
    labels = np.zeros((18, 6, 12), np.uint8)
    labels[6:, 1:5, 1 : 5 + heart] = 1
    labels[6:, 1:5, 7 + heart : 11] = 2
    voxels = np.full(labels.shape, -100, np.int16)
    voxels[:6, 1:5, 6 - liver : 6] = 60
    voxels[:6, 1:5, 10] = 60
    affine = np.diag([20.0, 20.0, 10.0, 1.0])[:, [2, 1, 0, 3]]
    return Volume(voxels, affine), labels


def test_by_hand():
    # Liver (2 - 1) / (2 + 1); the space's middle is 1 of 10 columns to the left, and counts twice.
    assert orientation_of(*drawn()) == pytest.approx(1 / 3 + 2 * 0.1)
    assert orientation_of(*drawn(liver=1, heart=0)) == pytest.approx(0)
    assert orientation_of(*drawn(liver=4, heart=0)) == pytest.approx(3 / 5)
    assert orientation_of(*drawn(liver=1, heart=-2)) == pytest.approx(-0.4)


@pytest.mark.parametrize("hu", [19, 201])
def test_only_parenchyma_counts(hu):
    volume, labels = drawn(heart=0)
    volume.voxels[volume.voxels == 60] = hu
    assert orientation_of(volume, labels) == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda labels: np.where(labels == 2, 0, labels),
        lambda labels: np.zeros_like(labels),
        lambda labels: labels[4:],  # 20 mm below the lungs
        # The left lung begins 5 of 12 slices above the right one.
        lambda labels: np.where((np.arange(18) < 11)[:, None, None] & (labels == 2), 0, labels),
        # Lungs on two slices far apart, none where the heart should be.
        lambda labels: np.where(np.isin(np.arange(18), [6, 17])[:, None, None], labels, 0),
    ],
    ids=["one lung", "no lung", "no liver", "half a lung", "no heart"],
)
def test_nothing_is_said_where_too_little_is_seen(change):
    volume, labels = drawn()
    changed = change(labels).astype(np.uint8)
    cut = Volume(volume.voxels[-len(changed) :], volume.affine)
    assert orientation_of(cut, changed) is None


def both(known):
    """Of a scan, and of its mirror image."""
    mirrored = known.changed(known.volume.voxels[:, :, ::-1], known.mask[:, :, ::-1].copy())
    return [orientation_of(each.volume, each.labels) for each in (known, mirrored)]


@pytest.mark.parametrize("index", [0, 7, 11, 27])  # 7 has the large left lung
@pytest.mark.parametrize("size", [{}, {"size": 32, "n_slices": 12}], ids=["usual", "small"])
def test_synthetic_scans(index, size):
    right, wrong = both(phantom(index, **size))
    assert right > 0.14
    assert wrong < -0.14


def test_bases_that_differ_by_a_third_are_still_compared():
    volume, labels = drawn()
    labels[6:10] *= labels[6:10] == 1
    assert orientation_of(volume, labels) > 0


@pytest.mark.slow
@pytest.mark.realdata
def test_real_scans(realdata):
    source = LctscFolder(realdata / "lctsc")
    for name in source.cases():
        case = source.read(name)
        right, wrong = both(Known(name, case.volume, case.mask))
        assert right > 0.3
        assert wrong < -0.3
