"""Stored pixel values of a parsed file, native or compressed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lungseg.dicom.codestream import size_of
from lungseg.dicom.decoder import decode
from lungseg.dicom.limits import RefusedError, check_size
from lungseg.dicom.parse import Parsed
from lungseg.dicom.values import value_of
from lungseg.dicom.walk import UNDEFINED

if TYPE_CHECKING:
    from collections.abc import Iterator

# What to install for a family of transfer syntaxes, by the start of its name.
PACKAGES = {
    "JPEG-LS": "pyjpegls",
    "High-Throughput JPEG 2000": "pylibjpeg pylibjpeg-openjpeg",
    "JPEG 2000": "pillow",
    "JPEG": "python-gdcm",
}
# Of several decoders of a syntax, the first that is there.
PREFERRED = ("pydicom", "pillow", "gdcm", "pyjpegls", "pylibjpeg")


def frame_count(parsed: Parsed) -> int:
    """NumberOfFrames, 1 where it is not given."""
    return int(value_of(parsed.dataset, "NumberOfFrames") or 1)


def frames(parsed: Parsed) -> Iterator[NDArray[Any]]:
    """Yield the stored values ``[rows, columns]`` of one frame after the other.

    Raises:
        RefusedError: If no decoder for the transfer syntax is installed, the file asks for more
            than the limits allow, holds less than it promises,
            or its pixels are no grey values of 8, 16 or 32 bits.
    """
    ds = parsed.dataset
    rows, columns, count = (
        int(value_of(ds, "Rows")),
        int(value_of(ds, "Columns")),
        frame_count(parsed),
    )
    check_size(count, rows, columns)
    allocated, stored = (
        int(value_of(ds, "BitsAllocated")),
        int(value_of(ds, "BitsStored") or value_of(ds, "BitsAllocated")),
    )
    if int(value_of(ds, "SamplesPerPixel") or 1) != 1 or allocated not in (8, 16, 32):
        raise RefusedError("pixels are no grey values of 8, 16 or 32 bits")
    if not 0 < stored <= allocated:
        raise RefusedError("BitsStored does not fit BitsAllocated")
    if parsed.start is None:
        raise RefusedError("no pixel data")
    if parsed.syntax.is_encapsulated or parsed.length == UNDEFINED:
        yield from _decoded(parsed, rows, columns, count)
        return
    size = rows * columns
    if len(parsed.body) - parsed.start < size * count * allocated // 8:
        raise EOFError("pixel data end early")
    kind = "i" if int(value_of(ds, "PixelRepresentation")) else "u"
    dtype = f"{'<' if parsed.syntax.is_little_endian else '>'}{kind}{allocated // 8}"
    # Whole files are read, so the values are looked at where they stand.
    values = np.frombuffer(parsed.body, dtype, size * count, parsed.start)
    for frame in values.reshape(count, rows, columns):
        yield _meaningful(frame, allocated - stored)


def _meaningful(frame: NDArray[Any], unused: int) -> NDArray[Any]:
    """Clear the unused high bits, in which old files keep overlays; they then repeat the sign."""
    if not unused:
        return frame
    native = frame.astype(frame.dtype.newbyteorder("="))
    return (native << unused) >> unused


def _decoded(parsed: Parsed, rows: int, columns: int, count: int) -> Iterator[NDArray[Any]]:
    from pydicom.encaps import encapsulate, generate_frames

    plugin = _plugin(parsed)
    ds = parsed.dataset
    told_of: dict[str, Any] = {
        "transfer_syntax_uid": parsed.syntax,
        "rows": rows,
        "columns": columns,
        "number_of_frames": 1,
        "samples_per_pixel": 1,
        "photometric_interpretation": str(
            value_of(ds, "PhotometricInterpretation") or "MONOCHROME2"
        ),
        "bits_allocated": int(value_of(ds, "BitsAllocated")),
        "bits_stored": int(value_of(ds, "BitsStored") or value_of(ds, "BitsAllocated")),
        "pixel_representation": int(value_of(ds, "PixelRepresentation")),
        "pixel_keyword": "PixelData",
    }
    found = 0
    for frame in generate_frames(parsed.body[parsed.start :], number_of_frames=count):
        found += 1
        if found > count:
            raise RefusedError("more frames than NumberOfFrames says")
        told = size_of(frame)
        if told is not None and told != (rows, columns):
            raise RefusedError("the compressed image has another size than the header says")
        values = decode(encapsulate([frame], has_bot=False), plugin, told_of)
        if values.shape != (rows, columns):
            raise RefusedError("the compressed image has another size than the header says")
        yield values
    if found != count:
        raise EOFError("fewer frames than NumberOfFrames says")


def _plugin(parsed: Parsed) -> str:
    from pydicom.pixels.decoders.base import get_decoder

    name = parsed.syntax.name
    try:
        decoder = get_decoder(parsed.syntax)
    except NotImplementedError:
        raise RefusedError(f"no decoder is known for {name}") from None
    available = [plugin for plugin in PREFERRED if plugin in decoder.available_plugins]
    if not available:
        package = next((p for family, p in PACKAGES.items() if name.startswith(family)), "pydicom")
        raise RefusedError(f"needs a decoder for {name}: pip install {package}")
    return available[0]
