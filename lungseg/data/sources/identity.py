"""Whose a case's DICOM files are, and whether its name tells it: looked at in memory only."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from lungseg.dicom.head import Head
from lungseg.dicom.header import like_a_person
from lungseg.dicom.tree import DicomFile, look
from lungseg.errors import IdentityError

SHORTEST_NAME = 2
# A shorter ID stands in other names by chance.
SHORTEST_ID = 3
# So long a text is known even in the middle of a word.
LONG = 4
DUMMY_DATES = ("19000101", "18000101")


@dataclass(frozen=True)
class Identity:
    """What a file says of its patient.

    Attributes:
        patient: PatientID.
        name: PatientName.
        birth_date: PatientBirthDate.
        dates: PatientBirthDate and StudyDate, where they have eight digits.
        shifted: StudyDate, where the file says that dates were modified or removed (0028,0303).
        numbers: AccessionNumber, StudyInstanceUID and SeriesInstanceUID, where there are any.
        studies: StudyInstanceUID and SeriesInstanceUID, each of one patient by definition.
        removed: Whether the file says that identity was removed (0012,0062), and has no birth
            date: name and ID are pseudonyms then.
    """

    patient: str
    name: str
    birth_date: str
    dates: tuple[str, ...]
    shifted: str
    numbers: tuple[str, ...]
    studies: tuple[str, ...]
    removed: bool

    @classmethod
    def of(cls, head: Head) -> Identity:
        """What a header says."""
        born = head["PatientBirthDate"]
        shifted = head["LongitudinalTemporalInformationModified"].upper() in ("MODIFIED", "REMOVED")
        dates = (born, head["StudyDate"])
        studies = (head["StudyInstanceUID"], head["SeriesInstanceUID"])
        return cls(
            patient=head["PatientID"],
            name=head["PatientName"],
            birth_date=born,
            dates=tuple(date for date in dates if re.fullmatch(r"\d{8}", date)),
            shifted=head["StudyDate"] if shifted else "",
            numbers=tuple(number for number in (head["AccessionNumber"], *studies) if number),
            studies=tuple(uid for uid in studies if uid),
            removed=head["PatientIdentityRemoved"].upper() == "YES" and not born,
        )

    def keys(self) -> frozenset[str]:
        """What another file of the patient shares at least one of.

        One value alone may be damaged or mistyped: studies and series are of one patient by
        definition, and a name with a birth date nearly always.
        """
        found = {f"PatientID {self.patient}"} if self.patient else set()
        found |= {f"UID {uid}" for uid in self.studies}
        if not self.removed and self.birth_date not in ("", *DUMMY_DATES):
            words = " ".join(_words(self.name))
            if like_a_person(self.name):
                found.add(f"person {words} {self.birth_date}")
        return frozenset(found)

    def stands_in(self, text: str, shifted: Collection[str]) -> bool:
        """Whether a text gives away who or when, or names the study or series.

        Args:
            text: A case's name.
            shifted: Dates that files of the case say are not the patient's.
        """
        if any(_holds(text, number, SHORTEST_ID) for number in self.numbers):
            return True
        if any(_holds_date(text, date) for date in self.dates if date not in shifted):
            return True
        if self.removed:
            return False
        if self.patient and _words(text) == _words(self.patient):
            return True
        parts = re.split(r"[\^=\s]+", self.name)
        return _holds(text, self.patient, SHORTEST_ID) or any(
            _holds(text, part, SHORTEST_NAME) for part in parts
        )


def patient_of(name: str | None, files: Iterable[Path]) -> frozenset[str]:
    """What tells a case's patient from others, and whether the case's name gives that away.

    Args:
        name: The case's, which reaches logs, audits and stores; None for one that cannot tell.
        files: The case's, in order; in each folder the first that names its patient is looked at.

    Returns:
        As :meth:`Identity.keys`, of the first CT image with a PatientID, else of what there is.

    Raises:
        IdentityError: If the name holds the patient's name or ID, a date, a number or a UID of
            theirs, or every DICOM file is damaged, so that this cannot be told.
    """
    told: dict[Path, Identity] = {}
    silent: dict[Path, Identity] = {}
    image: Identity | None = None
    broken: DicomFile | None = None
    for path in files:
        if path.parent in told and image is not None:
            continue
        file = look(path)
        if file is None:
            continue
        if file.head is None:
            broken = broken or file
            continue
        identity = Identity.of(file.head)
        known = told if identity.patient or identity.name else silent
        known.setdefault(path.parent, identity)
        if image is None and file.kind == "ct" and identity.patient:
            image = identity
    identities = [*told.values(), *silent.values()]
    if broken and not identities:
        raise IdentityError(
            f"a case whose DICOM files are damaged ({broken.reason}): whose they are cannot be"
            " told, so the case is not named here",
            broken.path,
        )
    shifted = {identity.shifted for identity in identities}
    if name is not None and any(identity.stands_in(name, shifted) for identity in identities):
        folder = next(iter({**told, **silent}))
        raise IdentityError(
            "a case's name holds the name, ID, birth date, study date, accession number or a UID"
            " of its patient: rename it (give folders pseudonyms), let data.cases=number name"
            " cases (data=tcia, data=dicomseg), or run lungseg deidentify first",
            folder,
        )
    if image is None:
        image = next(iter(identities), None)
    return image.keys() if image else frozenset()


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
