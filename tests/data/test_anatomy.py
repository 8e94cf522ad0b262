"""Figures of lungs, against SimpleITK and shapes measured by hand."""

import tracemalloc

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st

from lungseg.data.anatomy import anatomy_of, case_anatomy
from lungseg.metrics.sides import split_sides
from lungseg.phantom import make_case
from lungseg.sources.lctsc import LctscFolder
from lungseg.volume import Volume


def grid(voxels, spacing=(3.0, 0.5, 2.0)):
    z, y, x = spacing
    affine = np.diag([x, y, z, 1.0])[:, [2, 1, 0, 3]]
    return Volume(np.asarray(voxels, np.int16), affine)


@pytest.fixture
def box():
    """A right lung of 4 x 6 x 5 voxels of 3 mm3, off the middle of 10 x 20 x 30, and no left one."""
    labels = np.zeros((10, 20, 30), np.uint8)
    labels[2:6, 3:9, 1:6] = 1
    return labels


def test_a_box_by_hand(box):
    voxels = np.where(box, -800, 40)
    voxels[2, 3:9, 1:6] = -400  # a quarter of it
    anatomy = anatomy_of(grid(voxels), box)
    right = anatomy["right"]
    assert right["volume_ml"] == pytest.approx(4 * 6 * 5 * 3 / 1000)
    assert right["mean_hu"] == -700
    assert right["n_components"] == 0  # smaller than 1 ml
    assert right["centre"] == pytest.approx([0.4, 0.3, 3.5 / 30])
    # Without 1 % at either end, 98 % of 12 mm, 3 mm and 10 mm.
    assert right["extent_mm"] == pytest.approx([11.76, 2.94, 9.8])
    assert right["cut"] == {"bottom": 0, "top": 0, "sides": 0}
    assert anatomy["left"] == {
        "volume_ml": 0,
        "mean_hu": None,
        "n_components": 0,
        "centre": None,
        "extent_mm": None,
        "cut": {"bottom": 0, "top": 0, "sides": 0},
    }


@pytest.mark.parametrize(
    ("part", "bottom", "top", "sides"),
    [
        # An axial section of the box has 30 mm2; its faces across y have 4 x 5 x 6, across x 4 x 6
        # x 1.5 mm2.
        (np.s_[2:], 1, 0, 0),
        (np.s_[:4], 0, 1, 0),
        (np.s_[:, 3:], 0, 0, 4 * 5 * 6 / 30),
        (np.s_[:, :9], 0, 0, 4 * 5 * 6 / 30),
        (np.s_[:, :, 1:], 0, 0, 4 * 6 * 1.5 / 30),
        (np.s_[:, :, :6], 0, 0, 4 * 6 * 1.5 / 30),
    ],
)
def test_every_border_of_the_scan(box, part, bottom, top, sides):
    labels = box[part]
    cut = anatomy_of(grid(np.zeros(labels.shape)), labels)["right"]["cut"]
    assert cut == pytest.approx({"bottom": bottom, "top": top, "sides": sides})


def test_a_distant_speck_does_not_lengthen_a_lung(box):
    before = anatomy_of(grid(np.zeros(box.shape)), box)["right"]["extent_mm"]
    box[9, 19, 29] = 1
    after = anatomy_of(grid(np.zeros(box.shape)), box)["right"]["extent_mm"]
    assert after == pytest.approx(before, rel=0.02)


@given(st.integers(0, 10_000), st.floats(0.05, 0.95), st.integers(1, 6))
def test_random_labels_against_simpleitk(seed, density, least):
    rng = np.random.default_rng(seed)
    shape = rng.integers(1, 9, 3)
    labels = (rng.random(shape) < density) * rng.integers(1, 3, shape).astype(np.uint8)
    voxels = rng.integers(-1024, 3000, shape)
    # Voxels of such a size that `least` of them make 1 ml.
    spacing = (1000 / least, 1.0, 1.0)
    anatomy = anatomy_of(grid(voxels, spacing), labels)
    for name, side in (("right", 1), ("left", 2)):
        mask = labels == side
        lung = anatomy[name]
        parts = sitk.LabelShapeStatisticsImageFilter()
        parts.Execute(sitk.ConnectedComponent(sitk.GetImageFromArray(mask.astype(np.uint8))))
        sizes = [parts.GetNumberOfPixels(part) for part in parts.GetLabels()]
        assert lung["n_components"] == sum(size >= least for size in sizes)
        assert lung["volume_ml"] == pytest.approx(sum(sizes) / least)
        if sizes:
            centres = [parts.GetCentroid(part)[::-1] for part in parts.GetLabels()]
            centre = np.average(centres, axis=0, weights=sizes)
            assert lung["centre"] == pytest.approx((centre + 0.5) / shape)
            assert lung["mean_hu"] == pytest.approx(voxels[mask].mean())


def test_labels_of_another_shape_or_type_are_refused(box):
    with pytest.raises(ValueError, match=r"shape \(10, 20, 30\), got \(9, 20, 30\)"):
        anatomy_of(grid(np.zeros(box.shape)), box[1:])
    with pytest.raises(ValueError, match="must be a bool or uint8 mask"):
        anatomy_of(grid(np.zeros(box.shape)), box.astype(int))


def test_little_memory():
    labels = np.zeros((100, 128, 128), np.uint8)
    labels[5:95, 10:60, 10:118] = 1
    labels[5:95, 70:120, 10:118] = 2
    volume = grid(np.zeros(labels.shape))
    tracemalloc.start()
    anatomy_of(volume, labels)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < labels.nbytes  # half of the volume's


def test_a_case_is_measured_on_pixels_of_up_to_6_mm():
    case = make_case(0)
    spacing = z, y, x = 10.0, 5.0, 5.5
    coarse = grid(case.image, spacing)
    # Each pixel as 2 x 3 alike ones.
    image, mask = (
        np.repeat(np.repeat(array, 2, axis=1), 3, axis=2) for array in (case.image, case.mask)
    )
    fine = grid(image, (z, y / 2, x / 3))
    sides = split_sides(case.mask, spacing)
    expected = anatomy_of(coarse, sides)
    measured = case_anatomy(image, mask, fine.affine)
    for side in ("right", "left"):
        for key, value in expected[side].items():
            assert measured[side][key] == pytest.approx(value), key
    # The others are not even looked at.
    fine.voxels[:, 1::2] = 0
    mask[:, :, 1::3] = 0
    assert case_anatomy(fine.voxels, mask, fine.affine) == measured


def test_the_sides_of_a_source_count(box):
    sides = np.full(box.shape, 2, np.uint8)
    volume = grid(np.zeros(box.shape), (3, 4, 4))
    given = case_anatomy(volume.voxels, box, volume.affine, sides)
    assert given["left"] == anatomy_of(volume, box)["right"]
    assert given["right"]["volume_ml"] == 0
    assert case_anatomy(volume.voxels, box, volume.affine)["left"]["volume_ml"] == 0


@pytest.mark.realdata
def test_real_cases_within_one_percent(realdata):
    for name in ("Case_000", "Case_002"):
        case = LctscFolder(realdata / "lctsc").read(name)
        exact = anatomy_of(case.volume, split_sides(case.mask, case.volume.spacing))
        quick = case_anatomy(case.volume.voxels, case.mask, case.volume.affine)
        for side in ("right", "left"):
            for key in ("volume_ml", "extent_mm", "mean_hu"):
                assert quick[side][key] == pytest.approx(exact[side][key], rel=0.01)
            assert quick[side]["n_components"] == exact[side]["n_components"] == 1
