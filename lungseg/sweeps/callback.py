"""A sweep from outside its jobs: whose folder it is, and how it went."""

from __future__ import annotations

import ctypes
import gc
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig

from lungseg.errors import ConfigError, Stop
from lungseg.files import short
from lungseg.redaction import hide_source
from lungseg.sweeps.mode import is_search

MARK = ".sweep"
INTERRUPTED = 130
"""Exit code after Ctrl-C, by the shells' custom."""


class Sweep(Callback):
    """Hydra tells it when a sweep starts, and nobody else.

    Attributes:
        config: Of the sweep under way in this process; None where there is none.
    """

    config: DictConfig | None = None

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Claim the folder: two sweeps never share one, also when they start in one second.

        A search goes on in its own, and several workers share it.

        Raises:
            Stop: If it holds another sweep. (Hydra would only warn of an exception.)
        """
        folder = Path(config.hydra.sweep.dir)
        if not is_search(config.hydra):
            folder.mkdir(parents=True, exist_ok=True)
            try:
                (folder / MARK).touch(exist_ok=False)
            except FileExistsError:
                raise Stop from ConfigError(
                    "this folder already holds a sweep; start again, or set hydra.sweep.dir",
                    folder,
                )
        Sweep.config = config


def end_sweep(command: str, code: int) -> int:
    """Tidy the folder of the sweep that this process ran, tell how it went, give the exit code.

    Args:
        command: Of lungseg.
        code: What it came to so far: 0 unless something stopped it.
    """
    from lungseg.sweeps.index import FILE, print_index, rows, write_index

    config, Sweep.config = Sweep.config, None
    if config is None:
        return code
    folder = Path(config.hydra.sweep.dir)
    if not folder.is_dir():
        return code
    hide_source(config, folder)  # where no job came to do it
    for pickled in folder.glob(".submitit/**/*.pkl"):
        pickled.unlink()  # each holds the whole configuration, paths of the source with it
    write_index(folder)
    if is_search(config.hydra):
        return code  # it has told by itself: what failed in it was made up for
    if code == INTERRUPTED:
        print(f"{len(rows(folder))} jobs had begun: {short(folder / FILE)}", file=sys.stderr)
    if code:
        return code
    if command == "train":
        print_index(folder)
    states = [row["state"] for row in rows(folder)]
    if left := sum(state not in ("completed", "pruned") for state in states):
        print(
            f"lungseg {command}: error: {left} of {len(states)} jobs failed; the reasons stand"
            f" above and in {short(folder / FILE)}",
            file=sys.stderr,
        )
    return int(left > 0)


def free_memory() -> None:
    """Give back what a job leaves, whose parts refer to each other: unasked, jobs would pile up."""
    gc.collect()
    with suppress(OSError, AttributeError):  # where the C library is another
        ctypes.CDLL("libc.so.6").malloc_trim(0)  # it keeps freed pieces between those in use


def failed_job() -> str | None:
    """Why a grid stopped, by the folders of its jobs.

    Launchers that start processes hand errors on each in a way of its own, or not at all.
    """
    from lungseg.sweeps.index import rows

    config = Sweep.config
    if config is None or is_search(config.hydra):
        return None
    failed = (row for row in rows(Path(config.hydra.sweep.dir)) if row["state"] == "failed")
    return next((f"job {row['job']} failed: {row['error']}" for row in failed), None)
