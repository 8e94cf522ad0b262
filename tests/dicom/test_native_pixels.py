"""Pixels that no codec compressed: deflated, in fragments, in big endian."""

import dataclasses
import struct
import tracemalloc

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
)

from lungseg.dicom import syntaxes
from lungseg.dicom.limits import RefusedError
from lungseg.dicom.pixels import frames
from lungseg.dicom.series import read_series
from lungseg.errors import DataError
from tests.dicom.chests import END, deflated, image, with_value
from tests.dicom.compressed import rewrite
from tests.dicom.test_findings import change


def test_frames_deflated_one_by_one(chest):
    stored = image()
    value = encapsulate([deflated(frame.tobytes()) for frame in stored])
    parsed = with_value(chest[0][0], syntaxes.DEFLATED_FRAMES, value, NumberOfFrames=3)
    np.testing.assert_array_equal(list(frames(parsed)), stored)
    short = encapsulate([deflated(frame.tobytes()[:-2]) for frame in stored])
    with pytest.raises(EOFError):
        list(frames(with_value(chest[0][1], syntaxes.DEFLATED_FRAMES, short, NumberOfFrames=3)))


def test_a_deflated_frame_takes_no_more_than_its_size(chest):
    value = encapsulate([deflated(bytes(1 << 26))])
    parsed = with_value(chest[0][0], syntaxes.DEFLATED_FRAMES, value)
    tracemalloc.start()
    try:
        (frame,) = frames(parsed)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert frame.nbytes == 512
    assert peak < 4 << 20


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, syntaxes.NATIVE_FRAMES])
def test_native_pixels_in_fragments(chest, syntax):
    stored = image()
    value = encapsulate([frame.tobytes() for frame in stored])
    parsed = with_value(chest[0][0], syntax, value, NumberOfFrames=3)
    np.testing.assert_array_equal(list(frames(parsed)), stored)


def test_native_fragments_as_a_file(chest):
    files, volume = chest
    for file in files:
        content = file.read_bytes()
        at = content.index(b"\xe0\x7f\x10\x00OW")
        value = encapsulate([content[at + 12 :]])
        file.write_bytes(content[:at] + b"\xe0\x7f\x10\x00OB\0\0\xff\xff\xff\xff" + value + END)
    np.testing.assert_array_equal(read_series(files).volume.voxels, volume)


def test_another_image_in_fragments_of_a_native_syntax(chest):
    parsed = with_value(chest[0][0], ExplicitVRLittleEndian, encapsulate([bytes(200)]))
    with pytest.raises(
        RefusedError, match="^transfer syntax Explicit VR Little Endian is not read with"
    ):
        list(frames(parsed))


def test_pixels_of_ge_in_big_endian(chest):
    stored = image()[0]
    parsed = with_value(chest[0][0], syntaxes.GE_BIG_ENDIAN_PIXELS, stored.astype(">i2").tobytes())
    parsed = dataclasses.replace(parsed, length=512)
    np.testing.assert_array_equal(list(frames(parsed)), [stored])
    assert syntaxes.encoding(parsed.syntax) == (True, True)


def test_values_in_the_upper_bits_are_refused(chest):
    files, volume = chest
    for file in files:
        change(file, BitsStored=12, HighBit=15)
    with pytest.raises(DataError, match=r"^HighBit is 15 with BitsStored 12: .*\(HighBit 11\)"):
        read_series(files)
    for file in files:
        change(file, HighBit=None)
    np.testing.assert_array_equal(read_series(files).volume.voxels, volume)


@pytest.mark.parametrize("vr", ["OW", "OB"])
@pytest.mark.parametrize("columns", [16, 15])
def test_eight_bits_in_big_endian(chest, vr, columns):
    """In OW, the first pixel is the lower byte of a word, which stands behind the higher one."""
    files, _ = chest
    values = np.random.default_rng(0).integers(0, 250, (4, 15, columns)).astype(np.uint8)
    for file, frame in zip(files, values, strict=True):
        ds = pydicom.dcmread(file)
        ds.Rows, ds.Columns = frame.shape
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
        value = frame.tobytes() + b"\0" * (frame.size % 2)
        if vr == "OW":
            value = b"".join(value[k : k + 2][::-1] for k in range(0, len(value), 2))
        ds.PixelData = value
        ds["PixelData"].VR = vr
        ds.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
        pydicom.dcmwrite(file, ds, implicit_vr=False, little_endian=False, force_encoding=True)
    np.testing.assert_array_equal(read_series(files).volume.voxels, values)
    np.testing.assert_array_equal([pydicom.dcmread(file).pixel_array for file in files], values)


def test_wide_pixels_in_big_endian_are_refused(chest):
    files, _ = chest
    for file in files:
        rewrite(file, ExplicitVRBigEndian)
        change(file, BitsAllocated=32, BitsStored=32, HighBit=31, Columns=8)
    with pytest.raises(DataError, match="pixels of 32 bits in big endian are not read"):
        read_series(files)


def test_pixels_are_not_read_from_what_follows_them(chest):
    files, _ = chest
    content = files[0].read_bytes()
    at = content.index(b"\xe0\x7f\x10\x00OW") + 8
    padding = struct.pack("<HH2sHI", 0xFFFC, 0xFFFC, b"OB", 0, 500)  # DataSetTrailingPadding
    files[0].write_bytes(content[:at] + struct.pack("<I", 12) + bytes(12) + padding + bytes(500))
    with pytest.raises(DataError, match="truncated or damaged"):
        read_series(files)
