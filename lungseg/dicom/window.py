"""The bytes of a data set, loaded on demand."""

from __future__ import annotations

import os
import zlib
from typing import Protocol

from lungseg.dicom.limits import MAX_INFLATED_BYTES, RefusedError

CHUNK = 8 << 10  # contains most headers entirely
LARGER_CHUNK = 64 << 10
MIN_AHEAD = 12  # bytes: the longest header of an element


class Window(Protocol):
    """Random access to a sequence of bytes."""

    def load(self, at: int) -> tuple[bytes | bytearray, int]:
        """A buffer with the bytes from position ``at`` on, and the position of its first byte.

        It is short only at the end of the bytes.
        """

    def read(self, at: int, length: int) -> bytes:
        """``length`` bytes, or fewer at the end."""

    def reaches(self, at: int) -> bool:
        """Whether there are at least ``at`` bytes."""


class BytesWindow:
    """Bytes in memory."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def load(self, at: int) -> tuple[bytes | bytearray, int]:
        """All bytes."""
        return self._content, 0

    def read(self, at: int, length: int) -> bytes:
        """A copy of a part."""
        return self._content[at : at + length]

    def reaches(self, at: int) -> bool:
        """Compares with their number."""
        return at <= len(self._content)


class FileWindow:
    """A file open for reading.

    Args:
        handle: File descriptor; opening a Python file takes longer than reading a header.
        size: Of the file, in bytes.
    """

    def __init__(self, handle: int, size: int) -> None:
        self._handle = handle
        self._size = size
        self._buffer = os.pread(handle, CHUNK, 0)
        self._base = 0

    def load(self, at: int) -> tuple[bytes | bytearray, int]:
        """A chunk that begins at or before the position and extends beyond it."""
        start = at - self._base
        if not 0 <= start <= len(self._buffer) - MIN_AHEAD:
            # A header longer than the first chunk is likely to be longer still.
            self._buffer, self._base = os.pread(self._handle, LARGER_CHUNK, at), at
        return self._buffer, self._base

    def read(self, at: int, length: int) -> bytes:
        """From the chunk in memory, if it contains them."""
        start = at - self._base
        if start >= 0 and start + length <= len(self._buffer):
            return self._buffer[start : start + length]
        return os.pread(self._handle, length, at)

    def reaches(self, at: int) -> bool:
        """Compares with the file's size."""
        return at <= self._size


class InflatedWindow:
    """A deflated data set, inflated on demand, within the limits.

    Args:
        deflated: The compressed bytes.
        at: Position of the first.
    """

    def __init__(self, deflated: Window, at: int) -> None:
        self._source = deflated
        self._at = at
        self._engine = zlib.decompressobj(-zlib.MAX_WBITS)
        self._body = bytearray()

    def load(self, at: int) -> tuple[bytes | bytearray, int]:
        """All bytes inflated so far, up to at least one chunk beyond the position."""
        self._inflate(at + CHUNK)
        return self._body, 0

    def read(self, at: int, length: int) -> bytes:
        """A copy of a part."""
        self._inflate(at + length)
        return bytes(self._body[at : at + length])

    def reaches(self, at: int) -> bool:
        """Inflates so far."""
        self._inflate(at)
        return at <= len(self._body)

    def all(self) -> bytes:
        """The whole data set."""
        self._inflate(MAX_INFLATED_BYTES + 1)
        return bytes(self._body)

    def _inflate(self, until: int) -> None:
        engine = self._engine
        while len(self._body) < min(until, MAX_INFLATED_BYTES + 1) and not engine.eof:
            deflated = engine.unconsumed_tail or self._source.read(self._at, LARGER_CHUNK)
            if not engine.unconsumed_tail:
                self._at += len(deflated)
            inflated = engine.decompress(deflated, LARGER_CHUNK)
            if not deflated and not inflated:  # nothing left, and nothing buffered
                raise EOFError("deflated data end early")
            self._body += inflated
        if len(self._body) > MAX_INFLATED_BYTES:
            raise RefusedError(f"the dataset inflates to more than {MAX_INFLATED_BYTES >> 20} MiB")
