"""CT slices with other pixels."""

import dataclasses
import struct
import zlib

import numpy as np
import pydicom
from pydicom.encaps import encapsulate
from pydicom.uid import (
    UID,
)

from lungseg.dicom.parse import UNDEFINED, parse
from tests.dicom.test_findings import change


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


END = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
