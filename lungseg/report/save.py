"""Writing figures reproducibly: the same figure gives the same bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from lungseg.files import replacing
from lungseg.report.style import style

# Matplotlib's own entries contain the date and its version.
_METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def save(figure: Figure, folder: Path, name: str) -> None:
    """Write ``<name>.png`` (150 dpi) and ``<name>.pdf``, each atomically.

    Args:
        figure: The figure.
        folder: Folder to write to, created if missing; existing files are replaced.
        name: File name without extension.
    """
    for kind, metadata in _METADATA.items():
        with replacing(folder / f"{name}.{kind}") as part, style():
            figure.savefig(part, format=kind, dpi=150, metadata=metadata)
