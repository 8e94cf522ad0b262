"""DICOM files from other projects, and the result of reading each.

They are read where pydicom and nibabel are installed, and are never copied into the project.
``python -m tests.dicom.real_files`` prints the table that docs/data.md shows.
"""

from __future__ import annotations

import gzip
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import nibabel
import pydicom

from lungseg.dicom.deidentify.dataset import DeidentifyOptions
from lungseg.dicom.deidentify.file import deidentify_file
from lungseg.dicom.deidentify.pseudonyms import Pseudonyms
from lungseg.dicom.tree import look
from lungseg.errors import DataError
from lungseg.sources.nifti import NiftiFolder
from lungseg.sources.tcia import TciaFolder

PYDICOM = Path(pydicom.__file__).parent / "data"
NIBABEL = Path(nibabel.__file__).parent
NO_DICOM = {".py", ".pyc", ".json", ".txt", ".dump", ".icc", ".md", ".eml"}
LUNGS = {"left": ["lung_l"], "right": ["lung_r"], "both": ["lungs"]}


def installed():
    """Each file by its name in its package."""
    files = {
        path.relative_to(PYDICOM).as_posix(): path
        for path in PYDICOM.rglob("*")
        if path.is_file() and path.suffix not in NO_DICOM and path.name != "README"
    }
    files |= {
        f"nibabel/{path.relative_to(NIBABEL).as_posix()}": path
        for path in NIBABEL.rglob("*.dcm*")
        if path.is_file()
    }
    return dict(sorted(files.items()))


def unpacked(path, folder):
    """The file itself, or what is in it where it is packed."""
    if path.suffix != ".gz":
        return path
    name = path.name.removesuffix(".gz")
    made = folder / (name if name.endswith(".dcm") else f"{name}.dcm")
    made.write_bytes(gzip.decompress(path.read_bytes()))
    return made


def kind_of(path):
    """What ``prepare`` takes it for."""
    file = look(path)
    if file is None:
        return "left aside"
    return file.kind + (f": {file.reason}" if file.reason else "")


def prepared(path, folder):
    """What ``prepare`` says of a case that is this one file, by data=nifti and by data=tcia."""
    case = folder / "cases" / "Case"
    case.mkdir(parents=True)
    (case / path.name).symlink_to(path)
    sources = (
        NiftiFolder(case.parent, images="{case}", masks="none", labels={"both": [1]}, lungs=LUNGS),
        TciaFolder(case.parent, cases="folder", series="largest", lungs=LUNGS),
    )
    said = []
    for source in sources:
        try:
            read = source.cases() and source.read("Case")
            said.append(f"{len(read.volume.voxels)} slices")
        except DataError as error:
            said.append(str(error).removeprefix("Case: "))
    return said


def copied(path, folder):
    """What ``deidentify`` does with it."""
    options = DeidentifyOptions(Pseudonyms(b"k" * 16), lambda names: {})
    return deidentify_file(path, folder / "copies", options).left_out or "copied"


def outcomes():
    """For each file: what it is taken for, what prepare says of it, and deidentify."""
    found = {}
    for name, path in installed().items():
        with tempfile.TemporaryDirectory() as folder:
            path = unpacked(path, Path(folder))
            kind, copy = kind_of(path), copied(path, Path(folder))
            found[name] = (kind, *prepared(path, Path(folder)), copy)
    return found


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Attributes:
        what: The files.
        kind: What they are taken for, with the reason for those called damaged.
        nifti: What data=nifti says of a case that is such a file, but for what it says of damage.
        tcia: Likewise data=tcia.
        copy: What deidentify says.
    """

    what: str
    kind: str
    nifti: str
    tcia: str
    copy: str

    @property
    def outcome(self):
        """As :func:`outcomes` gives it."""
        reason = self.kind.partition(": ")[2]
        more = DAMAGE.format(reason) if reason else ""
        tcia = f"{self.tcia}{more}{NONE}" if self.tcia == NO_RTSTRUCT else self.tcia
        return self.kind, self.nifti + more, tcia, self.copy


NO_CT = "no CT series"
NO_RTSTRUCT = "no RTSTRUCT among the case's files"
NONE = "; data.masks=none reads images alone"
DAMAGE = "; 1 DICOM file is damaged or incomplete ({}), so that slices or masks may be missing"
NEITHER = "neither CT nor structure set nor segmentation"

ROWS = {
    "ct": Row("a slice of CT", "ct", "a single slice is not a volume", NO_RTSTRUCT, "copied"),
    "no pixels": Row(
        "CT without pixels",
        "ct",
        "a DICOM file is truncated or incomplete: no Rows, Columns, PixelData",
        NO_RTSTRUCT,
        "no pixel data",
    ),
    "localizer": Row("CT localizer", "other", NO_CT, NO_RTSTRUCT, "copied"),
    "rtstruct": Row("RTSTRUCT", "rtstruct", NO_CT, NO_CT, "copied"),
    "seg": Row("DICOM-SEG", "seg", NO_CT, NO_RTSTRUCT, "copied"),
    "other": Row("MR, dose, plan, report, colour, …", "other", NO_CT, NO_RTSTRUCT, NEITHER),
    "index": Row("DICOMDIR", "left aside", NO_CT, "the folder contains no DICOM file", NEITHER),
    "no class": Row(
        "no SOPClassUID",
        "damaged: it has neither SOPClassUID nor Modality",
        NO_CT,
        NO_RTSTRUCT,
        "no SOPClassUID",
    ),
    "no dicom": Row(
        "a stray byte in front",
        "damaged: its name ends in .dcm, but it is not DICOM",
        NO_CT,
        NO_RTSTRUCT,
        "damaged: its name ends in .dcm, but it is not DICOM",
    ),
}


def table(found):
    """The table of the docs: one row per outcome.

    Args:
        found: What :func:`outcomes` gives.
    """
    counts = Counter(found.values())
    lines = ["| files | | taken for | `deidentify` |", "|---|---|---|---|"]
    lines += [
        f"| {counts[row.outcome]} | {row.what} | {row.kind} | {row.copy} |" for row in ROWS.values()
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(outcomes()))
