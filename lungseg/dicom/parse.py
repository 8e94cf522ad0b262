"""The bytes of a DICOM file taken apart: its header, and where its pixel data stand."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lungseg.dicom.limits import MAX_FILE_BYTES, MAX_INFLATED_BYTES, RefusedError
from lungseg.errors import DataError

if TYPE_CHECKING:
    from pydicom import Dataset, FileDataset
    from pydicom.uid import UID

PREAMBLE = 132
PIXEL_TAGS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
PIXEL_DATA = b"\xe0\x7f\x10\x00"
UNDEFINED = 0xFFFFFFFF


class NotDicomError(ValueError):
    """The bytes lack the mark that every DICOM file bears."""


@dataclass(frozen=True)
class Parsed:
    """A DICOM file whose pixels are still as stored.

    Attributes:
        dataset: All attributes before the pixel data.
        syntax: Transfer syntax.
        body: The dataset's bytes, inflated where they were deflated.
        start: Where in them the pixel data's value begins, or None where there are no pixel data.
        length: Its length in bytes as written; ``UNDEFINED`` where it is encapsulated.
    """

    dataset: Dataset
    syntax: UID
    body: bytes
    start: int | None
    length: int


def read_bytes(path: Path) -> bytes:
    """The content of a regular file below the size limit.

    Raises:
        DataError: If it is larger, or no regular file: a pipe could be waited on for ever.
    """
    if not path.is_file():
        raise DataError("not a regular file", path)
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise DataError(
            f"a file of {size / 2**30:.1f} GiB; at most {MAX_FILE_BYTES >> 30} GiB are read", path
        )
    return path.read_bytes()


def read_whole(path: Path, *, force: bool = False) -> FileDataset:
    """A file with all its attributes, as pydicom reads it, within the limits.

    Args:
        path: The file.
        force: Also read a file without the mark ``DICM``.

    Raises:
        DataError: If the file is too large or no regular file.
        RefusedError: If its dataset inflates beyond the limit.
        InvalidDicomError: If the mark is missing.
        Exception: Damaged bytes surface in pydicom as errors of every kind.
    """
    from pydicom import FileDataset, dcmread
    from pydicom.filereader import _read_file_meta_info, read_dataset, read_preamble
    from pydicom.uid import DeflatedExplicitVRLittleEndian

    content = read_bytes(path)
    stream = io.BytesIO(content)
    preamble = read_preamble(stream, force)
    meta = _read_file_meta_info(stream)
    if meta.get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
        return dcmread(io.BytesIO(content), force=force)
    # dcmread itself inflates without a limit.
    dataset = read_dataset(io.BytesIO(_inflate(content[stream.tell() :], 0)), False, True)
    return FileDataset(
        io.BytesIO(), dataset, preamble, meta, is_implicit_VR=False, is_little_endian=True
    )


@contextmanager
def damage_told(path: Path, what: str) -> Iterator[None]:
    """Turn whatever reading a damaged file raises into one line; the system's errors pass.

    Args:
        path: The file.
        what: Its kind, as the line calls it.

    Raises:
        DataError: If the file is not DICOM, refused by a limit, or damaged.
    """
    from pydicom.errors import InvalidDicomError

    try:
        with warnings.catch_warnings():  # what matters of it is checked
            warnings.simplefilter("ignore")
            yield
    except DataError:
        raise
    except InvalidDicomError:
        raise DataError("the file is not DICOM", path) from None
    except RefusedError as error:
        raise DataError(str(error), path) from None
    except Exception as error:  # damaged bytes surface in pydicom as errors of every kind
        if isinstance(error, OSError) and error.errno:  # pydicom's own have no number
            raise
        raise DataError(
            f"the {what} file is truncated or damaged ({type(error).__name__})", path
        ) from None


def parse(content: bytes, *, tags: list[int] | None = None, inflate_at_most: int = 0) -> Parsed:
    """Parse a file up to its pixel data.

    Args:
        content: The file's bytes, or so many of them as hold what is asked for.
        tags: Keep only these attributes.
        inflate_at_most: Of a deflated dataset, look only at so many bytes; 0 for all, which are
            bounded.

    Raises:
        NotDicomError: If the mark ``DICM`` is missing.
        RefusedError: If the transfer syntax is missing, or the dataset inflates beyond the limit.
        Exception: Damaged bytes surface in pydicom as errors of every kind.
    """
    from pydicom.filereader import read_dataset
    from pydicom.uid import UID, DeflatedExplicitVRLittleEndian

    if content[128:PREAMBLE] != b"DICM":
        raise NotDicomError
    stream = io.BytesIO(content)
    stream.seek(PREAMBLE)
    meta = read_dataset(stream, False, True, stop_when=lambda tag, vr, length: tag.group != 2)
    syntax = UID(str(meta.get("TransferSyntaxUID") or ""))
    if not syntax.is_transfer_syntax:
        raise RefusedError("no known transfer syntax")
    body = content
    if syntax == DeflatedExplicitVRLittleEndian:
        body = _inflate(content[stream.tell() :], inflate_at_most)
        stream = io.BytesIO(body)
    implicit, little = syntax.is_implicit_VR, syntax.is_little_endian
    dataset = read_dataset(
        stream,
        implicit,
        little,
        stop_when=lambda tag, vr, length: tag in PIXEL_TAGS,
        specific_tags=list(tags) if tags else None,
    )
    start, length = _pixel_element(body, stream.tell(), implicit, little)
    return Parsed(dataset, syntax, body, start, length)


def _inflate(deflated: bytes, at_most: int) -> bytes:
    limit = at_most or MAX_INFLATED_BYTES
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    body = engine.decompress(deflated, limit)
    if not at_most and not engine.eof:
        if len(body) >= limit:
            raise RefusedError(f"the dataset inflates to more than {limit >> 20} MiB")
        raise EOFError("deflated data end early")
    return body


def _pixel_element(body: bytes, at: int, implicit: bool, little: bool) -> tuple[int | None, int]:
    head = body[at : at + 12]
    if head[:4] != (PIXEL_DATA if little else b"\x7f\xe0\x00\x10") or len(head) < 12:
        return None, 0
    order = "<" if little else ">"
    if implicit:
        return at + 8, struct.unpack(f"{order}I", head[4:8])[0]
    return at + 12, struct.unpack(f"{order}I", head[8:12])[0]
