"""DICOM files in compressed transfer syntaxes, written by gdcm, pyjpegls and pydicom."""

import pydicom
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
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
    if syntax in BY_GDCM:
        _by_gdcm(file, BY_GDCM[syntax])
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
