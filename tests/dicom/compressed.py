"""DICOM files in compressed transfer syntaxes, written by gdcm, pyjpegls and pydicom."""

import pydicom
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

BY_GDCM = {
    JPEGLosslessSV1: "JPEGLosslessProcess14_1",
    JPEGLossless: "JPEGLosslessProcess14",
    JPEG2000Lossless: "JPEG2000Lossless",
}
LOSSY_BY_GDCM = {JPEGExtended12Bit: "JPEGExtendedProcess2_4"}
SYNTAXES = (
    *BY_GDCM,
    JPEGLSLossless,
    RLELossless,
    DeflatedExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    ExplicitVRBigEndian,
)


def rewrite(file, syntax):
    """Write a file anew in another transfer syntax."""
    name = (BY_GDCM | LOSSY_BY_GDCM).get(syntax)
    if name:
        _by_gdcm(file, name)
        return
    ds = pydicom.dcmread(file)
    if syntax == ExplicitVRBigEndian:
        ds.PixelData = ds.pixel_array.astype(">i2").tobytes()
        ds["PixelData"].VR = "OW"
    if syntax.is_encapsulated:
        ds.compress(syntax, generate_instance_uid=False)
        ds.save_as(file)
    else:
        ds.file_meta.TransferSyntaxUID = syntax
        pydicom.dcmwrite(
            file,
            ds,
            implicit_vr=syntax.is_implicit_VR,
            little_endian=syntax.is_little_endian,
            force_encoding=True,
        )


def twelve_bit_jpeg(pixels):
    """A JPEG whose values are 16 times those of an image of eight bits, up to rounding.

    pillow writes eight bits; the same coefficients, quantized 16 times as coarsely, in a frame of
    twelve bits mean 16 times as much.
    """
    import io

    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "jpeg", quality=100)
    written = stream.getvalue()
    table, frame = written.index(b"\xff\xdb"), written.index(b"\xff\xc0")
    assert written[table + 5 : table + 69] == b"\1" * 64
    return b"".join(
        [
            written[: table + 5],
            bytes([16]) * 64,
            written[table + 69 : frame],
            b"\xff\xc1",
            written[frame + 2 : frame + 4],
            bytes([12]),
            written[frame + 5 :],
        ]
    )


def _by_gdcm(file, name):
    import gdcm

    reader = gdcm.ImageReader()
    reader.SetFileName(str(file))
    assert reader.Read()
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, name)))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer = gdcm.ImageWriter()
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    writer.SetFileName(str(file))
    assert writer.Write()
