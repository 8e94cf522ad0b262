"""Each corruption against SciPy, or a case worked by hand."""

import numpy as np
import pytest
from scipy import ndimage

from lungseg.evaluation.stress.choice import CORRUPTIONS
from lungseg.evaluation.stress.corruption import Scan
from lungseg.evaluation.stress.thickness import slab

SPACING = (2.5, 0.8, 0.8)


@pytest.fixture
def scan():
    """Smooth, with detail, int16."""
    random = np.random.default_rng(0)
    voxels = ndimage.gaussian_filter(random.normal(0, 3000, (9, 40, 48)), 1.5) - 500
    return Scan(voxels.astype(np.int16), 9, SPACING, (3, 12345))


def corrupted(name, scan, strength, z=4):
    return CORRUPTIONS[name].image(scan, z, strength)


def change(image, before):
    """By how much a slice differs, or by how many pixels it is larger."""
    if image.shape != before.shape:
        return image.size - before.size
    return np.abs(image - before).mean()


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_strengths_rise_in_severity_and_the_scan_itself_stays(name, scan):
    one = CORRUPTIONS[name]
    before = scan.slices.copy()
    changes = [change(one.image(scan, 4, strength), before[4]) for strength in one.strengths]
    assert changes == sorted(changes)
    assert changes[0] > 0.1
    assert np.array_equal(scan.slices, before)
    steps = np.diff([one.none, *one.strengths])
    assert (steps > 0).all() or (steps < 0).all()
    assert one.unit
    assert one.words.endswith(".")


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_slice_is_the_same_each_time(name, scan):
    one = CORRUPTIONS[name]
    assert np.array_equal(
        one.image(scan, 4, one.strengths[1]), one.image(scan, 4, one.strengths[1])
    )


def test_noise_has_the_stated_deviation_and_scales_with_it(scan):
    wide = Scan(np.zeros((2, 300, 300), np.int16), 2, SPACING, (3, 1))
    noise = corrupted("noise", wide, 20.0, z=0)
    assert noise.std() == pytest.approx(20, rel=0.02)
    assert np.allclose(corrupted("noise", wide, 40.0, z=0), 2 * noise, atol=1e-3)
    other_slice, other_scan = (
        corrupted("noise", wide, 20.0, z=1),
        Scan(wide.slices, 2, SPACING, (3, 2)),
    )
    for other in (other_slice, corrupted("noise", other_scan, 20.0, z=0)):
        assert abs(np.corrcoef(other.ravel(), noise.ravel())[0, 1]) < 0.02


def test_dose_adds_the_noise_of_the_lost_share():
    """At a quarter of the dose √(1/0.25 − 1) = √3 of the 12 HU at full dose; at all of it none."""
    wide = Scan(np.zeros((1, 300, 300), np.int16), 1, SPACING, (3, 1))
    assert corrupted("dose", wide, 25.0, z=0).std() == pytest.approx(12 * 3**0.5, rel=0.03)
    assert not corrupted("dose", wide, 100.0, z=0).any()


def test_blur_is_a_gaussian_in_mm(scan):
    expected = ndimage.gaussian_filter(
        scan.slices[4].astype(float), 1.5 / 0.8, mode="nearest", truncate=3
    )
    assert np.allclose(corrupted("blur", scan, 1.5), expected, atol=0.01)


def test_shift_adds_its_strength(scan):
    assert np.array_equal(corrupted("shift", scan, 50.0), scan.slices[4] + 50.0)


def test_thick_slices_are_means_over_a_slab(scan):
    """5 mm of slices of 2.5 mm: the slice and half of each neighbour; at the end what is there."""
    v = scan.slices.astype(float)
    assert np.allclose(corrupted("thickness", scan, 5.0), (v[3] + 2 * v[4] + v[5]) / 4)
    assert np.allclose(corrupted("thickness", scan, 7.5), v[3:6].mean(axis=0))
    assert np.allclose(corrupted("thickness", scan, 5.0, z=0), (2 * v[0] + v[1]) / 3)
    assert np.array_equal(corrupted("thickness", scan, 2.5), v[4])


@pytest.mark.parametrize(("spacing", "thickness"), [(1.0, 5.0), (0.7, 10.0), (3.0, 7.5), (3, 4)])
def test_a_slab_is_shared_out_as_a_fine_ruler_says(spacing, thickness):
    points = (np.arange(100_000) + 0.5) / 100_000 * thickness - thickness / 2
    nearest, counts = np.unique(np.round(points / spacing), return_counts=True)
    shares = dict(zip(nearest.astype(int).tolist(), counts / 100_000, strict=True))
    made = dict(slab(spacing, thickness))
    assert made == pytest.approx(shares, abs=1e-4)
    assert sum(made.values()) == pytest.approx(1)


def test_a_smaller_field_loses_image_and_reference(scan):
    """8 mm are 10 pixels of 0.8 mm along each border."""
    lungs = np.ones((40, 48), np.uint8)
    image = corrupted("crop", scan, 8.0)
    kept = CORRUPTIONS["crop"].labels(lungs, SPACING, 8.0)
    inside = np.zeros((40, 48), bool)
    inside[10:30, 10:38] = True
    assert np.array_equal(kept == 1, inside)
    assert (image[~inside] == -1000).all()
    assert np.array_equal(image[inside], scan.slices[4][inside])
    assert lungs.all()
    assert CORRUPTIONS["crop"].labels(lungs, SPACING, 1000.0).any()


def test_a_larger_field_adds_air_and_no_lung(scan):
    """8 mm are 10 pixels of 0.8 mm along each border."""
    lungs = np.full((40, 48), 2, np.uint8)
    image = corrupted("enlarge", scan, 8.0)
    labels = CORRUPTIONS["enlarge"].labels(lungs, SPACING, 8.0)
    assert image.shape == labels.shape == (60, 68)
    assert np.array_equal(image[10:50, 10:58], scan.slices[4])
    assert (labels[10:50, 10:58] == 2).all()
    assert (labels == 0).sum() == (image == -1000).sum() == 60 * 68 - 40 * 48


def test_a_turn_by_a_right_angle_moves_every_pixel_exactly():
    square = np.arange(36, dtype=np.int16).reshape(1, 6, 6)
    labels = (square[0] % 3).astype(np.uint8)  # background, right, left
    turned = corrupted("rotate", Scan(square, 1, SPACING), 90.0, z=0)
    quarter = next(k for k in (1, 3) if np.array_equal(turned, np.rot90(square[0], k)))
    assert np.array_equal(
        CORRUPTIONS["rotate"].labels(labels, SPACING, 90.0), np.rot90(labels, quarter)
    )


def test_a_turned_reference_follows_the_image():
    """A bright disc off the middle, and its mask: they agree but for pixels at the border."""
    y, x = np.ogrid[:80, :80]
    disc = ((y - 30) ** 2 + (x - 52) ** 2 < 150).astype(np.uint8)
    image = np.where(disc, 1000, -1000).astype(np.int16)[None]
    turned = corrupted("rotate", Scan(image, 1, SPACING), 20.0, z=0) > 0
    mask = CORRUPTIONS["rotate"].labels(disc * np.uint8(2), SPACING, 20.0)
    assert {*np.unique(mask)} == {0, 2}
    assert (turned != (mask > 0)).mean() < 0.001
    expected = ndimage.rotate(disc.astype(float), 20.0, reshape=False, order=1) > 0.5
    mirrored = ndimage.rotate(disc.astype(float), -20.0, reshape=False, order=1) > 0.5
    assert min((turned != one).mean() for one in (expected, mirrored)) < 0.002
    assert (turned != disc).mean() > 0.01
