"""Patient, study and series from a file's header, without reading the rest of the file.

Values are only compared in memory; they are never shown or written.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lungseg.dicom.classes import MODALITIES, READ, Kind
from lungseg.dicom.start import begin
from lungseg.dicom.walk import PIXEL_TAGS, BrokenError
from lungseg.dicom.window import FileWindow, Window

CHARSET = 0x00080005
CLASS = 0x00080016
PATIENT = 0x00100020
SERIES = 0x0020000E
TAGS = {
    "ImageType": 0x00080008,
    "SOPClassUID": CLASS,
    "SOPInstanceUID": 0x00080018,
    "StudyDate": 0x00080020,
    "ContentDate": 0x00080023,
    "ContentTime": 0x00080033,
    "AccessionNumber": 0x00080050,
    "Modality": 0x00080060,
    "PatientName": 0x00100010,
    "PatientID": PATIENT,
    "PatientBirthDate": 0x00100030,
    "PatientIdentityRemoved": 0x00120062,
    "StudyInstanceUID": 0x0020000D,
    "SeriesInstanceUID": SERIES,
    "FrameOfReferenceUID": 0x00200052,
    "NumberOfFrames": 0x00280008,
    "LongitudinalTemporalInformationModified": 0x00280303,
    "StructureSetDate": 0x30060008,
    "StructureSetTime": 0x30060009,
}
WANTED = frozenset({CHARSET, *TAGS.values()})
LAST = 0x00280303
LAST_OF_STRUCTURES = 0x30060009
# No text is this long, but a damaged length may be.
MAX_LENGTH = 1 << 16
COMPARED = (PATIENT, 0x0020000D, SERIES, 0x00200052)
CONTROL = re.compile(rb"[\x00-\x1a\x1c-\x1f]")  # escape switches character sets
RTSTRUCT = next(uid for uid, kind in READ.items() if kind == "rtstruct").encode()


@dataclass(frozen=True)
class Head:
    """A header's values as stored in the file.

    Attributes:
        media_class: SOP class from the file meta information, or empty.
        values: Bytes by tag, for those in ``TAGS`` that the file has.
    """

    media_class: str
    values: Mapping[int, bytes]

    @property
    def kind(self) -> Kind:
        """Kind of object by its SOP class, or by its modality if it has no SOP class."""
        sop_class = self["SOPClassUID"]
        if sop_class:
            return READ.get(sop_class, "other")
        return MODALITIES.get(self["Modality"], "other")

    def __getitem__(self, keyword: str) -> str:
        """The text of an attribute; empty if it is missing or empty."""
        value = self.values.get(TAGS[keyword])
        return text_of(value, self.values.get(CHARSET, b"")) if value else ""


def read_head(path: Path | str) -> Head | None:
    """Read a file's header up to the last tag of interest, wherever in the file it is.

    Returns:
        None if it is not a regular file: reading a pipe could block forever.

    Raises:
        NotDicomError: If it does not begin like a DICOM file.
        BrokenError: If its bytes cannot be the elements of a data set.
        EOFError: If a deflated data set ends early, zlib.error if it is damaged.
        RefusedError: If it inflates beyond the limit.
        OSError: If the file cannot be read.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            return None
        return head_of(FileWindow(handle, about.st_size))
    finally:
        os.close(handle)


def head_of(window: Window) -> Head:
    """As :func:`read_head`, from bytes."""
    start = begin(window)
    read = start.walker.window.read
    values: dict[int, bytes] = {}
    pixels = False
    # If patient or series are missing, damage may hide them: then the whole file is read.
    for tag, _, at, length, _ in start.walker.elements(start.at, only=WANTED, until=LAST):
        if tag > LAST:
            pixels = tag in PIXEL_TAGS
            structures = values.get(CLASS, b"").rstrip(b"\0") == RTSTRUCT
            beyond = tag > (LAST_OF_STRUCTURES if structures else LAST)
            if pixels or (beyond and PATIENT in values and SERIES in values):
                break
        if tag in WANTED:
            if length > MAX_LENGTH:
                raise BrokenError("a value of the header is longer than possible")
            value = read(at, length)
            if values.setdefault(tag, value) != value:
                raise BrokenError("an attribute occurs twice, with different values")
    head = Head(start.media_class, values)
    missing = PATIENT not in values or SERIES not in values
    if missing and not pixels and head.kind in ("ct", "seg"):
        raise BrokenError("the file ends before its pixels")
    for tag in COMPARED:
        if (compared := values.get(tag)) and CONTROL.search(compared.rstrip(b"\0")):
            raise BrokenError("PatientID or a UID contains control characters")
    return head


@lru_cache(maxsize=1024)
def text_of(value: bytes, charset: bytes) -> str:
    """Text in the file's character set, without the padding around it."""
    if value.isascii() and b"\x1b" not in value:
        return value.decode("ascii").strip(" \0")
    from pydicom.charset import convert_encodings, decode_bytes

    names = charset.decode("latin-1").strip(" \0").split("\\")
    try:
        text = decode_bytes(value, convert_encodings(names), {0x5C})
    except (LookupError, ValueError):  # malformed name, or a codec that is not for text
        text = value.decode("latin-1")
    return text.strip(" \0")
