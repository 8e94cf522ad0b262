"""``lungseg paper``: tables, methods, figures and checklists for a paper, from run folders."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, ListConfig

from lungseg.errors import ConfigError, DataError
from lungseg.files import short

log = logging.getLogger(__name__)


def run(config: DictConfig, run_dir: Path) -> None:
    """Write a reviewer pack of runs into a new folder."""
    folders = _folders(config.runs)
    for folder in folders:
        if not folder.is_dir():
            raise DataError("runs: no such folder", folder)
    from lungseg.report.paper.pack import COMPILE, refuse_existing, write_pack
    from lungseg.report.paper.study import read_study

    output = Path(str(config.output))
    refuse_existing(output)
    folders = [one for folder in folders for one in _pooled_if_swept(folder)]
    study = read_study(folders, None if config.store is None else str(config.store))
    if study.cohort is None:
        log.warning(
            f"the prepared cases of {study.called[0]} are not there: the pack says less of them"
            " (store=DIR)"
        )
    write_pack(study, output)
    log.info(f"the pack: {short(output)}; one PDF of all, in it: {COMPILE}")


def _pooled_if_swept(folder: Path) -> list[Path]:
    """The pooled results of a sweep over folds, of which a paper tells; otherwise the folder."""
    from lungseg.runs.claim import POOLED
    from lungseg.runs.find import run_folders
    from lungseg.runs.read import is_run

    place = folder / POOLED
    if is_run(folder) or not place.is_dir():
        return [folder]
    found = run_folders(place)
    for one in found:
        log.info(f"runs: the pooled result of this sweep: {short(one)}")
    return found or [folder]


def _folders(runs: Any) -> list[Path]:
    names = list(runs) if isinstance(runs, ListConfig) else [runs]
    if not names or not all(isinstance(name, str | int) and str(name) for name in names):
        raise ConfigError("runs: must be run folders: runs=DIR or runs=[DIR,DIR]")
    return [Path(str(name)) for name in names]
