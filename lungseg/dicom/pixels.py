"""Stored pixel values of a parsed file, native or compressed."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lungseg.dicom.codestream import codestream
from lungseg.dicom.decoder import decode
from lungseg.dicom.layout import Layout
from lungseg.dicom.limits import RefusedError
from lungseg.dicom.parse import Parsed
from lungseg.dicom.plugins import LOSSY_JPEG, plugins_for
from lungseg.dicom.syntaxes import (
    DEFLATED_FRAMES,
    GE_BIG_ENDIAN_PIXELS,
    NATIVE_FRAMES,
    encoding,
    is_native,
    unread,
)
from lungseg.dicom.walk import UNDEFINED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydicom.uid import UID


@dataclass(frozen=True)
class PixelData:
    """Pixels as they stand in a file.

    Attributes:
        layout: What the header says of them.
        syntax: Transfer syntax.
        value: Their bytes; what follows them in the file may follow here.
        length: Their length in bytes as written; ``UNDEFINED`` where they stand in fragments.
        vr: ``OB`` or ``OW``; empty where the VR is implicit.
    """

    layout: Layout
    syntax: UID
    value: bytes | memoryview
    length: int
    vr: str

    @property
    def surplus(self) -> int:
        """Bytes more than the header asks for, beyond padding to an even length."""
        if self.length == UNDEFINED:
            return 0
        needed = self.layout.n_bytes
        return max(0, self.length - needed - needed % 2)


def pixel_data(parsed: Parsed) -> PixelData:
    """The pixels of a parsed file.

    Raises:
        RefusedError: If it has none, or its header contradicts itself.
    """
    layout = parsed.layout
    if parsed.start is None:
        raise RefusedError("no pixel data")
    encoding(parsed.syntax)  # refuses one that is unknown
    value = memoryview(parsed.body)[parsed.start :]
    return PixelData(layout, parsed.syntax, value, parsed.length, parsed.pixel_vr)


def frames(parsed: Parsed) -> Iterator[NDArray[Any]]:
    """Yield the stored values ``[rows, columns]`` of one frame after the other.

    Raises:
        RefusedError: If no decoder for the transfer syntax is installed, the file asks for more
            than the limits allow, holds less than it promises, or its pixels are not grey values
            of 8, 16 or 32 bits.
    """
    pixels = pixel_data(parsed)
    if pixels.layout.allocated == 1 or not pixels.layout.photometric.startswith("MONOCHROME"):
        raise RefusedError("pixels are not grey values of 8, 16 or 32 bits")
    yield from stored_frames(pixels)


def stored_frames(pixels: PixelData) -> Iterator[NDArray[Any]]:
    """As :func:`frames`, for any pixels of one sample; those of one bit come as 0 and 1."""
    native = is_native(pixels.syntax)
    if pixels.length == UNDEFINED:
        if pixels.syntax == DEFLATED_FRAMES or native:
            yield from _raw_fragments(pixels)
        else:
            yield from _compressed(pixels)
    elif native:
        yield from _native(pixels.value, min(pixels.length, len(pixels.value)), pixels)
    else:
        raise RefusedError("pixels of a compressed transfer syntax do not stand in fragments")


def _native(value: bytes | memoryview, length: int, pixels: PixelData) -> Iterator[NDArray[Any]]:
    """Frames one after the other; the first bytes of ``value``, no more than ``length``."""
    layout = pixels.layout
    if length < layout.n_bytes:
        raise EOFError("pixel data end early")
    # Whole files are read, so the values are looked at where they stand.
    stored = _values(value, layout.frames * layout.rows * layout.columns, pixels)
    for frame in stored.reshape(layout.frames, layout.rows, layout.columns):
        yield _meaningful(frame, layout.allocated - layout.stored)


def _values(value: bytes | memoryview, count: int, pixels: PixelData) -> NDArray[Any]:
    """The first stored values."""
    layout = pixels.layout
    big = pixels.syntax == GE_BIG_ENDIAN_PIXELS or not encoding(pixels.syntax)[1]
    if big and (layout.allocated == 32 or (layout.allocated < 16 and not pixels.vr)):
        raise RefusedError(f"pixels of {layout.allocated} bits in big endian are not read")
    if big and layout.allocated < 16 and pixels.vr == "OW":
        n_bytes = -(-count * layout.allocated // 8)
        value = _swapped(value[: n_bytes + n_bytes % 2])
    if layout.allocated == 1:
        bits = np.frombuffer(value, np.uint8, -(-count // 8))
        return np.unpackbits(bits, count=count, bitorder="little")
    dtype = f"{'>' if big else '<'}{'i' if layout.signed else 'u'}{layout.allocated // 8}"
    return np.frombuffer(value, dtype, count)


def _swapped(value: bytes | memoryview) -> bytes:
    """Bytes of words of two in the other order: so they stand in OW in big endian (PS3.5 7.3)."""
    if len(value) % 2:
        raise EOFError("pixel data end early")
    return np.frombuffer(value, "<u2").astype(">u2").tobytes()


def _meaningful(frame: NDArray[Any], unused: int) -> NDArray[Any]:
    """Clear the unused high bits, in which old files keep overlays; they then repeat the sign."""
    if not unused:
        return frame
    native = frame.astype(frame.dtype.newbyteorder("="))
    return (native << unused) >> unused


def _raw_fragments(pixels: PixelData) -> Iterator[NDArray[Any]]:
    """Frames in fragments that no codec compressed: native or deflated."""
    from pydicom.encaps import generate_frames

    layout = pixels.layout
    if not encoding(pixels.syntax)[1]:  # fragments are little endian
        raise unread(pixels.syntax)
    if pixels.syntax in (DEFLATED_FRAMES, NATIVE_FRAMES):
        for frame in _counted(pixels):
            raw = frame
            if pixels.syntax == DEFLATED_FRAMES:
                raw = zlib.decompressobj(-zlib.MAX_WBITS).decompress(frame, layout.frame_bytes)
            if len(raw) < layout.frame_bytes:
                raise EOFError("pixel data end early")
            values = _values(raw, layout.rows * layout.columns, pixels)
            yield _meaningful(
                values.reshape(layout.rows, layout.columns), layout.allocated - layout.stored
            )
        return
    # No transfer syntax allows this, but there are such files.
    whole = b"".join(generate_frames(bytes(pixels.value), number_of_frames=layout.frames))
    if len(whole) - layout.n_bytes not in (0, layout.n_bytes % 2):
        raise RefusedError(
            f"{unread(pixels.syntax)} where pixels in fragments have another length than the image"
        )
    yield from _native(whole, len(whole), pixels)


def _counted(pixels: PixelData) -> Iterator[bytes]:
    """The fragments of each frame, joined."""
    from pydicom.encaps import generate_frames

    found = 0
    for frame in generate_frames(bytes(pixels.value), number_of_frames=pixels.layout.frames):
        found += 1
        if found > pixels.layout.frames:
            raise RefusedError("more frames than NumberOfFrames says")
        yield frame
    if found != pixels.layout.frames:
        raise EOFError("fewer frames than NumberOfFrames says")


def _compressed(pixels: PixelData) -> Iterator[NDArray[Any]]:
    layout = pixels.layout
    # RLE has no bits, but bytes; so have decoders.
    allocated = max(8, layout.allocated)
    options: dict[str, Any] = {
        "transfer_syntax_uid": pixels.syntax,
        "rows": layout.rows,
        "columns": layout.columns,
        "number_of_frames": 1,
        "samples_per_pixel": 1,
        "photometric_interpretation": layout.photometric,
        "bits_allocated": allocated,
        "bits_stored": layout.stored,
        "pixel_representation": int(layout.signed),
        "pixel_keyword": "PixelData",
    }
    for frame in _counted(pixels):
        head = codestream(frame)
        shape = (layout.rows, layout.columns)
        if head is not None and head[:2] != shape:
            raise RefusedError("the compressed image has another size than the header says")
        precision = head.precision if head else layout.stored
        plugins = plugins_for(pixels.syntax, precision, layout.stored)
        own = {}
        if pixels.syntax in LOSSY_JPEG and precision == 8 < layout.stored:
            # Decoders go by the header, and take it for one of 12 bits.
            own = {"bits_allocated": 8, "bits_stored": 8, "pixel_representation": 0}
        values = decode(frame, plugins, options | own)
        if values.shape != shape:
            raise RefusedError("the compressed image has another size than the header says")
        yield values
