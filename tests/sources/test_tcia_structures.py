"""Irregular RTSTRUCTs: faults of other structures are reported, those of lungs are errors."""

import numpy as np
import pydicom
import pytest

from lungseg.errors import DataError
from tests.sources.archives import codes, source
from tests.sources.tree import write_patient

CORD, LEFT, RIGHT = 0, 1, 2  # as write_patient orders structures

pytestmark = pytest.mark.filterwarnings("ignore:Invalid value", "ignore:Value .* is not valid")


@pytest.fixture(scope="module")
def whole(phantom_root, tmp_path_factory):
    """Root of a patient whose RTSTRUCT is as it should be, and the case. Read only."""
    root = tmp_path_factory.mktemp("whole")
    write_patient(root, phantom_root, "Case_001", "P1", "rtstruct")
    return root, source(root).read("P1")


@pytest.fixture
def edit(whole, tmp_path):
    """A function that edits the RTSTRUCT's dataset; the source with what it made."""
    import shutil

    root = tmp_path / "data"
    shutil.copytree(whole[0], root)
    (file,) = root.rglob("1-1.dcm")

    def edited(change):
        ds = pydicom.dcmread(file)
        change(ds)
        ds.save_as(file)
        return source(root)

    return edited


def contours(ds, structure):
    return ds.ROIContourSequence[structure].ContourSequence


def retype(ds, kind, *structures):
    for structure in structures:
        for item in contours(ds, structure):
            item.ContourGeometricType = kind


@pytest.mark.parametrize("kind", ["OPEN_PLANAR", "INTERPOLATED_PLANAR", "POINT", "OPEN_NONPLANAR"])
def test_lungs_that_are_not_closed(kind, edit):
    made = edit(lambda ds: retype(ds, kind, LEFT, RIGHT))
    with pytest.raises(DataError) as refused:
        made.read("P1")
    assert str(refused.value) == f"P1: Lung structures have no closed contour ({kind})"
    assert refused.value.path.name == "1-1.dcm"


def test_lungs_without_any_contour(edit):
    def empty(ds):
        del ds.ROIContourSequence[RIGHT], ds.ROIContourSequence[LEFT]

    with pytest.raises(DataError, match=r"no closed contour \(no contours at all\)$"):
        edit(empty).read("P1")


def test_of_several_the_one_that_is_closed(edit, whole):
    """The newest that holds lungs counts; that newer lungs enclose nothing is said."""
    made = edit(lambda ds: retype(ds, "OPEN_PLANAR", LEFT, RIGHT))
    (newer,) = made.root.rglob("1-1.dcm")
    (older,) = whole[0].rglob("1-1.dcm")
    for source_file, target, date in ((newer, newer, "20200202"), (older, None, "20200101")):
        ds = pydicom.dcmread(source_file)
        ds.StructureSetDate = date
        ds.save_as(target or newer.with_name("2.dcm"))
    case = made.read("P1")
    np.testing.assert_array_equal(case.mask, whole[1].mask)
    found = {finding["code"]: finding for finding in case.audit["findings"]}
    assert found["lung-not-closed"]["severity"] == "warning"
    assert "OPEN_PLANAR" in found["lung-not-closed"]["text"]
    newer.with_name("2.dcm").unlink()
    with pytest.raises(DataError, match="OPEN_PLANAR"):
        made.read("P1")


def one_point(ds):
    for item in contours(ds, RIGHT):
        item.ContourData, item.NumberOfContourPoints = item.ContourData[:3], 1


def untyped(ds):
    for item in contours(ds, RIGHT):
        del item.ContourGeometricType


def without_contours(ds):
    del ds.ROIContourSequence[RIGHT]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (one_point, "CLOSED_PLANAR of 1 point(s)"),
        (untyped, "no ContourGeometricType"),
        (without_contours, "no contours at all"),
        (lambda ds: retype(ds, "OPEN_PLANAR", RIGHT), "OPEN_PLANAR"),
    ],
)
def test_one_lung_that_is_not_closed(change, why, edit):
    case = edit(change).read("P1")
    assert set(np.unique(case.sides)) == {0, 2}
    found = {finding["code"]: finding for finding in case.audit["findings"]}
    assert found["lung-not-closed"]["severity"] == "error"
    assert found["lung-not-closed"]["text"] == f"the right lung has no closed contour ({why})"
    assert [*found].index("lung-not-closed") < [*found].index("one-lung")  # it stops a case first
    assert not any("data.lungs" in finding["text"] for finding in found.values())


def test_a_structure_of_both_lungs_makes_up_for_one(edit):
    def change(ds):
        ds.StructureSetROISequence[LEFT].ROIName = "Lungs"
        retype(ds, "OPEN_PLANAR", RIGHT)

    assert "lung-not-closed" not in codes(edit(change).read("P1"))


def threes(item):
    item.ContourData = item.ContourData[:-1]


def commas(item):
    from pydicom.dataelem import RawDataElement
    from pydicom.tag import Tag

    value = "\\".join(map(str, item.ContourData)).replace(".", ",").encode()
    value += b" " * (len(value) % 2)
    tag = Tag("ContourData")
    item._dict[tag] = RawDataElement(tag, "DS", len(value), value, 0, False, True)


@pytest.mark.parametrize("spoil", [threes, commas])
def test_coordinates_that_are_not(spoil, edit, whole):
    case = edit(lambda ds: spoil(contours(ds, CORD)[0])).read("P1")
    np.testing.assert_array_equal(case.mask, whole[1].mask)
    assert "structure-malformed" in codes(case)
    with pytest.raises(DataError) as refused:
        edit(lambda ds: spoil(contours(ds, RIGHT)[1])).read("P1")
    assert (
        str(refused.value)
        == "P1: the right lung: a contour's coordinates are not triples of numbers"
    )
    assert refused.value.path.name == "1-1.dcm"


def unnumbered(ds, structure):
    del ds.StructureSetROISequence[structure].ROINumber


def unreferred(ds, structure):
    del ds.ROIContourSequence[structure].ReferencedROINumber


def twice(ds, structure):
    other = next(k for k in (CORD, LEFT) if k != structure)
    number = ds.StructureSetROISequence[other].ROINumber
    ds.StructureSetROISequence[structure].ROINumber = number


@pytest.mark.parametrize(
    ("change", "code", "of_a_lung"),
    [
        (unnumbered, "structure-malformed", "the left lung: its ROINumber is missing or malformed"),
        (unreferred, "structure-reference", None),
        (twice, None, "the left lung: another structure has the same ROINumber"),
    ],
)
def test_numbers_that_tie_contours_to_structures(change, code, of_a_lung, edit, whole):
    if code:
        case = edit(lambda ds: change(ds, CORD)).read("P1")
        np.testing.assert_array_equal(case.mask, whole[1].mask)
        assert code in codes(case)
    if of_a_lung:
        with pytest.raises(DataError, match=f"^P1: {of_a_lung}$"):
            edit(lambda ds: change(ds, LEFT)).read("P1")
    else:
        case = edit(lambda ds: change(ds, LEFT)).read("P1")
        assert {"structure-reference", "lung-not-closed"} <= set(codes(case))


def test_contours_of_type_xor(edit, whole):
    """Lungs of one outline a slice are the same by either type."""
    case = edit(lambda ds: retype(ds, "CLOSEDPLANAR_XOR", LEFT, RIGHT)).read("P1")
    np.testing.assert_array_equal(case.mask, whole[1].mask)
    assert codes(case) == codes(whole[1])


def test_the_number_of_points(edit, whole):
    def change(ds):
        contours(ds, LEFT)[0].NumberOfContourPoints = 3

    case = edit(change).read("P1")
    np.testing.assert_array_equal(case.mask, whole[1].mask)
    assert set(codes(case)) - set(codes(whole[1])) == {"contour-points"}
