"""``lungseg compare``: which settings differ between runs, and which differences are real."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, ListConfig

from lungseg.errors import ConfigError, DataError
from lungseg.files import short, write_json

log = logging.getLogger(__name__)

SETS = ("test", "val", "train")


def run(config: DictConfig, run_dir: Path) -> dict[str, Any]:
    """Compare runs; leave ``compare.html``, ``compare.csv`` and ``compare.json``.

    Returns:
        The contents of ``compare.json``.
    """
    folders = run_folders_of(config.runs)
    check_set(config.set)
    from lungseg.evaluation.tables import write_csv
    from lungseg.report.compare_page import write_compare_page
    from lungseg.report.compare_tables import as_json, runs_frame
    from lungseg.report.comparison import compare
    from lungseg.report.screen import print_comparison
    from lungseg.runs.find import find_runs

    runs = find_runs(folders, pooled=True)
    reference = None if config.reference is None else str(config.reference)
    comparison = compare(runs, metric=str(config.metric), set_name=config.set, reference=reference)
    content = as_json(comparison)
    output = _output(config, folders)
    write_json(output / "compare.json", content)
    write_csv(output / "compare.csv", runs_frame(comparison))
    write_compare_page(output / "compare.html", comparison)
    print_comparison(comparison, content["notes"])
    log.info(f"the page: {short(output / 'compare.html')}; compare.csv and .json beside it")
    return content


def check_set(name: Any) -> None:
    """Refuse what is no name of a set."""
    if name not in SETS:
        raise ConfigError(f"set={name}: must be one of {', '.join(SETS)}")


def run_folders_of(runs: Any) -> list[Path]:
    """The folders that ``runs=`` names.

    Raises:
        ConfigError: If it names none.
        DataError: If one does not exist.
    """
    names = list(runs) if isinstance(runs, ListConfig) else [runs]
    if not names or not all(isinstance(name, str | int) and str(name) for name in names):
        raise ConfigError("runs: must be run folders, runs=[DIR,DIR], or the folder of a sweep")
    folders = [Path(str(name)) for name in names]
    for folder in folders:
        if not folder.is_dir():
            raise DataError("runs: no such folder", folder)
    return folders


def _output(config: DictConfig, folders: list[Path]) -> Path:
    """The chosen folder; otherwise the sweep's, if there is one; otherwise a new folder."""
    from lungseg.runs.claim import claim_new
    from lungseg.runs.read import is_run

    if config.output is not None:
        return Path(str(config.output))
    if len(folders) == 1 and not is_run(folders[0]):
        return folders[0]
    return claim_new(Path(f"{config.outputs}/compare/{datetime.now():%Y-%m-%d_%H-%M-%S}"))
