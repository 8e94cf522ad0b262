"""The patient's outline, on drawn chests whose skin is known, synthetic patients and real CT."""

import numpy as np
import pytest
from scipy import ndimage

from lungseg.data.outline import body_box, patient_outline
from lungseg.errors import DataError
from lungseg.phantom import make_case
from lungseg.sources.lctsc import LctscFolder
from tests.data import thorax

DISC = ndimage.generate_binary_structure(2, 1)[None]


def outline_of(chest):
    return patient_outline(chest.scan, chest.spacing)


def assert_holds_the_trunk(chest, outline, pixels=1):
    """All lung inside, and all of the trunk but for the outermost pixel."""
    assert not (chest.lung & ~outline).any()
    assert not (ndimage.binary_erosion(chest.trunk, DISC, pixels, border_value=1) & ~outline).any()


def assert_only_the_trunk(chest, outline, pixels=1):
    """Nothing further from the skin than some pixels."""
    assert not (outline & ~ndimage.binary_dilation(chest.trunk, DISC, pixels)).any()


@pytest.mark.parametrize("size", [64, 128, 150, 300])
def test_a_chest_in_air_is_found_to_a_pixel(size):
    chest = thorax.chest(size)
    outline = outline_of(chest)
    assert_holds_the_trunk(chest, outline)
    assert_only_the_trunk(chest, outline)


def test_a_scan_without_a_patient():
    for scan in (
        np.full((2, 64, 64), -1000, np.int16),
        np.random.default_rng(0).normal(-1000, 25, (2, 64, 64)).astype(np.int16),
    ):
        with pytest.raises(DataError, match=r"no patient is found.*use data\.crop=none"):
            patient_outline(scan, (3.0, 4.0, 4.0))


def test_a_scan_within_the_patient_is_all_patient():
    assert patient_outline(np.full((2, 64, 64), 40, np.int16), (3.0, 1.0, 1.0)).all()


def test_slices_beyond_the_patient_are_empty():
    chest = thorax.chest()
    chest.hu[4:] = thorax.AIR
    assert outline_of(chest).any(axis=(1, 2)).tolist() == [True] * 4 + [False] * 2


def test_a_plane_is_no_volume():
    with pytest.raises(ValueError, match=r"z, y and x, got shape \(4, 4\)"):
        patient_outline(np.zeros((4, 4), np.int16), (1.0, 1.0, 1.0))


def test_box():
    outline = np.zeros((3, 20, 30), bool)
    outline[0, 4:9, 10:12] = outline[2, 6:17, 3] = True
    assert body_box(outline) == (4, 17, 3, 12)
    with pytest.raises(ValueError, match="empty"):
        body_box(outline & False)


@pytest.mark.parametrize("index", range(12))
@pytest.mark.parametrize("size", [32, 96])
def test_lungs_of_every_kind_of_synthetic_patient(index, size):
    case = make_case(index, size=size, n_slices=12)
    outline = patient_outline(case.image, case.spacing)
    assert not (case.mask & ~outline).any()
    assert outline.mean() < 0.6


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["Case_000", "Case_001", "Case_002"])
def test_real_lungs(realdata, name):
    case = LctscFolder(realdata / "lctsc").read(name)
    part = slice(None, None, 6)
    outline = patient_outline(case.volume.voxels[part], case.volume.spacing)
    assert not (case.mask[part] & ~outline).any()
    # The table is outside.
    assert body_box(outline)[1] < 400
