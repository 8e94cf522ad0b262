"""Cases without mask in the store and in the cohort, and older stores."""

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest
import zarr

from lungseg.data import store as stores
from lungseg.data.cohort import Cohort, open_cohort
from lungseg.data.datamodule import SliceDataModule
from lungseg.data.network_input import NetworkInput
from lungseg.data.prepare import prepare
from lungseg.data.preview import preview
from lungseg.errors import DataError
from lungseg.sources.lctsc import LctscFolder
from lungseg.splits.covariates import covariates

NO_MASK = "has no mask: prepared with data.masks=none, it cannot be trained on or evaluated"


@pytest.fixture
def pair(three_cases, tmp_path) -> tuple[Cohort, Cohort]:
    """The same cases with masks and without."""
    return (
        prepare(LctscFolder(three_cases), tmp_path / "whole", settings="required"),
        prepare(LctscFolder(three_cases, "none"), tmp_path / "alone", settings="none"),
    )


def test_round_trip(pair):
    whole, alone = pair
    assert open_cohort(alone.store) == alone
    assert alone.names == whole.names == alone.maskless
    assert whole.maskless == []
    assert alone.image_sha256 == whole.image_sha256
    for name in alone.names:
        group = stores.open_case(alone.store, name)
        assert sorted(group.array_keys()) == ["image", "preview"]
        image = stores.open_image(alone.store, name)
        np.testing.assert_array_equal(image[:], stores.open_arrays(whole.store, name)[0][:])
        np.testing.assert_array_equal(image[:], stores.open_image(whole.store, name)[:])
        assert stores.open_sides(alone.store, name) is None
        with pytest.raises(DataError) as info:
            stores.open_arrays(alone.store, name)
        assert str(info.value) == f"{name}: {NO_MASK}"


def test_figures_that_are_not_known_are_null(pair):
    whole, alone = (cohort.fingerprint() for cohort in pair)
    assert alone["empty_share"] is alone["positive_share"] is None
    assert alone["n_slices"] == whole["n_slices"]
    for name, figures in alone["cases"].items():
        assert figures == whole["cases"][name] | {"n_empty": None, "n_positive": None}
    assert alone["cohort_sha256"] != whole["cohort_sha256"]


def test_shares_of_a_part_are_not_shares_of_all(pair):
    whole, alone = pair
    mixed = Cohort("", {**alone.cases, "Case_000": whole.cases["Case_000"]})
    assert mixed.maskless == ["Case_001", "Case_002"]
    assert mixed.fingerprint()["empty_share"] is None
    assert mixed.fingerprint()["positive_share"] is None


def test_hashes_of_content_by_hand(pair):
    """With masks as they always were; without, of voxels and geometry alone."""
    for cohort in pair:
        for name, case in cohort.cases.items():
            group = stores.open_case(cohort.store, name)
            affine = np.array(case["affine"]).round(4).astype("<f8") + 0.0
            parts = [group["image"][:].astype("<i2"), affine]
            if "mask" in group:
                parts.insert(1, group["mask"][:])
            text = repr(tuple(group["image"].shape)).encode()
            digest = hashlib.sha256(text + b"".join(part.tobytes() for part in parts))
            assert case["content_sha256"] == digest.hexdigest()


def test_a_lost_slice_of_an_image_without_mask_is_reported(pair):
    _, alone = pair
    chunks = sorted((Path(alone.store) / "Case_001.zarr" / "image").glob("c.*"))
    chunks[2].unlink()
    with pytest.raises(DataError, match="Case_001: image has lost 1 slice in the store"):
        stores.open_image(alone.store, "Case_001")


def test_one_store_takes_either_and_keeps_nothing_stale(three_cases, tmp_path):
    """Other settings, other cases: each is prepared anew."""
    for masks in ("required", "none", "required"):
        source = LctscFolder(three_cases, masks)
        cohort = prepare(source, tmp_path / "store", settings=masks)
        assert bool(cohort.maskless) == (masks == "none")
        for name in cohort.names:
            assert ("mask" in stores.open_case(cohort.store, name)) == (masks != "none")


def test_a_store_of_before_has_masks(pair):
    """Attributes as they were written before cases without mask were known."""
    whole, _ = pair
    for name in whole.names:
        group = zarr.open_group(stores.case_path(whole.store, name), mode="a")
        new = ("mask", "sha256", "checksums")
        kept = {key: value for key, value in group.attrs.items() if key not in new}
        assert len(kept) == len(group.attrs) - 3
        group.attrs.put(kept)
    old = open_cohort(whole.store)
    assert old.maskless == []
    old.require_masks()
    assert old.sha256 == whole.sha256
    assert {**old.fingerprint(), "attributes_sha256": ""} == {
        **whole.fingerprint(),
        "attributes_sha256": "",
    }
    for name in old.names:
        for before, now in zip(
            stores.open_arrays(old.store, name), stores.open_arrays(whole.store, name), strict=True
        ):
            np.testing.assert_array_equal(before[:], now[:])


def test_no_training_and_no_balance_without_masks(pair):
    _, alone = pair
    message = f"Case_000 \\(and 2 more\\): {NO_MASK}"
    settings = {"batch_size": 2, "num_workers": 0, "cache_gib": 0, "seed": 0}
    with pytest.raises(DataError, match=message):
        SliceDataModule(
            alone, {"train": alone.names}, NetworkInput(lambda image: image), **settings
        )
    with pytest.raises(DataError, match=message):
        covariates(alone, ["empty_share"], None)
    assert covariates(alone, ["n_slices", "sex"], None)


def test_the_picture_shows_the_middle_without_outline(three_cases):
    case = LctscFolder(three_cases).read("Case_000")
    picture = preview(case.volume, None, None)
    empty = preview(case.volume, np.zeros_like(case.mask), None)
    np.testing.assert_array_equal(picture, empty)
    assert (picture == picture[..., :1]).all()  # grey
    assert not (preview(case.volume, case.mask, None)[..., :1] == picture).all()


def test_images_alone_need_no_folder_of_masks(three_cases, tmp_path):
    shutil.rmtree(three_cases / "Segmentations")
    cohort = prepare(LctscFolder(three_cases, "none"), tmp_path / "store")
    assert cohort.maskless == ["Case_000", "Case_001", "Case_002"]
