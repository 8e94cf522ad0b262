"""A small case of each kind of mask object, whose files can be rewritten."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from lungseg.data.description import describe
from lungseg.sources.dicomseg import DicomSegFolder
from lungseg.sources.tcia import TciaFolder
from tests.dicom.write_enhanced import write_enhanced
from tests.sources.tree import write_patient

LUNGS = {"right": ["lung_r", "right lung"], "left": ["lung_l", "left lung"], "both": ["lungs"]}
KINDS = ("slice", "enhanced", "rtstruct", "seg")


@dataclass(frozen=True)
class Seen:
    """What is read of a case."""

    content: str
    patient: frozenset[str]
    findings: list[dict[str, str]]


@dataclass(frozen=True)
class EncodedCase:
    """A case and one of its files.

    Attributes:
        kind: Of the file.
        root: Folder of the source.
        file: The file.
        original: A copy of it outside the source.
    """

    kind: str
    root: Path
    file: Path
    original: Path

    def read(self) -> Seen:
        """Read the case as it is now."""
        kind = DicomSegFolder if self.kind == "seg" else TciaFolder
        source = kind(self.root, cases="folder", series="largest", lungs=LUNGS)
        patient = source.patient("P1")
        case = source.read("P1")
        content = describe(case)["content_sha256"]
        return Seen(content, patient, case.audit["findings"])


def write_case(folder: Path, phantom_root: Path, kind: str) -> EncodedCase:
    """Write a case of 12 slices of 32 × 32 pixels."""
    root = folder / "source"
    write_patient(root, phantom_root, "Case_001", "P1", "seg" if kind == "seg" else "rtstruct")
    slices = sorted((root / "P1").rglob("I*"))
    file = next((root / "P1").rglob("1-1.dcm"))
    if kind == "slice":
        file = slices[-1]
    elif kind == "enhanced":
        file = slices[0].with_name("enhanced")
        write_enhanced(file, slices)
        for one in slices:
            one.unlink()
    original = folder / "original"
    shutil.copy(file, original)
    return EncodedCase(kind, root, file, original)
