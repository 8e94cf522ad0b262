"""No value planted in any attribute is found in the copies; what a model needs is kept."""

import csv
from pathlib import Path

import pydicom
import pytest

from lungseg.dicom.deidentify.tree import deidentify_tree
from tests.dicom.deidentify.canaries import INNER, OUTER, TAGS, Canaries, ct, structures
from tests.dicom.deidentify.copies import SYNTAXES, clean_ct, copies, everything, found, options

# Planted values break the options of their VRs, of which pydicom warns.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@pytest.fixture
def planted(tmp_path):
    """A CT of each syntax, and a structure set, in folders and files named after the patient."""
    canaries = Canaries()
    folder = tmp_path / "in" / canaries.value("PN") / canaries.value("DA")
    for syntax in SYNTAXES:
        canaries.save(ct(canaries), folder / f"{canaries.value('PN')}.dcm", syntax)
    names = ["lung left", canaries.value("LO")]
    canaries.save(structures(canaries, names), folder / f"{canaries.value('PN')}.dcm")
    (folder / canaries.value("PN")).write_text(canaries.value("PN"))
    return canaries, tmp_path / "in"


def test_the_table_is_planted_whole(planted):
    canaries, source = planted
    assert len(TAGS) > 600
    content = everything(source).lower()
    assert {needle for needle in canaries.needles if needle.lower() not in content} == set()
    for dataset in copies(source).values():
        deep = dataset[OUTER].value[0][INNER].value[0]
        assert all(tag in dataset and tag in deep for tag in TAGS)


@pytest.mark.parametrize("retain", [False, True])
def test_no_canary_is_left(planted, tmp_path, retain):
    canaries, source = planted
    account = deidentify_tree(
        source, tmp_path / "out", options(retain_patient_characteristics=retain)
    )
    assert sum(account.files.values()) == 4
    assert account.left_out == {"no DICOM file": 1}
    canaries.needles -= {b"973Y"} if retain else set()
    # In their forms, sizes and weights are kept with the option.
    left = {one for one in found(canaries, tmp_path / "out") if not one.startswith(b"-7319")}
    assert not left
    if not retain:
        assert not found(canaries, tmp_path / "out")
    for dataset in copies(tmp_path / "out").values():
        assert INNER in dataset[OUTER].value[0]  # walked, not cut off
        for element in dataset.iterall():
            assert not element.tag.is_private
            assert element.VR not in ("US", "SS") or element.value != 0xBEEF


def test_pixels_and_geometry_stay(planted, tmp_path):
    deidentify_tree(planted[1], tmp_path / "out", options())
    images = [d for d in copies(tmp_path / "out").values() if d.Modality == "CT"]
    assert {str(d.file_meta.TransferSyntaxUID) for d in images} == set(SYNTAXES)
    for dataset in images:
        assert dataset.PixelData == bytes(range(48))
        assert dataset.ImagePositionPatient == [-10, -20, -100]
        assert dataset.preamble == bytes(128)
        assert dataset.file_meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID


def test_the_file_says_how_it_was_made_anonymous(planted, tmp_path):
    deidentify_tree(planted[1], tmp_path / "a", options())
    deidentify_tree(planted[1], tmp_path / "b", options(retain_patient_characteristics=True))
    for name, codes in (("a", ["113100"]), ("b", ["113100", "113108"])):
        for dataset in copies(tmp_path / name).values():
            assert dataset.PatientIdentityRemoved == "YES"
            assert dataset.LongitudinalTemporalInformationModified == "REMOVED"
            assert all(dataset.DeidentificationMethod)
            sequence = dataset.DeidentificationMethodCodeSequence
            assert [item.CodeValue for item in sequence] == codes
            assert {item.CodingSchemeDesignator for item in sequence} == {"DCM"}


def test_structures_are_named_before_they_are_blanked(planted, tmp_path):
    deidentify_tree(planted[1], tmp_path / "out", options())
    (dataset,) = (d for d in copies(tmp_path / "out").values() if d.Modality == "RTSTRUCT")
    assert [roi.ROIName for roi in dataset.StructureSetROISequence] == ["Lung_L", "ROI_2"]
    assert dataset.StructureSetLabel
    assert dataset.StructureSetDate == ""


def test_the_audit_counts_what_was_done(planted, tmp_path):
    deidentify_tree(planted[1], tmp_path / "out", options())
    with (tmp_path / "out" / "deidentify.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {"removed", "emptied", "dummy", "new UID", "pseudonym", "renamed"} <= {
        row["action"] for row in rows
    }
    assert sum(int(row["files"]) for row in rows if row["action"] == "copied") == 4
    assert [row["files"] for row in rows if row["action"] == "left out: no DICOM file"] == ["1"]
    row = next(row for row in rows if row["keyword"] == "InstitutionAddress")
    # At top level and two sequences deep.
    assert (row["tag"], row["action"]) == ("(0008,0081)", "removed")
    assert int(row["values"]) == 2 * int(row["files"])


def test_references_stay_whole_and_follow_the_key(tmp_path):
    source = tmp_path / "in"
    for n in (1, 2):
        clean_ct(source / "images", n, PatientID=["P1", " P1 "][n - 1])
    clean_ct(source / "images", 3, PatientID="P2", SeriesInstanceUID="1.2.3.5")
    marks = structures(Canaries(), ["lung left"])
    marks.StudyInstanceUID, marks.SeriesInstanceUID, marks.PatientID = "1.2.3", "1.2.3.6", "P1"
    roi = marks.StructureSetROISequence[0]
    roi.ReferencedFrameOfReferenceUID = "1.2.3.9"
    reference = pydicom.Dataset()
    reference.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    reference.ReferencedSOPInstanceUID = "1.2.3.4.2"
    contour = pydicom.Dataset()
    contour.ContourImageSequence = [reference]
    rois = pydicom.Dataset()
    rois.ContourSequence = [contour]
    marks.ROIContourSequence = [rois]
    Canaries().save(marks, source / "marks" / "rs.dcm")
    for name, key in (("a", b"a" * 16), ("b", b"a" * 16), ("c", b"c" * 16)):
        deidentify_tree(source, tmp_path / name, options(key))
    one, again, other = (copies(tmp_path / name) for name in "abc")
    assert one == again
    assert not set(one) & set(other)
    images = sorted((d for d in one.values() if d.Modality == "CT"), key=lambda d: d.PatientID)
    (marks,) = (d for d in one.values() if d.Modality == "RTSTRUCT")
    assert len({d.PatientID for d in images}) == 2
    assert [d.PatientID for d in images].count(marks.PatientID) == 2
    assert {d.StudyInstanceUID for d in images} == {marks.StudyInstanceUID}
    roi = marks.StructureSetROISequence[0]
    assert {d.FrameOfReferenceUID for d in images} == {roi.ReferencedFrameOfReferenceUID}
    reference = marks.ROIContourSequence[0].ContourSequence[0].ContourImageSequence[0]
    assert reference.ReferencedSOPClassUID == "1.2.840.10008.5.1.4.1.1.2"
    assert [d.SOPInstanceUID for d in images].count(reference.ReferencedSOPInstanceUID) == 1
    assert all(d.SOPInstanceUID.startswith("2.25.") and d.SOPInstanceUID.is_valid for d in images)


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ({"PatientSex": "F"}, "F"),
        ({"PatientSex": "ADA"}, ""),
        ({"PatientAge": "060Y"}, "060Y"),
        ({"PatientAge": "093Y"}, "090Y"),
        ({"PatientWeight": "71.5"}, 71.5),
    ],
)
def test_characteristics_are_kept_only_by_the_option(tmp_path, values, kept):
    clean_ct(tmp_path / "in", 1, **values)
    deidentify_tree(tmp_path / "in", tmp_path / "a", options())
    deidentify_tree(tmp_path / "in", tmp_path / "b", options(retain_patient_characteristics=True))
    (keyword,) = values
    before, after = (next(iter(copies(tmp_path / name).values())) for name in "ab")
    assert before.get(keyword, "") in ("", None)
    assert after.get(keyword, "") == kept


def test_an_id_that_occurs_elsewhere_is_emptied(phantom_root, tmp_path):
    ds = pydicom.dcmread(next((phantom_root / "Images" / "Case_001").iterdir()))
    ds.PatientID, ds.AccessionNumber = "471100", "A-815"
    ds.SeriesNumber, ds.ManufacturerModelName, ds.ConvolutionKernel = "471100", "A-815", "B31f"
    ds.InstanceNumber = "471100"
    (tmp_path / "in").mkdir()
    ds.save_as(tmp_path / "in" / "a.dcm")
    deidentify_tree(tmp_path / "in", tmp_path / "out", options())
    (copy,) = copies(tmp_path / "out").values()
    assert not copy.SeriesNumber
    assert not copy.ManufacturerModelName
    assert copy.ConvolutionKernel == "B31f"
    assert copy.Rows == ds.Rows


@pytest.mark.realdata
def test_real_headers(realdata, tmp_path):
    """Every name, date and UID of a published scan, sought in its copy."""
    source = realdata / "lidc_slices"
    deidentify_tree(source, tmp_path / "out", options())
    needles, private = set(), 0
    for file in source.glob("*.dcm"):
        for element in pydicom.dcmread(file, stop_before_pixels=True).iterall():
            private += element.tag.is_private
            if element.VR in ("PN", "DA", "DT", "UI") or element.keyword == "PatientID":
                values = [str(element.value)] if element.VM == 1 else map(str, element.value or [])
                needles |= {v for v in values if v and not v.startswith("1.2.840.10008.")}
    assert private
    assert len(needles) >= 20
    content = everything(tmp_path / "out")
    assert not {needle for needle in needles if needle.encode() in content}
    pixels = {pydicom.dcmread(file).PixelData for file in source.glob("*.dcm")}
    assert {d.PixelData for d in copies(tmp_path / "out").values()} == pixels
    assert not any(Path(file.name).stem in str(content) for file in source.glob("*.dcm"))
