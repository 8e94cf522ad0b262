"""A command that is refused leaves its log, and no run folder."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from omegaconf import DictConfig

from lungseg.overrides import as_typed
from lungseg.rank import is_rank_zero
from lungseg.redaction import SETTINGS
from lungseg.runs.claim import claim_new, has_begun, release
from lungseg.sweeps.callback import Folders, leaves_run_folder

log = logging.getLogger(__name__)


def put_away_log(command: str, config: DictConfig, run_dir: Path) -> None:
    """Move the log of a run that never began to ``<outputs>/logs``, and remove its empty folder.

    A run that has begun keeps its folder. A command that leaves only a log anyway keeps its place,
    without the recorded settings. What was in the folder before stays, and so does the folder: it
    may be the user's own.

    Args:
        command: Whose log it is.
        config: As composed.
        run_dir: The folder that the run would have had.
    """
    if not is_rank_zero(config.get("trainer")):
        return
    if has_begun(run_dir):
        return
    from hydra.core.hydra_config import HydraConfig

    for word in as_typed(HydraConfig.get().overrides.task):  # the recorded settings are removed
        log.debug(f"typed: {word}")
    there = Folders.there or frozenset()
    if not leaves_run_folder(config):
        if Folders.output_subdir is not None:
            _remove_settings(run_dir, Folders.output_subdir, there)
        return
    with suppress(OSError, TypeError):  # what cannot be moved stays where it is
        place = Path(config.outputs) / "logs" / command
        place = claim_new(place / f"{datetime.now():%Y-%m-%d_%H-%M-%S}")
        _move_logs(run_dir, place, there)
        if Folders.output_subdir is not None:
            _remove_settings(run_dir, Folders.output_subdir, there)
    release()  # removes the mark of a folder where nothing began
    if Folders.there is None:
        with suppress(OSError, TypeError):
            run_dir.rmdir()
            if run_dir.parent.parent.resolve() == Path(config.outputs).resolve():
                run_dir.parent.rmdir()  # the folder of the day


def _remove_settings(run_dir: Path, subdir: str, there: Collection[str]) -> None:
    """Remove the files with the recorded settings, and their folder if it is empty then."""
    folder = run_dir / subdir
    for name in SETTINGS:
        if str(Path(subdir, name)) not in there:
            (folder / name).unlink(missing_ok=True)
    if str(Path(subdir)) not in there and folder.resolve() != run_dir.resolve():
        with suppress(OSError):
            folder.rmdir()


def _move_logs(run_dir: Path, place: Path, there: Collection[str]) -> None:
    """Move the files that this process logs to; what it still logs goes to the new place."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.FileHandler):
            file = Path(handler.baseFilename)
            if file.parent.resolve() == run_dir.resolve() and file.name not in there:
                handler.close()
                shutil.move(file, place / file.name)
                handler.baseFilename = str((place / file.name).resolve())
