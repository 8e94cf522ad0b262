"""Whom a DICOM file says it is of: looked at in memory, never handed on."""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lungseg.dicom.classes import READ
from lungseg.dicom.parse import parse
from lungseg.dicom.tree import DICOMDIR, MODALITIES
from lungseg.errors import DataError

TAGS = {
    "SOPClassUID": 0x00080016,
    "StudyDate": 0x00080020,
    "AccessionNumber": 0x00080050,
    "Modality": 0x00080060,
    "PatientName": 0x00100010,
    "PatientID": 0x00100020,
    "PatientBirthDate": 0x00100030,
    "PatientIdentityRemoved": 0x00120062,
    "StudyInstanceUID": 0x0020000D,
    "SeriesInstanceUID": 0x0020000E,
}
# The tags stand near the beginning; only where large elements stand before them, more is looked at.
HEADER_BYTES = (64 << 10, 1 << 20)
SHORTEST_NAME = 2
# A shorter ID stands in other names by chance.
SHORTEST_ID = 3
# So long a text is known even in the middle of a word.
LONG = 4


@dataclass(frozen=True)
class Identity:
    """What a file says of its patient.

    Attributes:
        patient: PatientID.
        name: PatientName.
        dates: PatientBirthDate and StudyDate, where they have eight digits.
        numbers: AccessionNumber, StudyInstanceUID and SeriesInstanceUID, where there are any.
        removed: Whether the file says that identity was removed (0012,0062), and holds no birth
            date: name and ID are pseudonyms then.
        ct: Whether it is a CT image.
    """

    patient: str
    name: str
    dates: tuple[str, ...]
    numbers: tuple[str, ...]
    removed: bool
    ct: bool

    def stands_in(self, text: str) -> bool:
        """Whether a text gives away who or when, or names the study or series."""
        if any(_holds(text, number, SHORTEST_ID) for number in self.numbers):
            return True
        if any(_holds_date(text, date) for date in self.dates):
            return True
        if self.removed:
            return False
        if self.patient and _words(text) == _words(self.patient):
            return True
        parts = re.split(r"[\^=\s]+", self.name)
        return _holds(text, self.patient, SHORTEST_ID) or any(
            _holds(text, part, SHORTEST_NAME) for part in parts
        )


def check_name(name: str, folder: Path) -> None:
    """Refuse a case's name that identifies: it reaches logs, audits and stores.

    Args:
        name: The case's.
        folder: Its DICOM files; one in each folder of the tree is looked at.

    Raises:
        DataError: If the name holds the patient's name or ID, a date, a number or a UID of theirs.
    """
    if any(identity.stands_in(name) for identity in _identities(folder)):
        raise DataError(
            "a case's name holds the name, ID, birth date, study date, accession number or a UID"
            " of its patient: rename (give folders pseudonyms), or run lungseg deidentify first",
            folder,
        )


def patient_of(files: Iterable[Path]) -> str:
    """The first PatientID in the CT images among files, or nothing."""
    for file in files:
        identity = identity_of(file)
        if identity is not None and identity.ct and identity.patient:
            return identity.patient
    return ""


def identity_of(path: Path) -> Identity | None:
    """Read a file's identity; None for a DICOMDIR, and what is no DICOM or too damaged to tell."""
    head = _head(path)
    if head is None or head["SOPClassUID"] == DICOMDIR:
        return None
    sop_class = head["SOPClassUID"]
    kind = READ.get(sop_class) if sop_class else MODALITIES.get(head["Modality"])
    dates = (head["PatientBirthDate"], head["StudyDate"])
    numbers = (head["AccessionNumber"], head["StudyInstanceUID"], head["SeriesInstanceUID"])
    return Identity(
        patient=head["PatientID"],
        name=head["PatientName"],
        dates=tuple(date for date in dates if re.fullmatch(r"\d{8}", date)),
        numbers=tuple(number for number in numbers if number),
        removed=head["PatientIdentityRemoved"].upper() == "YES" and not head["PatientBirthDate"],
        ct=kind == "ct",
    )


def _head(path: Path) -> dict[str, str] | None:
    """Values of the tags, as text."""
    for size in HEADER_BYTES:
        try:
            if not path.is_file():  # a pipe could be waited on for ever
                return None
            with warnings.catch_warnings(), path.open("rb") as stream:
                warnings.simplefilter("ignore")
                content = stream.read(size)
                head = parse(content, tags=list(TAGS.values()), inflate_at_most=size).dataset
                values = {key: str(head.get(key) or "").strip() for key in TAGS}
        except Exception:  # a damaged file is told of when the case is read
            return None
        if values["SeriesInstanceUID"] or len(content) < size:
            return values
    return values


def _identities(folder: Path) -> Iterator[Identity]:
    """Of one file in each folder of a tree: the first that names its patient, else the first."""
    for place in sorted([folder, *(path for path in folder.rglob("*") if path.is_dir())]):
        found = None
        for file in sorted(place.iterdir()):
            identity = identity_of(file)
            found = found or identity
            if identity is not None and (identity.patient or identity.name):
                found = identity
                break
        if found is not None:
            yield found


def _holds(text: str, term: str, shortest: int) -> bool:
    """Whether a term stands in a text as words, or, if it is long, anywhere in it."""
    sought, words = _words(term), _words(text)
    plain = "".join(sought)
    if len(plain) < shortest:
        return False
    if len(plain) >= LONG and not plain.isdigit() and plain in "".join(words):
        return True
    starts = range(len(words) - len(sought) + 1)
    return any(words[k : k + len(sought)] == sought for k in starts)


def _holds_date(text: str, date: str) -> bool:
    """Whether a date (YYYYMMDD) stands in a text, in the usual orders and with any separator."""
    year, month, day = date[:4], date[4:6], date[6:]
    orders = ((year, month, day), (day, month, year), (month, day, year))
    return any(re.search(r"(?<!\d){}\D?{}\D?{}(?!\d)".format(*order), text) for order in orders)


def _words(text: str) -> list[str]:
    """Letters and numbers that stand together, in small letters and without accents."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", unicodedata.normalize("NFKD", text))
    plain = "".join(letter for letter in parted if not unicodedata.combining(letter))
    return re.findall(r"[^\W\d_]+|\d+", plain.casefold())
