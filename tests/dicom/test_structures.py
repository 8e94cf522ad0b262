"""Contours of a structure that are drawn, omitted, or malformed."""

import copy

import numpy as np
import pytest
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag

from lungseg.dicom.rtstruct import read_structures
from tests.dicom.shapes import circle
from tests.dicom.write_rtstruct import write_rtstruct

pytestmark = pytest.mark.filterwarnings("ignore:Invalid value", "ignore:Value .* is not valid")

RING = circle(1.5, 2.5, 3, 10, points=20)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "structures.dcm"


def written(file, **structures):
    return write_rtstruct(file, structures or {"Lung": [RING], "Body": [RING]}, "1.2.3", "1.2.4")


def read(file, dataset):
    dataset.save_as(file)
    return read_structures(file)


def put(item, keyword, vr, value):
    """Write bytes as they are into an attribute."""
    tag = Tag(keyword)
    value += b" " * (len(value) % 2)
    item._dict[tag] = RawDataElement(tag, vr, len(value), value, 0, False, True)


def first_contour(dataset, structure=1):
    return dataset.ROIContourSequence[structure].ContourSequence[0]


THREES = "a contour's coordinates are not triples of numbers"
PLACES = "a contour's coordinates are not positions in a patient"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (b"1\\2\\3\\4\\5\\6\\7\\8", THREES),
        (b"1,0\\2,0\\3,0\\4,0\\5,0\\6,0\\7,0\\8,0\\9,0", THREES),
        (b"1\\2\\3\\4\\5\\6\\7\\8\\", THREES),
        (b"one", THREES),
        (b"\\".join([b"nan"] * 9), PLACES),
        (b"\\".join([b"1e9"] * 9), PLACES),
    ],
)
def test_malformed_coordinates_are_a_fault_of_their_structure(text, fault, file):
    dataset = written(file)
    put(first_contour(dataset), "ContourData", "DS", text)
    structures = read(file, dataset)
    assert structures.structures["Body"].fault == fault
    assert not structures.structures["Body"].closed
    np.testing.assert_allclose(structures.structures["Lung"].contours, [RING], atol=1e-6)
    (finding,) = structures.faults({"Lung"})
    assert (finding.code, finding.severity) == ("structure-malformed", "warning")
    assert finding.text == f"1 other structure(s): {fault}"
    assert structures.faults({"Lung", "Body"}) == []


@pytest.mark.parametrize("padding", [b"\0", b" \0 ", b"  "])
def test_padding_is_not_a_coordinate(padding, file):
    dataset = written(file)
    text = b"\\".join(b"%d" % number for number in (1, 2, 3, 40, 5, 3, 7, 80, 3))
    put(first_contour(dataset), "ContourData", "DS", text + padding)
    (points,) = read(file, dataset).structures["Body"].contours
    assert points.tolist() == [[1, 2, 3], [40, 5, 3], [7, 80, 3]]


@pytest.mark.parametrize("value", [None, b"two "])
def test_a_structure_without_a_number(value, file):
    dataset = written(file)
    del dataset.StructureSetROISequence[1].ROINumber
    if value:
        put(dataset.StructureSetROISequence[1], "ROINumber", "IS", value)
    structures = read(file, dataset)
    assert structures.structures["Body"].fault == "its ROINumber is missing or malformed"
    assert structures.structures["Lung"].closed
    assert [finding.code for finding in structures.findings] == ["structure-reference"]


@pytest.mark.parametrize("number", [None, 7])
def test_contours_of_no_structure(number, file):
    dataset = written(file)
    del dataset.ROIContourSequence[1].ReferencedROINumber
    if number:
        dataset.ROIContourSequence[1].ReferencedROINumber = number
    structures = read(file, dataset)
    assert not structures.structures["Body"].closed
    assert structures.structures["Lung"].closed
    (finding,) = structures.findings
    assert (finding.code, finding.severity) == ("structure-reference", "warning")
    dataset.ROIContourSequence[1].ContourSequence = []
    assert read(file, dataset).findings == []


def test_a_number_that_two_structures_have(file):
    """Whose the contours are, nobody can tell."""
    dataset = written(file, Lung=[RING], Body=[RING], Cord=[RING])
    dataset.StructureSetROISequence[2].ROINumber = 2
    structures = read(file, dataset)
    assert structures.structures["Lung"].closed
    for name in ("Body", "Cord"):
        assert structures.structures[name].fault == "another structure has the same ROINumber"
    (finding,) = structures.faults({"Lung"})
    assert finding.text.startswith("2 other structure(s): another")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("OPEN_PLANAR", "OPEN_PLANAR"),
        ("INTERPOLATED_PLANAR", "INTERPOLATED_PLANAR"),
        ("POINT", "POINT"),
        (" open_nonplanar", "OPEN_NONPLANAR"),
        ("", "no ContourGeometricType"),
        (None, "no ContourGeometricType"),
        ("Doe^Jane", "an unknown ContourGeometricType"),
    ],
)
def test_contours_that_enclose_nothing(kind, reason, file):
    dataset = written(file, Lung=[RING, RING])
    first_contour(dataset, 0).ContourGeometricType = kind
    if kind is None:
        del first_contour(dataset, 0).ContourGeometricType
    structure = read(file, dataset).structures["Lung"]
    assert structure.left_out == {reason: 1}
    assert len(structure.contours) == 1
    (finding,) = structure.findings("left lung")
    assert (finding.code, finding.severity) == ("contour-type", "warning")
    assert finding.text.startswith("left lung: 1 contour(s)")
    assert reason in finding.text


@pytest.mark.parametrize("n", [1, 2])
def test_too_few_points_to_enclose_anything(n, file):
    structure = read(file, written(file, Lung=[RING[:n]])).structures["Lung"]
    assert structure.left_out == {f"CLOSED_PLANAR of {n} point(s)": 1}
    assert not structure.closed


def test_malformed_points_of_what_is_not_drawn_do_not_matter(file):
    dataset = written(file, Lung=[RING, RING])
    first_contour(dataset, 0).ContourGeometricType = "POINT"
    put(first_contour(dataset, 0), "ContourData", "DS", b"1\\2")
    assert read(file, dataset).structures["Lung"].fault == ""


def test_exclusive_contours_are_kept_apart(file):
    dataset = written(file, Lung=[RING, RING + 1])
    first_contour(dataset, 0).ContourGeometricType = "CLOSEDPLANAR_XOR"
    structure = read(file, dataset).structures["Lung"]
    np.testing.assert_allclose(structure.exclusive, [RING], atol=1e-6)
    np.testing.assert_allclose(structure.contours, [RING + 1], atol=1e-6)


@pytest.mark.parametrize("value", [b"19", b"many", b"60"])
def test_a_number_of_points_that_contradicts_the_coordinates(value, file):
    dataset = written(file, Lung=[RING, RING])
    assert read(file, dataset).structures["Lung"].miscounted == 0
    put(first_contour(dataset, 0), "NumberOfContourPoints", "IS", value)
    structure = read(file, dataset).structures["Lung"]
    assert len(structure.contours) == 2
    (finding,) = structure.findings("left lung")
    assert (finding.code, finding.severity) == ("contour-points", "warning")
    assert "of 1 contour(s)" in finding.text
    del first_contour(dataset, 0).NumberOfContourPoints
    assert read(file, dataset).structures["Lung"].miscounted == 0


def test_the_first_of_a_name_with_contours_counts(file):
    dataset = written(file, a=[], b=[RING], c=[RING + 1])
    for roi in dataset.StructureSetROISequence:
        roi.ROIName = "Lung"
    structures = read(file, dataset)
    np.testing.assert_allclose(structures.structures["Lung"].contours, [RING], atol=1e-6)
    assert [finding.code for finding in structures.findings] == ["structure-name"]


def test_a_reference_without_a_uid_is_not_needed(file):
    dataset = written(file)
    study = dataset.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0]
    study.RTReferencedSeriesSequence.append(copy.deepcopy(study.RTReferencedSeriesSequence[0]))
    del study.RTReferencedSeriesSequence[1].SeriesInstanceUID
    assert read(file, dataset).series == {"1.2.3"}
