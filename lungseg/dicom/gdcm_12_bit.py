"""12-bit JPEG, decoded by gdcm directly."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.dicom.codestream import codestream


def decode_12_bit(frame: bytes, options: dict[str, Any]) -> NDArray[Any]:
    """Decode one frame.

    Samples of a JPEG are unsigned. If the DICOM header declares them signed, their highest bit is
    the sign, as everywhere in DICOM.

    Args:
        frame: The compressed image.
        options: Of pydicom's decoders.

    Raises:
        ValueError: If gdcm refuses the image.
    """
    import gdcm  # type: ignore[import-untyped]

    image_header = codestream(frame)
    if image_header is None:
        raise ValueError("not a JPEG")
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(frame)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((image_header.columns, image_header.rows, 1))
    image.SetDataElement(element)
    grey = gdcm.PhotometricInterpretation.MONOCHROME2
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(grey))
    syntax = gdcm.TransferSyntax.JPEGExtendedProcess2_4
    image.SetTransferSyntax(gdcm.TransferSyntax(syntax))
    # A JPEG written by gdcm declares 16 bits where the DICOM header declares 12, and has 12.
    bits = image_header.precision if image_header.precision <= 12 else int(options["bits_stored"])
    image.SetPixelFormat(gdcm.PixelFormat(1, 16, bits, bits - 1, 0))
    decoded = image.GetBuffer()
    if decoded is None:
        raise ValueError("gdcm does not decode it")
    values = np.frombuffer(decoded.encode("utf-8", "surrogateescape"), "<u2").astype(np.uint16)
    values = values.reshape(image_header.rows, image_header.columns)
    if not options["pixel_representation"]:
        return values
    unused = 16 - min(16, int(options["bits_stored"]))
    signed: NDArray[np.int16] = (values.view(np.int16) << unused) >> unused
    return signed
