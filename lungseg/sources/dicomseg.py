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

    Lungs may be in one object or in one object each. A label in several objects is taken from the
    newest (ContentDate and ContentTime). If these are missing or equal, that is an error: ordering
    by SOPInstanceUID would be arbitrary.
    """

    kind = "seg"
    what = "DICOM-SEG"

    def open(self, path: Path) -> Segments:
        """Read one DICOM-SEG."""
        return read_segments(path)

    def parts(
        self, objects: Sequence[tuple[Path, Segments]], series: CtSeries
    ) -> tuple[Parts, list[Finding], list[Path]]:
        """Segments placed on the series' grid by their affines."""
        belonging, findings = referring(objects, series, self.what)
        labels = [segment.label for _, content in belonging for segment in content.segments]
        chosen = pick(dict.fromkeys(labels), self.lungs)
        source: dict[str, Path] = {}  # by label: the newest file that contains it
        parts: Parts = []
        older = undated = 0
        for path, content in belonging:
            wanted = [segment for segment in content.segments if segment.label in chosen]
            for segment in wanted:
                if source.setdefault(segment.label, path) == path:
                    parts.append((chosen[segment.label], place(segment, series.volume)))
                elif date_of(source[segment.label]) > date_of(path):
                    older += 1
                else:
                    undated += 1
            if wanted:
                findings += content.findings
        if older:
            text = f"{older} segment(s) are in a newer DICOM-SEG as well; the newest was used"
            findings.append(Finding("several-masks", "warning", text))
        if undated:
            text = (
                f"{undated} segment(s) are in another DICOM-SEG as well, undated or with the same"
                " date; one was chosen by UID: keep only the right one"
            )
            findings.append(Finding("undated-masks", "error", text))
        return parts, findings, list(dict.fromkeys(source.values()))
