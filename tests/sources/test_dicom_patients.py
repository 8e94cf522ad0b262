"""Files grouped by PatientID."""

import pickle
import shutil

import pytest

from lungseg.dicom.tree import scan
from lungseg.errors import DataError
from tests.sources.archives import dice, mask_file, source
from tests.sources.tree import truth, write_patient


def test_grouping_by_patient(phantom_root, tmp_path):
    """Files of two patients mixed over folders."""
    marked = {"PatientIdentityRemoved": "YES", "PatientName": "", "PatientBirthDate": ""}
    for case, name in (("Case_001", "a"), ("Case_002", "b")):
        write_patient(tmp_path, phantom_root, case, name, "rtstruct", **marked)
    (tmp_path / "a" / "1.3.6.1-study" / "1.000000-MASK").rename(tmp_path / "b" / "stray")
    made = pickle.loads(pickle.dumps(source(tmp_path, cases="patient")))
    assert made.cases() == ["PHANTOM-001", "PHANTOM-002"]
    for name in made.cases():
        expected, _ = truth(phantom_root, name.replace("PHANTOM-", "Case_"))
        assert dice(made.read(name).mask, expected.mask) > 0.99
        assert f"PatientID {name}" in made.patient(name)
    with pytest.raises(DataError, match="b: files of 2 patients in one case"):
        source(tmp_path).read("b")
    with pytest.raises(DataError, match="a: no RTSTRUCT among the case's files"):
        source(tmp_path).read("a")


def test_grouping_by_patient_wants_identity_removed(patient):
    mask_file(patient, PatientIdentityRemoved="NO")
    with pytest.raises(
        DataError, match="do not state that identity was removed.*deidentify"
    ) as info:
        source(patient, cases="patient").cases()
    assert "PHANTOM" not in str(info.value)


def test_grouping_by_patient_reads_headers_again_only_where_a_file_changed(
    phantom_root, tmp_path, monkeypatch
):
    from lungseg.data.prepare import prepare

    marked = {"PatientIdentityRemoved": "YES", "PatientName": "", "PatientBirthDate": ""}
    root = tmp_path / "data"
    for case, name in (("Case_001", "a"), ("Case_002", "b")):
        write_patient(root, phantom_root, case, name, "rtstruct", **marked)
    (root / "notes.txt").touch()
    first = prepare(source(root, cases="patient"), tmp_path / "store")
    scans = []
    monkeypatch.setattr(
        "lungseg.sources.dicom_patients.scan", lambda top: scans.append(top) or scan(top)
    )
    assert prepare(source(root, cases="patient"), tmp_path / "store") == first
    assert not scans
    (root / "more.txt").touch()
    assert prepare(source(root, cases="patient"), tmp_path / "store") == first
    assert scans
    scans.clear()
    shutil.rmtree(root / "b")
    assert prepare(source(root, cases="patient"), tmp_path / "store").names == ["PHANTOM-001"]
    assert scans
