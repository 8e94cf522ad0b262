"""Irregular headers: optional attributes are reported, required ones are errors."""

import numpy as np
import pydicom
import pytest
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag

from lungseg.dicom.series import read_series
from lungseg.errors import DataError
from tests.dicom.test_findings import change, write_chest

pytestmark = pytest.mark.filterwarnings("ignore:Invalid value", "ignore:Value .* is not valid")


@pytest.fixture
def chest(tmp_path):
    volume = write_chest(tmp_path / "chest", positions=[(0, 0, 2 * z) for z in range(4)])
    return sorted((tmp_path / "chest").iterdir()), volume


def lengthen(file, extra):
    change(file, PixelData=pydicom.dcmread(file).PixelData + bytes(extra))


def codes(series):
    return {finding.code: finding for finding in series.findings}


def test_more_pixels_than_the_size_asks_for(chest):
    files, volume = chest
    assert "pixel-surplus" not in codes(read_series(files))
    for file in files[:2]:
        lengthen(file, 32)
    series = read_series(files)
    np.testing.assert_array_equal(series.volume.voxels, volume)
    assert codes(series)["pixel-surplus"].severity == "warning"
    assert codes(series)["pixel-surplus"].text.startswith("2 slice(s)")


def test_padding_to_an_even_length_is_not_surplus(chest):
    files, _ = chest
    for file in files:
        change(
            file, Rows=5, Columns=5, BitsAllocated=8, BitsStored=8, HighBit=7,
            PixelRepresentation=0, PixelData=bytes(26),
        )  # fmt: skip
    assert "pixel-surplus" not in codes(read_series(files))
    lengthen(files[0], 2)
    assert "pixel-surplus" in codes(read_series(files))


@pytest.mark.parametrize(
    ("keyword", "change_one"),
    [
        ("BitsStored", {"BitsStored": 12, "HighBit": 11}),
        ("PixelRepresentation", {"PixelRepresentation": 0, "RescaleIntercept": -65536}),
        ("PhotometricInterpretation", {"PhotometricInterpretation": "MONOCHROME1"}),
    ],
)
def test_slices_that_differ_in_how_pixels_are_stored(chest, keyword, change_one):
    files, _ = chest
    assert "mixed-pixels" not in codes(read_series(files))
    change(files[2], **change_one)
    finding = codes(read_series(files))["mixed-pixels"]
    assert finding.severity == "warning"
    assert keyword in finding.text
    assert sum(word in finding.text for word in ("Bits", "Representation", "Photometric")) == 1


def put(file, keyword, vr, value):
    """Write bytes as they are into an attribute."""
    ds = pydicom.dcmread(file)
    tag = Tag(keyword)
    ds._dict[tag] = RawDataElement(tag, vr, len(value), value, 0, False, True)
    ds.save_as(file)


@pytest.mark.parametrize(
    ("keyword", "vr", "value"),
    [
        ("InstanceNumber", "IS", b"abc "),
        ("InstanceNumber", "IS", b"1\\2 "),
        ("InstanceNumber", "IS", b"1.5 "),
        ("PixelPaddingValue", "US", b"\0\0\0"),
        ("PixelPaddingValue", "LO", b"none"),
        ("PixelPaddingValue", "DS", b"-2,0"),
        ("PixelPaddingRangeLimit", "LO", b"none"),
    ],
)
def test_numbers_that_nobody_needs(chest, keyword, vr, value):
    files, volume = chest
    for file in files[1:3]:
        put(file, keyword, vr, value)
    series = read_series(files)
    np.testing.assert_array_equal(series.volume.voxels, volume)
    finding = codes(series)["malformed-header"]
    assert finding.severity == "warning"
    assert finding.text.startswith(f"{keyword} of 2 slice(s) is not a whole number")


@pytest.mark.parametrize(
    ("keyword", "vr", "value"),
    [
        ("ImagePositionPatient", "DS", b"0\\0\\a "),
        ("ImagePositionPatient", "DS", b"0\\0 "),
        ("ImageOrientationPatient", "DS", b"1\\0\\0\\0\\1 "),
        ("PixelSpacing", "DS", b"0,8\\0,6 "),
        ("PixelSpacing", "DS", b"0.8 "),
        ("RescaleSlope", "DS", b"one "),
        ("RescaleIntercept", "DS", b"-1024,0 "),
        ("BitsAllocated", "US", b"\x10\0\0"),
        ("PixelRepresentation", "US", b"\1"),
    ],
)
def test_numbers_that_are_needed_are_named(chest, keyword, vr, value):
    files, _ = chest
    put(files[2], keyword, vr, value)
    with pytest.raises(DataError, match=f"^{keyword} is malformed$"):
        read_series(files)
