"""Source: patients as downloaded from an archive: CT series with RTSTRUCT, nested in any way."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lungseg.data.lungs import pick
from lungseg.data.sources.dicom_tree import DicomTree, Parts, date_of, referring
from lungseg.dicom.rtstruct import Structures, rasterize, read_structures
from lungseg.dicom.series import CtSeries
from lungseg.errors import DataError
from lungseg.findings import Finding

NAMES = {"left": "left lung", "right": "right lung", "both": "lungs"}


class TciaFolder(DicomTree[Structures]):
    """CT series with the lungs of an RTSTRUCT.

    Of several RTSTRUCTs that refer to the series and hold lungs, the newest counts
    (StructureSetDate and time). Where they do not tell, that is an error: the last SOPInstanceUID
    is no better than another.
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
        refusals = []
        for path, structures in belonging:
            drawn = [name for name, contours in structures.contours.items() if contours]
            try:
                usable.append((path, structures, pick(drawn, self.lungs)))
            except DataError as error:
                refusals.append(DataError(str(error), path))
        if not usable:
            raise refusals[0]
        if len(usable) > 1:
            text = f"{len(usable)} RTSTRUCTs hold lungs for the series"
            if date_of(usable[0][0]) > date_of(usable[1][0]):
                text += "; the newest was taken"
                findings.append(Finding("several-masks", "warning", text))
            else:
                text += ", undated or of one date; one was taken by UID: leave only the one meant"
                findings.append(Finding("undated-masks", "error", text))
        path, structures, chosen = usable[0]
        findings += structures.findings
        parts: Parts = []
        for name, side in chosen.items():
            mask, more = rasterize(structures.contours[name], series.volume, NAMES[side])
            parts.append((side, mask))
            findings += more
        return parts, findings, [path]
