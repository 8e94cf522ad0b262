"""The folder of a sweep: an index of its runs, updated after every job."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from lungseg.files import short, write_text
from lungseg.privacy import SERIES_KEYS, SOURCE_KEYS
from lungseg.report.screen import print_table
from lungseg.runs.alive import INTERRUPTED, has_process, state_of_running
from lungseg.runs.claim import POOLED
from lungseg.runs.status import read_status

FILE = "sweep.csv"
HEADLINE = ("dsc_mean_nonempty", "accuracy_mean", "recall", "specificity", "precision", "pr_auc")
SHOWN = {
    "val/dsc_mean_nonempty": "val DSC",
    "test/dsc_mean_nonempty": "test DSC",
    "test/accuracy_mean": "test accuracy",
    "test/pr_auc": "test PR area",
}
"""Numbers that the screen shows, where a job has them."""

REFUSED = ".refused"
"""Has the status of each job that was refused a folder of its own: another run is in it."""

Row = dict[str, Any]


def rows(folder: Path) -> list[Row]:
    """One row per job of a sweep, in the order of their numbers: state, settings, numbers.

    Args:
        folder: Of the sweep. A job whose folder in it has no number goes by the folder's name.
    """
    jobs: dict[int | str, Path] = {}
    for run in _begun(folder):
        name = run.relative_to(folder).as_posix()
        jobs[int(name) if name.isdigit() else name] = run
    jobs |= {int(run.name): run for run in (folder / REFUSED).glob("*/")}
    in_order = sorted(jobs, key=lambda job: (isinstance(job, str), job))
    return [{"job": job, **_current(jobs[job])} for job in in_order]


def _current(run: Path) -> Row:
    """A job's row; whether its process is alive is looked up each time."""
    row = dict(_row(run, _changed(run)))
    if row["state"] == "running" and has_process(run) is False:
        row = dict(_row(run, _changed(run)))  # it may have completed before its process ended
        if row["state"] == "running":
            row["state"], row["error"] = state_of_running(run)
    return row


def _begun(folder: Path) -> Iterator[Path]:
    """Folders of jobs, wherever below the sweep's they are."""
    for place, below, files in os.walk(folder):
        if Path(place) != folder and (".hydra" in below or "status.json" in files):
            yield Path(place)
            below.clear()
        below[:] = [name for name in below if not name.startswith(".") and name != POOLED]


def _changed(run: Path) -> tuple[int, ...]:
    """When a job's files were last changed: its row is read again after that."""
    files = (
        run / ".hydra" / "overrides.yaml",
        run / "status.json",
        run / "evaluation" / "summary.json",
    )
    return tuple(file.stat().st_mtime_ns if file.is_file() else 0 for file in files)


@lru_cache(maxsize=4096)
def _row(run: Path, changed: tuple[int, ...]) -> tuple[tuple[str, Any], ...]:
    status = read_status(run) or {"state": "running", "error": None}
    row: Row = {"state": status["state"], "settings": _settings(run)}
    summary = run / "evaluation" / "summary.json"
    if summary.is_file():
        for name, numbers in json.loads(summary.read_text()).items():
            row |= {f"{name}/{key}": numbers[key]["value"] for key in HEADLINE}
    return tuple((row | {"error": status["error"]}).items())


def _settings(run: Path) -> dict[str, str]:
    """What was typed for a job, without paths of the source; a new folder may have none yet."""
    file = run / ".hydra" / "overrides.yaml"
    typed = OmegaConf.to_container(OmegaConf.load(file)) if file.is_file() else ()
    settings = dict(str(text).partition("=")[::2] for text in typed or ())
    hidden = (*SOURCE_KEYS, *SERIES_KEYS)
    return {key: value for key, value in settings.items() if key.strip("+~") not in hidden}


def differing(rows: Iterable[Row]) -> list[str]:
    """Settings that were typed or swept and are not the same in all jobs."""
    all_settings = [row["settings"] for row in rows]
    keys = dict.fromkeys(key for settings in all_settings for key in settings)
    return [key for key in keys if len({settings.get(key) for settings in all_settings}) > 1]


def write_index(folder: Path) -> None:
    """Write ``sweep.csv``: job, state, the settings that differ, headline numbers, error."""
    jobs = rows(folder)
    keys = differing(jobs)
    numbers = dict.fromkeys(key for row in jobs for key in row if "/" in key)
    columns = ["job", "state", *keys, *numbers, "error"]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(row | row["settings"] for row in jobs)
    write_text(folder / FILE, text.getvalue())


def print_index(folder: Path) -> None:
    """Show the index, and what to do with it."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    jobs = rows(folder)
    keys = differing(jobs)
    numbers = [name for name in SHOWN if any(name in row for row in jobs)]
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1))
    for name in ("job", *keys, "state", *(SHOWN[name] for name in numbers)):
        table.add_column(name, no_wrap=True)
    for row in jobs:
        settings = [row["settings"].get(key, "") for key in keys]
        values = ["" if row.get(name) is None else f"{row[name]:.4f}" for name in numbers]
        cells = [str(row["job"]), *settings, row["state"], *values]
        table.add_row(*(escape(cell) for cell in cells))
    print()
    print_table(table)
    for row in jobs:
        if row["state"] in ("failed", INTERRUPTED):
            print(f"job {row['job']} {row['state']}: {row['error']}")
    states = [row["state"] for row in jobs]
    counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    print(f"{len(jobs)} run{'s' if len(jobs) > 1 else ''}: {counts}; {short(folder / FILE)}")
    # Folds of one setting are no rivals.
    rivals = any(key not in ("split.fold", "split.site", "split.test") for key in keys)
    if rivals and states.count("completed") > 1:
        print(f"which differences are real: lungseg compare runs={short(folder)}")
