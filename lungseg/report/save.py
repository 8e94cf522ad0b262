"""Write a figure to disk, the same figure always to the same bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from lungseg.files import replacing
from lungseg.report.style import style

# Matplotlib's own entries hold the date and its version.
_METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def save(figure: Figure, folder: Path, name: str) -> None:
    """Write ``<name>.png`` (150 dpi) and ``<name>.pdf``, each whole or not at all.

    Args:
        figure: The figure.
        folder: Folder to write to, made if missing; files of these names are replaced.
        name: File name without its ending.
    """
    for kind, metadata in _METADATA.items():
        with replacing(folder / f"{name}.{kind}") as part, style():
            figure.savefig(part, format=kind, dpi=150, metadata=metadata)
