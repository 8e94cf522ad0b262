"""Where a file's data set begins, and how it is encoded (PS3.10 7.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lungseg.dicom.walk import LONG, SHORT, Element, Walker
from lungseg.dicom.window import InflatedWindow, Window

PREAMBLE = 132  # bytes, including the mark
MARK = b"DICM"
META_BEGINS = b"\x02\x00\x00\x00UL\x04\x00"  # its length, the first element after the mark
FIRST_BYTES = PREAMBLE + len(META_BEGINS)
MEDIA_CLASS, SYNTAX = 0x00020002, 0x00020010
IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"  # the whole data set


class NotDicomError(ValueError):
    """The bytes are not those of a DICOM file."""


@dataclass(frozen=True)
class Start:
    """The beginning of a file's data set.

    Attributes:
        syntax: UID of the transfer syntax; if the file names none, the one used to read it.
        media_class: SOP class from the file meta information, or empty.
        meta: Position of the file meta information, or None if there is none.
        at: Position of the data set in the walker's bytes.
        walker: Steps over its elements.
    """

    syntax: str
    media_class: str
    meta: int | None
    at: int
    walker: Walker


def begin(window: Window) -> Start:
    """Find the data set of a file, with or without preamble and file meta information.

    Whether its elements have an explicit VR is checked: some writers declare the wrong syntax.

    Raises:
        NotDicomError: If it begins with neither.
        BrokenError: If the file meta information is damaged.
        EOFError: If a deflated data set is damaged.
    """
    meta = meta_at(window.read(0, FIRST_BYTES))
    at, syntax, media_class = 0, "", ""
    if meta is not None:
        at = meta
        for element in meta_elements(window, meta):
            if element.tag == SYNTAX:
                syntax = window.read(element.at, element.length).decode("latin-1").strip(" \0")
            elif element.tag == MEDIA_CLASS:
                media_class = window.read(element.at, element.length).decode("latin-1").strip(" \0")
            at = element.next
    known = syntax
    if syntax == DEFLATED:
        window, at = InflatedWindow(window, at), 0
    head = window.read(at, 6)
    explicit = head[4:6] in SHORT or head[4:6] in LONG
    # The first group of a data set is 8 or slightly higher; in the wrong byte order it is 2048.
    little = syntax != EXPLICIT_BIG if syntax else not head[:1] == b"\0" != head[1:2]
    if not syntax:
        known = (EXPLICIT_LITTLE if little else EXPLICIT_BIG) if explicit else IMPLICIT_LITTLE
    return Start(known, media_class, meta, at, Walker(window, implicit=not explicit, little=little))


def meta_at(first: bytes) -> int | None:
    """Position of the file meta information; None if the file begins with the data set.

    Args:
        first: The first ``FIRST_BYTES`` bytes of a file.

    Raises:
        NotDicomError: If the file begins with neither.
    """
    if marked(first):
        return PREAMBLE
    if first[:2] == b"\2\0":
        return 0
    if first[:2] in (b"\x08\0", b"\0\x08") and first[3:4] != first[2:3]:
        return None
    raise NotDicomError


def meta_elements(window: Window, at: int) -> Iterator[Element]:
    """Elements of the file meta information; the data set, possibly deflated, is not read.

    Args:
        window: The file's bytes.
        at: Position of the first element.

    Raises:
        BrokenError: If bytes cannot be an element.
    """
    walker = Walker(window, implicit=False, little=True)
    while window.read(at, 2) == b"\2\0":
        element = walker.element(at)
        if element is None:
            return
        yield element
        at = element.next


def marked(first: bytes) -> bool:
    """Whether a file's first bytes are those of a DICOM file, even if some are damaged."""
    return first[PREAMBLE - 4 : PREAMBLE] == MARK or first[PREAMBLE:] == META_BEGINS
