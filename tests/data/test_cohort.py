"""The store is updated case by case, and never contains half a case."""

import shutil

import numpy as np
import pytest

from lungseg.data import store as stores
from lungseg.data.cohort import open_cohort
from lungseg.data.prepare import prepare
from lungseg.errors import DataError
from lungseg.sources.lctsc import LctscFolder


def prepared(root, store):
    """Prepare; give the cohort, the cases that were read, and what was said."""
    read, said = [], []

    def track(names):
        read.extend(names)
        return names

    return prepare(LctscFolder(root), store, track=track, say=said.append), read, said


def test_round_trip(three_cases, tmp_path):
    cohort, read, said = prepared(three_cases, tmp_path / "store")
    assert read == cohort.names == ["Case_000", "Case_001", "Case_002"]
    assert said == []
    for name in cohort.names:
        case = LctscFolder(three_cases).read(name)
        for stored, array in zip(
            stores.open_arrays(cohort.store, name), (case.volume.voxels, case.mask), strict=True
        ):
            np.testing.assert_array_equal(stored[:], array)
        group = stores.open_case(cohort.store, name)
        np.testing.assert_array_equal(group["image"][:], case.volume.voxels)
        np.testing.assert_array_equal(group["mask"][:], case.mask)
        assert group["image"].chunks == group["mask"].chunks == (1, *case.mask.shape[1:])
        assert group["image"].dtype == np.int16
        assert group["mask"].dtype == np.uint8
        np.testing.assert_array_equal(group.attrs["affine"], case.volume.affine)


def test_fingerprint_by_hand(three_cases, tmp_path):
    cohort, _, _ = prepared(three_cases, tmp_path / "store")
    cases = [LctscFolder(three_cases).read(name) for name in cohort.names]
    masks = [case.mask for case in cases]
    figures = cohort.fingerprint()
    empty = sum((~mask.any(axis=(1, 2))).sum() for mask in masks)
    assert figures["n_slices"] == sum(map(len, masks))
    assert figures["empty_share"] == pytest.approx(empty / sum(map(len, masks)))
    assert figures["positive_share"] == pytest.approx(
        sum(mask.sum() for mask in masks) / sum(mask.size for mask in masks)
    )
    assert figures["synthetic"] is True
    for case in cases:
        percentiles = figures["cases"][case.name]["hu_percentiles"]
        for p, value in percentiles.items():
            expected = np.percentile(case.volume.voxels, float(p), method="inverted_cdf")
            assert value == expected


def test_a_second_time_nothing_is_done(three_cases, tmp_path):
    first, _, _ = prepared(three_cases, tmp_path / "store")
    times = {file: file.stat().st_mtime_ns for file in (tmp_path / "store").rglob("*")}
    second, read, said = prepared(three_cases, tmp_path / "store")
    assert (read, said) == ([], [])
    assert second == first
    assert times == {file: file.stat().st_mtime_ns for file in (tmp_path / "store").rglob("*")}


def test_a_changed_source_is_noticed(three_cases, tmp_path):
    first, _, _ = prepared(three_cases, tmp_path / "store")
    file = three_cases / "Segmentations" / "Case_001_seg.npz"
    with np.load(file) as arrays:
        mask = arrays["masks"]
    mask[tuple(np.argwhere(mask)[0])] = 0
    np.savez_compressed(file, masks=mask)
    second, read, said = prepared(three_cases, tmp_path / "store")
    assert read == ["Case_001"]
    assert len(said) == 1
    assert "Case_001: its source files changed" in said[0]
    assert second.sha256 != first.sha256
    assert open_cohort(second.store) == second


def test_touching_or_renaming_files_changes_no_hash(three_cases, tmp_path):
    first, _, _ = prepared(three_cases, tmp_path / "store")
    for i, file in enumerate(sorted((three_cases / "Images" / "Case_001").iterdir())):
        file.rename(file.with_name(f"renamed-{i}.dcm"))
    second, read, said = prepared(three_cases, tmp_path / "store")
    assert (read, said) == (["Case_001"], [])  # looked at again, found the same
    assert second.sha256 == first.sha256


def test_the_hash_tells_data_not_delivery(three_cases, tmp_path):
    """Another transfer syntax, the same voxels."""
    import pydicom
    from pydicom.uid import DeflatedExplicitVRLittleEndian

    first, _, _ = prepared(three_cases, tmp_path / "store")
    for file in (three_cases / "Images" / "Case_001").iterdir():
        ds = pydicom.dcmread(file)
        ds.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
        ds.save_as(file)
    assert prepared(three_cases, tmp_path / "store")[0].sha256 == first.sha256


def test_a_bad_case_leaves_no_half_case_and_keeps_the_good_ones(three_cases, tmp_path):
    file = sorted((three_cases / "Images" / "Case_001").iterdir())[3]
    file.write_bytes(file.read_bytes()[:-50])
    with pytest.raises(DataError, match="Case_001: a DICOM file is truncated"):
        prepared(three_cases, tmp_path / "store")
    assert sorted(path.name for path in (tmp_path / "store").iterdir()) == [
        ".lock",
        ".writing",
        "Case_000.zarr",
    ]


def test_a_failure_while_writing_leaves_nothing(three_cases, tmp_path, monkeypatch):
    case = LctscFolder(three_cases).read("Case_000")
    stores.write_case(tmp_path / "store", case, "state")
    before = {file: file.read_bytes() for file in (tmp_path / "store").rglob("*") if file.is_file()}

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(stores, "_replace", fail)
    with pytest.raises(OSError, match="disk full"):
        stores.write_case(tmp_path / "store", case, "other state")
    after = {file: file.read_bytes() for file in (tmp_path / "store").rglob("*") if file.is_file()}
    assert after == before


def test_a_store_with_a_case_missing_is_refused(three_cases, tmp_path):
    cohort, _, _ = prepared(three_cases, tmp_path / "store")
    shutil.rmtree(tmp_path / "store" / "Case_002.zarr")
    with pytest.raises(DataError, match="Case_002: listed in cohort.json but missing or damaged"):
        open_cohort(cohort.store)
    with pytest.raises(DataError, match="no prepared cohort here"):
        open_cohort(tmp_path)


def test_nothing_that_identifies_reaches_the_store(phantom_root, tmp_path):
    """Every value of every name, id, date and UID in the headers, searched for byte by byte."""
    import pydicom

    prepared(phantom_root, tmp_path / "store")
    needles = set()
    for file in (phantom_root / "Images").rglob("*.dcm"):
        for element in pydicom.dcmread(file, stop_before_pixels=True):
            if element.VR in ("PN", "DA", "UI") or element.keyword == "PatientID":
                needles.add(str(element.value))
    needles = {needle.encode() for needle in needles if len(needle) > 4} | {bytes(phantom_root)}
    assert any(b"^" in needle for needle in needles)  # names were planted
    for path in (tmp_path / "store").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [needle for needle in needles if needle in content]


def test_evidence_of_alignment_is_kept_with_the_case(three_cases, tmp_path):
    cohort, _, _ = prepared(three_cases, tmp_path / "store")
    scores = cohort.cases["Case_000"]["audit"]["alignment"]["scores"]
    assert set(scores) == {"", "z", "y", "x", "zy", "zx", "yx", "zyx"}


def test_two_processes_may_prepare_the_same_store(three_cases, tmp_path):
    import subprocess
    import sys

    code = (
        "import sys; from pathlib import Path; from lungseg.data.prepare import prepare;"
        "from lungseg.sources.lctsc import LctscFolder;"
        "print(prepare(LctscFolder(sys.argv[1]), Path(sys.argv[2])).sha256)"
    )
    command = [sys.executable, "-c", code, str(three_cases), str(tmp_path / "store")]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = {process.communicate(timeout=120)[0] for process in both}
    assert [process.returncode for process in both] == [0, 0]
    assert len(outputs) == 1
    assert {path.name for path in (tmp_path / "store").glob(".*")} == {
        ".lock",
        ".writing",
    }
    assert open_cohort(tmp_path / "store").sha256 == outputs.pop().strip()
