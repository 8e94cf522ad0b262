"""Which folders are run folders, and the runs below a folder."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lungseg.errors import DataError
from lungseg.runs.claim import POOLED
from lungseg.runs.read import DAMAGED, Run, is_run, read_run


def find_runs(folders: Sequence[Path], *, pooled: bool = False) -> list[Run]:
    """Read run folders, and all runs below other folders.

    A run that has not completed, or whose files are damaged, is listed with its state and without
    numbers.

    Args:
        folders: Run folders, multirun folders, or both.
        pooled: Also what a sweep has below ``pooled``.

    Returns:
        The runs in the order given; below a folder by name, numbers by value.

    Raises:
        DataError: If a folder is missing or contains no run.
    """
    run_dirs: dict[Path, None] = {}
    for folder in folders:
        if not folder.is_dir():
            raise DataError("runs: no such folder", folder)
        below = run_folders(folder, pooled=pooled)
        if not below:
            raise DataError("runs: neither a run folder nor a folder with runs below it", folder)
        run_dirs |= dict.fromkeys(below)
    shared = os.path.commonpath([folder.parent for folder in run_dirs])
    return [_read(folder, Path(os.path.relpath(folder, shared)).as_posix()) for folder in run_dirs]


def run_folders(folder: Path, *, pooled: bool = False) -> list[Path]:
    """The folder itself if it is a run's; otherwise all run folders below it, in order.

    Args:
        folder: A run's, or one with runs below it.
        pooled: Also those below ``pooled``.
    """
    folder = folder.resolve()
    if is_run(folder):
        return [folder]
    run_dirs = []
    for place, below, _ in os.walk(folder):
        if is_run(Path(place)):
            run_dirs.append(Path(place))
            below.clear()
        if Path(place) == folder and POOLED in below and not pooled:
            below.remove(POOLED)
        # A prepared cohort has one folder per slice.
        below[:] = [n for n in below if not n.startswith(".") and not n.endswith(".zarr")]
    return sorted(run_dirs, key=lambda run: _natural(run.relative_to(folder).as_posix()))


def _natural(text: str) -> list[Any]:
    """Sort key by which job 10 comes after job 9."""
    return [(part.isdigit(), int(part) if part.isdigit() else part) for part in
            re.split(r"(\d+)", text) if part]  # fmt: skip


def _read(folder: Path, name: str) -> Run:
    try:
        return read_run(folder, name)
    except DataError as error:
        return Run(name, folder, DAMAGED, str(error))
