"""Any axis order and direction gives the same voxels at the same positions."""

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lungseg.volume import Volume, from_lps, place, to_lps

MOVES = [(order, flips) for order in permutations(range(3)) for flips in product((0, 1), repeat=3)]


def places(voxels, affine):
    """Value at each place in mm: what must not change."""
    index = np.indices(voxels.shape).reshape(3, -1)
    points = (affine[:3, :3] @ index).T + affine[:3, 3]
    return {tuple(p): v for p, v in zip(points.round(4).tolist(), voxels.ravel(), strict=True)}


@pytest.mark.parametrize(("order", "flips"), MOVES)
def test_all_48_orientations_come_back(order, flips):
    voxels = np.arange(2 * 3 * 4, dtype=np.int16).reshape(2, 3, 4)
    affine = np.array([[0, 0, 0.7, -20], [0, 0.9, 0, -30], [2.5, 0, 0, 11], [0, 0, 0, 1.0]])
    moved, moved_affine = voxels.transpose(order), affine[:, [*order, 3]].copy()
    for axis, flip in enumerate(flips):
        if flip:
            moved_affine[:, 3] += moved_affine[:, axis] * (moved.shape[axis] - 1)
            moved_affine[:, axis] *= -1
            moved = np.flip(moved, axis)
    assert places(moved, moved_affine) == places(voxels, affine)  # the move itself is right

    back, back_affine = to_lps(moved, moved_affine)
    np.testing.assert_array_equal(back, voxels)
    np.testing.assert_array_equal(from_lps(back, moved_affine), moved)
    np.testing.assert_allclose(back_affine, affine, atol=1e-9)


@given(
    shape=st.tuples(*[st.integers(1, 5)] * 3),
    spacing=st.tuples(*[st.floats(0.2, 10)] * 3),
    origin=st.tuples(*[st.floats(-500, 500)] * 3),
    move=st.sampled_from(MOVES),
    tilt=st.floats(-0.02, 0.02),
)
def test_voxels_keep_their_places(shape, spacing, origin, move, tilt):
    order, flips = move
    directions = np.eye(3)[:, list(order)] * np.where(flips, -1, 1)
    rotation = np.array(
        [[np.cos(tilt), -np.sin(tilt), 0], [np.sin(tilt), np.cos(tilt), 0], [0, 0, 1]]
    )
    affine = np.eye(4)
    affine[:3, :3] = rotation @ directions * spacing
    affine[:3, 3] = origin
    voxels = np.arange(np.prod(shape), dtype=np.int16).reshape(shape)
    out, out_affine = to_lps(voxels, affine)
    before, after = places(voxels, affine), places(out, out_affine)
    ordered = sorted(before.items()), sorted(after.items())
    assert [value for _, value in ordered[0]] == [value for _, value in ordered[1]]
    np.testing.assert_allclose(
        [place for place, _ in ordered[0]], [place for place, _ in ordered[1]], atol=1e-3
    )
    # z to the head, y to the back, x to the left
    assert all(out_affine[row, column] > 0 for row, column in ((2, 0), (1, 1), (0, 2)))


@pytest.mark.parametrize(("order", "flips"), MOVES)
def test_a_part_in_any_of_48_orientations_is_placed(order, flips):
    affine = np.array([[0, 0, 0.7, -20], [0, 0.9, 0, -30], [2.5, 0, 0, 11], [0, 0, 0, 1.0]])
    volume = Volume(np.zeros((5, 6, 7), np.int16), affine)
    whole = np.zeros((5, 6, 7), np.uint8)
    whole[1:4, 2:6, 3:5] = np.arange(24).reshape(3, 4, 2) + 1
    part, moved = whole[1:4, 1:6, 3:6].transpose(order), affine.copy()
    moved[:, 3] = affine @ (1, 1, 3, 1)
    moved = moved[:, [*order, 3]]
    for axis, flip in enumerate(flips):
        if flip:
            moved[:, 3] += moved[:, axis] * (part.shape[axis] - 1)
            moved[:, axis] *= -1
            part = np.flip(part, axis)
    placed = place(part, moved, volume)
    np.testing.assert_array_equal(placed, whole)
    assert placed.dtype == np.uint8


def shifted(affine, row, by):
    affine = affine.copy()
    affine[row] += by
    return affine


def test_another_grid_is_refused_and_rounding_forgiven():
    affine = np.diag([2.0, 1, 1, 1])[[2, 1, 0, 3]]
    volume = Volume(np.zeros((4, 100, 100), np.int16), affine)
    mask = np.ones((4, 100, 100), np.uint8)
    rounded = shifted(affine, 0, [0, 0, 0.0005, 0.02])
    assert place(mask, rounded, volume).all()
    half_off = shifted(affine, 0, [0, 0, 0, 0.5])
    coarser = affine @ np.diag([1, 1.01, 1, 1])
    for wrong in (half_off, coarser):
        with pytest.raises(ValueError, match="not the image's: corners are up to"):
            place(mask, wrong, volume)


def test_voxels_outside_must_be_empty():
    affine = np.diag([2.0, 1, 1, 1])[[2, 1, 0, 3]]
    volume = Volume(np.zeros((3, 4, 4), np.int16), affine)
    larger = np.zeros((5, 4, 4), np.uint8)
    larger[2] = 1
    assert place(larger, affine, volume).sum() == 16
    larger[4] = 1
    with pytest.raises(ValueError, match="16 of its voxels are outside"):
        place(larger, affine, volume)
    elsewhere = shifted(affine, 2, [0, 0, 0, 1000])
    with pytest.raises(ValueError, match="32 of its voxels are outside"):
        place(larger, elsewhere, volume)


def test_oblique_is_refused():
    angle = np.deg2rad(10)
    affine = np.eye(4)
    affine[:3, :3] = [
        [0, 0, 1],
        [np.sin(angle), np.cos(angle), 0],
        [np.cos(angle), -np.sin(angle), 0],
    ]
    with pytest.raises(ValueError, match="oblique"):
        to_lps(np.zeros((2, 2, 2)), affine)


def test_spacing_follows_the_array():
    affine = np.array([[0, 0, 0.7, 0], [0, 0.9, 0, 0], [2.5, 0, 0, 0], [0, 0, 0, 1.0]])
    assert Volume(np.zeros((1, 1, 1), np.int16), affine).spacing == pytest.approx((2.5, 0.9, 0.7))
