"""The bytes of a data set, loaded as far as they are looked at."""

from __future__ import annotations

import os
import zlib
from typing import Protocol

from lungseg.dicom.limits import MAX_INFLATED_BYTES, RefusedError

CHUNK = 8 << 10  # most headers end within one
LARGER_CHUNK = 64 << 10
MIN_AHEAD = 12  # bytes: the longest head of an element


class Window(Protocol):
    """Random access to a run of bytes."""

    def load(self, at: int) -> tuple[bytes | bytearray, int]:
        """A buffer with the bytes from position ``at`` on, and the position of its first byte.

        It ends early only where the bytes end.
        """

    def read(self, at: int, length: int) -> bytes:
        """So many bytes, fewer where they end."""

    def reaches(self, at: int) -> bool:
        """Whether there are at least ``at`` bytes."""


class BytesWindow:
    """Bytes in memory."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def load(self, at: int) -> tuple[bytes | bytearray, int]:
        """All of them."""
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
        handle: Of the operating system; an open file of Python's costs more than a header takes.
        size: The file's, in bytes.
    """

    def __init__(self, handle: int, size: int) -> None:
        self._handle = handle
        self._size = size
        self._buffer = os.pread(handle, CHUNK, 0)
        self._base = 0

    def load(self, at: int) -> tuple[bytes | bytearray, int]:
        """A chunk that holds it, of some size behind it."""
        start = at - self._base
        if not 0 <= start <= len(self._buffer) - MIN_AHEAD:
            # A header longer than the first chunk is likely to be longer still.
            self._buffer, self._base = os.pread(self._handle, LARGER_CHUNK, at), at
        return self._buffer, self._base

    def read(self, at: int, length: int) -> bytes:
        """From the chunk in memory where it holds them."""
        start = at - self._base
        if start >= 0 and start + length <= len(self._buffer):
            return self._buffer[start : start + length]
        return os.pread(self._handle, length, at)

    def reaches(self, at: int) -> bool:
        """Compares with the file's size."""
        return at <= self._size


class InflatedWindow:
    """A deflated data set, inflated as far as it is looked at, within the limits.

    Args:
        deflated: Where the compressed bytes stand.
        at: Where in it they begin.
    """

    def __init__(self, deflated: Window, at: int) -> None:
        self._source = deflated
        self._at = at
        self._engine = zlib.decompressobj(-zlib.MAX_WBITS)
        self._body = bytearray()

    def load(self, at: int) -> tuple[bytes | bytearray, int]:
        """All that is inflated so far, at least to there and a chunk beyond."""
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
            if not deflated and not inflated:  # none left, and none held back
                raise EOFError("deflated data end early")
            self._body += inflated
        if len(self._body) > MAX_INFLATED_BYTES:
            raise RefusedError(f"the dataset inflates to more than {MAX_INFLATED_BYTES >> 20} MiB")
