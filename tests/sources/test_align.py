"""Every flip is recovered; a mask that fits in no orientation is refused."""

from itertools import product

import numpy as np
import pytest

from lungseg.dicom.series import read_series
from lungseg.dicom.tree import dicom_files
from lungseg.phantom import make_case
from lungseg.sources.align import MIN_MARGIN, MIN_SCORE, align, flipped
from lungseg.volume import Volume

FLIPS = list(product((False, True), repeat=3))


def phantom_volume(case):
    spacing_z, spacing_y, spacing_x = case.spacing
    affine = np.zeros((4, 4))
    affine[[2, 1, 0], [0, 1, 2]] = spacing_z, spacing_y, spacing_x
    affine[:3, 3], affine[3, 3] = case.origin, 1
    return Volume(case.image, affine)


@pytest.mark.parametrize("index", range(12))
def test_every_flip_of_a_synthetic_mask_is_found(index):
    case = make_case(index, size=64, n_slices=24)
    volume = phantom_volume(case)
    for flip in FLIPS:
        found, alignment = align(volume, np.ascontiguousarray(flipped(case.mask, flip)))
        np.testing.assert_array_equal(found, case.mask)
        assert alignment.flip == flip
        assert alignment.score >= MIN_SCORE
        assert alignment.margin >= MIN_MARGIN


def real_case(realdata, k):
    volume = read_series(dicom_files(realdata / "lctsc" / "Images" / f"Case_00{k}")).volume
    with np.load(realdata / "lctsc" / "Segmentations" / f"Case_00{k}_seg.npz") as arrays:
        return volume, arrays["masks"]


@pytest.mark.realdata
@pytest.mark.parametrize("k", range(3))
def test_every_flip_of_a_real_mask_is_found(realdata, k):
    volume, mask = real_case(realdata, k)  # these run from the feet up, as the README says
    for flip in FLIPS:
        found, alignment = align(volume, flipped(mask, flip))
        assert alignment.flip == flip
        np.testing.assert_array_equal(found, mask)


def fit(mask, n):
    """Cut or fill a mask along z to n slices, about its middle."""
    start = (len(mask) - n) // 2
    if start >= 0:
        return mask[start : start + n]
    out = np.zeros((n, *mask.shape[1:]), mask.dtype)
    out[-start : -start + len(mask)] = mask
    return out


@pytest.mark.realdata
@pytest.mark.parametrize(("k", "other"), [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)])
def test_a_real_mask_of_another_patient_is_refused(realdata, k, other):
    volume, _ = real_case(realdata, k)
    _, mask = real_case(realdata, other)
    with pytest.raises(ValueError, match="fits the image in no orientation"):
        align(volume, fit(mask, len(volume.voxels)))


def test_a_synthetic_mask_of_another_patient_is_refused():
    """Shifted by a lung's width, as another patient on another table would be."""
    case = make_case(0, size=64, n_slices=24)
    with pytest.raises(ValueError, match="another patient's"):
        align(phantom_volume(case), np.roll(case.mask, 10, axis=2))


def test_a_symmetric_mask_is_no_evidence():
    """A ball scores high in all orientations alike: no lead, no decision."""
    z, y, x = np.indices((21, 41, 41)) - np.array([10, 20, 20]).reshape(3, 1, 1, 1)
    ball = ((4 * z * z + y * y + x * x) < 150).astype(np.uint8)
    image = np.where(ball, -800, 40).astype(np.int16)
    with pytest.raises(ValueError, match=r"lead 0\.00"):
        align(Volume(image, np.diag([2.0, 1, 1, 1])[[2, 1, 0, 3]]), ball)


def test_shape_and_emptiness_are_checked():
    volume = Volume(np.zeros((2, 8, 8), np.int16), np.eye(4))
    with pytest.raises(ValueError, match=r"\(3, 8, 8\) is not the image's \(2, 8, 8\)"):
        align(volume, np.ones((3, 8, 8), np.uint8))
    with pytest.raises(ValueError, match="empty"):
        align(volume, np.zeros((2, 8, 8), np.uint8))
    with pytest.raises(ValueError, match="fits the image in no orientation"):
        align(volume, np.ones((2, 8, 8), np.uint8))
