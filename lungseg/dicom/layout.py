"""The storage of pixels, as declared by the header."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lungseg.dicom.limits import RefusedError, check_size
from lungseg.dicom.values import value_of

if TYPE_CHECKING:
    from pydicom import Dataset

BITS_ALLOCATED = (1, 8, 16, 32)


@dataclass(frozen=True)
class Layout:
    """Pixels of one file.

    Attributes:
        rows: Per frame.
        columns: Per frame.
        frames: NumberOfFrames, 1 if not given.
        allocated: BitsAllocated.
        stored: BitsStored.
        signed: Whether PixelRepresentation is two's complement.
        photometric: PhotometricInterpretation.
    """

    rows: int
    columns: int
    frames: int
    allocated: int
    stored: int
    signed: bool
    photometric: str

    @property
    def n_bytes(self) -> int:
        """Length of all native frames, without padding to an even one."""
        return -(-self.rows * self.columns * self.frames * self.allocated // 8)

    @property
    def frame_bytes(self) -> int:
        """Length of one frame that begins at a byte boundary."""
        return -(-self.rows * self.columns * self.allocated // 8)


def frame_count(dataset: Dataset) -> int:
    """NumberOfFrames, 1 if not given."""
    return int(value_of(dataset, "NumberOfFrames") or 1)


def layout_of(dataset: Dataset) -> Layout:
    """The layout of a file's pixels.

    Raises:
        RefusedError: If the attributes contradict each other, or pixels are not grey values.
    """
    allocated = int(value_of(dataset, "BitsAllocated"))
    layout = Layout(
        rows=int(value_of(dataset, "Rows")),
        columns=int(value_of(dataset, "Columns")),
        frames=frame_count(dataset),
        allocated=allocated,
        stored=int(value_of(dataset, "BitsStored") or allocated),
        signed=bool(int(value_of(dataset, "PixelRepresentation") or 0)),
        photometric=str(value_of(dataset, "PhotometricInterpretation") or "MONOCHROME2").strip(),
    )
    check_size(layout.frames, layout.rows, layout.columns)
    if int(value_of(dataset, "SamplesPerPixel") or 1) != 1 or allocated not in BITS_ALLOCATED:
        raise RefusedError("pixels are not grey values of 8, 16 or 32 bits")
    if not 0 < layout.stored <= allocated:
        raise RefusedError("BitsStored does not fit BitsAllocated")
    high = value_of(dataset, "HighBit")
    if high is not None and int(high) != layout.stored - 1:
        # Old files have values in the upper bits and overlays in the lower ones.
        raise RefusedError(
            f"HighBit is {int(high)} with BitsStored {layout.stored}: only values in the lowest"
            f" bits (HighBit {layout.stored - 1}) are read"
        )
    return layout
