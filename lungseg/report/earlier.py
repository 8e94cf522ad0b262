"""What becomes of the page and the figures of an earlier evaluation of the same run."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from lungseg.files import short
from lungseg.runs.claim import claim_new

TABLES = ("slices.csv", "cases.csv", "pr_curve.csv", "summary.json")
PAGE = "report.html"
FIGURES = Path("evaluation", "figures")

log = logging.getLogger(__name__)


def read_tables(folder: Path) -> dict[str, bytes]:
    """The tables of a run folder, as they are; those that are there."""
    files = {name: folder / "evaluation" / name for name in TABLES}
    return {name: file.read_bytes() for name, file in files.items() if file.is_file()}


def remove_report(folder: Path) -> None:
    """Remove a page and figures that are about to be made again."""
    (folder / PAGE).unlink(missing_ok=True)
    shutil.rmtree(folder / FIGURES, ignore_errors=True)


def set_aside_report(folder: Path, before: dict[str, bytes]) -> None:
    """Move a page and figures away that describe other numbers than the new tables.

    Those that describe the same numbers stay.

    Args:
        folder: Run folder, with the new tables.
        before: The tables that the page was made from, as of :func:`read_tables`.
    """
    there = [path for path in (folder / PAGE, folder / FIGURES) if path.exists()]
    if not there or before == read_tables(folder):
        return
    place = claim_new(folder / "evaluation" / "earlier")
    for path in there:
        shutil.move(path, place / path.name)
    log.warning(
        f"{PAGE} and the figures describe other numbers than this evaluation: they are now in"
        f" {short(place)}"
    )
