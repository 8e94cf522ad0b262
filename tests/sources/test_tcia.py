"""Patients as downloaded: whatever the nesting, the right mask on the right series, named safely."""

import json
import pickle
import shutil

import numpy as np
import pydicom
import pytest
from pydicom.uid import generate_uid

from lungseg.dicom.tree import scan
from lungseg.errors import ConfigError, DataError, IdentityError
from lungseg.sources.dicomseg import DicomSegFolder
from lungseg.sources.lungs import LungNames
from lungseg.sources.tcia import TciaFolder
from tests.dicom.write_rtstruct import write_rtstruct
from tests.sources.tree import truth, write_images, write_patient

LUNGS = {"right": ["lung_r", "right lung"], "left": ["lung_l", "left lung"], "both": ["lungs"]}
KINDS = {"rtstruct": TciaFolder, "seg": DicomSegFolder}


def source(root, kind="rtstruct", **settings):
    return KINDS[kind](root, **{"cases": "folder", "series": "largest", "lungs": LUNGS} | settings)


@pytest.fixture(scope="module", params=KINDS)
def archive(request, phantom_root, tmp_path_factory):
    """Kind and root of three patients. Read only."""
    root = tmp_path_factory.mktemp("archive") / request.param
    for case, name in (("Case_001", "P10"), ("Case_002", "P2"), ("Case_004", "P3")):
        write_patient(root, phantom_root, case, name, request.param)
    (root / "LICENSE").touch()
    return request.param, root


@pytest.fixture
def patient(phantom_root, tmp_path):
    """Root of one patient with an RTSTRUCT, to be damaged."""
    write_patient(tmp_path / "data", phantom_root, "Case_001", "P1", "rtstruct")
    return tmp_path / "data"


def codes(case):
    return [finding["code"] for finding in case.audit["findings"]]


def dice(a, b):
    return 2 * (a & b).sum() / (a.sum() + b.sum())


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
    with pytest.raises(DataError, match="do not say that identity was removed.*deidentify") as info:
        source(patient, cases="patient").cases()
    assert "PHANTOM" not in str(info.value)


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


def test_identifiers_of_the_mask_are_told(patient):
    file = next(patient.rglob("1-1.dcm"))
    ds = pydicom.dcmread(file)
    ds.PatientName, ds.PatientIdentityRemoved = "Doe^Jane", "NO"
    ds.save_as(file)
    texts = [finding["text"] for finding in source(patient).read("P1").audit["findings"]]
    assert "the RTSTRUCT holds PatientID, PatientName; left behind" in texts


@pytest.mark.parametrize("grouping", ["folder", "patient"])
def test_damaged_files_are_told(grouping, phantom_root, tmp_path):
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


def mask_file(patient, **changes):
    """The patient's RTSTRUCT changed in place."""
    file = next(patient.rglob("1-1.dcm"))
    ds = pydicom.dcmread(file)
    for keyword, value in changes.items():
        setattr(ds, keyword, value)
    ds.save_as(file)
    return file, ds


def test_the_series_that_is_meant(patient, phantom_root):
    """A smaller series beside: left aside, asked for, or refused."""
    study = patient / "P1" / "1.3.6.1-study"
    other = write_images(
        study / "other", phantom_root, "Case_001", SeriesInstanceUID=generate_uid()
    )
    for file in other[:3] if len(other) > 6 else []:
        file.unlink()
    case = source(patient).read("P1")
    assert dice(case.mask, truth(phantom_root, "Case_001")[0].mask) > 0.99
    with pytest.raises(DataError, match="P1: "):
        source(patient, series="error").read("P1")
    uid = str(pydicom.dcmread(study / "2.000000-CT-50102" / "I0000").SeriesInstanceUID)
    np.testing.assert_array_equal(source(patient, series=uid).read("P1").mask, case.mask)


def test_the_series_that_the_mask_names_goes_before_a_larger_one(patient, phantom_root):
    """Thick slices were drawn on; a reconstruction of thin ones lies beside them."""
    expected = source(patient).read("P1")
    series = str(generate_uid())
    study = patient / "P1" / "1.3.6.1-study"
    thin = write_images(study / "thin", phantom_root, "Case_001", SeriesInstanceUID=series)
    for file in thin:
        ds = pydicom.dcmread(file)
        ds.SOPInstanceUID = generate_uid()
        ds.save_as(file)
        ds.SOPInstanceUID = generate_uid()
        x, y, z = ds.ImagePositionPatient
        ds.ImagePositionPatient = [x, y, f"{z + 1.25:.3f}"]
        ds.save_as(file.with_name(f"{file.name}b"))
    case = source(patient).read("P1")
    np.testing.assert_array_equal(case.mask, expected.mask)
    (found,) = (one for one in case.audit["findings"] if one["code"] == "series-chosen")
    assert found["text"] == "1 CT series that no RTSTRUCT names left aside"


def test_reference_by_frame_of_reference(patient):
    file, ds = mask_file(patient)
    frame = ds.ReferencedFrameOfReferenceSequence[0]
    series = frame.RTReferencedStudySequence[0].RTReferencedSeriesSequence[0]
    series.SeriesInstanceUID = generate_uid()
    ds.save_as(file)
    assert "mask-reference" in codes(source(patient).read("P1"))
    frame.FrameOfReferenceUID = generate_uid()
    ds.save_as(file)
    with pytest.raises(DataError, match="P1: no RTSTRUCT refers to the chosen CT series"):
        source(patient).read("P1")


def test_of_several_the_newest_with_lungs_counts(patient):
    file, ds = mask_file(patient, StructureSetDate="20200101")
    whole = source(patient).read("P1")
    for name, date, kept in (("new", "20210101", 2), ("newest", "20220101", 0)):
        newer = pydicom.dcmread(file)
        newer.StructureSetDate, newer.SOPInstanceUID = date, generate_uid()
        newer.file_meta.MediaStorageSOPInstanceUID = newer.SOPInstanceUID
        # The first structure is no lung; the next one is.
        newer.StructureSetROISequence = newer.StructureSetROISequence[: kept or 1]
        newer.save_as(file.with_name(f"{name}.dcm"))
    case = source(patient).read("P1")
    assert "several-masks" in codes(case)
    assert 0 < case.mask.sum() < whole.mask.sum()  # one lung: not the oldest
    assert len(ds.StructureSetROISequence) == 3


@pytest.mark.parametrize("date", ["", "20200101"])
def test_of_several_without_an_order_none_is_called_the_newest(date, patient):
    file, ds = mask_file(patient, StructureSetDate=date)
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    ds.save_as(file.with_name("again.dcm"))
    case = source(patient).read("P1")
    (told,) = (one for one in case.audit["findings"] if one["code"] == "undated-masks")
    assert told["severity"] == "error"
    assert "2 RTSTRUCTs" in told["text"]
    assert "by UID" in told["text"]
    assert "newest" not in told["text"]
    assert "several-masks" not in codes(case)


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
    with pytest.raises(DataError, match="^P1: the folder holds no DICOM file"):
        source(patient).read("P1")
    with pytest.raises(DataError, match="no folder for each case"):
        source(patient / "P1").cases()
    with pytest.raises(ConfigError, match="folder, number or patient, got study"):
        source(tmp_path, cases="study")


def test_segments_may_stand_in_an_object_each(phantom_root, tmp_path):
    from tests.dicom.write_seg import write_seg

    read, lungs = truth(phantom_root, "Case_002")
    files = write_images(tmp_path / "a" / "ct", phantom_root, "Case_002")
    for side, mask in lungs.items():
        label = f"{side.title()} Lung"
        write_seg(tmp_path / "a" / f"{side}.dcm", {label: mask}, read.volume.affine, files)
    case = source(tmp_path, "seg").read("a")
    np.testing.assert_array_equal(case.sides, lungs["right"] + 2 * lungs["left"])
    assert "several-masks" not in codes(case)

    half = lungs["left"].copy()
    half[: len(half) // 2] = 0
    write_seg(tmp_path / "a" / "again.dcm", {"Left Lung": half}, read.volume.affine, files)
    newer = pydicom.dcmread(tmp_path / "a" / "again.dcm")
    for date, code in (("99990101", "several-masks"), ("", "undated-masks")):
        for file in (tmp_path / "a").glob("*.dcm"):
            ds = pydicom.dcmread(file)
            ds.ContentDate = date if ds.SOPInstanceUID == newer.SOPInstanceUID else ""
            ds.ContentTime = ""
            ds.save_as(file)
        found = codes(source(tmp_path, "seg").read("a"))
        assert [one for one in found if one.endswith("-masks")] == [code]


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


UIDS = ("SeriesInstanceUID", "StudyInstanceUID", "FrameOfReferenceUID", "SOPInstanceUID")


@pytest.mark.parametrize("blanked", [*((uid,) for uid in (*UIDS, "SOPClassUID", "Modality")), UIDS])
@pytest.mark.parametrize("how", ["emptied", "removed"])
def test_images_whose_uids_were_blanked(blanked, how, patient):
    expected = source(patient).read("P1")
    for file in patient.rglob("I0*"):
        ds = pydicom.dcmread(file)
        for keyword in blanked:
            if how == "removed":
                del ds[keyword]
            else:
                ds[keyword].value = ""
        pydicom.dcmwrite(file, ds)
    case = source(patient).read("P1")
    np.testing.assert_array_equal(case.mask, expected.mask)
    np.testing.assert_array_equal(case.volume.voxels, expected.volume.voxels)
    assert ("mask-reference" in codes(case)) == ("SeriesInstanceUID" in blanked)


def test_two_masks_for_images_without_uids_are_not_chosen_from(patient):
    for file in patient.rglob("I0*"):
        ds = pydicom.dcmread(file)
        ds.SeriesInstanceUID = ds.FrameOfReferenceUID = ""
        ds.save_as(file)
    file, ds = mask_file(patient)
    ds.SOPInstanceUID = generate_uid()
    ds.save_as(file.with_name("again.dcm"))
    with pytest.raises(DataError, match="no RTSTRUCT refers to the chosen CT series"):
        source(patient).read("P1")


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_file_twice_is_one(kind, phantom_root, tmp_path):
    write_patient(tmp_path, phantom_root, "Case_001", "P1", kind)
    expected = source(tmp_path, kind).read("P1")
    mask = next(tmp_path.rglob("1-1.dcm"))
    shutil.copy(mask, mask.with_name("copy of 1-1.dcm"))
    case = source(tmp_path, kind).read("P1")
    assert case.source_sha256 == expected.source_sha256
    np.testing.assert_array_equal(case.mask, expected.mask)
    assert [*set(codes(case)) - set(codes(expected))] == ["duplicate-file"]


def test_the_file_that_is_damaged_is_named_on_the_screen(patient, cli):
    (patient / "P1" / "scan_017.dcm").touch()
    line = cli.refused("prepare", "data=tcia", "data.root=data")
    assert "P1: 1 DICOM file is damaged or incomplete (it is empty)" in line
    assert line.endswith("scan_017.dcm]")
    log = next((cli.folder / "outputs" / "logs").rglob("prepare.log")).read_text()
    assert "scan_017" not in log


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
