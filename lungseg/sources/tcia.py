"""Source: CT series with RTSTRUCT as downloaded from an archive, nested in any way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from lungseg.dicom.rtstruct import Structures, rasterize, read_structures
from lungseg.dicom.series import CtSeries
from lungseg.dicom.structures import Structure
from lungseg.errors import DataError
from lungseg.findings import Finding
from lungseg.sources.dicom_tree import DicomTree, Parts
from lungseg.sources.lungs import Side, pick
from lungseg.sources.mask_objects import date_of, referring

SINGLE: tuple[Side, ...] = ("right", "left")
NAMES = {"left": "left lung", "right": "right lung", "both": "lungs"}


class _NotClosedError(DataError):
    """Structures named as lungs exist, but none has a closed contour."""


class TciaFolder(DicomTree[Structures]):
    """CT series with the lungs of an RTSTRUCT.

    Of several RTSTRUCTs that refer to the series and contain lungs, the newest is used
    (StructureSetDate and StructureSetTime). If these are missing or equal, that is an error:
    ordering by SOPInstanceUID would be arbitrary.
    """

    kind = "rtstruct"
    what = "RTSTRUCT"

    def open(self, path: Path) -> Structures:
        """Read one RTSTRUCT."""
        return read_structures(path)

    def parts(
        self, objects: Sequence[tuple[Path, Structures]], series: CtSeries
    ) -> tuple[Parts, list[Finding], list[Path]]:
        """Lungs drawn on the series' grid from one RTSTRUCT."""
        belonging, findings = referring(objects, series, self.what)
        usable = []
        refused: dict[Path, DataError] = {}
        for path, structures in belonging:
            try:
                usable.append((path, structures, self._lungs_of(structures)))
            except DataError as error:
                refused[path] = type(error)(str(error), path)
        not_closed = [error for error in refused.values() if isinstance(error, _NotClosedError)]
        if not usable:
            raise not_closed[0] if not_closed else next(iter(refused.values()))
        if not_closed:
            text = f"{len(not_closed)} RTSTRUCT(s) ignored: {not_closed[0]}"
            findings.append(Finding("lung-not-closed", "warning", text))
        if len(usable) > 1:
            text = f"{len(usable)} RTSTRUCTs contain lungs for the series"
            if date_of(usable[0][0]) > date_of(usable[1][0]):
                text += "; the newest was used"
                findings.append(Finding("several-masks", "warning", text))
            else:
                text += ", undated or with one date; one was chosen by UID: keep only the right one"
                findings.append(Finding("undated-masks", "error", text))
        path, structures, lungs = usable[0]
        nameless = [
            other for other, error in refused.items() if not isinstance(error, _NotClosedError)
        ]
        if newer := sum(date_of(other) > date_of(path) for other in nameless):
            text = f"{newer} newer RTSTRUCT(s) without a structure named as a lung ignored"
            findings.append(Finding("several-masks", "warning", text))
        findings += structures.findings + structures.faults(lungs)
        parts: Parts = []
        for name, side in lungs.items():
            structure = structures.structures[name]
            if structure.fault:
                raise DataError(f"the {NAMES[side]}: {structure.fault}", path)
            if structure.closed:
                mask, more = rasterize(
                    structure.contours, series.volume, NAMES[side], exclusive=structure.exclusive
                )
                parts.append((side, mask))
                findings += structure.findings(NAMES[side]) + more
        drawn = {side for side, _ in parts}
        for side in SINGLE:
            if side in lungs.values() and not drawn & {side, "both"}:
                of_side = [structures.structures[name] for name in lungs if lungs[name] == side]
                text = f"the {NAMES[side]} has no closed contour ({_why_not_closed(of_side)})"
                findings.append(Finding("lung-not-closed", "error", text))
                parts.append((side, np.zeros_like(parts[0][1])))
        return parts, findings, [path]

    def _lungs_of(self, structures: Structures) -> dict[str, Side]:
        """Side by name of each lung; some may have no closed contour."""
        lungs = pick(structures.structures, self.lungs)
        named = [structures.structures[name] for name in lungs]
        if not any(structure.closed or structure.fault for structure in named):
            raise _NotClosedError(
                f"Lung structures have no closed contour ({_why_not_closed(named)})"
            )
        return lungs


def _why_not_closed(structures: Iterable[Structure]) -> str:
    """The types of the structures' contours."""
    reasons = dict.fromkeys(reason for structure in structures for reason in structure.left_out)
    return ", ".join(sorted(reasons)) or "no contours at all"
