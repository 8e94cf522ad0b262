"""Which patient a case's DICOM files belong to, and whether its name reveals that.

Identities are compared in memory only.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from lungseg.dicom.head import Head
from lungseg.dicom.header import like_a_person
from lungseg.dicom.tree import DicomFile, look
from lungseg.errors import DataError, IdentityError

SHORTEST_NAME = 2
# A shorter ID occurs in other names by chance.
SHORTEST_ID = 3
# A text of this length is recognized even within a word.
LONG = 4
# A number with fewer digits occurs in others by chance.
SHORTEST_NUMBER = 5
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
DUMMY_DATES = ("19000101", "18000101")


@dataclass(frozen=True)
class Identity:
    """What a file states about its patient.

    Attributes:
        patient: PatientID.
        name: PatientName.
        birth_date: PatientBirthDate.
        dates: PatientBirthDate and StudyDate, if they have eight digits.
        shifted: StudyDate, if the file states that dates were modified or removed (0028,0303).
        numbers: AccessionNumber, StudyInstanceUID and SeriesInstanceUID, if present.
        studies: StudyInstanceUID and SeriesInstanceUID, each unique to one patient by definition.
        removed: Whether the file states that identity was removed (0012,0062) and has no birth
            date: name and ID are then pseudonyms.
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
        """Read from a header."""
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
        """Keys of the patient; any other file of the patient shares at least one of them.

        A single value may be damaged or mistyped. A study or series belongs to one patient by
        definition, and a name with a birth date nearly always.
        """
        keys = {f"PatientID {self.patient}"} if self.patient else set()
        keys |= {f"UID {uid}" for uid in self.studies}
        if not self.removed and self.birth_date not in ("", *DUMMY_DATES):
            words = " ".join(_words(self.name))
            if like_a_person(self.name):
                keys.add(f"person {words} {self.birth_date}")
        return frozenset(keys)

    def occurs_in(self, text: str, shifted: Collection[str]) -> bool:
        """Whether a text contains the patient's identity, a date, or a number of the study.

        Args:
            text: A case's name.
            shifted: Dates that are not the patient's own, as files of the case state.
        """
        if any(_contains(text, number, SHORTEST_ID) for number in self.numbers):
            return True
        if any(_contains_date(text, date) for date in self.dates if date not in shifted):
            return True
        if self.removed:
            return False
        if self.patient and _words(text) == _words(self.patient):
            return True
        parts = re.split(r"[\^=\s]+", self.name)
        return _contains(text, self.patient, SHORTEST_ID) or any(
            _contains(text, part, SHORTEST_NAME) for part in parts
        )


def patient_of(name: str | None, files: Iterable[Path]) -> frozenset[str]:
    """Keys of a case's patient; also refuses a case's name that reveals the patient.

    Args:
        name: The case's name, which reaches logs, audits and stores; None for a mere number.
        files: The case's files. All are read: any one of them may name the patient.

    Returns:
        As :meth:`Identity.keys`, of all images and masks together, or else of all other files.

    Raises:
        IdentityError: If the name contains the patient's name or ID, or one of their dates, numbers
            or UIDs, or if every DICOM file is damaged, so that this cannot be checked.
        DataError: If every file is damaged and the case has no name to check.
    """
    identities: dict[Identity, Path] = {}
    keys: frozenset[str] = frozenset()
    others: frozenset[str] = (
        frozenset()
    )  # from reports and the like, which may concern many patients
    broken: DicomFile | None = None
    for path in files:
        file = look(path)
        if file is None:
            continue
        if file.head is None:
            broken = broken or file
        else:
            identity = Identity.of(file.head)
            identities.setdefault(identity, path)
            if file.kind == "other":
                others |= identity.keys()
            else:
                keys |= identity.keys()
    if broken and not identities:
        if name is None:
            raise DataError(f"its DICOM files are damaged ({broken.reason})", broken.path)
        raise IdentityError(
            f"a case whose DICOM files are damaged ({broken.reason}): their patient cannot be"
            " determined, so the case is not named here",
            broken.path,
        )
    shifted = {identity.shifted for identity in identities}
    for identity, path in identities.items():
        if name is not None and identity.occurs_in(name, shifted):
            raise IdentityError(
                "a case's name contains the name, ID, birth date, study date, accession number or a"
                " UID of its patient: rename it (give folders pseudonyms), let data.cases=number"
                " name cases (data=tcia, data=dicomseg), or run lungseg deidentify first",
                path.parent,
            )
    return keys or others


def _contains(text: str, term: str, shortest: int) -> bool:
    """Whether a text contains a term as words, or anywhere if the term is long."""
    return any(
        _contains_words(words, sought, shortest)
        for words in _spellings(text)
        for sought in _spellings(term)
    )


def _contains_words(words: list[str], sought: list[str], shortest: int) -> bool:
    plain = "".join(sought)
    if plain.isdigit() and len(plain.lstrip("0")) >= SHORTEST_NUMBER:
        # Leading zeros and gaps vary.
        return plain.lstrip("0") in {*_runs_of_digits(words), *(word.lstrip("0") for word in words)}
    if len(plain) < shortest:
        return False
    if len(plain) >= LONG and not plain.isdigit() and plain in "".join(words):
        return True
    starts = range(len(words) - len(sought) + 1)
    return any(words[k : k + len(sought)] == sought for k in starts)


def _runs_of_digits(words: list[str]) -> list[str]:
    """Consecutive numbers, joined, without leading zeros."""
    rows = itertools.groupby(words, key=str.isdigit)
    return ["".join(row).lstrip("0") for digits, row in rows if digits]


def _contains_date(text: str, date: str) -> bool:
    """Whether a text contains a date (YYYYMMDD), in the usual orders and with any separator."""
    year, month, day = date[:4], date[4:6], date[6:]
    m, d = f"0?{int(month)}", f"0?{int(day)}"
    orders = [(year, month, day), (day, month, year), (month, day, year), (year[2:], month, day)]
    whole = any(re.search(r"(?<!\d){}\D?{}\D?{}(?!\d)".format(*order), text) for order in orders)
    years = f"({year}|{year[2:]})"
    orders = [(years, m, d), (d, m, years), (m, d, years)]
    return whole or any(
        re.search(r"(?<!\d){}[ ._/-]{}[ ._/-]{}(?!\d)".format(*order), text) for order in orders
    )


def _spellings(text: str) -> list[list[str]]:
    """Words of a text, with umlauts spelled as one letter and as two."""
    two = text.translate(UMLAUTS)
    return [_words(text)] if two == text else [_words(text), _words(two)]


def _words(text: str) -> list[str]:
    """Runs of letters and of digits, in lower case and without accents."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", unicodedata.normalize("NFKD", text))
    plain = "".join(letter for letter in parted if not unicodedata.combining(letter))
    return re.findall(r"[^\W\d_]+|\d+", plain.casefold())
