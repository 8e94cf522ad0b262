"""Files from other projects are read as by pydicom, or refused for the correct reason."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.multival import MultiValue

from lungseg.dicom.head import TAGS, read_head
from lungseg.dicom.limits import RefusedError
from lungseg.dicom.parse import parse, read_whole
from lungseg.dicom.pixels import frames
from lungseg.dicom.rtstruct import read_structures
from lungseg.dicom.seg import read_segments
from lungseg.dicom.series import read_series
from lungseg.dicom.start import NotDicomError
from lungseg.dicom.walk import BrokenError
from lungseg.errors import DataError
from tests.conftest import CLONE
from tests.dicom.expected_files import EXPECTED
from tests.dicom.real_files import PYDICOM, copied, installed, outcomes, table, unpacked

pytestmark = pytest.mark.filterwarnings("ignore")

FILES = PYDICOM / "test_files"
CT = [
    *("693_J2KI.dcm", "CT_small.dcm", "J2K_pixelrep_mismatch.dcm"),
    *(f"dicomdirtests/77654033/CT2/{n}" for n in (17106, 17136, 17166, 17196)),
    *(f"dicomdirtests/98892001/CT5N/{n}" for n in (2062, 2392, 2693, 3023, 3353)),
    *(f"dicomdirtests/98892001/CT2N/{n}" for n in (6293, 6924)),
]
# Bytes that end early, a stray byte in front; a sequence shorter than its items.
UNREAD = {
    "MR_truncated.dcm": "a value ends beyond the file",
    "rtplan_truncated.dcm": "a value ends beyond the file",
    "dicomdirtests/DICOMDIR-nooffset": "bytes end within an item",
    "no_meta.dcm": "",
}
COLOUR = "pixels are not grey values of 8, 16 or 32 bits"
BIG = "pixels of 32 bits in big endian are not read"
# Of single-channel images; the compressed data of this one declare a wrong size.
UNREAD_PIXELS = {
    "JPEG2000-embedded-sequence-delimiter.dcm": "the compressed image differs in size from the"
    " header",
    "rtdose_expb.dcm": BIG,
    "rtdose_expb_1frame.dcm": BIG,
    "examples_palette.dcm": COLOUR,
    "liver_1frame.dcm": COLOUR,
    "liver_expb_1frame.dcm": COLOUR,
}


def short(name):
    """A file's name as it stands in the tables here."""
    return name.removeprefix("test_files/")


@pytest.fixture(scope="module")
def found():
    return {short(name): outcome for name, outcome in outcomes().items()}


def test_each_file_has_its_outcome(found):
    expected = {}
    for name in found:
        key = name if name in EXPECTED else f"{Path(name).parent.as_posix()}/"
        expected[name] = EXPECTED.get(key)
    assert found == expected
    assert len(found) > 200


def test_the_docs_show_the_table(found):
    assert table(found) in (CLONE / "docs" / "data.md").read_text()


def text(value):
    """A value of pydicom's as it stands in the file."""
    if isinstance(value, MultiValue):
        return "\\".join(map(str, value)).strip()
    written = getattr(value, "original_string", None)
    known = "" if value is None else written if isinstance(written, str) else str(value)
    return known.strip(" \0=")


def test_headers_are_those_that_pydicom_reads(tmp_path):
    """Every attribute but those of broken files, at every depth; and those that cases go by."""
    unread = {}
    for name, path in installed().items():
        path = unpacked(path, tmp_path)
        try:
            ours = read_whole(path)
        except (BrokenError, NotDicomError) as error:
            unread[short(name)] = str(error)
            continue
        theirs = pydicom.dcmread(path, force=True)
        assert set(ours.keys()) == set(theirs.keys()), name
        assert all(ours[tag].value == theirs[tag].value for tag in theirs.keys()), name  # noqa: SIM118
        assert ours.file_meta == theirs.file_meta, name
        head = read_head(path)
        wrong = {key for key in TAGS if head[key].rstrip("=") != text(theirs.get(key))}
        assert not wrong, name
    assert unread == UNREAD


def test_pixels_are_those_that_pydicom_decodes(tmp_path):
    """Of images that are no CT, too: as stored, before any rescaling."""
    same, refused = 0, {}
    for name, path in installed().items():
        path = unpacked(path, tmp_path)
        theirs = pydicom.dcmread(path, force=True)
        if "PixelData" not in theirs or "Rows" not in theirs or short(name) in UNREAD:
            continue
        if short(name) == "badVR.dcm":  # its NumberOfFrames is 1A
            continue
        try:
            ours = np.stack(list(frames(parse(path.read_bytes()))))
        except RefusedError as error:
            if theirs.SamplesPerPixel == 1:
                refused[short(name)] = str(error)
            continue
        assert theirs.SamplesPerPixel == 1, name
        try:
            pixels = theirs.pixel_array
        except RuntimeError:  # pydicom has no decoder for JPEG Extended of 12 bits
            assert name.endswith(("JPGExtended.dcm", "JPEG-lossy.dcm"))
            continue
        np.testing.assert_array_equal(ours.reshape(pixels.shape), pixels)
        same += 1
    assert refused == UNREAD_PIXELS
    assert same > 60


def twice(name, folder):
    """A single slice is no volume: it is written twice, the second one further along."""
    ds = pydicom.dcmread(FILES / name)
    normal = np.cross(*np.array(ds.ImageOrientationPatient, float).reshape(2, 3))
    for k in range(2):
        moved = pydicom.dcmread(FILES / name)
        place = np.array(ds.ImagePositionPatient, float) + 2 * k * normal
        moved.ImagePositionPatient = [f"{value:.6f}" for value in place]
        moved.SOPInstanceUID = f"1.2.3.{k}"
        moved.save_as(folder / f"{k}.dcm")
    return ds, sorted(folder.iterdir())


def test_an_oblique_image_is_refused(tmp_path):
    ds, files = twice("J2K_pixelrep_mismatch.dcm", tmp_path)
    assert ds.ImageOrientationPatient == [1, 0, 0, 0, 0.9272, -0.3746]
    with pytest.raises(DataError, match="image plane is oblique"):
        read_series(files)


@pytest.mark.parametrize("name", [name for name in CT if not name.startswith("J2K")])
def test_a_slice_becomes_hu(name, tmp_path):
    ds, files = twice(name, tmp_path)
    stored = ds.pixel_array.astype(float)
    hu = np.rint(stored * float(ds.RescaleSlope) + float(ds.RescaleIntercept))
    row, column = np.array(ds.ImageOrientationPatient, float).reshape(2, 3)
    place = np.array(ds.ImagePositionPatient, float)
    volume = read_series(files).volume
    # Each pixel is sought where the file says that it lies.
    spacing = [float(value) for value in ds.PixelSpacing]
    for r, c in ((0, 0), (3, 5), (stored.shape[0] - 1, 2), (7, stored.shape[1] - 1)):
        point = place + row * c * spacing[1] + column * r * spacing[0]
        index = np.linalg.solve(volume.affine, [*point, 1])[:3].round().astype(int)
        assert volume.voxels[tuple(index)] == max(hu[r, c], -1024)
    assert sorted(volume.voxels.ravel()) == sorted(2 * [*np.maximum(hu, -1024).ravel()])


def test_a_series_is_in_order():
    files = sorted((FILES / "dicomdirtests" / "98892001" / "CT5N").iterdir())
    images = sorted(map(pydicom.dcmread, files), key=lambda ds: ds.ImagePositionPatient[2])
    volume = read_series(files).volume
    hu = [ds.pixel_array * ds.RescaleSlope + ds.RescaleIntercept for ds in images]
    np.testing.assert_array_equal(volume.voxels, np.maximum(hu, -1024))
    assert volume.affine[2, 3] == pytest.approx(float(images[0].ImagePositionPatient[2]))
    step = (images[-1].ImagePositionPatient[2] - images[0].ImagePositionPatient[2]) / 4
    assert volume.affine[2, 0] == pytest.approx(float(step))


def test_structures_are_those_that_pydicom_reads():
    ds = pydicom.dcmread(FILES / "rtstruct.dcm", force=True)
    ours = read_structures(FILES / "rtstruct.dcm").structures
    names = {roi.ROINumber: roi.ROIName for roi in ds.StructureSetROISequence}
    assert set(ours) == set(names.values())
    for drawn in ds.ROIContourSequence:
        points = [
            np.array(item.ContourData, float).reshape(-1, 3)
            for item in drawn.get("ContourSequence", [])
            if item.ContourGeometricType == "CLOSED_PLANAR"
        ]
        contours = ours[names[drawn.ReferencedROINumber]].contours
        assert len(contours) == len(points)
        assert all(np.allclose(a, b) for a, b in zip(contours, points, strict=True))


@pytest.mark.parametrize("name", ["liver_1frame.dcm", "liver_expb_1frame.dcm"])
def test_a_segmentation_is_that_which_pydicom_reads(name):
    ds = pydicom.dcmread(FILES / name)
    (segment,) = read_segments(FILES / name).segments
    assert segment.label == ds.SegmentSequence[0].SegmentLabel
    np.testing.assert_array_equal(segment.mask.squeeze(), ds.pixel_array)
    assert 0 < segment.mask.sum() < segment.mask.size


@pytest.mark.parametrize("name", [*CT, "rtstruct.dcm", "liver_1frame.dcm", "liver_expb_1frame.dcm"])
def test_copies_keep_pixels_and_geometry(name, tmp_path):
    assert copied(FILES / name, tmp_path) == "copied"
    (copy,) = (tmp_path / "copies").rglob("*.dcm")
    before, after = (pydicom.dcmread(path, force=True) for path in (FILES / name, copy))
    for keyword in (
        *("PixelData", "Rows", "Columns", "BitsStored", "PixelRepresentation", "PixelSpacing"),
        *("ImagePositionPatient", "ImageOrientationPatient", "RescaleSlope", "RescaleIntercept"),
        *("ROIContourSequence", "SharedFunctionalGroupsSequence"),
    ):
        assert (keyword in after) == (keyword in before), keyword
        if not keyword.endswith("Sequence"):  # references in these are renamed
            assert after.get(keyword) == before.get(keyword), keyword
    if "TransferSyntaxUID" in before.file_meta:
        assert after.file_meta.TransferSyntaxUID == before.file_meta.TransferSyntaxUID
    identity = {str(before.get(key) or "none") for key in ("PatientName", "PatientID")}
    content = copy.read_bytes()
    assert not [one for one in identity if len(one) > 4 and one.encode() in content]
