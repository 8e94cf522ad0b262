"""The patient's outline, on drawn chests whose skin is known, synthetic patients and real CT."""

import tracemalloc

import numpy as np
import pytest
from scipy import ndimage

from lungseg.data.outline import body_box, patient_outline
from lungseg.dicom.series import read_series
from lungseg.dicom.tree import dicom_files
from lungseg.errors import DataError
from lungseg.phantom import make_case
from lungseg.sources.lctsc import LctscFolder
from lungseg.sources.nrrd_file import read_nrrd
from lungseg.volume import place
from tests.data import hard_chests, thorax

DISC = ndimage.generate_binary_structure(2, 1)[None]


def outline_of(chest):
    return patient_outline(chest.scan, chest.spacing)


def assert_holds_the_trunk(chest, outline):
    """All lung inside, and all of the trunk but for its outermost two pixels."""
    assert not (chest.lung & ~outline).any()
    beyond = chest.hu < thorax.AIR  # The skin is not where the scanner's circle ends.
    inner = ndimage.binary_erosion(chest.trunk | beyond, DISC, 2, border_value=1)
    assert not (inner & chest.trunk & ~outline).any()


@pytest.mark.parametrize("size", [64, 128, 150, 300, 500])
def test_a_chest_in_air_is_found_to_a_pixel(size):
    chest = thorax.chest(size, n_slices=3)
    outline = outline_of(chest)
    assert not (chest.trunk & ~outline).any()
    assert not (outline & ~ndimage.binary_dilation(chest.trunk, DISC)).any()


def test_a_scan_without_a_patient():
    for scan in (
        np.full((2, 64, 64), -1000, np.int16),
        np.random.default_rng(0).normal(-1000, 25, (2, 64, 64)).astype(np.int16),
    ):
        with pytest.raises(DataError, match=r"no patient is found.*use data\.crop=none"):
            patient_outline(scan, (3.0, 4.0, 4.0))


def test_a_scan_within_the_patient_is_all_patient():
    scan = np.full((2, 64, 64), 40, np.int16)
    assert patient_outline(scan, (3.0, 1.0, 1.0)).all()
    scan[0, 20:40, 20:40] = -850
    assert patient_outline(scan, (3.0, 1.0, 1.0)).all()


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


# Shares of the trunk that may be found beside it: what it is pressed against.
BESIDE = {
    hard_chests.on_a_hollow_table: 0.02,
    hard_chests.above_a_table: 0.001,
    hard_chests.prone: 0.02,
    hard_chests.on_a_curved_table: 0.001,
    hard_chests.on_a_foam_cushion: 0.001,
    hard_chests.under_a_blanket: 0.03,
    hard_chests.within_the_patient: 0.001,
    hard_chests.with_arms_down: 0.25,
    hard_chests.with_an_open_mouth: 0.01,
    hard_chests.with_an_open_chest: 0.001,
    hard_chests.with_air_under_the_skin: 0.001,
    hard_chests.with_emphysema: 0.001,
    hard_chests.with_a_pneumothorax: 0.001,
    hard_chests.with_padding: 0.02,
    hard_chests.cut_at_the_skin: 0.09,
    hard_chests.cut_through_the_lung: 0.04,
    hard_chests.with_half_a_lung: 0.02,
    hard_chests.cut_by_the_circle: 0.02,
}


@pytest.mark.parametrize("size", [128, 250])
@pytest.mark.parametrize("draw", BESIDE, ids=lambda draw: draw.__name__)
def test_hard_chests(draw, size):
    chest = draw(size)
    outline = outline_of(chest)
    assert_holds_the_trunk(chest, outline)
    beside = outline & ~ndimage.binary_dilation(chest.trunk, DISC)
    assert beside.sum() <= BESIDE[draw] * chest.trunk.sum()


@pytest.mark.parametrize("draw", [hard_chests.with_emphysema, hard_chests.with_a_pneumothorax])
def test_noise_of_a_low_dose(draw):
    chest = draw(250)
    noise = np.random.default_rng(1).normal(0, 120, chest.hu.shape)
    outline = patient_outline((chest.hu + noise).astype(np.int16), chest.spacing)
    assert not (chest.lung & ~outline).any()


def test_a_circle_within_the_patient_is_all_patient():
    chest = hard_chests.within_the_patient(250)
    outline = outline_of(chest)
    # Coarse pixels are the scan's own here: the border is exact.
    assert (outline == chest.trunk).all()


def test_it_is_found_in_each_place_of_an_image():
    chest = thorax.chest()
    middle = outline_of(chest)
    for shift in (-8, 8):
        moved = np.roll(chest.scan, shift, axis=(1, 2))
        assert (patient_outline(moved, chest.spacing) == np.roll(middle, shift, (1, 2))).all()


@pytest.mark.parametrize("seed", range(20))
def test_nonsense_is_refused_or_outlined(seed):
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 24, 3))
    blobs = ndimage.gaussian_filter(rng.normal(-400, 3000, shape), rng.uniform(0, 2))
    spacing = tuple(rng.uniform(0.3, 20, 3))
    try:
        outline = patient_outline(blobs.astype(np.int16), spacing)
    except DataError:
        return
    assert outline.shape == shape


def test_memory_stays_below_two_more_volumes_of_bytes():
    scan = np.tile(thorax.chest(512, 1, width_mm=500).scan, (32, 1, 1))
    tracemalloc.start()
    patient_outline(scan, (3.0, 0.98, 0.98))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * scan.size + 2**25  # and what a portion needs


@pytest.mark.parametrize(
    ("index", "size"), [(index, 32) for index in range(12)] + [(3, 48), (4, 96), (11, 64)]
)
def test_lungs_of_every_kind_of_synthetic_patient(index, size):
    case = make_case(index, size=size, n_slices=12)
    outline = patient_outline(case.image, case.spacing)
    assert not (case.mask & ~outline).any()
    assert outline.mean() < 0.6


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["Case_000", "Case_001", "Case_002"])
def test_real_lungs(realdata, name):
    case = LctscFolder(realdata / "lctsc").read(name)
    part = slice(None, None, 12)
    outline = patient_outline(case.volume.voxels[part], case.volume.spacing)
    assert not (case.mask[part] & ~outline).any()
    # The table is outside.
    assert body_box(outline)[1] < 400


@pytest.mark.realdata
def test_real_lungs_of_large_pixels_in_a_narrow_field_of_view(realdata):
    volume = read_series(dicom_files(realdata / "cip_ct64" / "dicom")).volume
    file = read_nrrd(realdata / "cip_ct64" / "wholeLung-64.nrrd")
    outline = patient_outline(volume.voxels, volume.spacing)
    assert not (place(file.array, file.affine, volume).astype(bool) & ~outline).any()
    assert not outline[:, 58:].any()  # the table


@pytest.mark.realdata
def test_a_real_scan_with_padding_and_clothes(realdata):
    volume = read_series(dicom_files(realdata / "lidc_slices")).volume
    outline = patient_outline(volume.voxels, volume.spacing)
    dark, _ = ndimage.label(volume.voxels < -500)
    sizes = np.bincount(dark.ravel())
    around = dark[0, 0, 256]
    sizes[[0, around]] = 0
    lungs = np.isin(dark, np.argsort(-sizes)[:2])
    assert lungs[:, 250, [150, 350]].mean() > 0.5
    assert not (lungs & ~outline).any()
    # Neither the blanket nor the table.
    assert body_box(outline) == pytest.approx((64, 432, 16, 504), abs=3)
