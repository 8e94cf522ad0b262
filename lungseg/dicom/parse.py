"""The parsed bytes of a DICOM file: its header, and the position of its pixel data."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from lungseg.dicom.layout import Layout, layout_of
from lungseg.dicom.limits import MAX_FILE_BYTES
from lungseg.dicom.start import (
    PREAMBLE,
    Start,
    begin,
    meta_elements,
)
from lungseg.dicom.syntaxes import encoding
from lungseg.dicom.walk import PIXEL_TAGS, UNDEFINED, BrokenError, Element, Walker
from lungseg.dicom.window import BytesWindow, InflatedWindow
from lungseg.errors import DataError

if TYPE_CHECKING:
    from pydicom import Dataset, FileDataset
    from pydicom.dataelem import RawDataElement
    from pydicom.tag import BaseTag
    from pydicom.uid import UID


@dataclass(frozen=True)
class Parsed:
    """A DICOM file whose pixels are not decoded yet.

    Attributes:
        dataset: All attributes before the pixel data.
        syntax: Transfer syntax.
        body: The dataset's bytes, inflated if they were deflated.
        start: Position of the pixel data's value in them, or None if there are no pixel data.
        length: Its length in bytes as written; ``UNDEFINED`` if it is encapsulated.
        pixel_vr: Its value representation, or empty.
    """

    dataset: Dataset
    syntax: UID
    body: bytes
    start: int | None
    length: int
    pixel_vr: str = ""

    @cached_property
    def layout(self) -> Layout:
        """The declared storage of pixels; read once for slice headers and pixels.

        Raises:
            RefusedError: As :func:`lungseg.dicom.layout.layout_of`.
        """
        return layout_of(self.dataset)


def read_bytes(path: Path) -> bytes:
    """The content of a regular file below the size limit.

    Raises:
        DataError: If it is larger, or not a regular file: reading a pipe could block forever.
    """
    if not path.is_file():
        raise DataError("not a regular file", path)
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise DataError(
            f"a file of {size / 2**30:.1f} GiB; at most {MAX_FILE_BYTES >> 30} GiB are read", path
        )
    return path.read_bytes()


def read_whole(path: Path) -> FileDataset:
    """A file with all its attributes, within the limits.

    Raises:
        DataError: If the file is too large or not a regular file.
        RefusedError: If its transfer syntax is unknown, or it inflates beyond the limit.
        NotDicomError: If it does not begin like a DICOM file.
        BrokenError: If its bytes cannot be the elements of a data set.
    """
    from pydicom import FileDataset
    from pydicom.dataset import FileMetaDataset

    content = read_bytes(path)
    start, body = _begun(content)
    raw = _raw_from(body, start)
    elements: dict[BaseTag, RawDataElement] = {}
    try:
        for element in start.walker.elements(start.at, deep=True):
            _add(elements, raw(element))
    except BrokenError:
        if not PIXEL_TAGS & elements.keys():  # what follows the pixels is not needed
            raise
    dataset = _dataset(elements, start)
    meta = FileMetaDataset()
    if start.meta is not None:
        meta = FileMetaDataset(cast(Any, _meta(content, start)))
    dataset_of_file = FileDataset(
        io.BytesIO(),
        dataset,
        content[: PREAMBLE - 4] if start.meta == PREAMBLE else None,
        meta,
        is_implicit_VR=start.walker.implicit,
        is_little_endian=start.walker.little,
    )
    dataset_of_file.set_original_encoding(
        start.walker.implicit, start.walker.little, dataset.original_character_set
    )
    return dataset_of_file


def parse(content: bytes) -> Parsed:
    """Parse a file up to its pixel data.

    Raises:
        NotDicomError: If it does not begin like a DICOM file.
        RefusedError: If its transfer syntax is unknown, or it inflates beyond the limit.
        BrokenError: If its bytes cannot be the elements of a data set.
    """
    from pydicom.uid import UID

    start, body = _begun(content)
    raw = _raw_from(body, start)
    elements: dict[BaseTag, RawDataElement] = {}
    pixels: Element | None = None
    for element in start.walker.elements(start.at, deep=True):
        if element.tag in PIXEL_TAGS:
            pixels = element
            break
        _add(elements, raw(element))
    return Parsed(
        _dataset(elements, start),
        UID(start.syntax),
        body,
        pixels.at if pixels else None,
        pixels.length if pixels else 0,
        (pixels.vr or b"").decode("ascii") if pixels else "",
    )


def _begun(content: bytes) -> tuple[Start, bytes]:
    """The beginning of a file's data set, and the bytes that contain it."""
    from pydicom.uid import UID

    start = begin(BytesWindow(content))
    encoding(UID(start.syntax))  # refuses an unknown one
    window = start.walker.window
    return start, window.all() if isinstance(window, InflatedWindow) else content


def _raw_from(body: bytes, start: Start) -> Callable[[Element], RawDataElement]:
    """A function that makes pydicom's raw elements from elements of a data set's bytes."""
    from pydicom.dataelem import RawDataElement, empty_value_for_VR
    from pydicom.tag import BaseTag

    implicit, little = start.walker.implicit, start.walker.little

    def raw(element: Element) -> RawDataElement:
        tag, vr, at, length, following = element
        name = vr.decode("ascii") if vr else None
        if length == UNDEFINED:
            # Like pydicom, treat unknown values of undefined length as sequences (PS3.5 6.2.2).
            name = name if tag in PIXEL_TAGS else "SQ"
            value: bytes | None = body[at : following - 8]
        else:
            value = body[at:following] if length else cast(Any, empty_value_for_VR(name, raw=True))
        return RawDataElement(BaseTag(tag), name, length, value, at, implicit, little)

    return raw


def _add(elements: dict[BaseTag, RawDataElement], raw: RawDataElement) -> None:
    if elements.setdefault(raw.tag, raw).value != raw.value:
        raise BrokenError("an attribute occurs twice, with different values")


def _dataset(elements: dict[BaseTag, RawDataElement], start: Start) -> Dataset:
    from pydicom import Dataset
    from pydicom.charset import convert_encodings, default_encoding

    dataset = Dataset(cast(Any, elements))
    charset = dataset.get("SpecificCharacterSet")
    dataset.set_original_encoding(
        start.walker.implicit,
        start.walker.little,
        convert_encodings(charset) if charset else default_encoding,
    )
    return dataset


def _meta(content: bytes, start: Start) -> dict[BaseTag, RawDataElement]:
    """Elements of the file meta information."""
    assert start.meta is not None
    window = BytesWindow(content)
    plain = replace(start, walker=Walker(window, implicit=False, little=True))
    raw = _raw_from(content, plain)
    elements: dict[BaseTag, RawDataElement] = {}
    for element in meta_elements(window, start.meta):
        _add(elements, raw(element))
    return elements
