"""No damage to a stored case is read as if it were the case."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import zarr
from zarr.codecs import BloscCodec

from lungseg.data import store as stores
from lungseg.data.cohort import open_cohort
from lungseg.data.damaged import damaged_cases
from lungseg.data.prepare import prepare
from lungseg.errors import DataError, describe
from lungseg.sources.lctsc import LctscFolder
from tests.data.tampering import content, flip


@pytest.fixture(scope="module")
def whole(phantom_root, tmp_path_factory):
    """A store with one small case that has everything."""
    case = LctscFolder(phantom_root).read("Case_000")
    mask = case.mask[4:8]
    volume = replace(case.volume, voxels=np.ascontiguousarray(case.volume.voxels[4:8]))
    store = tmp_path_factory.mktemp("whole")
    sides = mask * (1 + (np.arange(mask.shape[2]) > 15)).astype(np.uint8)
    stores.write_case(store, replace(case, volume=volume, mask=mask, sides=sides), "state")
    return store


def everything(store):
    """All that any reader gets of the case."""
    image, mask = stores.open_arrays(store, "Case_000")
    return {
        "attributes": stores.attributes(store, "Case_000"),
        "image": image[:],
        "slices": np.stack([image[z] for z in range(len(image))]),
        "alone": stores.open_image(store, "Case_000")[:],
        "mask": mask[:],
        "sides": stores.open_sides(store, "Case_000"),
        "preview": stores.open_preview(store, "Case_000"),
        "affine": stores.open_case(store, "Case_000").attrs["affine"],
    }


def error_of(store):
    """The error that reading the case reports, if any."""
    try:
        everything(store)
    except DataError as error:
        return error
    return None


def noticed(store):
    """Whether reading reports damage, in one line that names the case and a file of the store."""
    error = error_of(store)
    if error is not None:
        assert "\n" not in str(error)
        assert "Case_000: " in str(error)
        assert Path(error.path).is_relative_to(store)
    return error is not None


def test_200_flipped_bits(whole, tmp_path):
    store = tmp_path / "store"
    shutil.copytree(whole, store)
    expected = everything(store)
    files = sorted(file for file in store.rglob("*") if file.is_file() and "zarr" in str(file))
    random = np.random.default_rng(0)
    found = 0
    for _ in range(200):
        file = files[random.integers(len(files))]
        before = flip(file, random)
        attributes = stores.attributes(store, "Case_000")
        if noticed(store):
            found += 1
            # Preparation sees the note, or the attributes as missing.
            assert damaged_cases(store) == {"Case_000"} or attributes is None
        else:
            got = everything(store)
            shown = {key: value for key, value in got["attributes"].items() if key in attributes}
            for key in ("image", "slices", "alone", "mask", "sides", "preview"):
                np.testing.assert_array_equal(got[key], expected[key])
            # At most the name of a hash can change: then nothing is compared, and nothing differs.
            assert expected["attributes"].items() <= shown.items()
            assert got["affine"] == expected["affine"]
        file.write_bytes(before)
        shutil.rmtree(store / "damaged", ignore_errors=True)
    assert found > 190
    np.testing.assert_equal(everything(store), expected)


@pytest.mark.parametrize("keep", [0.5, 0, None])
def test_truncated_and_missing_files(whole, tmp_path, keep):
    store = tmp_path / "store"
    shutil.copytree(whole, store)
    for file in sorted((store / "Case_000.zarr").rglob("*")):
        if file.is_file():
            before = file.read_bytes()
            file.unlink() if keep is None else file.write_bytes(before[: int(keep * len(before))])
            assert noticed(store), file
            file.write_bytes(before)
    assert not noticed(store)


def test_the_line_names_case_and_file_and_says_what_to_do(whole, tmp_path):
    store = tmp_path / "store"
    shutil.copytree(whole, store)
    file = store / "Case_000.zarr" / "mask" / "c.2.0.0"
    file.write_bytes(file.read_bytes()[:-1])
    _, mask = stores.open_arrays(store, "Case_000")
    assert mask[1].any()  # the other slices are intact
    with pytest.raises(DataError) as caught:
        mask[2]
    assert str(caught.value) == (
        "Case_000: mask/c.2.0.0 is damaged in the store; the next lungseg prepare or train reads"
        " this case again from its source"
    )
    assert caught.value.path == str(file)


def test_a_slice_that_disappears_after_the_case_was_opened(whole, tmp_path):
    """As on a disk that is no longer there: zarr would return the fill value."""
    store = tmp_path / "store"
    shutil.copytree(whole, store)
    image, mask = stores.open_arrays(store, "Case_000")
    (store / "Case_000.zarr" / "mask" / "c.1.0.0").unlink()
    for selection in (1, slice(None), (slice(0, 2), slice(3, 5)), (1, slice(3, 5))):
        with pytest.raises(DataError, match="Case_000: mask has lost 1 slice in the store"):
            mask[selection]
    assert mask[0].shape == mask[2:3][0].shape == image[1].shape
    shutil.rmtree(store)
    with pytest.raises(DataError, match="Case_000: image has lost 4 slices in the store"):
        image[0]


def test_a_store_that_cannot_be_written_is_named_all_the_same(whole, tmp_path):
    store = tmp_path / "store"
    shutil.copytree(whole, store)
    (store / "damaged").touch()  # in the way of the folder
    (store / "Case_000.zarr" / "image" / "c.0.0.0").unlink()
    with pytest.raises(DataError, match="remove this case from the store and prepare it again"):
        stores.open_image(store, "Case_000")


def test_a_full_disk_is_said_as_the_system_says_it(phantom_root, tmp_path, monkeypatch):
    """Not as the library says it that writes chunks."""

    def full(*_):
        raise RuntimeError("No space left on device (os error 28)")

    monkeypatch.setattr(stores, "_write_group", full)
    case = LctscFolder(phantom_root).read("Case_000")
    with pytest.raises(OSError, match="No space left on device") as caught:
        stores.write_case(tmp_path, case, "state")
    assert describe(caught.value) == f"No space left on device [{tmp_path}/Case_000.zarr]"


def test_the_next_preparation_mends_that_case_alone(three_cases, tmp_path):
    store = tmp_path / "store"
    cohort = prepare(LctscFolder(three_cases), store)
    before = content(store)
    random = np.random.default_rng(1)
    flip(store / "Case_001.zarr" / "image" / "c.3.0.0", random)  # noticed when it is read
    flip(store / "Case_002.zarr" / "zarr.json", random)  # noticed by the preparation
    with pytest.raises(DataError, match="Case_001: image/c.3.0.0 is damaged"):
        stores.open_image(store, "Case_001")[:]
    read, said = [], []
    again = prepare(
        LctscFolder(three_cases),
        store,
        track=lambda names: read.extend(names) or names,
        say=said.append,
    )
    assert read == ["Case_001", "Case_002"]
    assert said == ["Case_001: was damaged in the store; prepared again"]
    assert again == cohort == open_cohort(store)
    assert content(store) == before
    assert damaged_cases(store) == set()


def test_a_store_without_checksums_is_read_and_not_prepared_again(three_cases, tmp_path):
    """As version 3 of the format was first written."""
    store = tmp_path / "store"
    cohort = prepare(LctscFolder(three_cases), store)
    for name in cohort.names:
        group = zarr.open_group(stores.case_path(store, name), mode="a")
        kept = {k: v for k, v in group.attrs.items() if k not in ("sha256", "checksums")}
        for array in ("image", "mask", "preview"):
            values = group[array][:]
            del group[array]
            group.create_array(
                array,
                data=values,
                chunks=values.shape if array == "preview" else (1, *values.shape[1:]),
                compressors=BloscCodec(cname="lz4", clevel=5, shuffle="bitshuffle"),
                chunk_key_encoding={"name": "default", "separator": "."},
                fill_value=0 if array == "preview" else 255,
            )
        group.attrs.put(kept)
    before = content(store)
    assert prepare(LctscFolder(three_cases), store) == open_cohort(store) == cohort
    assert content(store) == before
    for name in cohort.names:
        case = LctscFolder(three_cases).read(name)
        image, mask = stores.open_arrays(store, name)
        np.testing.assert_array_equal(image[:], case.volume.voxels)
        np.testing.assert_array_equal(mask[:], case.mask)
        assert stores.open_preview(store, name).any()
    (store / "Case_001.zarr" / "mask" / "c.2.0.0").write_bytes(b"")
    with pytest.raises(DataError, match="Case_001: mask/c.2.0.0 is damaged in the store"):
        stores.open_arrays(store, "Case_001")[1][:]


def test_a_black_picture_is_not_taken_for_a_lost_one(phantom_root, tmp_path):
    """Below the window everywhere: as written now, and as an earlier version filled it."""
    case = LctscFolder(phantom_root).read("Case_000")
    black = np.full_like(case.volume.voxels, -2000)
    stores.write_case(tmp_path, replace(case, volume=replace(case.volume, voxels=black)), "state")
    picture = stores.open_preview(tmp_path, "Case_000")
    group = zarr.open_group(stores.case_path(tmp_path, "Case_000"), mode="a")
    del group["preview"]
    group.create_array("preview", data=np.zeros_like(picture))
    group.attrs.put({k: v for k, v in group.attrs.items() if k not in ("sha256", "checksums")})
    assert group["preview"].nchunks_initialized == 0
    assert not stores.open_preview(tmp_path, "Case_000").any()
