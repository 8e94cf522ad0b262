"""``lungseg prepare``: from a source to the store."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from omegaconf import DictConfig, OmegaConf

from lungseg.config import build
from lungseg.data import cohort as cohorts
from lungseg.data import store as stores
from lungseg.data.cohort import Cohort
from lungseg.files import replacing

log = logging.getLogger(__name__)


def run(config: DictConfig, run_dir: Path) -> None:
    """Prepare a cohort and say what it holds."""
    cohort = prepare(config)
    report(cohort)


def prepare(config: DictConfig) -> Cohort:
    """The cohort that a configuration describes, prepared first where that is needed.

    Args:
        config: With groups ``data`` and the key ``outputs``.

    Raises:
        DataError: If the source cannot be read.
        ConfigError: If settings of the source are wrong.
    """
    data = config.data
    if OmegaConf.is_missing(data, "root") and _is_store(data.store):
        cohort = cohorts.open_cohort(data.store)
    else:
        source = build(data.source, "data")
        if hasattr(source, "materialize"):
            source.materialize(lambda names: track(names, "Writing synthetic DICOM"))
        cohort = cohorts.prepare(
            source,
            store_path(config),
            lambda names: track(names, "Preparing cases"),
            log.warning,
        )
    if data.export_npz is not None:
        export_npz(cohort, Path(data.export_npz))
    return cohort


def store_path(config: DictConfig) -> Path:
    """Where the store stands: as set, else by a digest of the source's settings.

    Two sources never share a default store, and the path gives no source path away.
    """
    if config.data.store is not None:
        return Path(config.data.store)
    source = OmegaConf.to_container(config.data.source, resolve=True)
    assert isinstance(source, dict)
    source["root"] = os.path.abspath(source["root"])
    digest = hashlib.sha256(json.dumps(source, sort_keys=True).encode()).hexdigest()[:8]
    return Path(config.outputs) / "prepared" / f"{config.data.name}-{digest}"


def _is_store(store: str | None) -> bool:
    return store is not None and (Path(store) / cohorts.FILE).is_file()


def export_npz(cohort: Cohort, folder: Path) -> None:
    """Write ``<case>.npz``: ``image`` (int16 HU) and ``mask`` (uint8), ``[z, y, x]``, aligned."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in track(cohort.names, "Exporting npz"):
        image, mask = stores.open_arrays(cohort.store, name)
        with replacing(folder / f"{name}.npz") as part:
            np.savez_compressed(part, image=np.asarray(image[:]), mask=np.asarray(mask[:]))


def track(names: list[str], what: str) -> Iterable[str]:
    """Iterate under a progress bar on a terminal; the bar vanishes when done."""
    from rich.console import Console
    from rich.progress import track as rich_track

    console = Console(stderr=True)
    if not names or not console.is_terminal:
        return names
    return rich_track(names, what, console=console, transient=True)


def report(cohort: Cohort) -> None:
    """Print the cohort in figures, a row a case, and below it what was found in the files."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console()
    title = f"{len(cohort.names)} cases in {cohort.store}"
    table = Table(
        title=f"{title} (SYNTHETIC)" if cohort.synthetic else title,
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("case", no_wrap=True)
    for column in ("slices", "empty", "lung pixels", "spacing mm", "flip", "score", "lead"):
        table.add_column(column, justify="right", no_wrap=True)
    for name, case in cohort.cases.items():
        figures: dict[str, Any] = case["fingerprint"]
        evidence = case["audit"].get("alignment")
        table.add_row(
            name,
            str(figures["n_slices"]),
            f"{figures['n_empty'] / figures['n_slices']:.3f}",
            f"{figures['n_positive'] / figures['n_voxels']:.4f}",
            " ".join(f"{size:.3g}" for size in case["spacing_mm"]),
            _flip_name(evidence["flip"]) if evidence else "",
            f"{evidence['score']:.2f}" if evidence else "",
            f"{evidence['margin']:.2f}" if "margin" in (evidence or {}) else "",
        )
    whole = cohort.fingerprint()
    table.add_section()
    shares = f"{whole['empty_share']:.3f}", f"{whole['positive_share']:.4f}"
    table.add_row("all", str(whole["n_slices"]), *shares)
    console.print(table)
    for name, case in cohort.cases.items():
        for finding in case["audit"]["findings"]:
            console.print(f"{name}: {finding['severity']}: {finding['text']}", soft_wrap=True)


def _flip_name(flip: list[bool]) -> str:
    return "".join(axis for axis, on in zip("zyx", flip, strict=True) if on) or "-"
