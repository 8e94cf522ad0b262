"""A tree is described by headers, and one series is chosen by a stated rule."""

import numpy as np
import pydicom
import pytest
from pydicom.uid import RTStructureSetStorage, SecondaryCaptureImageStorage, SegmentationStorage

from lungseg.dicom.tree import choose_series, scan
from lungseg.errors import DataError
from tests.dicom.test_findings import change
from tests.dicom.test_series import write_slice


def series_of(folder, uid, count, **tags):
    folder.mkdir(parents=True, exist_ok=True)
    for z in range(count):
        file = folder / f"{uid[-1]}{z}"
        write_slice(file, np.zeros((2, 2)), (0, 0, z), series=uid, **tags)


def of(patient, files):
    return [file for file in files if file.patient == patient]


@pytest.fixture
def tree(tmp_path):
    series_of(tmp_path / "a" / "deep" / "er", "1.2.1", 5, PatientID="P1")
    series_of(tmp_path / "a", "1.2.2", 2, PatientID="P1")
    series_of(tmp_path / "b", "1.2.3", 5, PatientID="P2")
    series_of(
        tmp_path / "b", "1.2.4", 1, PatientID="P2", ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]
    )
    for k, (uid, modality) in enumerate(
        [
            (RTStructureSetStorage, "RTSTRUCT"),
            (SegmentationStorage, "SEG"),
            (SecondaryCaptureImageStorage, "CT"),
        ]
    ):
        series_of(tmp_path / "b" / str(k), f"1.2.{5 + k}", 1)
        change(tmp_path / "b" / str(k) / f"{5 + k}0", SOPClassUID=uid, Modality=modality)
    series_of(tmp_path / "b" / "9", "1.2.9", 1)
    change(tmp_path / "b" / "9" / "90", SOPClassUID="1.2.840.10008.1.3.10")
    (tmp_path / "b" / "DICOMDIR").write_bytes(b"no dicom")
    (tmp_path / "b" / "notes.txt").write_text("hello")
    (tmp_path / "b" / "empty.dcm").touch()
    return tmp_path


def test_kinds_and_groups(tree):
    files = scan(tree)
    kinds = [file.kind for file in files]
    assert [kinds.count(kind) for kind in ("ct", "rtstruct", "seg", "other")] == [12, 1, 1, 2]
    assert [file.path.name for file in files if file.kind == "damaged"] == ["empty.dcm"]
    assert [len(of(patient, files)) for patient in ("P1", "P2")] == [7, 6]


def test_choice(tree):
    files = of("P1", scan(tree))
    largest = choose_series(files, "largest")
    assert {file.parent.name for file in largest.files} == {"er"}
    assert [(f.code, f.severity, f.text) for f in largest.findings] == [
        ("series-chosen", "info", "2 CT series, of 5 and 2 slices: the largest was used")
    ]
    assert len(choose_series(files, "1.2.2").files) == 2
    with pytest.raises(DataError, match="2 CT series, of 5 and 2 slices: data.series=largest"):
        choose_series(files, "error")
    with pytest.raises(DataError, match="none has the SeriesInstanceUID") as refused:
        choose_series(files, "1.2.77")
    assert "1.2.77" not in str(refused.value)
    single = choose_series(of("P2", scan(tree)), "error")
    assert (len(single.files), single.findings) == (5, [])


def test_a_tie_and_a_near_tie(tree):
    with pytest.raises(DataError, match="none is larger than all others"):
        choose_series([file for file in scan(tree) if file.patient], "largest")
    series_of(tree / "c", "1.2.8", 4, PatientID="P1")
    near = choose_series(of("P1", scan(tree)), "largest")
    assert near.findings[0].severity == "warning"


def test_nothing_there(tmp_path):
    assert scan(tmp_path) == []
    with pytest.raises(DataError, match="no CT series"):
        choose_series([], "largest")
    with pytest.raises(DataError, match="no folder"):
        scan(tmp_path / "none")


def test_damaged_files_are_known(tmp_path):
    series_of(tmp_path, "1.2.1", 1)
    whole = (tmp_path / "10").read_bytes()
    series = whole.index(b"1.2.1\0") + 2
    for size in (100, 140, 250, 380, series):
        (tmp_path / f"{size}.dcm").write_bytes(whole[:size])
        (tmp_path / f"{size}").write_bytes(whole[:size])
    (tmp_path / "._10.dcm").write_bytes(b"\0\5\x16\7" + bytes(60))
    kinds = {file.path.name: file.kind for file in scan(tmp_path)}
    assert kinds.pop("10") == "ct"
    # Without mark or ending, nothing says that it is DICOM.
    names = {"100.dcm", "140", "140.dcm", "250", "250.dcm", "380", "380.dcm"}
    names |= {f"{series}", f"{series}.dcm"}
    assert kinds == dict.fromkeys(names, "damaged")


def test_label_maps_are_segmentations(tmp_path):
    series_of(tmp_path, "1.2.1", 1)
    change(tmp_path / "10", SOPClassUID="1.2.840.10008.5.1.4.1.1.66.7", Modality="SEG")
    assert [file.kind for file in scan(tmp_path)] == ["seg"]


@pytest.mark.parametrize("word", ["LOCALIZER", "LOCALIZER ", " SCOUT"])
def test_overviews_are_not_ct_series(word, tmp_path):
    """Some writers pad each value, not only the last."""
    series_of(tmp_path, "1.2.1", 1)
    change(tmp_path / "10", ImageType=["ORIGINAL", "PRIMARY", word, "AXIAL"])
    assert [file.kind for file in scan(tmp_path)] == ["other"]


def test_numbers_of_frames_count_where_frames_are_wanted(tmp_path):
    series_of(tmp_path, "1.2.1", 1)
    change(tmp_path / "10", NumberOfFrames="1")
    content = (tmp_path / "10").read_bytes()
    assert content.count(b"IS\2\0001 ") == 2  # InstanceNumber is the other one
    at = content.index(b"(\0\x08\0IS\2\0001 ")
    broken = content[: at + 8] + b"1A" + content[at + 10 :]
    (tmp_path / "10").write_bytes(broken)
    assert [file.reason for file in scan(tmp_path)] == ["NumberOfFrames is not a number"]
    change(tmp_path / "10", SOPClassUID="1.2.840.10008.5.1.4.1.1.481.2", Modality="RTDOSE")
    assert [file.kind for file in scan(tmp_path)] == ["other"]


def test_without_a_class_the_file_meta_excludes_other_kinds(tmp_path):
    for k, (uid, kind) in enumerate(
        (
            ("1.2.840.10008.5.1.4.1.1.4", "other"),  # MR
            ("1.2.840.10008.5.1.4.1.1.2", "damaged"),
            ("1.2.840.10008.5.1.4.1.1.2.77", "damaged"),  # not one of DICOM
        )
    ):
        folder = tmp_path / str(k)
        series_of(folder, "1.2.1", 1)
        change(folder / "10", SOPClassUID=None, Modality=None)
        ds = pydicom.dcmread(folder / "10")
        ds.file_meta.MediaStorageSOPClassUID = uid
        ds.save_as(folder / "10")
        assert [file.kind for file in scan(folder)] == [kind]
