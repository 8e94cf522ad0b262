"""Pictures of one predicted scan, and the page of all scans in an output folder."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lungseg.files import write_text
from lungseg.inference.output import PAGE, Output, names_of_all
from lungseg.report.overlay import overlay
from lungseg.report.predictions_page import predictions_page
from lungseg.report.predictions_rows import Entry
from lungseg.report.scan_picture import picture
from lungseg.sources.results import OVERLAY, PICTURE
from lungseg.sources.scan import Scan

if TYPE_CHECKING:
    from lungseg.inference.prediction import Prediction


def draw(scan: Scan, prediction: Prediction) -> dict[str, bytes]:
    """Contents of the pictures in a scan's folder, by name."""
    volume, labels = scan.volume, prediction.labels
    return {
        OVERLAY: overlay(volume, labels),
        PICTURE: picture(volume, labels, disagreement=prediction.spread),
    }


def write_page(output: Output, failed: Mapping[str, str]) -> None:
    """Write the page of all scans that the folder has predictions of, and of those that failed."""
    entries = []
    for name in names_of_all(output.folder):
        content = partial(_content, output.folder / name / PICTURE)
        entries.append(Entry(name, output.record(name), content, failed.get(name)))
    known = {entry.name for entry in entries}
    entries += [Entry(name, None, failed=why) for name, why in failed.items() if name not in known]
    write_text(output.folder / PAGE, predictions_page(entries))


def _content(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None
