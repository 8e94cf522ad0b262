"""Patients as downloaded: in any nesting, the right mask on the right series, named safely."""

import json
import pickle
import shutil

import numpy as np
import pydicom
import pytest

from lungseg.dicom.tree import scan
from lungseg.errors import ConfigError, DataError, IdentityError
from lungseg.sources.lungs import LungNames
from tests.dicom.write_rtstruct import write_rtstruct
from tests.sources.archives import codes, dice, mask_file, source
from tests.sources.tree import truth, write_patient


def test_patients_come_back(archive, phantom_root):
    kind, root = archive
    made = pickle.loads(pickle.dumps(source(root, kind)))
    assert made.cases() == ["P2", "P3", "P10"]
    for case, name in (("Case_001", "P10"), ("Case_002", "P2"), ("Case_004", "P3")):
        expected, lungs = truth(phantom_root, case)
        read = made.read(name)
        np.testing.assert_array_equal(read.volume.voxels, expected.volume.voxels)
        np.testing.assert_allclose(read.volume.affine, expected.volume.affine, atol=1e-4)
        for side, number in (("right", 1), ("left", 2)):
            assert dice(read.sides == number, lungs[side] > 0) > 0.99
        assert dice(read.mask, expected.mask) > 0.99
        assert read.audit["alignment"]["score"] > 0.6
        assert read.header == expected.header
        assert f"PatientID PHANTOM-{case[-3:]}" in made.patient(name)
    assert made.read("P2").source_sha256 != made.read("P3").source_sha256


def test_any_nesting_and_names(archive, phantom_root, tmp_path):
    """All files of a patient in one folder, renamed: the same case."""
    kind, root = archive
    (tmp_path / "P2").mkdir()
    files = [file for file in sorted((root / "P2").rglob("*")) if file.is_file()]
    for k, file in enumerate(files):
        shutil.copy(file, tmp_path / "P2" / f"{(k * 7) % len(files)}.x")
    a, b = source(root, kind).read("P2"), source(tmp_path, kind).read("P2")
    np.testing.assert_array_equal(a.volume.voxels, b.volume.voxels)
    np.testing.assert_array_equal(a.mask, b.mask)
    assert a.source_sha256 == b.source_sha256
    assert source(root, kind).state("P2") != source(tmp_path, kind).state("P2")


@pytest.mark.parametrize("name", ["PHANTOM-001", "scan of phantom 001 (2)", "Doe_thorax"])
def test_a_folder_named_by_its_patient_is_refused(name, phantom_root, tmp_path):
    tags = {"PatientName": "Doe^Jane", "PatientIdentityRemoved": "NO"}
    write_patient(tmp_path, phantom_root, "Case_001", name, "rtstruct", **tags)
    with pytest.raises(IdentityError, match="give folders pseudonyms") as info:
        source(tmp_path).patient(name)
    assert not any(word in str(info.value) for word in ("PHANTOM", "phantom", "Doe"))
    for file in tmp_path.rglob("*"):
        if file.is_file():
            ds = pydicom.dcmread(file)
            ds.PatientIdentityRemoved = "YES"
            ds.save_as(file)
    assert source(tmp_path).patient(name)


def test_identifiers_in_the_mask_are_reported(patient):
    file = next(patient.rglob("1-1.dcm"))
    ds = pydicom.dcmread(file)
    ds.PatientName, ds.PatientIdentityRemoved = "Doe^Jane", "NO"
    ds.save_as(file)
    texts = [finding["text"] for finding in source(patient).read("P1").audit["findings"]]
    assert "the RTSTRUCT contains PatientID, PatientName; not copied" in texts


@pytest.mark.parametrize("grouping", ["folder", "patient"])
def test_damaged_files_are_reported(grouping, phantom_root, tmp_path):
    marked = {"PatientIdentityRemoved": "YES", "PatientName": "", "PatientBirthDate": ""}
    write_patient(tmp_path, phantom_root, "Case_001", "P1", "rtstruct", **marked)
    made = source(tmp_path, cases=grouping)
    (name,) = made.cases()
    before = made.state(name)
    assert "unreadable-file" not in codes(made.read(name))
    slices = sorted(found.path for found in scan(tmp_path) if found.kind == "ct")
    for file in (slices[0], slices[-1]):  # no gap betrays that these are gone
        file.write_bytes(file.read_bytes()[:100])
        file.rename(file.with_suffix(".dcm"))
    made = source(tmp_path, cases=grouping)
    assert made.state(name) != before
    (found,) = (
        finding
        for finding in made.read(name).audit["findings"]
        if finding["code"] == "unreadable-file"
    )
    assert found["severity"] == "error"
    assert found["text"].startswith("2 DICOM files are damaged or incomplete (")


def test_refused(patient, tmp_path):
    file, ds = mask_file(patient)
    ds.StructureSetROISequence = ds.StructureSetROISequence[:1]
    ds.save_as(file)
    with pytest.raises(DataError, match="^P1: ") as info:
        source(patient).read("P1")
    assert "SpinalCord" not in str(info.value)
    file.write_bytes(file.read_bytes()[:900])
    with pytest.raises(DataError, match="^P1: "):
        source(patient).read("P1")
    file.unlink()
    with pytest.raises(DataError, match="^P1: no RTSTRUCT among the case's files"):
        source(patient).read("P1")
    shutil.rmtree(patient / "P1" / "1.3.6.1-study")
    with pytest.raises(DataError, match="^P1: the folder contains no DICOM file"):
        source(patient).read("P1")
    with pytest.raises(DataError, match="^data.root: the folder is empty: no folder for each case"):
        source(patient / "P1").cases()
    (patient / "P1" / "1.dcm").touch()
    with pytest.raises(
        DataError, match="^data.root: no folder for each case \\(or set data.cases="
    ):
        source(patient / "P1").cases()
    with pytest.raises(ConfigError, match="folder, number or patient, got study"):
        source(tmp_path, cases="study")


@pytest.mark.realdata
def test_real_dicom_with_contours_of_its_label_map(realdata, tmp_path):
    """79 slices of 64 by 64: drawn as contours, read back from DICOM."""
    import nrrd

    from lungseg.dicom.series import read_series
    from tests.sources.tree import contours

    shutil.copytree(realdata / "cip_ct64" / "dicom", tmp_path / "a" / "ct")
    labels, _ = nrrd.read(str(realdata / "cip_ct64" / "wholeLung-64.nrrd"))
    mask = (labels.transpose(2, 1, 0) > 0).astype(np.uint8)
    files = sorted((tmp_path / "a" / "ct").iterdir())
    head = pydicom.dcmread(files[0], stop_before_pixels=True)
    affine = read_series(files).volume.affine
    write_rtstruct(
        tmp_path / "a" / "rs.dcm",
        {"LUNGS": contours(mask, affine)},
        head.SeriesInstanceUID,
        head.get("FrameOfReferenceUID", ""),
        patient_id=str(head.PatientID),
    )
    case = source(tmp_path).read("a")
    assert dice(case.mask, mask) > 0.99
    assert case.audit["alignment"]["score"] > 0.9


@pytest.mark.parametrize(("data", "kind"), [("tcia", "rtstruct"), ("dicomseg", "seg")])
def test_prepare(data, kind, phantom_root, tmp_path, cli):
    for case, name in (("Case_001", "P1"), ("Case_002", "P2")):
        write_patient(tmp_path / "data", phantom_root, case, name, kind)
    done = cli("prepare", f"data={data}", "data.root=data")
    assert done.returncode == 0, done.stderr
    assert "2 cases in outputs/prepared" in done.stdout
    audit = json.loads(next(tmp_path.glob("outputs/prepared/*/audit.json")).read_text())["cases"]
    assert all(one["alignment"]["score"] > 0.6 for one in audit.values())


def test_no_run_records_the_uid_of_a_series(patient, cli):
    uid = str(pydicom.dcmread(next(patient.rglob("I0000"))).SeriesInstanceUID)
    done = cli("prepare", "data=tcia", "data.root=data", f"data.series={uid}")
    assert done.returncode == 0, done.stderr
    written = [path for path in (cli.folder / "outputs").rglob("*") if path.is_file()]
    assert written
    assert not [path for path in written if uid.encode() in path.read_bytes()]


def test_default_names_of_lungs():
    from omegaconf import OmegaConf

    from lungseg.config import conf_dir
    from lungseg.sources.lungs import pick

    names = LungNames(**OmegaConf.load(conf_dir() / "data" / "lungs" / "names.yaml"))
    expected = {
        **dict.fromkeys(["Lung_L", "LUNG L", "Lung-Left", "left lung", "Lt_Lung", "lungl"], "left"),
        **dict.fromkeys(["Lung_R", "Lung Right", "R Lung", "lung-rt", "RLUNG"], "right"),
        **dict.fromkeys(["LUNGS", "lung", "Lungs_Total", "both lungs", "Total Lung"], "both"),
    }
    others = ["Lungs-GTV", "Lung_L_GTV", "Heart", "Esophagus", "SpinalCord", "PTV lung", "BODY"]
    for name, side in expected.items():
        assert dict(pick([name, *others], names)) == {name: side}


def test_the_file_that_is_damaged_is_named_on_the_screen(patient, cli):
    (patient / "P1" / "scan_017.dcm").touch()
    line = cli.refused("prepare", "data=tcia", "data.root=data")
    assert "P1: 1 DICOM file is damaged or incomplete (it is empty)" in line
    assert line.endswith("scan_017.dcm]")
    log = next((cli.folder / "outputs" / "logs").rglob("prepare.log")).read_text()
    assert "scan_017" not in log
