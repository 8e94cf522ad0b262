"""Where a file's data set begins, and how it is encoded (PS3.10 7.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lungseg.dicom.walk import LONG, SHORT, Element, Walker
from lungseg.dicom.window import InflatedWindow, Window

PREAMBLE = 132  # bytes, with the mark
MARK = b"DICM"
META_BEGINS = b"\x02\x00\x00\x00UL\x04\x00"  # its length, the first element behind the mark
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
        syntax: UID of the transfer syntax; where the file tells none, the one that it is read by.
        media_class: SOP class that the file meta information names, or nothing.
        meta: Where the file meta information begins, or None where there is none.
        at: Where the data set begins in the walker's bytes.
        walker: Steps over its elements.
    """

    syntax: str
    media_class: str
    meta: int | None
    at: int
    walker: Walker


def begin(window: Window) -> Start:
    """Find the data set of a file, with or without preamble and file meta information.

    Whether its elements tell their VR is looked at, too: some writers name the other syntax.

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
    # The first group of a data set is 8 or a little above; read in the wrong order it is 2048.
    little = syntax != EXPLICIT_BIG if syntax else not head[:1] == b"\0" != head[1:2]
    if not syntax:
        known = (EXPLICIT_LITTLE if little else EXPLICIT_BIG) if explicit else IMPLICIT_LITTLE
    return Start(known, media_class, meta, at, Walker(window, implicit=not explicit, little=little))


def meta_at(first: bytes) -> int | None:
    """Where the file meta information begins; None where the data set comes first.

    Args:
        first: So many of a file's bytes as ``FIRST_BYTES``.

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
    """Elements of the file meta information; what follows may be deflated, and is not looked at.

    Args:
        window: The file's bytes.
        at: Where the first begins.

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
    """Whether a file's first bytes are those of a DICOM file, even if one of them is damaged."""
    return first[PREAMBLE - 4 : PREAMBLE] == MARK or first[PREAMBLE:] == META_BEGINS
