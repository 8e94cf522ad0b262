"""Structures of an RTSTRUCT file: read as contours, drawn on the grid of a volume."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lungseg.dicom.contours import MIN_PART_MM2, gaps, said, snap, sticks_out
from lungseg.dicom.parse import damage_told, read_whole
from lungseg.dicom.polygons import Patch, distinct, draw, fill
from lungseg.errors import DataError
from lungseg.findings import Finding
from lungseg.volume import Volume

if TYPE_CHECKING:
    import pydicom

CLOSED = {"CLOSED_PLANAR", "CLOSEDPLANAR_XOR"}
MAX_MM = 1e5
# Contours that run through more than half a slice lie in none.
MAX_TILT = 0.5
# Decides which side of an outline a pixel centre on it falls by the outline, not by rounding.
DECIMALS = 6


@dataclass(frozen=True)
class Structures:
    """What an RTSTRUCT file holds.

    Attributes:
        contours: By structure name, its closed planar contours, each float ``[n, 3]``, mm (LPS).
            A structure without any has an empty list. Names may identify: show none.
        frame_of_reference: FrameOfReferenceUID that the contours refer to; empty where the file
            names none or several. In memory only.
        series: SeriesInstanceUIDs of the images referred to. In memory only.
        findings: What a reviewer should know.
    """

    contours: dict[str, list[NDArray[np.float64]]]
    frame_of_reference: str
    series: frozenset[str]
    findings: list[Finding]


def read_structures(path: Path) -> Structures:
    """Read all structures of an RTSTRUCT file.

    Raises:
        DataError: If the file is damaged, too large or no RTSTRUCT.
    """
    with damage_told(path, "RTSTRUCT"):
        dataset = read_whole(path)
        if dataset.get("Modality") != "RTSTRUCT":
            raise DataError("the file is no RTSTRUCT", path)
        return _structures(dataset)


def _structures(dataset: pydicom.Dataset) -> Structures:
    names = {
        int(roi.ROINumber): str(roi.get("ROIName", "") or "").strip()
        for roi in dataset.StructureSetROISequence
    }
    contours: dict[str, list[NDArray[np.float64]]] = {name: [] for name in names.values()}
    others = repeated = 0
    for drawn in dataset.get("ROIContourSequence") or []:
        items = drawn.get("ContourSequence") or []
        name = names.get(int(drawn.ReferencedROINumber))
        if name is None or not items:
            continue
        closed = [_points(one) for one in items if one.get("ContourGeometricType") in CLOSED]
        # Isocentres and marks are points, and nobody expects an area of them.
        others += len(items) - len(closed) if closed else 0
        if not contours[name]:
            contours[name] = [points for points in closed if len(points) >= 3]
        elif closed:
            repeated += 1
    findings = []
    if others:
        text = f"{others} contour(s) of structures with an area are not closed and were left out"
        findings.append(Finding("contour-type", "warning", text))
    if repeated:
        text = f"{repeated} structure(s) bear the name of another; the first of a name was taken"
        findings.append(Finding("structure-name", "warning", text))
    frames = dataset.get("ReferencedFrameOfReferenceSequence") or []
    uids = {str(frame.get("FrameOfReferenceUID", "")) for frame in frames} or {
        str(roi.get("ReferencedFrameOfReferenceUID", "")) for roi in dataset.StructureSetROISequence
    }
    return Structures(
        contours=contours,
        frame_of_reference=uids.pop() if len(uids) == 1 else "",
        series=frozenset(
            str(series.SeriesInstanceUID)
            for frame in frames
            for study in frame.get("RTReferencedStudySequence") or []
            for series in study.get("RTReferencedSeriesSequence") or []
        ),
        findings=findings,
    )


def _points(item: pydicom.Dataset) -> NDArray[np.float64]:
    # Straight from the text: a DSfloat for each of half a million numbers takes seconds.
    text: Any = item.get_item("ContourData").value if "ContourData" in item else None
    numbers = text.split(b"\\") if isinstance(text, bytes) else text or []
    points = np.array([float(number) for number in numbers], np.float64).reshape(-1, 3)
    if not (np.abs(points) < MAX_MM).all():
        raise ValueError("a coordinate is no place in a patient")
    return points


def rasterize(
    contours: Sequence[NDArray[np.float64]], volume: Volume, name: str = "structure"
) -> tuple[NDArray[np.uint8], list[Finding]]:
    """Draw a structure's contours on a volume's grid.

    Each contour is drawn on the slice nearest to it, wherever its plane lies among the volume's
    axes. A pixel is set when its centre lies inside (:func:`lungseg.dicom.polygons.fill`); inner
    contours are holes (:func:`lungseg.dicom.polygons.draw`). Slices without a contour stay empty.

    Args:
        contours: Each float ``[n, 3]``, mm (LPS), at least three points.
        volume: Whose grid to draw on.
        name: What findings call the structure: ``left lung``. Not the name in the file.

    Returns:
        Mask uint8 ``[z, y, x]`` and what a reviewer should know.

    Raises:
        DataError: If no contour lies in a plane of the volume's slices, rows or columns.
    """
    mask = np.zeros(volume.voxels.shape, np.uint8)
    if not contours:
        return mask, []
    to_index = np.linalg.inv(volume.affine)
    indices = [
        (points @ to_index[:3, :3].T + to_index[:3, 3]).round(DECIMALS) for points in contours
    ]
    tilts = np.array([np.ptp(points, axis=0) for points in indices])
    axis = int(np.median(tilts, axis=0).argmin())
    flat = [points for points, tilt in zip(indices, tilts, strict=True) if tilt[axis] <= MAX_TILT]
    if not flat:
        raise DataError(f"{name}: the contours are oblique to the volume's slices")
    slices = np.moveaxis(mask, axis, 0)
    snapped, notes = snap(flat, axis, len(slices))
    notes["contour-oblique"] = len(contours) - len(flat)

    rows, columns = slices[0].shape
    parts: dict[int, list[Patch]] = {}
    for at, polygons in sorted(snapped.items()):
        once = distinct(polygons)
        patches = (fill(polygon, (rows, columns)) for polygon in once)
        drawn = draw(patches, slices[at])
        parts[at] = drawn.parts
        notes["contour-overlap"] += drawn.overlapping
        notes["contour-repeated"] += len(polygons) - len(once) + drawn.repeated
        notes["contour-cut"] += sum(sticks_out(polygon, (rows, columns)) for polygon in polygons)
    spacing = np.delete(volume.spacing, axis)
    notes["contour-gap"] = len(gaps(slices, parts, MIN_PART_MM2 / float(spacing.prod())))
    return mask, said(notes, name)
