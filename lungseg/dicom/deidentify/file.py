"""One file read, made anonymous, and written under a name that tells nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lungseg.dicom.classes import READ
from lungseg.dicom.deidentify.dataset import Changes, Rules, deidentify, patient_of
from lungseg.dicom.deidentify.kinds import left_out
from lungseg.dicom.limits import RefusedError
from lungseg.dicom.parse import read_whole
from lungseg.errors import DataError
from lungseg.files import replacing

if TYPE_CHECKING:
    from pydicom import Dataset
    from pydicom.uid import UID

NOT_REGULAR = "no regular file"
NOT_DICOM = "no DICOM file"
DAMAGED = "damaged"
TWICE = "the same SOPInstanceUID again"


@dataclass(frozen=True)
class Outcome:
    """What became of a file.

    Attributes:
        left_out: Why it was not copied, else None.
        folder: Of the copy, below the output: ``<patient>/<study>/<series>``.
        kind: ``ct``, ``rtstruct`` or ``seg``.
        patient: Pseudonym.
        changes: What was done.
    """

    left_out: str | None = None
    folder: str = ""
    kind: str = ""
    patient: str = ""
    changes: Changes = field(default_factory=Changes)


def deidentify_file(file: Path, output: Path, rules: Rules) -> Outcome:
    """Write one file's de-identified copy below a folder.

    Args:
        file: Of any kind.
        output: Where the copies go, each ``<patient>/<study>/<series>/<instance>.dcm``.
        rules: How.
    """
    if not file.is_file():  # a pipe could be waited on for ever
        return Outcome(NOT_REGULAR)
    try:
        if not _looks_like_dicom(file):
            return Outcome(NOT_DICOM)
        dataset = read_whole(file)
        reason = left_out(dataset)
        if reason is not None:
            return Outcome(reason)
        if "TransferSyntaxUID" not in dataset.file_meta:
            dataset.file_meta.TransferSyntaxUID = _syntax_as_read(dataset)
        _cut_pixels(dataset)
        names = rules.pseudonyms
        patient = patient_of(dataset, names)
        study = names.label("study", str(dataset.get("StudyInstanceUID", "")), 8)
        series = names.label("series", str(dataset.SeriesInstanceUID), 8)
        target = Path(patient, study, series)
        name = names.label("instance", str(dataset.SOPInstanceUID), 16)
        copy = output / target / f"{name}.dcm"
        if copy.exists():
            return Outcome(TWICE)
        kind = READ[dataset.SOPClassUID]
        changes = deidentify(dataset, rules)
        _write(dataset, copy)
    except (DataError, RefusedError) as error:
        return Outcome(str(error))
    except Exception as error:  # damaged bytes surface in pydicom as errors of every kind
        if isinstance(error, OSError) and error.errno:  # pydicom's own have no number
            raise
        return Outcome(DAMAGED)
    return Outcome(None, target.as_posix(), kind, patient, changes)


def _looks_like_dicom(file: Path) -> bool:
    """By the mark after the preamble; without one, by a first tag of group 2 or 8."""
    with file.open("rb") as stream:
        start = stream.read(132)
    return start[128:] == b"DICM" or (len(start) > 8 and start[:2] in (b"\2\0", b"\x08\0"))


def _syntax_as_read(dataset: Dataset) -> UID:
    """What a file without the group that tells its syntax was read by."""
    from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

    implicit, little = dataset.original_encoding
    if implicit:
        return ImplicitVRLittleEndian
    return ExplicitVRLittleEndian if little else ExplicitVRBigEndian


def _cut_pixels(dataset: Dataset) -> None:
    """Cut off what stands behind the pixels.

    Raises:
        ValueError: If there are too few.
    """
    from pydicom.pixels.utils import get_expected_length

    if "PixelData" not in dataset or dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        return
    expected = get_expected_length(dataset)
    if len(dataset.PixelData) < expected:
        raise ValueError("too few pixels")
    dataset.PixelData = dataset.PixelData[:expected] + b"\0" * (expected % 2)


def _write(dataset: Dataset, file: Path) -> None:
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import PYDICOM_IMPLEMENTATION_UID

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = dataset.file_meta.TransferSyntaxUID
    meta.ImplementationClassUID = PYDICOM_IMPLEMENTATION_UID
    dataset.file_meta = meta
    dataset.preamble = b"\0" * 128
    with replacing(file) as part:
        dataset.save_as(part, enforce_file_format=True)
