"""The split into right and left: synthetic lungs of known sides, and real CT."""

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt, find_objects, label

from lungseg.metrics.sides import LEFT, RIGHT, split_sides

SPACING = (3.0, 1.0, 1.0)
SHAPE = (50, 110, 170)


def ellipsoid(center, radii, shape=SHAPE, spacing=SPACING):
    """Center and radii in mm along (z, y, x)."""
    places = [np.arange(n) * step for n, step in zip(shape, spacing, strict=True)]
    grid = np.meshgrid(*places, indexing="ij", sparse=True)
    return sum(((g - c) / r) ** 2 for g, c, r in zip(grid, center, radii, strict=True)) <= 1


def two_lungs():
    """Known sides: the right lung at the lower x, and larger."""
    sides = np.zeros(SHAPE, np.uint8)
    sides[ellipsoid((75, 55, 48), (60, 45, 34))] = RIGHT
    sides[ellipsoid((75, 55, 122), (55, 42, 32))] = LEFT
    return sides


def mirrored(sides):
    return np.where(sides, 3 - sides, 0)[:, :, ::-1]


def test_separate_lungs():
    sides = two_lungs()
    split = split_sides(sides > 0, SPACING)
    assert split.dtype == np.uint8
    np.testing.assert_array_equal(split, sides)


def test_mirrored_lungs_swap():
    sides = mirrored(two_lungs())
    np.testing.assert_array_equal(split_sides(sides > 0, SPACING), sides)


def test_any_value_but_0_is_lung():
    sides = two_lungs()
    np.testing.assert_array_equal(split_sides(sides, SPACING), sides)


def bridge(y, z=slice(20, 28)):
    mask = np.zeros(SHAPE, bool)
    mask[z, y, 60:110] = True
    return mask


@pytest.mark.parametrize(
    "joint",
    [
        pytest.param(bridge(slice(54, 56), slice(24, 25)), id="thin"),
        pytest.param(bridge(slice(50, 62)), id="thick"),
        pytest.param(bridge(slice(22, 26), slice(12, 38)), id="anterior, over many slices"),
        pytest.param(bridge(slice(53, 57)) | bridge(slice(25, 30)), id="two at once"),
    ],
)
@pytest.mark.parametrize("mirror", [False, True])
def test_touching_lungs_are_cut_at_the_neck(joint, mirror):
    sides = two_lungs()
    mask = (sides > 0) | joint
    if mirror:
        sides, mask = mirrored(sides), mask[:, :, ::-1]
    assert label(mask)[1] == 1
    split = split_sides(mask, SPACING)
    np.testing.assert_array_equal(split > 0, mask)
    lung = sides > 0
    assert (split[lung] == sides[lung]).mean() > 0.999


def test_overlapping_lungs_are_cut_between():
    right = ellipsoid((75, 55, 52), (60, 45, 36))
    left = ellipsoid((75, 55, 118), (60, 45, 36))
    split = split_sides(right | left, SPACING)
    # They meet at x = 85; the plane through the neck is the cut.
    expected = np.where(right | left, np.where(np.arange(SHAPE[2]) < 85, RIGHT, LEFT), 0)
    assert (right & left).any()
    assert (split != expected).sum() < 0.001 * (right | left).sum() + (right | left)[:, :, 85].sum()


def test_strays_go_to_the_nearer_lung():
    sides = two_lungs()
    sides[ellipsoid((75, 30, 83), (4, 3, 1))] = RIGHT  # x 85 lies midway.
    sides[2:4, 50:56, 30:36] = RIGHT  # Far below the right lung.
    sides[45:47, 100:104, 150:156] = LEFT
    np.testing.assert_array_equal(split_sides(sides > 0, SPACING), sides)


@pytest.mark.parametrize("side", [RIGHT, LEFT])
def test_one_lung_is_never_cut(side):
    sides = two_lungs()
    sides[sides != side] = 0
    np.testing.assert_array_equal(split_sides(sides > 0, SPACING), sides)


def test_lobes_of_one_lung_stay_together():
    sides = two_lungs()
    sides[sides == LEFT] = 0
    sides[24:26] = 0  # A fissure: two components, one above the other.
    assert label(sides)[1] == 2
    np.testing.assert_array_equal(split_sides(sides > 0, SPACING), sides)


def test_lobes_beside_another_lung_stay_together():
    sides = two_lungs()
    sides[24:26, :, :85] = 0
    assert label(sides)[1] == 3
    np.testing.assert_array_equal(split_sides(sides > 0, SPACING), sides)


def test_a_small_lung_is_a_lung():
    sides = two_lungs()
    sides[sides == LEFT] = 0
    sides[ellipsoid((100, 55, 122), (30, 25, 25))] = LEFT
    np.testing.assert_array_equal(split_sides(sides > 0, SPACING), sides)


def test_no_lung_has_no_sides():
    split = split_sides(np.zeros((3, 4, 5), bool), SPACING)
    assert split.shape == (3, 4, 5)
    assert not split.any()


@pytest.mark.parametrize("x", range(6))
def test_one_voxel_is_in_one_half(x):
    mask = np.zeros((3, 4, 6), bool)
    mask[1, 2, x] = True
    assert split_sides(mask, SPACING).max() == (RIGHT if x < 3 else LEFT)


def test_lungs_that_touch_the_border():
    mask = np.zeros((4, 6, 9), bool)
    mask[:, :, :4] = mask[:, :, 5:] = True
    split = split_sides(mask, SPACING)
    assert (split[:, :, :4] == RIGHT).all()
    assert (split[:, :, 5:] == LEFT).all()


@pytest.mark.parametrize("spacing", [(1e-3, 1e-3, 1e-3), (3, 1, 1), (40, 40, 40)])
def test_checkerboards_and_full_grids_are_split_somehow(spacing):
    for mask in (np.indices((6, 7, 8)).sum(0) % 2 == 0, np.ones((6, 7, 8), bool)):
        np.testing.assert_array_equal(split_sides(mask, spacing) > 0, mask)


@pytest.mark.parametrize(
    ("mask", "spacing", "message"),
    [
        (np.zeros((3, 4), bool), SPACING, r"mask must be .* got bool of shape \(3, 4\)"),
        (np.zeros((3, 4, 5)), SPACING, "mask must be .* got float64"),
        (np.zeros((3, 4, 5), bool), (1, 1, -1), r"spacing must be .* got \(1, 1, -1\)"),
    ],
)
def test_wrong_arguments_are_refused(mask, spacing, message):
    with pytest.raises(ValueError, match=message):
        split_sides(mask, spacing)


@pytest.fixture(scope="module", params=["Case_000", "Case_001", "Case_002"])
def real(request, realdata):
    from lungseg.sources.lctsc import LctscFolder

    case = LctscFolder(realdata / "lctsc").read(request.param)
    return case, split_sides(case.mask, case.volume.spacing)


@pytest.mark.realdata
def test_real_sides_agree_with_anatomy(real):
    case, sides = real
    np.testing.assert_array_equal(sides > 0, case.mask > 0)
    volumes = np.bincount(sides.ravel(), minlength=3)
    assert volumes[RIGHT] > volumes[LEFT] > 0.6 * volumes[RIGHT]

    # The heart: in the slices below half height the gap between the lungs is, in front, more to
    # the left than beside the spine.
    present = np.flatnonzero(sides.any(axis=(1, 2)))
    middle = (present[0] + present[-1]) // 2
    slab = sides[middle - 8 : middle]
    depth = np.flatnonzero(slab.any(axis=(0, 2)))
    gaps = {
        y: np.mean([_gap_center(row) for row in slab[:, y] if {1, 2} <= {*row}])
        for y in (depth[0] + len(depth) // 2, depth[-1] - 10)
    }
    heart, spine = gaps.values()
    assert heart > spine


def _gap_center(row):
    return (np.flatnonzero(row == RIGHT)[-1] + np.flatnonzero(row == LEFT)[0]) / 2


@pytest.mark.realdata
def test_real_mirrored_lungs_swap(real):
    case, sides = real
    split = split_sides(case.mask[:, :, ::-1], case.volume.spacing)
    np.testing.assert_array_equal(split, mirrored(sides))


@pytest.mark.realdata
@pytest.mark.parametrize("side", [RIGHT, LEFT])
def test_real_lungs_alone_are_never_cut(real, side):
    case, sides = real
    alone = np.where(sides == side, sides, 0).astype(np.uint8)
    np.testing.assert_array_equal(split_sides(alone > 0, case.volume.spacing), alone)


@pytest.mark.realdata
def test_real_lungs_joined_where_they_are_closest_come_apart_there(real):
    case, sides = real
    sides = sides[find_objects(sides.clip(max=1))[0]]
    lung = sides > 0
    detour = sum(
        distance_transform_edt(sides != side, sampling=case.volume.spacing)
        for side in (RIGHT, LEFT)
    )
    for extra_mm in (3, 6):
        joined = lung | (detour <= detour.min() + extra_mm)
        assert label(joined)[1] == 1
        split = split_sides(joined, case.volume.spacing)
        assert (split[lung] == sides[lung]).mean() > 0.999
