"""Pixels as hospitals write them: read as another library reads them, or refused with the reason."""

import dataclasses
import io
import struct
import tracemalloc
import zlib

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels.decoders.base import Decoder, get_decoder
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLSLossless,
    RLELossless,
)

from lungseg.dicom import syntaxes
from lungseg.dicom.limits import RefusedError
from lungseg.dicom.parse import UNDEFINED, parse
from lungseg.dicom.pixels import frames
from lungseg.dicom.series import read_series
from lungseg.errors import DataError
from tests.dicom.compressed import rewrite, twelve_bit_jpeg
from tests.dicom.test_findings import change, write_chest


@pytest.fixture
def chest(tmp_path):
    volume = write_chest(tmp_path / "chest", positions=[(0, 0, 2 * z) for z in range(4)])
    return sorted((tmp_path / "chest").iterdir()), volume


def smooth(files):
    """Twelve bits of a smooth image, which JPEG keeps to a unit or two; what was written."""
    rows, columns = np.mgrid[:64, :64]
    written = []
    for k, file in enumerate(files):
        values = 2048 + 2000 * np.sin(rows / 9 + k) * np.cos(columns / 7)
        written.append(values.astype(np.uint16))
        change(
            file, Rows=64, Columns=64, BitsStored=12, HighBit=11, PixelRepresentation=0,
            RescaleIntercept=-1024, PixelData=written[-1].tobytes(),
        )  # fmt: skip
    return np.stack(written)


def compressed(file, images, syntax, **how):
    """Put compressed images into a file."""
    ds = pydicom.dcmread(file)
    ds.PixelData = encapsulate(images, **how)
    ds["PixelData"].VR, ds["PixelData"].is_undefined_length = "OB", True
    ds.file_meta.TransferSyntaxUID = syntax
    ds.save_as(file)


def by_itk(files):
    import SimpleITK

    SimpleITK.ProcessObject.SetGlobalWarningDisplay(False)
    read = [SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(file)))[0] for file in files]
    return np.stack(read).astype(float)


@pytest.mark.parametrize("signed", [0, 1])
def test_twelve_bits_of_jpeg(chest, signed):
    files, _ = chest
    values = smooth(files)
    for file in files:
        rewrite(file, JPEGExtended12Bit)
        change(file, PixelRepresentation=signed)
    read = read_series(files).volume.voxels
    np.testing.assert_array_equal(read, np.maximum(by_itk(files), -1024))
    if not signed:
        assert np.abs(read + 1024 - values.astype(int)).max() <= 2


@pytest.mark.parametrize("stored", [8, 12, 16])
def test_twelve_bits_by_the_image_itself(chest, stored):
    """Whatever the header says of its bits."""
    files, _ = chest
    eighths = smooth(files) // 16
    for file, pixels in zip(files, eighths, strict=True):
        change(file, BitsStored=stored, HighBit=stored - 1)
        compressed(file, [twelve_bit_jpeg(pixels.astype(np.uint8))], JPEGExtended12Bit)
    read = read_series(files).volume.voxels
    assert np.abs(read + 1024 - 16 * eighths.astype(int)).max() <= 24
    if stored > 8:  # to which SimpleITK cuts
        np.testing.assert_array_equal(read, by_itk(files))


@pytest.mark.parametrize("syntax", [JPEGBaseline8Bit, JPEGExtended12Bit])
def test_eight_bits_of_jpeg_in_twelve(chest, syntax):
    from PIL import Image

    files, _ = chest
    expected = []
    for file, pixels in zip(files, smooth(files) // 16, strict=True):
        stream = io.BytesIO()
        Image.fromarray(pixels.astype(np.uint8)).save(stream, "jpeg", quality=95)
        expected.append(np.array(Image.open(stream), int))
        compressed(file, [stream.getvalue()], syntax)
    np.testing.assert_array_equal(read_series(files).volume.voxels + 1024, expected)


def test_a_frame_in_several_fragments(chest):
    files, _ = chest
    smooth(files)
    for file in files:
        rewrite(file, JPEGExtended12Bit)
    whole = read_series(files).volume.voxels
    for file in files:
        frames_of = generate_frames(pydicom.dcmread(file).PixelData, number_of_frames=1)
        compressed(file, [*frames_of], JPEGExtended12Bit, fragments_per_frame=3)
    np.testing.assert_array_equal(read_series(files).volume.voxels, whole)
    np.testing.assert_array_equal(by_itk(files), whole)


def test_more_bits_than_such_a_jpeg_has(chest):
    files, _ = chest
    smooth(files)
    for file in files:
        rewrite(file, JPEGExtended12Bit)  # gdcm writes 16 into the image, whatever it has
        change(file, BitsStored=16, HighBit=15)
    with pytest.raises(DataError, match="^transfer syntax JPEG Ext.* with more than 12 bits$"):
        read_series(files)


def test_damage_is_not_a_missing_decoder(chest, monkeypatch):
    files, _ = chest
    smooth(files)
    for file in files:
        rewrite(file, JPEGExtended12Bit)
    (frame,) = generate_frames(pydicom.dcmread(files[0]).PixelData, number_of_frames=1)
    compressed(files[0], [frame[:-200]], JPEGExtended12Bit)
    with pytest.raises(DataError, match="^a compressed image is truncated or damaged$"):
        read_series(files)
    monkeypatch.setattr(Decoder, "available_plugins", property(lambda self: ("pillow",)))
    with pytest.raises(
        DataError, match="^needs a decoder for JPEG Extended, 12 bit: pip install python-gdcm$"
    ):
        read_series(files)


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEGLSLossless, RLELossless])
def test_signed_values_of_fewer_bits(chest, syntax):
    """Twelve bits in sixteen: whichever decoder is asked, the sign is the twelfth."""
    files, volume = chest
    for file in files:
        change(file, BitsStored=12, HighBit=11)
        rewrite(file, syntax)
    assert pydicom.dcmread(files[0]).BitsStored == 12
    np.testing.assert_array_equal(read_series(files).volume.voxels, volume)


def test_what_one_decoder_cannot_another_can(chest):
    """pydicom's plugin for gdcm refuses JPEG-LS of six bits; pyjpegls reads it."""
    files, _ = chest
    values = np.random.default_rng(0).integers(0, 64, (4, 16, 16)).astype(np.uint8)
    for file, frame in zip(files, values, strict=True):
        change(
            file, BitsAllocated=8, BitsStored=6, HighBit=5, PixelRepresentation=0,
            PixelData=frame.tobytes(),
        )  # fmt: skip
        rewrite(file, JPEGLSLossless)
    assert "gdcm" in get_decoder(JPEGLSLossless).available_plugins
    np.testing.assert_array_equal(read_series(files).volume.voxels, values)


def with_value(file, syntax, value, **header):
    """The file parsed, with other pixels, in a syntax that the parser need not know."""
    change(file, **header)
    parsed = parse(file.read_bytes())
    body = parsed.body[: parsed.start] + value
    return dataclasses.replace(parsed, syntax=UID(syntax), body=body, length=UNDEFINED)


def image(seed=0, dtype=np.int16):
    return np.random.default_rng(seed).integers(-900, 900, (3, 16, 16)).astype(dtype)


def deflated(frame):
    engine = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = engine.compress(frame) + engine.flush()
    return packed + b"\0" * (len(packed) % 2)


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


END = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)


def test_another_image_in_fragments_of_a_native_syntax(chest):
    parsed = with_value(chest[0][0], ExplicitVRLittleEndian, encapsulate([bytes(200)]))
    with pytest.raises(
        RefusedError, match="^transfer syntax Explicit VR Little Endian is not read where"
    ):
        list(frames(parsed))


def test_pixels_of_ge_in_big_endian(chest):
    stored = image()[0]
    parsed = with_value(chest[0][0], syntaxes.GE_BIG_ENDIAN_PIXELS, stored.astype(">i2").tobytes())
    parsed = dataclasses.replace(parsed, length=512)
    np.testing.assert_array_equal(list(frames(parsed)), [stored])
    assert syntaxes.encoding(parsed.syntax) == (True, True)


@pytest.mark.parametrize(
    ("uid", "sentence"),
    [
        ("1.2.840.10008.1.2.4.100", "transfer syntax MPEG2 Main Profile / Main Level is not read"),
        ("1.2.840.10008.1.2.4.53", "transfer syntax JPEG Spectral Selection.* is not read"),
        ("1.2.3.4", "transfer syntax 1.2.3.4 is not read"),
        ("1.2.840.113619.5.9", "transfer syntax 1.2.840.113619.5.9 is not read"),
        ("Doe^Jane", "the file's transfer syntax is not a UID"),
        ("", "the file names no transfer syntax"),
    ],
)
@pytest.mark.filterwarnings("ignore:Invalid value for VR UI")
def test_what_unread_syntaxes_are_called(chest, uid, sentence):
    parsed = with_value(chest[0][0], uid, encapsulate([bytes(200)]))
    with pytest.raises(RefusedError, match=f"^{sentence}$"):
        list(frames(parsed))


def test_what_to_install_for_a_syntax_without_a_decoder(chest, monkeypatch):
    monkeypatch.setattr(Decoder, "available_plugins", property(lambda self: ()))
    parsed = with_value(chest[0][0], HTJ2KLossless, encapsulate([bytes(200)]))
    with pytest.raises(
        RefusedError,
        match="^needs a decoder for High-Throughput JPEG 2000 .*: pip install pylibjpeg pylibjpeg-",
    ):
        list(frames(parsed))


def test_compressed_pixels_without_fragments(chest):
    files, _ = chest
    parsed = parse(files[0].read_bytes())
    parsed = dataclasses.replace(parsed, syntax=RLELossless)
    with pytest.raises(RefusedError, match="do not stand in fragments"):
        list(frames(parsed))


@pytest.mark.parametrize("photometric", ["PALETTE COLOR", "RGB"])
def test_indices_of_colours_are_refused(chest, photometric):
    files, _ = chest
    for file in files:
        change(file, PhotometricInterpretation=photometric)
    with pytest.raises(DataError, match="^pixels are not grey values"):
        read_series(files)


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
