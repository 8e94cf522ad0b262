"""Source: CT series with DICOM-SEG objects, nested in any way."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lungseg.data.lungs import pick
from lungseg.data.sources.dicom_tree import DicomTree, Parts, referring
from lungseg.dicom.seg import place, read_segments
from lungseg.dicom.series import CtSeries
from lungseg.findings import Finding


class DicomSegFolder(DicomTree):
    """CT series with the lungs of all DICOM-SEG objects that refer to it.

    Lungs may stand in one object or in one each. A label that stands in several is taken from the
    newest (ContentDate and time; where they are blank, the last SOPInstanceUID).
    """

    kind = "seg"
    what = "DICOM-SEG"

    def parts(
        self, files: Sequence[Path], series: CtSeries
    ) -> tuple[Parts, list[Finding], list[Path]]:
        """Segments laid on the series' grid by their affines."""
        read = [(path, read_segments(path)) for path in files]
        belonging, findings = referring(read, series, self.what)
        labels = [segment.label for _, held in belonging for segment in held.segments]
        chosen = pick(dict.fromkeys(labels), self.lungs)
        source: dict[str, Path] = {}  # of each label: the newest file that holds it
        parts: Parts = []
        older = 0
        for path, held in belonging:
            wanted = [segment for segment in held.segments if segment.label in chosen]
            for segment in wanted:
                if source.setdefault(segment.label, path) == path:
                    parts.append((chosen[segment.label], place(segment, series.volume)))
                else:
                    older += 1
            if wanted:
                findings += held.findings
        if older:
            text = f"{older} segment(s) stand in a newer DICOM-SEG too; the newest was taken"
            findings.append(Finding("several-masks", "warning", text))
        return parts, findings, list(dict.fromkeys(source.values()))
