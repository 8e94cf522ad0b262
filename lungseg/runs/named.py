"""What ``run=`` and ``ckpt=`` of an evaluation name, and what was meant instead."""

from __future__ import annotations

from pathlib import Path

from lungseg.errors import DataError
from lungseg.runs.checkpoint import LAST, require_checkpoint

BEST = Path("checkpoints", "best.ckpt")


def weights_of_run(folder: Path) -> Path:
    """The checkpoint of a run's final weights: the best if a validation set chose one.

    Raises:
        DataError: If this is no run folder, or holds no checkpoint.
    """
    if folder.is_file():
        raise DataError(
            "run: a file; give the folder of the run, run=RUN, or ckpt=FILE with data=…", folder
        )
    if not folder.is_dir():
        raise DataError("no such run folder", folder)
    file = weights_in(folder)
    if not file.is_file():
        _refuse_several(folder)
    require_checkpoint(file)
    return file


def require_weights(file: Path) -> None:
    """Refuse what is no file of weights.

    Raises:
        DataError: Likewise.
    """
    if file.is_dir():
        weights = weights_in(file)
        if weights.is_file():
            raise DataError(
                f"ckpt: a run's folder; give its weights: ckpt=RUN/{weights.relative_to(file)}",
                weights,
            )
        raise DataError(f"ckpt: a folder; give a file, such as ckpt=RUN/{LAST}", file)
    require_checkpoint(file)


def weights_in(folder: Path) -> Path:
    """Where a run's final weights are, if it left any: of the best epoch if one was chosen."""
    best = folder / BEST
    return best if best.is_file() else folder / LAST


def _refuse_several(folder: Path) -> None:
    from lungseg.runs.find import run_folders

    below = run_folders(folder)
    if len(below) == 1 and below[0] == folder.resolve():
        return
    if below:
        count = "1 run" if len(below) == 1 else f"{len(below)} runs"
        raise DataError(f"run: a folder with {count} below it; give one, such as", below[0])
