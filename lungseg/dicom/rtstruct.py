"""Structures of an RTSTRUCT file, read as contours and drawn on the grid of a volume."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lungseg.dicom.contours import MIN_PART_MM2, Outline, findings_of, gaps, snap, sticks_out
from lungseg.dicom.damage import quiet, reporting_damage
from lungseg.dicom.limits import RefusedError
from lungseg.dicom.parse import read_whole
from lungseg.dicom.polygons import Patch, distinct, draw, draw_exclusive, fill
from lungseg.dicom.structures import Structure, structure_of
from lungseg.dicom.values import whole_number
from lungseg.errors import DataError
from lungseg.findings import Finding
from lungseg.volume import Volume

if TYPE_CHECKING:
    import pydicom

# A contour that spans more than half a slice is not in the plane of any slice.
MAX_TILT = 0.5
# So that the outline, not rounding, decides whether a pixel centre on it is inside.
DECIMALS = 6


@dataclass(frozen=True)
class Structures:
    """Contents of an RTSTRUCT file.

    Attributes:
        structures: By name. Names may identify the patient: never show them.
        frame_of_reference: FrameOfReferenceUID that the contours refer to; empty if the file has
            none or several. In memory only.
        series: SeriesInstanceUIDs of the images referred to. In memory only.
        findings: On the file as a whole.
    """

    structures: dict[str, Structure]
    frame_of_reference: str
    series: frozenset[str]
    findings: list[Finding]

    def faults(self, needed: Container[str]) -> list[Finding]:
        """Findings on malformed structures that are not needed.

        Args:
            needed: Names of the needed ones.
        """
        faults = Counter(
            structure.fault
            for name, structure in self.structures.items()
            if structure.fault and name not in needed
        )
        return [
            Finding("structure-malformed", "warning", f"{count} other structure(s): {fault}")
            for fault, count in sorted(faults.items())
        ]


def read_structures(path: Path) -> Structures:
    """Read all structures of an RTSTRUCT file.

    A malformed structure is kept with its fault, since it may not be needed.

    Raises:
        DataError: If the file is damaged, too large or not an RTSTRUCT.
    """
    with quiet(), reporting_damage(path, "the RTSTRUCT file"):
        dataset = read_whole(path)
        if dataset.get("Modality") != "RTSTRUCT":
            raise DataError("the file is not an RTSTRUCT", path)
        if "StructureSetROISequence" not in dataset:
            raise DataError("the RTSTRUCT file is truncated or has no structures", path)
        return _structures(dataset)


def _structures(dataset: pydicom.Dataset) -> Structures:
    frames = dataset.get("ReferencedFrameOfReferenceSequence") or []
    rois = dataset.StructureSetROISequence
    uids = {str(frame.get("FrameOfReferenceUID", "")) for frame in frames} or {
        str(roi.get("ReferencedFrameOfReferenceUID", "")) for roi in rois
    }
    structures, findings = _by_name(rois, dataset.get("ROIContourSequence") or [])
    return Structures(
        structures=structures,
        frame_of_reference=uids.pop() if len(uids) == 1 else "",
        series=frozenset(
            str(series.get("SeriesInstanceUID", ""))
            for frame in frames
            for study in frame.get("RTReferencedStudySequence") or []
            for series in study.get("RTReferencedSeriesSequence") or []
        )
        - {""},
        findings=findings,
    )


def _by_name(
    rois: Sequence[pydicom.Dataset], drawn: Sequence[pydicom.Dataset]
) -> tuple[dict[str, Structure], list[Finding]]:
    """Structures by name, with the contours that refer to their numbers."""
    numbers = [_number(roi, "ROINumber") for roi in rois]
    contours: dict[int, list[pydicom.Dataset]] = {}
    lost = repeated = 0
    for roi_contour in drawn:
        items = roi_contour.get("ContourSequence") or []
        number = _number(roi_contour, "ReferencedROINumber")
        if number is None or number not in numbers:
            lost += bool(items)
            structure_of(
                items
            )  # raises if the number is missing because the file is truncated here
        elif items and contours.setdefault(number, items) is not items:
            repeated += 1
    structures: dict[str, Structure] = {}
    for roi, number in zip(rois, numbers, strict=True):
        name = str(roi.get("ROIName", "") or "").strip()
        if number is None:
            structure = Structure(fault="its ROINumber is missing or malformed")
        elif numbers.count(number) > 1:
            structure = Structure(fault="another structure has the same ROINumber")
        else:
            structure = structure_of(contours.get(number, []))
        earlier = structures.setdefault(name, structure)
        if earlier is not structure and (structure.closed or structure.fault):
            if earlier.closed or earlier.fault:
                repeated += 1
            else:
                structures[name] = structure
    findings = []
    if lost:
        text = f"contours of {lost} structure(s) refer to a ROINumber without a structure"
        findings.append(Finding("structure-reference", "warning", text))
    if repeated:
        text = f"{repeated} structure(s) have the name or number of another; the first was used"
        findings.append(Finding("structure-name", "warning", text))
    return structures, findings


def _number(dataset: pydicom.Dataset, keyword: str) -> int | None:
    try:
        return whole_number(dataset, keyword)
    except RefusedError:
        return None


def rasterize(
    contours: Sequence[NDArray[np.float64]],
    volume: Volume,
    name: str = "structure",
    *,
    exclusive: Sequence[NDArray[np.float64]] = (),
) -> tuple[NDArray[np.uint8], list[Finding]]:
    """Draw a structure's contours on a volume's grid.

    Each contour is drawn on the nearest slice, along whichever of the volume's axes is normal to
    it. A pixel is set if its centre is inside (:func:`lungseg.dicom.polygons.fill`); inner
    contours are holes (:func:`lungseg.dicom.polygons.draw`). Slices without a contour stay empty.

    Args:
        contours: Each float ``[n, 3]``, mm (LPS), at least three points.
        volume: Volume with the grid to draw on.
        name: Name of the structure in findings, such as ``left lung``; not the name in the file.
        exclusive: More contours. Those of a slice are combined by exclusive-or, regardless of
            their sizes, and the result is united with the other contours.

    Returns:
        Mask uint8 ``[z, y, x]`` and findings.

    Raises:
        DataError: If no contour is in a plane of the volume's slices, rows or columns.
    """
    mask = np.zeros(volume.voxels.shape, np.uint8)
    if not contours and not exclusive:
        return mask, []
    to_index = np.linalg.inv(volume.affine)
    outlines = [
        Outline((points @ to_index[:3, :3].T + to_index[:3, 3]).round(DECIMALS), k >= len(contours))
        for k, points in enumerate([*contours, *exclusive])
    ]
    tilts = np.array([np.ptp(outline.points, axis=0) for outline in outlines])
    axis = int(np.median(tilts, axis=0).argmin())
    flat = [
        outline for outline, tilt in zip(outlines, tilts, strict=True) if tilt[axis] <= MAX_TILT
    ]
    if not flat:
        raise DataError(f"{name}: the contours are oblique to the volume's slices")
    slices = np.moveaxis(mask, axis, 0)
    snapped, notes = snap(flat, axis, len(slices))
    notes["contour-oblique"] = len(outlines) - len(flat)
    parts = {at: _draw(group, slices[at], notes) for at, group in sorted(snapped.items())}
    spacing = np.delete(volume.spacing, axis)
    notes["contour-gap"] = len(gaps(slices, parts, MIN_PART_MM2 / float(spacing.prod())))
    return mask, findings_of(notes, name)


def _draw(
    outlines: Sequence[Outline], image: NDArray[np.uint8], notes: dict[str, int]
) -> list[Patch]:
    """Draw the outlines of one slice, and return its parts."""
    shape = (image.shape[0], image.shape[1])
    polygons = [outline.points for outline in outlines if not outline.exclusive]
    others = [outline.points for outline in outlines if outline.exclusive]
    once = distinct(polygons)
    drawn = draw((fill(polygon, shape) for polygon in once), image)
    notes["contour-overlap"] += drawn.overlapping
    notes["contour-repeated"] += len(polygons) - len(once) + drawn.repeated
    notes["contour-cancelled"] += len(others) - len(distinct(others))
    notes["contour-cut"] += sum(sticks_out(outline.points, shape) for outline in outlines)
    return drawn.parts + draw_exclusive([fill(polygon, shape) for polygon in others], image)
