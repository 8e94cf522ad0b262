"""Source: CT series with DICOM-SEG objects, nested in any way."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lungseg.dicom.seg import Segments, place, read_segments
from lungseg.dicom.series import CtSeries
from lungseg.findings import Finding
from lungseg.sources.dicom_tree import DicomTree, Parts
from lungseg.sources.lungs import pick
from lungseg.sources.mask_objects import date_of, referring


class DicomSegFolder(DicomTree[Segments]):
    """CT series with the lungs of all DICOM-SEG objects that refer to it.

    Lungs may stand in one object or in one each. A label that stands in several is taken from the
    newest (ContentDate and time). Where they do not tell, that is an error: the last SOPInstanceUID
    is no better than another.
    """

    kind = "seg"
    what = "DICOM-SEG"

    def open(self, path: Path) -> Segments:
        """Read one DICOM-SEG."""
        return read_segments(path)

    def parts(
        self, objects: Sequence[tuple[Path, Segments]], series: CtSeries
    ) -> tuple[Parts, list[Finding], list[Path]]:
        """Segments laid on the series' grid by their affines."""
        belonging, findings = referring(objects, series, self.what)
        labels = [segment.label for _, held in belonging for segment in held.segments]
        chosen = pick(dict.fromkeys(labels), self.lungs)
        source: dict[str, Path] = {}  # of each label: the newest file that holds it
        parts: Parts = []
        older = undated = 0
        for path, held in belonging:
            wanted = [segment for segment in held.segments if segment.label in chosen]
            for segment in wanted:
                if source.setdefault(segment.label, path) == path:
                    parts.append((chosen[segment.label], place(segment, series.volume)))
                elif date_of(source[segment.label]) > date_of(path):
                    older += 1
                else:
                    undated += 1
            if wanted:
                findings += held.findings
        if older:
            text = f"{older} segment(s) stand in a newer DICOM-SEG too; the newest was taken"
            findings.append(Finding("several-masks", "warning", text))
        if undated:
            text = (
                f"{undated} segment(s) stand in another DICOM-SEG too, undated or of one date; one"
                " was taken by UID: leave only the one meant"
            )
            findings.append(Finding("undated-masks", "error", text))
        return parts, findings, list(dict.fromkeys(source.values()))
