"""Whom a DICOM file says it is of: looked at in memory, never handed on."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lungseg.dicom.parse import parse

TAGS = (0x00100010, 0x00100020, 0x00120062)
HEADER_BYTES = 1 << 20  # the tags stand near the beginning
# A shorter name or ID stands in other words by chance.
SHORTEST = 3


@dataclass(frozen=True)
class Identity:
    """What a file says of its patient.

    Attributes:
        patient: PatientID.
        name: PatientName.
        removed: Whether the file says that identity was removed (0012,0062).
    """

    patient: str
    name: str
    removed: bool

    def stands_in(self, text: str) -> bool:
        """Whether a text gives away the ID or a part of the name."""
        words = [self.patient, *re.split(r"[\^=\s]+", self.name)]
        plain = [_plain(word) for word in words]
        return any(len(word) >= SHORTEST and word in _plain(text) for word in plain)


def identity_of(path: Path) -> Identity | None:
    """Read a file's identity; None where it is no DICOM file, or too damaged to tell."""
    if not path.is_file():  # a pipe could be waited on for ever
        return None
    try:
        with warnings.catch_warnings(), path.open("rb") as stream:
            warnings.simplefilter("ignore")
            content = stream.read(HEADER_BYTES)
            head = parse(content, tags=list(TAGS), inflate_at_most=HEADER_BYTES).dataset
            name, patient, removed = (
                str(head[tag].value or "").strip() if tag in head else "" for tag in TAGS
            )
    except Exception:  # a damaged file is told of when the case is read
        return None
    return Identity(patient, name, removed.upper() == "YES")


def identities(folder: Path) -> Iterator[Identity]:
    """Identity of one file in each folder of a tree: enough to see whom a tree is of."""
    for place in sorted([folder, *(path for path in folder.rglob("*") if path.is_dir())]):
        for file in sorted(path for path in place.iterdir() if path.is_file()):
            identity = identity_of(file)
            if identity is not None and (identity.patient or identity.name):
                yield identity
                break


def _plain(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())
