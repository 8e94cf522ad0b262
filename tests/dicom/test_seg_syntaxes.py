"""The same mask comes back from a DICOM-SEG in any transfer syntax."""

import base64
import zlib

import highdicom as hd
import jpeg_ls
import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate
from pydicom.pixels.encoders import RLELosslessEncoder
from pydicom.uid import (
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from lungseg.dicom.seg import place, read_segments
from lungseg.dicom.series import read_series
from lungseg.dicom.syntaxes import DEFLATED_FRAMES
from lungseg.errors import DataError
from tests.dicom.compressed import rewrite
from tests.dicom.test_series import write_slice
from tests.dicom.write_seg import write_seg

# Frames of 1155 pixels: none but the first begins with a byte.
SIZE = (6, 33, 35)
EMPTY = (
    *("PatientName", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime"),
    *("AccessionNumber", "StudyID", "ReferringPhysicianName"),
)
# One bit a pixel, by openjpeg: the disc of radius √40 about row 12, column 20.
DISC = base64.b64decode(
    "/0//UQApAAAAAAAjAAAAIQAAAAAAAAAAAAAAIwAAACEAAAAAAAAAAAABAAEB/1IADAAAAAEABQQEAAH/XAAT"
    "QAgQEBgQEBgQEBgQEBgQEBj/ZAAlAAFDcmVhdGVkIGJ5IE9wZW5KUEVHIHZlcnNpb24gMi41LjL/kAAKAAAA"
    "AABhAAH/k/oQDZvIboUQgAEK3wPIpFEQDt8NXw1/yKRToYAbgxu7GxdP3RLokSgkCOVvKy6sHyLCUeRnyqlR"
    "E4BCu3HiOgxcV5eBQsqaekn+qxE9rdmxD/kP/9k="
)


@pytest.fixture
def chest(tmp_path):
    """Image files of a volume, and the volume."""
    tags = dict.fromkeys(EMPTY, "")
    for z in range(SIZE[0]):
        write_slice(
            tmp_path / f"{z}.dcm", np.zeros(SIZE[1:]), (0, 0, 2 * z), PatientID="P",
            SliceThickness=2, FrameOfReferenceUID="1.2.4", StudyInstanceUID="1.2.5", **tags,
        )  # fmt: skip
    files = sorted(tmp_path.glob("*.dcm"))
    return files, read_series(files).volume


@pytest.fixture
def mask():
    return (np.random.default_rng(0).random(SIZE) < 0.4).astype(np.uint8)


def by_highdicom(file):
    """The voxels that highdicom reads, feet first."""
    read = hd.seg.segread(file).get_volume(combine_segments=False)
    assert read.affine[2, 0] < 0  # frames run from the head down
    return (read.array[::-1, ..., 0] > 0).astype(np.uint8)


def placed(file, volume):
    (segment,) = read_segments(file).segments
    return place(segment, volume)


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP", "FRACTIONAL"])
@pytest.mark.parametrize("vr", ["OB", "OW"])
def test_big_endian(kind, vr, chest, mask, tmp_path):
    files, volume = chest
    file = tmp_path / "seg"
    write_seg(file, {"Lung": mask}, volume.affine, files, kind=kind)
    np.testing.assert_array_equal(by_highdicom(file), mask)
    ds = pydicom.dcmread(file)
    if vr == "OW":
        value = ds.PixelData
        ds.PixelData = b"".join(value[k : k + 2][::-1] for k in range(0, len(value), 2))
    ds["PixelData"].VR = vr
    ds.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    pydicom.dcmwrite(file, ds, implicit_vr=False, little_endian=False, force_encoding=True)
    if kind != "BINARY" or vr == "OB":  # of one bit in OW, pydicom does not swap bytes
        np.testing.assert_array_equal(pydicom.dcmread(file).pixel_array[::-1] > 0, mask)
    np.testing.assert_array_equal(placed(file, volume), mask)


def test_implicit(chest, mask, tmp_path):
    files, volume = chest
    write_seg(tmp_path / "seg", {"Lung": mask}, volume.affine, files)
    rewrite(tmp_path / "seg", ImplicitVRLittleEndian)
    np.testing.assert_array_equal(placed(tmp_path / "seg", volume), mask)


def compressed(file, chest, mask, syntax, encode):
    """Write a binary segmentation whose frames are compressed one by one."""
    files, volume = chest
    write_seg(file, {"Lung": mask}, volume.affine, files)
    ds = pydicom.dcmread(file)
    ds.PixelData = encapsulate([encode(frame) for frame in mask[::-1]])
    ds["PixelData"].VR, ds["PixelData"].is_undefined_length = "OB", True
    ds.file_meta.TransferSyntaxUID = syntax
    ds.save_as(file, implicit_vr=False, little_endian=True, force_encoding=True)


def test_one_bit_in_jpeg_2000(chest, tmp_path):
    rows, columns = np.mgrid[: SIZE[1], : SIZE[2]]
    disc = (rows - 12) ** 2 + (columns - 20) ** 2 < 40
    mask = np.stack([disc] * SIZE[0]).astype(np.uint8)
    compressed(tmp_path / "seg", chest, mask, JPEG2000Lossless, lambda frame: DISC)
    np.testing.assert_array_equal(placed(tmp_path / "seg", chest[1]), mask)
    np.testing.assert_array_equal(by_highdicom(tmp_path / "seg"), mask)


def test_one_bit_in_jpeg_ls(chest, mask, tmp_path):
    compressed(tmp_path / "seg", chest, mask, JPEGLSLossless, jpeg_ls.encode_array)
    np.testing.assert_array_equal(placed(tmp_path / "seg", chest[1]), mask)
    np.testing.assert_array_equal(by_highdicom(tmp_path / "seg"), mask)


def by_rle(frame):
    return RLELosslessEncoder.encode(
        frame, encoding_plugin="pydicom", rows=frame.shape[0], columns=frame.shape[1],
        number_of_frames=1, samples_per_pixel=1, photometric_interpretation="MONOCHROME2",
        bits_allocated=8, bits_stored=8, pixel_representation=0,
    )  # fmt: skip


def test_one_bit_in_rle(chest, mask, tmp_path):
    """A byte for each: RLE has no bits."""
    compressed(tmp_path / "seg", chest, mask, RLELossless, by_rle)
    np.testing.assert_array_equal(placed(tmp_path / "seg", chest[1]), mask)


def deflated(frame):
    engine = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = engine.compress(frame) + engine.flush()
    return packed + b"\0" * (len(packed) % 2)


def test_one_bit_in_deflated_frames(chest, mask, tmp_path):
    """Each frame begins with a byte."""

    def encode(frame):
        return deflated(np.packbits(frame, bitorder="little").tobytes())

    compressed(tmp_path / "seg", chest, mask, DEFLATED_FRAMES, encode)
    np.testing.assert_array_equal(placed(tmp_path / "seg", chest[1]), mask)


def test_label_map_in_deflated_frames(chest, mask, tmp_path):
    files, volume = chest
    file = tmp_path / "seg"
    write_seg(file, {"Lung": mask}, volume.affine, files, kind="LABELMAP")
    ds = pydicom.dcmread(file)
    ds.PixelData = encapsulate([deflated(frame.tobytes()) for frame in ds.pixel_array])
    ds["PixelData"].is_undefined_length = True
    ds.file_meta.TransferSyntaxUID = DEFLATED_FRAMES
    ds.save_as(file, implicit_vr=False, little_endian=True, force_encoding=True)
    np.testing.assert_array_equal(placed(file, volume), mask)


def test_native_pixels_in_fragments(chest, mask, tmp_path):
    files, volume = chest
    file = tmp_path / "seg"
    write_seg(file, {"Lung": mask}, volume.affine, files)
    content = file.read_bytes()
    at = content.index(b"\xe0\x7f\x10\x00OB")
    end = b"\xfe\xff\xdd\xe0\0\0\0\0"
    value = encapsulate([content[at + 12 :]])
    file.write_bytes(content[:at] + b"\xe0\x7f\x10\x00OB\0\0\xff\xff\xff\xff" + value + end)
    np.testing.assert_array_equal(placed(file, volume), mask)


@pytest.mark.filterwarnings("ignore")
def test_a_syntax_that_is_not_read_is_named(chest, mask, tmp_path):
    compressed(tmp_path / "seg", chest, mask, "1.2.840.10008.1.2.4.100", lambda frame: bytes(90))
    with pytest.raises(DataError, match="^transfer syntax MPEG2 .* is not read$"):
        read_segments(tmp_path / "seg")
    compressed(tmp_path / "seg", chest, mask, "1.2.840.113619.5.9", lambda frame: bytes(90))
    with pytest.raises(DataError, match="^transfer syntax 1.2.840.113619.5.9 is not read$"):
        read_segments(tmp_path / "seg")


def test_damaged_frames_are_reported(chest, mask, tmp_path):
    compressed(
        tmp_path / "seg", chest, mask, JPEGLSLossless, lambda f: jpeg_ls.encode_array(f)[:50]
    )
    with pytest.raises(DataError, match="^a compressed image is truncated or damaged$"):
        read_segments(tmp_path / "seg")
