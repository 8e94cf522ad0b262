"""Pixels as hospitals write them: read as another library reads them, or refused with the reason."""

import dataclasses
import io

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels.decoders.base import Decoder, get_decoder
from pydicom.uid import (
    HTJ2KLossless,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLSLossless,
    RLELossless,
)

from lungseg.dicom.limits import RefusedError
from lungseg.dicom.parse import parse
from lungseg.dicom.pixels import frames
from lungseg.dicom.series import read_series
from lungseg.errors import DataError
from tests.dicom.chests import by_itk, compressed, smooth, with_value
from tests.dicom.compressed import rewrite, twelve_bit_jpeg
from tests.dicom.test_findings import change


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
    with pytest.raises(RefusedError, match="are not in fragments"):
        list(frames(parsed))


@pytest.mark.parametrize("photometric", ["PALETTE COLOR", "RGB"])
def test_indices_of_colours_are_refused(chest, photometric):
    files, _ = chest
    for file in files:
        change(file, PhotometricInterpretation=photometric)
    with pytest.raises(DataError, match="^pixels are not grey values"):
        read_series(files)
