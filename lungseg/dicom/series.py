"""A folder of CT slices read as one volume, ordered by where the slices lie in the patient."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lungseg.dicom.slices import CtSlice, read_slice
from lungseg.errors import DataError
from lungseg.findings import Finding, Severity
from lungseg.volume import Volume, to_lps

# Positions are written as decimal text and reconstruction rounds them: real series jitter by some
# micrometres. A gap off by 2 % of the spacing is no rounding any more.
SPACING_TOLERANCE = 0.02
# A stack whose slices slide sideways by more than this is sheared (gantry tilt).
SHIFT_TOLERANCE_MM = 0.1


@dataclass(frozen=True)
class CtSeries:
    """One CT series.

    Attributes:
        volume: The slices as one volume, index 0 nearest the feet.
        header: ``sex``, ``scanner``, ``synthetic``, as far as the files say.
        findings: What a reviewer should know.
        sha256: Hash over the contents of all files, whatever their names and order.
    """

    volume: Volume
    header: dict[str, str | bool]
    findings: list[Finding] = field(default_factory=list)
    sha256: str = ""


def dicom_files(folder: Path) -> list[Path]:
    """The ``.dcm`` files of a folder, by name.

    Raises:
        DataError: If there is no such folder, or no such file in it.
    """
    if not folder.is_dir():
        raise DataError("no folder with DICOM files", folder)
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() == ".dcm")
    if not files:
        raise DataError("the folder holds no DICOM file (*.dcm)", folder)
    return files


def read_series(folder: Path) -> CtSeries:
    """Read the one CT series in a folder.

    Slices are ordered by ImagePositionPatient along the normal of the image plane, never by file
    name or InstanceNumber.

    Args:
        folder: Holds the ``.dcm`` files of one series.

    Raises:
        DataError: If a file is damaged, or the files do not make one evenly spaced stack.
    """
    slices = []
    digests = []
    for file in dicom_files(folder):
        content = file.read_bytes()
        digests.append(hashlib.sha256(content).digest())
        slices.append(read_slice(content, file))
    _check_one_series(slices, folder)
    try:
        ordered = order_slices(slices)
        voxels, affine = to_lps(np.stack([ct.hu for ct in ordered]), stack_affine(ordered))
    except ValueError as error:
        raise DataError(str(error), folder) from None
    return CtSeries(
        volume=Volume(np.ascontiguousarray(voxels), affine),
        header=slices[0].header,
        findings=_findings(ordered, affine),
        sha256=hashlib.sha256(b"".join(sorted(digests))).hexdigest(),
    )


def _check_one_series(slices: list[CtSlice], folder: Path) -> None:
    counts = sorted(Counter(ct.series for ct in slices).values(), reverse=True)
    if len(counts) > 1:
        sizes = " + ".join(str(count) for count in counts)
        raise DataError(f"{len(counts)} series in one folder ({sizes} files): keep one", folder)
    if len(slices) < 2:
        raise DataError("a single slice makes no volume", folder)
    for name, values in (
        ("image size", {ct.hu.shape for ct in slices}),
        ("pixel spacing", {ct.pixel_spacing for ct in slices}),
        ("orientation", {tuple(ct.orientation.round(4).ravel().tolist()) for ct in slices}),
    ):
        if len(values) > 1:
            raise DataError(f"slices differ in {name}: {sorted(values)}", folder)


def order_slices(slices: list[CtSlice]) -> list[CtSlice]:
    """Sort slices along the normal of the image plane and check that they make an even stack.

    Raises:
        ValueError: If two slices share a place, one is missing, or the stack is sheared.
    """
    row, column = slices[0].orientation
    normal = np.cross(row, column)
    heights = np.array([ct.position @ normal for ct in slices])
    order = np.argsort(heights, kind="stable")
    heights = heights[order]
    ordered = [slices[i] for i in order]
    gaps = np.diff(heights)
    spacing = float(np.median(gaps))
    if (gaps < 1e-3).any():
        at = heights[int(np.argmin(gaps))]
        raise ValueError(f"two slices lie at the same place ({at:.1f} mm along the stack)")
    off = np.abs(gaps - spacing) > SPACING_TOLERANCE * spacing
    if off.any():
        at = int(np.flatnonzero(off)[0])
        missing = gaps[at] / spacing - 1
        reason = (
            f"{missing:.0f} missing slice(s)"
            if missing > 0.9 and abs(missing - round(missing)) < 0.1
            else "uneven spacing"
        )
        raise ValueError(
            f"{reason}: {gaps[at]:.2f} mm between {heights[at]:.1f} and {heights[at + 1]:.1f} mm"
            f" where the others lie {spacing:.2f} mm apart"
        )
    positions = np.array([ct.position for ct in ordered])
    sideways = positions - np.outer(heights, normal)
    if np.ptp(sideways, axis=0).max() > SHIFT_TOLERANCE_MM:
        raise ValueError("the stack is sheared (gantry tilt): slices shift sideways along it")
    return ordered


def stack_affine(ordered: list[CtSlice]) -> NDArray[np.float64]:
    """Affine ``[4, 4]`` of a stack ``[slice, row, column]``: array index to mm (LPS)."""
    first, last = ordered[0], ordered[-1]
    row, column = first.orientation
    between_rows, between_columns = first.pixel_spacing
    affine = np.eye(4)
    # The mean step over the whole stack: jitter of single positions averages out.
    affine[:3, 0] = (last.position - first.position) / (len(ordered) - 1)
    affine[:3, 1] = column * between_rows
    affine[:3, 2] = row * between_columns
    affine[:3, 3] = first.position
    return affine


def _findings(ordered: list[CtSlice], affine: NDArray[np.float64]) -> list[Finding]:
    findings = []

    def note(code: str, severity: Severity, text: str) -> None:
        findings.append(Finding(code, severity, text))

    instances = [ct.instance for ct in ordered]
    known = [instance for instance in instances if instance is not None]
    if known and known == sorted(known, reverse=True):
        note("instance-number", "info", "InstanceNumber runs against the slices' positions")
    elif known and known != sorted(known):
        note("instance-number", "warning", "InstanceNumber does not follow the slices' positions")
    if any(ct.padded for ct in ordered):
        note("padding", "info", "values below -1024 HU clipped to -1024")
    normal = np.cross(*ordered[0].orientation)
    if abs(normal[2]) < 0.9:
        note("not-axial", "warning", "slices are not axial; axes reordered, nothing resampled")
    identifiers = sorted({keyword for ct in ordered for keyword in ct.identifiers})
    if identifiers:
        note("identifiers", "warning", f"the files hold {', '.join(identifiers)}; left behind")
    return findings
