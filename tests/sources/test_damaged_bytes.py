"""One damaged byte before the pixels: the same case, a refusal, a finding, or a value as good.

DICOM has no checksums: a digit of a position is as good as another. `UNTELLABLE` lists all that may
change a case without a word; everything else has to be noticed.
"""

import shutil

import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lungseg.data.patients import label_patients
from lungseg.errors import DataError, IdentityError
from lungseg.sources.lctsc import LctscFolder
from tests.dicom.write_enhanced import write_enhanced
from tests.sources.encoded_case import KINDS, write_case

pytestmark = pytest.mark.filterwarnings("ignore")

UNTELLABLE = {
    "ContourData",
    "ImageOrientationPatient",
    "ImagePositionPatient",
    "PixelSpacing",
    "RescaleIntercept",
    "RescaleSlope",
    # Of a segmentation's own grid; and which of two segments a frame is of.
    "SpacingBetweenSlices",
    "ReferencedSegmentNumber",
    # Which contours are a structure's, where another number is a structure's too.
    "ROINumber",
    "ReferencedROINumber",
}


@pytest.fixture(scope="module", params=KINDS)
def case(request, phantom_root, tmp_path_factory):
    return write_case(tmp_path_factory.mktemp(request.param), phantom_root, request.param)


@pytest.fixture(scope="module")
def expected(case):
    return case.read()


def header_length(content):
    """Bytes before the values of the pixels, in explicit VR little endian."""
    pixels = content.rfind(b"\xe0\x7f\x10\x00O")
    return pixels + 12 if pixels > 0 else len(content)


def values(dataset):
    """Keyword and text of every element, in any depth."""
    found = []
    for element in dataset:
        if element.VR == "SQ":
            found.append((element.keyword, len(element.value)))
            for item in element.value:
                found += values(item)
        else:
            found.append((element.keyword, repr(element.value)))
    return found


def differing(one, other):
    """Keywords of elements whose values differ; all where there are not the same elements."""
    a, b = (values(pydicom.dcmread(file)) for file in (one, other))
    if [keyword for keyword, _ in a] != [keyword for keyword, _ in b]:
        return {keyword for keyword, _ in a}
    return {x[0] for x, y in zip(a, b, strict=True) if x != y}


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(place=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255))
def test_nothing_changes_in_silence(case, expected, place, value):
    content = bytearray(case.original.read_bytes())
    at = 128 + int(place * (header_length(content) - 128))
    content[at] = value
    case.file.write_bytes(content)
    try:
        seen = case.read()
    except DataError:
        return
    finally:
        shutil.copy(case.original, case.file)
    assert seen.patient & expected.patient
    if seen.content == expected.content:
        return
    if {one["text"] for one in seen.findings} - {one["text"] for one in expected.findings}:
        return
    damaged = case.original.with_name("damaged")
    damaged.write_bytes(content)
    assert differing(damaged, case.original) <= UNTELLABLE


@pytest.fixture(scope="module")
def two_scans(phantom_root, tmp_path_factory):
    """Two scans of one person in one file each, of two studies."""
    root = tmp_path_factory.mktemp("scans")
    files = []
    for k, name in enumerate(("Case_A", "Case_B")):
        slices = sorted((phantom_root / "Images" / f"Case_00{k + 1}").iterdir())
        file = root / "Images" / name / "ct.dcm"
        file.parent.mkdir(parents=True)
        write_enhanced(file, slices)
        ds = pydicom.dcmread(file)
        ds.PatientID, ds.PatientName, ds.PatientBirthDate = "PAT-77", "Meier^Hans", "19561203"
        ds.save_as(file)
        (root / "Segmentations").mkdir(exist_ok=True)
        np.savez(root / "Segmentations" / f"{name}_seg.npz", masks=np.zeros((1, 1, 1)))
        files.append(file)
    return LctscFolder(root), files[0], files[0].read_bytes()


@settings(max_examples=250, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255))
def test_two_scans_of_one_patient_are_never_split(two_scans, place, value):
    source, file, content = two_scans
    damaged = bytearray(content)
    damaged[128 + int(place * (header_length(content) - 128))] = value
    file.write_bytes(damaged)
    try:
        keys = {name: source.patient(name) for name in source.cases()}
    except IdentityError:
        return
    finally:
        file.write_bytes(content)
    assert set(label_patients(keys).values()) == {"Case_A"}
