"""The extent of each element of a data set, from tags and lengths alone (PS3.5 7.1, 7.5).

pydicom's reader creates an object for every element and tolerates damage as far as it can. Here
elements are only stepped over, in a third of the time, and bytes that cannot be an element are an
error. The interpretation of values is left to pydicom.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from lungseg.dicom.window import Window

UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
PIXEL_TAGS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
# Value representations by the width of their length (PS3.5 tables 7.1-1 and 7.1-2).
LONG = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
SHORT = frozenset(b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())
MAX_DEPTH = 64
# By byte order: the header of an element with and without VR, and a length of 4 bytes.
HEADS = {
    little: tuple(struct.Struct(order + form).unpack_from for form in ("HH2sH", "HHI", "I"))
    for little, order in ((True, "<"), (False, ">"))
}


class BrokenError(ValueError):
    """Bytes that cannot be the elements of a data set."""


class Element(NamedTuple):
    """An element of a data set, without its value.

    Attributes:
        tag: ``group << 16 | element``.
        vr: Two letters, or None in implicit VR.
        at: Position of the value.
        length: As written; ``UNDEFINED`` if a delimiter ends it.
        next: Position of the next element: for a value of undefined length, after its delimiter
            of 8 bytes.
    """

    tag: int
    vr: bytes | None
    at: int
    length: int
    next: int


class Walker:
    """Steps over the elements of a data set.

    Args:
        window: Its bytes.
        implicit: Whether elements have no VR.
        little: Whether numbers are little-endian.
    """

    __slots__ = ("_explicit", "_implicit", "_long", "implicit", "little", "window")

    def __init__(self, window: Window, *, implicit: bool, little: bool) -> None:
        self.window = window
        self.implicit = implicit
        self.little = little
        self._explicit, self._implicit, self._long = HEADS[little]

    def elements(
        self, at: int, *, only: frozenset[int] | None = None, until: int = -1, deep: bool = False
    ) -> Iterator[Element]:
        """Elements of the top level, in the order of the file.

        Args:
            at: Position of the first element.
            only: Skip all tags except these and those above ``until``.
            until: The highest tag of interest.
            deep: Also check the items of sequences of known length, which could be skipped.

        Raises:
            BrokenError: If bytes cannot be an element.
        """
        implicit, load = self.implicit, self.window.load
        unpack: Callable[..., tuple[Any, ...]] = self._implicit if implicit else self._explicit
        vr: bytes | None = None
        buffer, base = load(at)
        size = len(buffer)
        while True:
            start = at - base
            if start < 0 or start + 8 > size:
                buffer, base = load(at)
                start, size = at - base, len(buffer)
            # Most elements are short and already in memory: these are handled here.
            if start + 8 <= size:
                if implicit:
                    group, number, length = unpack(buffer, start)
                else:
                    group, number, vr, length = unpack(buffer, start)
                if start + 8 + length <= size and group < 0xFFFC and (implicit or vr in SHORT):
                    tag = group << 16 | number
                    if tag:
                        following = at + 8 + length
                        if only is None or tag in only or tag > until:
                            yield Element(tag, vr, at + 8, length, following)
                        at = following
                        continue
            element = self.element(at, deep=deep)
            if element is None:
                return
            if only is None or element.tag in only or element.tag > until:
                yield element
            at = element.next

    def element(self, at: int, *, deep: bool = False) -> Element | None:
        """The element of the top level at a position; None at the end of the data set.

        Raises:
            BrokenError: As :meth:`elements`.
        """
        element = self._element(at, 0, deep)
        if element is not None and element.tag >= ITEM:
            raise BrokenError("a delimiter outside sequences")
        return element

    def _element(self, at: int, depth: int, deep: bool) -> Element | None:
        """The element at a position; None at the end, or if only zeros follow."""
        window = self.window
        buffer, base = window.load(at)
        start = at - base
        left = len(buffer) - start
        if left < 8:
            if any(buffer[start:]):
                raise BrokenError("bytes end within an element")
            return None
        vr: bytes | None = None
        value = at + 8
        if self.implicit:
            group, number, length = self._implicit(buffer, start)
        else:
            group, number, vr, length = self._explicit(buffer, start)
            if vr in SHORT:
                pass
            elif vr in LONG:
                if left < 12:
                    raise BrokenError("bytes end within an element")
                (length,) = self._long(buffer, start + 8)
                value = at + 12
            elif group == 0xFFFE or not vr.isalpha():
                # Delimiters have no VR, and some writers omit it within sequences.
                vr = None
                group, number, length = self._implicit(buffer, start)
            else:
                raise BrokenError("an unknown value representation")
        tag = group << 16 | number
        if not tag and not length and depth == 0 and self._only_zeros(at):
            return None
        if length == UNDEFINED:
            if depth >= MAX_DEPTH:
                raise BrokenError("sequences nested too deep")
            # Unknown values of undefined length are sequences in implicit VR (PS3.5 6.2.2).
            inner = self if vr != b"UN" else Walker(window, implicit=True, little=True)
            return Element(tag, vr, value, length, inner._after_items(value, None, depth, deep))
        end = value + length
        if not window.reaches(end):
            raise BrokenError("a value ends beyond the file")
        if deep and vr == b"SQ" and length and not group & 1:  # private ones may contain anything
            self._after_items(value, end, depth, deep)
        return Element(tag, vr, value, length, end)

    def _after_items(self, at: int, end: int | None, depth: int, deep: bool) -> int:
        """Position after the items of a sequence, or after the fragments of pixel data.

        Args:
            at: Position of the first.
            end: Position at which the last has to end, or None for a delimiter.
            depth: Number of enclosing sequences.
            deep: As in :meth:`elements`.
        """
        load, unpack = self.window.load, self._implicit
        while at != end:
            buffer, base = load(at)
            if len(buffer) - (at - base) < 8 or (end is not None and at > end):
                raise BrokenError("bytes end within a sequence")
            group, number, length = unpack(buffer, at - base)
            tag = group << 16 | number
            at += 8
            if tag == SEQUENCE_END:
                if end is None:
                    return at
                continue
            if tag != ITEM:
                raise BrokenError("something other than items in a sequence")
            if length == UNDEFINED:
                at = self._after_item(at, None, depth + 1, deep)
            elif deep and end is not None:
                at = self._after_item(at, at + length, depth + 1, deep)
            else:
                at += length
                if not self.window.reaches(at):
                    raise BrokenError("an item ends beyond the file")
        return at

    def _after_item(self, at: int, end: int | None, depth: int, deep: bool) -> int:
        """Position after an item, from its elements."""
        while at != end:
            if end is not None and at > end:
                raise BrokenError("an element ends beyond its item")
            element = self._element(at, depth, deep)
            if element is None:
                raise BrokenError("bytes end within an item")
            at = element.next
            if element.tag == ITEM_END and end is None:
                break
        return at

    def _only_zeros(self, at: int) -> bool:
        """Whether only zeros follow, with which some writers pad files."""
        while self.window.reaches(at + 1):
            buffer, base = self.window.load(at)
            if any(memoryview(buffer)[at - base :]):
                return False
            at = base + len(buffer)
        return True
