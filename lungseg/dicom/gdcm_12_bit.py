"""JPEG of 12 bits, decoded by gdcm itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.dicom.codestream import codestream


def decode_12_bit(frame: bytes, options: dict[str, Any]) -> NDArray[Any]:
    """Decode one frame.

    Samples of a JPEG are unsigned. Where the header says that they are signed, their highest bit
    is the sign, as everywhere in DICOM.

    Args:
        frame: The compressed image.
        options: As pydicom's decoders take them.

    Raises:
        ValueError: If gdcm refuses the image.
    """
    import gdcm  # type: ignore[import-untyped]

    told = codestream(frame)
    if told is None:
        raise ValueError("not a JPEG")
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(frame)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((told.columns, told.rows, 1))
    image.SetDataElement(element)
    grey = gdcm.PhotometricInterpretation.MONOCHROME2
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(grey))
    syntax = gdcm.TransferSyntax.JPEGExtendedProcess2_4
    image.SetTransferSyntax(gdcm.TransferSyntax(syntax))
    # A JPEG that gdcm wrote says 16 where the header says 12, and means 12.
    bits = told.precision if told.precision <= 12 else int(options["bits_stored"])
    image.SetPixelFormat(gdcm.PixelFormat(1, 16, bits, bits - 1, 0))
    decoded = image.GetBuffer()
    if decoded is None:
        raise ValueError("gdcm does not decode it")
    values = np.frombuffer(decoded.encode("utf-8", "surrogateescape"), "<u2").astype(np.uint16)
    values = values.reshape(told.rows, told.columns)
    if not options["pixel_representation"]:
        return values
    unused = 16 - min(16, int(options["bits_stored"]))
    signed: NDArray[np.int16] = (values.view(np.int16) << unused) >> unused
    return signed
