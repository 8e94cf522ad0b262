"""One file, read, de-identified and written under a neutral name."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lungseg.dicom.classes import READ
from lungseg.dicom.deidentify.dataset import Changes, DeidentifyOptions, deidentify, patient_of
from lungseg.dicom.deidentify.kinds import OTHER_KIND, left_out
from lungseg.dicom.limits import RefusedError
from lungseg.dicom.parse import read_whole
from lungseg.dicom.start import FIRST_BYTES, NotDicomError, meta_at
from lungseg.dicom.tree import claims_to_be_dicom, look
from lungseg.dicom.walk import PIXEL_TAGS, BrokenError
from lungseg.errors import DataError
from lungseg.files import replacing

if TYPE_CHECKING:
    from pydicom import Dataset
    from pydicom.uid import UID

NOT_REGULAR = "no regular file"
NOT_DICOM = "no DICOM file"
TWICE = "the same SOPInstanceUID again"


@dataclass(frozen=True)
class Outcome:
    """What became of a file.

    Attributes:
        left_out: Why it was not copied; None if it was.
        damage: What is wrong with a damaged file; empty for an intact one.
        folder: Folder of the copy, below the output: ``<patient>/<study>/<series>``.
        kind: ``ct``, ``rtstruct`` or ``seg``.
        patient: Pseudonym.
        changes: What was changed.
    """

    left_out: str | None = None
    damage: str = ""
    folder: str = ""
    kind: str = ""
    patient: str = ""
    changes: Changes = field(default_factory=Changes)


def deidentify_file(file: Path, output: Path, options: DeidentifyOptions) -> Outcome:
    """Write one file's de-identified copy below a folder.

    Args:
        file: Of any kind.
        output: Folder of the copies, each ``<patient>/<study>/<series>/<instance>.dcm``.
        options: How files are de-identified.
    """
    if not file.is_file():  # reading a pipe could block forever
        return Outcome(NOT_REGULAR)
    try:
        with file.open("rb") as stream:
            meta_at(
                stream.read(FIRST_BYTES)
            )  # before reading a large file of another kind entirely
        dataset = read_whole(file)
        reason = left_out(dataset)
        if reason is not None:
            return Outcome(reason)
        if "TransferSyntaxUID" not in dataset.file_meta:
            dataset.file_meta.TransferSyntaxUID = _syntax_as_read(dataset)
        syntax = dataset.file_meta.TransferSyntaxUID
        if not syntax.is_transfer_syntax:  # a vendor's own, which other readers do not know
            raise RefusedError(f"files in transfer syntax {syntax} are not copied")
        kind = READ[dataset.SOPClassUID]
        changes = _drop_pixels(dataset) if kind == "rtstruct" else _cut_pixels(dataset)
        names = options.pseudonyms
        patient = patient_of(dataset, names)
        study = names.label("study", str(dataset.get("StudyInstanceUID", "")), 8)
        series = names.label("series", str(dataset.SeriesInstanceUID), 8)
        target = Path(patient, study, series)
        name = names.label("instance", str(dataset.SOPInstanceUID), 16)
        copy = output / target / f"{name}.dcm"
        if copy.exists():
            return Outcome(TWICE)
        changes += deidentify(dataset, options)
        _write(dataset, copy)
    except NotDicomError:
        described = look(file)  # an empty or other file named .dcm counts as damaged
        if described is None:
            return Outcome(NOT_DICOM)
        return Outcome(f"damaged: {described.reason}", described.reason)
    except (DataError, RefusedError) as error:
        return Outcome(str(error))
    except BrokenError as error:
        return _damaged(file, str(error))
    except (EOFError, zlib.error):
        return _damaged(file, "deflated data are damaged")
    except Exception as error:  # damaged bytes cause errors of every kind in pydicom
        if isinstance(error, OSError) and error.errno:  # pydicom's own have no number
            raise
        return _damaged(file, f"its values cannot be read ({type(error).__name__})")
    return Outcome(None, "", target.as_posix(), kind, patient, changes)


def _damaged(file: Path, what: str) -> Outcome:
    if not claims_to_be_dicom(file):
        return Outcome(NOT_DICOM)
    described = look(file)
    if described is None or (described.head is not None and described.head.kind == "other"):
        return Outcome(OTHER_KIND)  # it would not be copied anyway
    return Outcome(f"damaged: {what}", what)


def _syntax_as_read(dataset: Dataset) -> UID:
    """The syntax by which a file without file meta information was read."""
    from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

    implicit, little = dataset.original_encoding
    if implicit:
        return ImplicitVRLittleEndian
    return ExplicitVRLittleEndian if little else ExplicitVRBigEndian


def _drop_pixels(dataset: Dataset) -> Changes:
    """Remove pixels from a file of a kind without pixels; some writers add an empty element."""
    changes = Changes()
    for tag in PIXEL_TAGS.intersection(int(tag) for tag in dataset.keys()):  # noqa: SIM118
        del dataset[tag]
        changes[tag, "removed"] += 1
    return changes


def _cut_pixels(dataset: Dataset) -> Changes:
    """Cut off anything after the pixels of an image or segmentation.

    Raises:
        BrokenError: If there are too few pixels, or the header does not give their number.
        RefusedError: If they are in fragments though the transfer syntax has none, and the
            fragments are not the uncompressed image.
    """
    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax.is_encapsulated:
        return Changes()
    expected = _expected_length(dataset)
    if dataset["PixelData"].is_undefined_length:
        dataset.PixelData = _joined(dataset, expected)
    if len(dataset.PixelData) < expected:
        raise BrokenError("PixelData has fewer bytes than Rows × Columns require")
    dataset.PixelData = dataset.PixelData[:expected] + b"\0" * (expected % 2)
    return Changes()


def _joined(dataset: Dataset, expected: int) -> bytes:
    """Pixels in fragments though the transfer syntax has none, joined."""
    from pydicom.encaps import generate_fragments

    syntax = dataset.file_meta.TransferSyntaxUID
    _, *fragments = generate_fragments(dataset.PixelData)
    pixels = b"".join(fragments)
    if not syntax.is_little_endian or len(pixels) - expected not in (0, expected % 2):
        raise RefusedError(f"pixels in fragments are not copied in {syntax.name}")
    dataset["PixelData"].is_undefined_length = False
    dataset["PixelData"].VR = "OW"  # it is OB for fragments
    return pixels


def _expected_length(dataset: Dataset) -> int:
    """Bytes of all pixels; only their total is a whole number of bytes."""
    bits = 1
    for keyword in ("Rows", "Columns", "BitsAllocated", "NumberOfFrames"):
        default = 1 if keyword == "NumberOfFrames" else 0
        try:
            number = int(dataset.get(keyword) or default)
        except Exception:  # pydicom raises errors of every kind for malformed values
            number = 0
        if number <= 0:
            raise BrokenError(f"{keyword} is missing or not a positive number")
        bits *= number
    return -(-bits // 8)


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
