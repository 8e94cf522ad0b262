"""How far a run has come: ``status.json`` in its folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from lungseg.errors import Pruned, describe
from lungseg.files import write_json
from lungseg.runs.launched import submitit_job

FILE = "status.json"
State = Literal["running", "completed", "failed", "pruned"]


def write_status(run_dir: Path, state: State, error: str | None = None) -> None:
    """Record a run's state.

    Args:
        run_dir: Run folder.
        state: ``running`` (or killed), ``completed``, ``failed``, or ``pruned``: stopped
            by a search because other trials were ahead.
        error: One line on why it failed or was stopped; without paths.
    """
    status = {"state": state, "error": error}
    if (job := submitit_job()) is not None:
        status["job"] = job  # by which it recognises its folder when it is requeued
    write_json(run_dir / FILE, status)


def read_status(run_dir: Path) -> dict[str, Any] | None:
    """The state that a run recorded; None where it recorded none."""
    try:
        status: dict[str, Any] = json.loads((run_dir / FILE).read_text())
    except FileNotFoundError:
        return None
    return status


@contextmanager
def noting_status(
    run_dir: Path, redact: Callable[[str], str], *, writes: bool = True
) -> Iterator[None]:
    """Record that a run is running, and how it ended.

    Args:
        run_dir: Run folder.
        redact: Leaves identifying values out of what an error says.
        writes: Whether this process does: of a run of several processes, only the first.
    """
    if not writes:
        yield
        return
    write_status(run_dir, "running")
    try:
        yield
    except Pruned as pruned:
        write_status(run_dir, "pruned", redact(str(pruned)))
        raise
    except SystemExit as stopped:
        if not was_interrupted(stopped):  # by submitit, which starts the run again
            raise
        write_status(run_dir, "failed", describe(stopped.__context__))
        raise KeyboardInterrupt from None
    except BaseException as error:
        write_status(run_dir, "failed", redact(describe(error, in_log=True)))
        raise
    write_status(run_dir, "completed")


def note_completed(run_dir: Path) -> None:
    """Record that a run is complete, whose training had ended and whose evaluation had not."""
    status = read_status(run_dir)
    if status is not None and status["state"] != "completed":
        write_status(run_dir, "completed")


def was_interrupted(stopped: SystemExit) -> bool:
    """Whether this is what Lightning makes of KeyboardInterrupt."""
    return isinstance(stopped.__context__, KeyboardInterrupt)
