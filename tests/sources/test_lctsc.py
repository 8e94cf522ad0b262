"""From DICOM and npz to cases: order, pairing, and what is refused."""

import os
import shutil

import numpy as np
import pytest

from lungseg.errors import DataError
from lungseg.phantom import make_case
from lungseg.sources.lctsc import LctscFolder
from tests.conftest import SMALL


def test_every_planted_order_and_flip_is_undone(phantom_root):
    source = LctscFolder(phantom_root)
    names = source.cases()
    assert names == [f"Case_{i:03d}" for i in range(12)]
    flips = set()
    for index, name in enumerate(names):
        truth = make_case(index, size=SMALL["size"], n_slices=SMALL["n_slices"], seed=SMALL["seed"])
        case = source.read(name)
        np.testing.assert_array_equal(case.volume.voxels, truth.image)
        np.testing.assert_array_equal(case.mask, truth.mask)
        assert case.volume.spacing == pytest.approx(truth.spacing, abs=1e-3)
        np.testing.assert_allclose(case.volume.affine[:3, 3], truth.origin, atol=1e-3)
        assert tuple(case.audit["alignment"]["flip"]) == truth.plant.mask_flip
        assert case.header["sex"] == truth.sex
        assert case.header["synthetic"] is True
        identified = any(finding["code"] == "identifiers" for finding in case.audit["findings"])
        assert identified == truth.plant.identified
        flips.add(truth.plant.mask_flip)
    assert len(flips) == 8


def test_a_patient_name_is_not_passed_on(three_cases):
    for name in LctscFolder(three_cases).cases():
        case = LctscFolder(three_cases).read(name)
        assert "Phantom^" not in repr((case.audit, case.header))
        assert str(three_cases) not in repr((case.audit, case.header))


def test_natural_order(tmp_path):
    for k in (10, 9, 1):
        (tmp_path / "Images" / f"Case_{k}").mkdir(parents=True)
        (tmp_path / "Segmentations").mkdir(exist_ok=True)
        (tmp_path / "Segmentations" / f"Case_{k}_seg.npz").touch()
    assert LctscFolder(tmp_path).cases() == ["Case_1", "Case_9", "Case_10"]


@pytest.mark.parametrize("name", ["Images", "Segmentations"])
def test_one_half_of_the_source(name, three_cases):
    with pytest.raises(
        DataError, match=f"^data.root: {name} is one of .* the folder above"
    ) as error:
        LctscFolder(three_cases / name).cases()
    assert error.value.path == three_cases


@pytest.mark.parametrize("name", ["Doe_John", "Other/Images"])
def test_a_folder_that_is_no_half_of_the_source(name, three_cases):
    (three_cases / name).mkdir(parents=True)
    with pytest.raises(DataError, match="^data.root: no folder Images/ with a folder for each"):
        LctscFolder(three_cases / name).cases()


def test_no_folder_of_images(tmp_path):
    with pytest.raises(DataError, match="^data.root: no folder Images/ with a folder for each"):
        LctscFolder(tmp_path).cases()


def test_state_changes_with_any_file(three_cases):
    source = LctscFolder(three_cases)
    before = source.state("Case_000")
    assert source.state("Case_000") == before
    file = next((three_cases / "Images" / "Case_000").iterdir())
    file.write_bytes(file.read_bytes() + b"\0\0")
    assert source.state("Case_000") != before


def mask_file(root):
    return root / "Segmentations" / "Case_001_seg.npz"


def rewrite(root, **arrays):
    np.savez_compressed(mask_file(root), **arrays)


def stored(root):
    with np.load(mask_file(root)) as arrays:
        return arrays["masks"]


DAMAGE = {
    "mask of another shape": (
        lambda root: rewrite(root, masks=stored(root)[:-1]),
        r"Case_001: the mask's shape \(\d+, 32, 32\) is not the image's",
    ),
    "values": (
        lambda root: rewrite(root, masks=stored(root) * 3),
        "Case_001: the mask must be .* of 0 and 1, got 3 axes and values from 0 to 3",
    ),
    "key": (
        lambda root: rewrite(root, **{"Doe^John": stored(root), "x": stored(root)}),
        "Case_001: the mask file has no array 'masks' among its 2$",
    ),
    "text": (
        lambda root: rewrite(root, masks=np.full((2, 2, 2), "Doe^John")),
        r"Case_001: the mask must be \[z, y, x\] of 0 and 1, not of str",
    ),
    "damaged npz": (
        lambda root: mask_file(root).write_bytes(mask_file(root).read_bytes()[:100]),
        "Case_001: the mask file is damaged",
    ),
    "empty mask": (
        lambda root: rewrite(root, masks=np.zeros_like(stored(root))),
        "Case_001: the mask is empty",
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_bad_masks_are_refused(damage, three_cases):
    change, message = DAMAGE[damage]
    change(three_cases)
    with pytest.raises(DataError, match=message):
        LctscFolder(three_cases).read("Case_001")


def test_unpaired_cases_are_refused(three_cases):
    mask_file(three_cases).unlink()
    with pytest.raises(
        DataError, match="data.root: Case_001: no mask: Segmentations/Case_001_seg.npz is missing"
    ):
        LctscFolder(three_cases).cases()
    shutil.rmtree(three_cases / "Images" / "Case_001")
    shutil.rmtree(three_cases / "Images" / "Case_000")
    with pytest.raises(
        DataError, match="data.root: Case_000: no images: folder Images/Case_000 is missing"
    ):
        LctscFolder(three_cases).cases()


def test_no_cases(tmp_path):
    with pytest.raises(DataError, match="no folder Images/"):
        LctscFolder(tmp_path).cases()
    (tmp_path / "Images").mkdir()
    with pytest.raises(DataError, match="contains no folder"):
        LctscFolder(tmp_path).cases()


def test_reading_a_pipe_does_not_block(phantom_root, tmp_path):
    shutil.copytree(phantom_root, tmp_path / "data")
    source = LctscFolder(tmp_path / "data")
    name = source.cases()[0]
    patient = source.patient(name)
    os.mkfifo(tmp_path / "data" / "Images" / name / "000.dcm")
    assert source.patient(name) == patient != ""
    with pytest.raises(DataError, match="not a regular file"):
        source.read(name)
