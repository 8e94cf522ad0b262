"""One structure of an RTSTRUCT file: its closed contours, and contours that are not drawn."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lungseg.dicom.limits import RefusedError
from lungseg.dicom.values import value_of, whole_number
from lungseg.findings import Finding

if TYPE_CHECKING:
    import pydicom

# PS3.3 C.8.8.6.3.
CLOSED, EXCLUSIVE = "CLOSED_PLANAR", "CLOSEDPLANAR_XOR"
MAX_MM = 1e5


@dataclass(frozen=True)
class Structure:
    """The contours of one structure.

    Attributes:
        contours: Contours of type CLOSED_PLANAR, each float ``[n, 3]``, mm (LPS).
        exclusive: Those of type CLOSEDPLANAR_XOR, which are combined by exclusive-or.
        left_out: Number of contours without an area, by reason.
        miscounted: Contours whose NumberOfContourPoints contradicts their coordinates.
        fault: Why it cannot be drawn, to follow its name in a message; empty if it can.
    """

    contours: list[NDArray[np.float64]] = field(default_factory=list)
    exclusive: list[NDArray[np.float64]] = field(default_factory=list)
    left_out: Mapping[str, int] = field(default_factory=dict)
    miscounted: int = 0
    fault: str = ""

    @property
    def closed(self) -> bool:
        """Whether it has a closed contour."""
        return bool(self.contours or self.exclusive)

    def findings(self, name: str) -> list[Finding]:
        """Findings on a structure that is drawn.

        Args:
            name: Its name in findings; not its name in the file.
        """
        findings = []
        if self.left_out:
            count, why = sum(self.left_out.values()), ", ".join(self.left_out)
            text = f"{name}: {count} contour(s) that are not closed were left out ({why})"
            findings.append(Finding("contour-type", "warning", text))
        if self.miscounted:
            text = (
                f"{name}: NumberOfContourPoints of {self.miscounted} contour(s) contradicts the"
                " coordinates; drawn by the coordinates"
            )
            findings.append(Finding("contour-points", "warning", text))
        return findings


def structure_of(items: Iterable[pydicom.Dataset]) -> Structure:
    """The structure of a ContourSequence; with a fault if a closed contour is malformed."""
    by_type: dict[str, list[NDArray[np.float64]]] = {CLOSED: [], EXCLUSIVE: []}
    left_out: Counter[str] = Counter()
    miscounted = 0
    for item in items:
        kind = _type(item)
        if kind not in by_type:
            left_out[kind] += 1
            continue
        try:
            points = _points(item)
        except RefusedError as error:
            return Structure(fault=str(error))
        miscounted += not _counts(item, len(points))
        if len(points) < 3:
            left_out[f"{kind} of {len(points)} point(s)"] += 1
        else:
            by_type[kind].append(points)
    return Structure(by_type[CLOSED], by_type[EXCLUSIVE], left_out, miscounted)


def _type(item: pydicom.Dataset) -> str:
    try:
        kind = str(value_of(item, "ContourGeometricType") or "").strip().upper()
    except RefusedError:
        kind = "?"
    if not kind:
        return "no ContourGeometricType"
    return kind if re.fullmatch("[A-Z][A-Z_]{0,19}", kind) else "an unknown ContourGeometricType"


def _points(item: pydicom.Dataset) -> NDArray[np.float64]:
    # Parsed directly from the text: a DSfloat for each of half a million numbers takes seconds.
    element: Any = item.get_item("ContourData") if "ContourData" in item else None
    text = element.value if element is not None else None
    if isinstance(text, bytes) and len(text) < element.length:
        raise EOFError("the file ends within a contour")
    if isinstance(text, bytes):
        text = text.rstrip(b" \0")  # some pad with NUL
    try:
        numbers = text.split(b"\\") if isinstance(text, bytes) and text else text or []
        points = np.array([float(number) for number in numbers], np.float64).reshape(-1, 3)
    except (TypeError, ValueError):
        raise RefusedError("a contour's coordinates are not triples of numbers") from None
    if not (np.abs(points) < MAX_MM).all():
        raise RefusedError("a contour's coordinates are not positions in a patient")
    return points


def _counts(item: pydicom.Dataset, n_points: int) -> bool:
    """Whether NumberOfContourPoints is correct or not given."""
    try:
        return whole_number(item, "NumberOfContourPoints") in (None, n_points)
    except RefusedError:
        return False
