"""The header of a compressed image, read before a decoder allocates memory for it."""

from __future__ import annotations

from typing import NamedTuple

from lungseg.dicom.limits import RefusedError

# Start-of-frame markers: all of C0…CF but the tables C4 and CC and the reserved C8; F7 is JPEG-LS.
START_OF_FRAME = frozenset({*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC})


class Codestream(NamedTuple):
    """Size of an image, and bits per sample."""

    rows: int
    columns: int
    precision: int


def codestream(frame: bytes) -> Codestream | None:
    """Read the header of a JPEG, JPEG-LS or JPEG 2000 image.

    Sources: ITU-T T.81 B.2.2, T.87 C.2.2 (start of frame), T.800 A.5.1 (SIZ).

    Returns:
        None for an image of another kind (RLE has no size in its header).

    Raises:
        RefusedError: If the image begins like one of these but has no size.
    """
    if frame[:4] == b"\xff\x4f\xff\x51":
        words = [int.from_bytes(frame[at : at + 4], "big") for at in range(8, 24, 4)]
        width, height, left, top = words
        return Codestream(height - top, width - left, int.from_bytes(frame[42:43], "big") % 128 + 1)
    if frame[:2] != b"\xff\xd8":
        return None
    at = 2
    while at + 9 <= len(frame):
        if frame[at] != 0xFF:
            break
        marker = frame[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if marker in START_OF_FRAME:
            rows = int.from_bytes(frame[at + 5 : at + 7], "big")
            columns = int.from_bytes(frame[at + 7 : at + 9], "big")
            return Codestream(rows, columns, frame[at + 4])
        at += 2 + int.from_bytes(frame[at + 2 : at + 4], "big")
    raise RefusedError("a compressed image without a size")
