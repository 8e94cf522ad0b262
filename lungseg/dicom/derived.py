"""What all objects derived from a CT series have in common."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lungseg.dicom.origin import Origin, Slice
from lungseg.dicom.uids import derived_uid

if TYPE_CHECKING:
    from pydicom import Dataset

DESCRIPTION = "Lungs, automatic, not approved"


@dataclass(frozen=True)
class Algorithm:
    """What made a mask, as recorded in the objects that contain it.

    Attributes:
        name: Name of the program.
        version: Its version.
        sha256: Hash of the model.
    """

    name: str
    version: str
    sha256: str


@dataclass(frozen=True)
class Lung:
    """A lung as objects name it.

    Attributes:
        label: Its number in label maps, and of its segment or ROI.
        name: In words.
        roi: Name of its ROI, as recommended by AAPM TG-263.
        code: SNOMED CT.
        side: SNOMED CT code and meaning of the side.
        colour: RGB.
    """

    label: int
    name: str
    roi: str
    code: str
    side: tuple[str, str]
    colour: tuple[int, int, int]


LUNGS = (
    Lung(1, "Right lung", "Lung_R", "3341006", ("24028007", "Right"), (224, 97, 76)),
    Lung(2, "Left lung", "Lung_L", "44029006", ("7771000", "Left"), (78, 135, 204)),
)


@dataclass(frozen=True)
class Identity:
    """UIDs of an object, its series and its organization of dimensions."""

    series: str
    instance: str
    dimensions: str


def identify(
    origin: Origin, about: Algorithm, kind: str, contents: Sequence[NDArray[np.uint8]]
) -> Identity:
    """UIDs that a second run with the same scan, model and result gives again.

    An archive takes two objects with the same UID for one, so different contents get different
    UIDs, as after another post-processing.
    """
    digest = hashlib.sha256()
    for array in contents:
        digest.update(str(array.shape).encode())
        # Slice by slice, since bytes of an array that is not contiguous are a copy.
        for part in array:
            digest.update(part.tobytes())
    made_by = (about.name, about.version, about.sha256)
    parts = (origin.series, *made_by, kind, digest.hexdigest())
    return Identity(*(derived_uid(*parts, what) for what in ("series", "instance", "dimensions")))


def inherit(target: Dataset, origin: Origin) -> None:
    """Give an object the attributes of the scan's patient and study."""
    values = origin.attributes
    for keyword, text in values.items():
        setattr(target, keyword, text)
    if origin.deidentification:
        target.DeidentificationMethodCodeSequence = [
            code(*item) for item in origin.deidentification
        ]
    target.StudyInstanceUID = origin.study
    # Latin 1, which old software reads too, if it has all the letters.
    try:
        "".join(values.values()).encode("latin-1")
        target.SpecificCharacterSet = "ISO_IR 100"
    except UnicodeEncodeError:
        target.SpecificCharacterSet = "ISO_IR 192"


def code(value: str, scheme: str, meaning: str) -> Dataset:
    """An item of a code sequence."""
    return item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)


def item(**values: Any) -> Dataset:
    """A data set of the given attributes."""
    from pydicom import Dataset

    made = Dataset()
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


def reference(to: Slice, *, frame: bool = True) -> Dataset:
    """Reference to the file of a slice, and to its frame in a multi-frame image."""
    made = item(ReferencedSOPClassUID=to.sop_class, ReferencedSOPInstanceUID=to.instance)
    if frame and to.frame is not None:
        made.ReferencedFrameNumber = to.frame
    return made


def files_of(slices: Sequence[Slice]) -> list[Slice]:
    """One slice of each file."""
    return list({one.instance: one for one in slices}.values())


def series_number(origin: Origin, number: int) -> int:
    """Number of a series derived from the scan: 201, 202 … for series 2."""
    return 100 * origin.number + number
