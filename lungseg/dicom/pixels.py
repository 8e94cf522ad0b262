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
    """Pixels as stored in a file.

    Attributes:
        layout: As declared by the header.
        syntax: Transfer syntax.
        value: Their bytes, possibly followed by the rest of the file.
        length: Their length in bytes as written; ``UNDEFINED`` if they are in fragments.
        vr: ``OB`` or ``OW``; empty if the VR is implicit.
    """

    layout: Layout
    syntax: UID
    value: bytes | memoryview
    length: int
    vr: str

    @property
    def surplus(self) -> int:
        """Bytes in excess of what the header declares, apart from padding to an even length."""
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
    encoding(parsed.syntax)  # refuses an unknown one
    value = memoryview(parsed.body)[parsed.start :]
    return PixelData(layout, parsed.syntax, value, parsed.length, parsed.pixel_vr)


def frames(parsed: Parsed) -> Iterator[NDArray[Any]]:
    """Yield the stored values ``[rows, columns]`` of one frame after the other.

    Raises:
        RefusedError: If no decoder for the transfer syntax is installed, the file exceeds the
            limits or is shorter than declared, or its pixels are not grey values of 8, 16 or
            32 bits.
    """
    pixels = pixel_data(parsed)
    if pixels.layout.allocated == 1 or not pixels.layout.photometric.startswith("MONOCHROME"):
        raise RefusedError("pixels are not grey values of 8, 16 or 32 bits")
    yield from stored_frames(pixels)


def stored_frames(pixels: PixelData) -> Iterator[NDArray[Any]]:
    """As :func:`frames`, for any pixels with one sample; 1-bit pixels are returned as 0 and 1."""
    native = is_native(pixels.syntax)
    if pixels.length == UNDEFINED:
        if pixels.syntax == DEFLATED_FRAMES or native:
            yield from _raw_fragments(pixels)
        else:
            yield from _compressed(pixels)
    elif native:
        yield from _native(pixels.value, min(pixels.length, len(pixels.value)), pixels)
    else:
        raise RefusedError("pixels of a compressed transfer syntax are not in fragments")


def _native(value: bytes | memoryview, length: int, pixels: PixelData) -> Iterator[NDArray[Any]]:
    """Uncompressed frames from the first ``length`` bytes of ``value``."""
    layout = pixels.layout
    if length < layout.n_bytes:
        raise EOFError("pixel data end early")
    # The whole file is in memory, so the values are viewed in place.
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
    """Bytes swapped in pairs, as they are in big-endian OW (PS3.5 7.3)."""
    if len(value) % 2:
        raise EOFError("pixel data end early")
    return np.frombuffer(value, "<u2").astype(">u2").tobytes()


def _meaningful(frame: NDArray[Any], unused: int) -> NDArray[Any]:
    """Overwrite the unused high bits, where old files have overlays, with the sign."""
    if not unused:
        return frame
    native = frame.astype(frame.dtype.newbyteorder("="))
    return (native << unused) >> unused


def _raw_fragments(pixels: PixelData) -> Iterator[NDArray[Any]]:
    """Frames in fragments without image compression: native or deflated."""
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
    # No transfer syntax allows this, but such files exist.
    whole = b"".join(generate_frames(bytes(pixels.value), number_of_frames=layout.frames))
    if len(whole) - layout.n_bytes not in (0, layout.n_bytes % 2):
        raise RefusedError(
            f"{unread(pixels.syntax)} with pixels in fragments of a length other than the image's"
        )
    yield from _native(whole, len(whole), pixels)


def _counted(pixels: PixelData) -> Iterator[bytes]:
    """The fragments of each frame, joined."""
    from pydicom.encaps import generate_frames

    n_frames = 0
    for frame in generate_frames(bytes(pixels.value), number_of_frames=pixels.layout.frames):
        n_frames += 1
        if n_frames > pixels.layout.frames:
            raise RefusedError("more frames than NumberOfFrames")
        yield frame
    if n_frames != pixels.layout.frames:
        raise EOFError("fewer frames than NumberOfFrames")


def _compressed(pixels: PixelData) -> Iterator[NDArray[Any]]:
    layout = pixels.layout
    # RLE and the decoders work in whole bytes.
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
            raise RefusedError("the compressed image differs in size from the header")
        precision = head.precision if head else layout.stored
        plugins = plugins_for(pixels.syntax, precision, layout.stored)
        overrides = {}
        if pixels.syntax in LOSSY_JPEG and precision == 8 < layout.stored:
            # Decoders would trust the header and treat it as a 12-bit image.
            overrides = {"bits_allocated": 8, "bits_stored": 8, "pixel_representation": 0}
        values = decode(frame, plugins, options | overrides)
        if values.shape != shape:
            raise RefusedError("the compressed image differs in size from the header")
        yield values
