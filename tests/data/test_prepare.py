"""Bad cases, findings and settings in the preparation of a store."""

import shutil

import pytest

from lungseg.data import store as stores
from lungseg.data.cohort import open_cohort
from lungseg.data.prepare import prepare
from lungseg.data.rules import Rules
from lungseg.errors import DataError
from lungseg.sources.lctsc import LctscFolder
from tests.data.tampering import content, damage

SKIP = Rules({"error": "error"}, skip_bad_cases=True)


def test_a_bad_case_is_left_out_and_reported(three_cases, tmp_path):
    damage(three_cases)
    cohort = prepare(LctscFolder(three_cases), tmp_path / "store", rules=SKIP)
    assert cohort.names == ["Case_000", "Case_002"]
    assert list(cohort.failed) == ["Case_001"]
    assert "truncated" in cohort.failed["Case_001"]
    assert open_cohort(tmp_path / "store") == cohort
    assert cohort.fingerprint()["failed"] == cohort.failed


def test_a_mended_case_comes_back(three_cases, tmp_path):
    file = sorted((three_cases / "Images" / "Case_001").iterdir())[3]
    whole = file.read_bytes()
    damage(three_cases)
    prepare(LctscFolder(three_cases), tmp_path / "store", rules=SKIP)
    file.write_bytes(whole)
    cohort = prepare(LctscFolder(three_cases), tmp_path / "store", rules=SKIP)
    assert cohort.failed == {}
    assert cohort.names == ["Case_000", "Case_001", "Case_002"]


def test_a_case_that_failed_is_not_read_again_before_something_changes(three_cases, tmp_path):
    damage(three_cases)
    prepare(LctscFolder(three_cases), tmp_path / "store", rules=SKIP)
    before = content(tmp_path / "store")
    read = []
    again = prepare(
        LctscFolder(three_cases),
        tmp_path / "store",
        rules=SKIP,
        track=lambda names: read.extend(names) or names,
    )
    assert read == []
    assert list(again.failed) == ["Case_001"]
    assert content(tmp_path / "store") == before
    with pytest.raises(DataError, match="truncated"):
        prepare(LctscFolder(three_cases), tmp_path / "store")


def test_cases_without_mask_image_or_slices_are_bad_cases(three_cases, tmp_path):
    (three_cases / "Segmentations" / "Case_000_seg.npz").unlink()
    shutil.rmtree(three_cases / "Images" / "Case_001")
    for k in (3, 4):
        shutil.copytree(three_cases / "Images" / "Case_002", three_cases / "Images" / f"Case_00{k}")
        shutil.copy(
            three_cases / "Segmentations" / "Case_002_seg.npz",
            three_cases / "Segmentations" / f"Case_00{k}_seg.npz",
        )
    for file in (three_cases / "Images" / "Case_003").iterdir():
        file.unlink()
    with pytest.raises(DataError, match=r"Case_000 \(and 1 more\): no mask"):
        prepare(LctscFolder(three_cases), tmp_path / "store")
    cohort = prepare(LctscFolder(three_cases), tmp_path / "store", rules=SKIP, say=lambda _: None)
    assert cohort.names == ["Case_002", "Case_004"]
    assert {name: reason.split(": ", 1)[0] for name, reason in cohort.failed.items()} == {
        name: name for name in ("Case_000", "Case_001", "Case_003")
    }
    assert "no mask" in cohort.failed["Case_000"]
    assert "no images" in cohort.failed["Case_001"]
    assert "no DICOM file" in cohort.failed["Case_003"]


def test_other_settings_read_again(three_cases, tmp_path):
    read = []

    def run(settings):
        read.clear()
        prepare(
            LctscFolder(three_cases),
            tmp_path / "store",
            settings=settings,
            track=lambda names: read.extend(names) or names,
        )
        return len(read)

    assert [run("a"), run("a"), run("b")] == [3, 0, 3]


def test_nothing_left_is_an_error_also_when_skipping(three_cases, tmp_path):
    for case in ("Case_000", "Case_001", "Case_002"):
        damage(three_cases, case)
    with pytest.raises(DataError, match="none of the 3 cases could be prepared: Case_000: "):
        prepare(LctscFolder(three_cases), tmp_path / "store", rules=SKIP)


class WithFinding(LctscFolder):
    """One case with a grave finding."""

    def read(self, case):
        found = super().read(case)
        if case == "Case_001":
            found.audit["findings"].append(
                {"code": "missing-slice", "severity": "error", "text": "1 slice is missing"}
            )
        return found


def test_a_finding_stops_a_case_or_warns(three_cases, tmp_path):
    source = WithFinding(three_cases)
    with pytest.raises(DataError, match=r"Case_001: 1 slice is missing \(missing-slice"):
        prepare(source, tmp_path / "a")
    assert stores.attributes(tmp_path / "a", "Case_001") is None
    taken = prepare(source, tmp_path / "a", rules=Rules({"error": "warn"}))
    assert taken.names == ["Case_000", "Case_001", "Case_002"]
    # Rules are those of today, whatever the store took before.
    with pytest.raises(DataError, match="missing-slice"):
        prepare(source, tmp_path / "a")
    skipped = prepare(source, tmp_path / "a", rules=SKIP)
    assert list(skipped.failed) == ["Case_001"]


def test_a_store_that_is_up_to_date_is_not_written(three_cases, tmp_path):
    cohort = prepare(LctscFolder(three_cases), tmp_path / "store")
    (tmp_path / "store" / ".lock").unlink()
    assert prepare(LctscFolder(three_cases), tmp_path / "store") == cohort
    assert not (tmp_path / "store" / ".lock").exists()
