"""Run folders, read back: what a comparison knows of each run."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import yaml  # type: ignore[import-untyped]

from lungseg.config import flatten
from lungseg.errors import DataError
from lungseg.moved import current_names
from lungseg.runs.status import FILE, read_status

COMPLETED = "completed"
DAMAGED = "damaged"
UNFINISHED = "unfinished"
INTERRUPTED = "interrupted"
NEVER_BEGAN = "never began"
MARKS = (".run", FILE, "provenance.json")
"""Any of these in a folder makes it a run's."""
STOPPED = ("KeyboardInterrupt", "interrupted", "its process was killed")
"""How the reason of a run begins that failed by no fault of its own."""


@dataclass(frozen=True, eq=False)
class Run:
    """One run folder.

    Attributes:
        name: Path below the folder that all compared runs share.
        folder: Run folder.
        state: ``completed``; or why its numbers do not count: ``running``, ``failed``,
            ``interrupted``, ``pruned``, ``unfinished`` (an older run that noted no state),
            ``never began`` (a job that left no more than its settings), ``damaged``.
        error: One line on it.
        overrides: As typed.
        choices: Option by group, such as ``{"model": "unet"}``.
        config: Resolved configuration by dotted key.
        derived: Interpolations by key: where a setting only repeats another.
        cohort_sha256: Hash of the evaluated cases.
        failed_cases: Cases that could not be prepared, with the reason: in no set of this run.
        synthetic: Whether these are made up; None where the run does not tell.
        weights: File of the evaluated checkpoint; None in older runs.
        epochs: Epochs that it was trained for; likewise.
        threshold: A pixel is lung when its probability is at least this.
        sets: Names of the evaluated cases, sorted, by set.
        summary: As in ``summary.json``.
        cases: As in ``cases.csv``.
        history: As in ``metrics.csv``; None for a model that was trained elsewhere.
        git_commit: Of the training.
        precision: Of the training, as the hardware chose it.
        wandb_run_id: Of the training.
    """

    name: str
    folder: Path
    state: str
    error: str | None = None
    overrides: tuple[str, ...] = ()
    choices: dict[str, str | None] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    derived: dict[str, str] = field(default_factory=dict)
    cohort_sha256: str | None = None
    failed_cases: dict[str, str] = field(default_factory=dict)
    synthetic: bool | None = None
    weights: str | None = None
    epochs: int | None = None
    threshold: float | None = None
    sets: dict[str, tuple[str, ...]] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    cases: pd.DataFrame = field(default_factory=pd.DataFrame)
    history: pd.DataFrame | None = None
    git_commit: str | None = None
    precision: str | None = None
    wandb_run_id: str | None = None

    @property
    def seed(self) -> Any:
        """What its chance was drawn from."""
        return self.config.get("seed")


def find_runs(folders: Sequence[Path]) -> list[Run]:
    """Read run folders, and all runs below folders that are none.

    A run that has not completed, or whose files are damaged, is listed with its state and no
    numbers.

    Args:
        folders: Run folders, multirun folders, or both.

    Returns:
        The runs in the order given; below a folder by name, numbers by value.

    Raises:
        DataError: If a folder is missing, or holds no run.
    """
    found: dict[Path, None] = {}
    for folder in folders:
        if not folder.is_dir():
            raise DataError("runs: no such folder", folder)
        below = run_folders(folder)
        if not below:
            raise DataError("runs: neither a run folder nor a folder with runs below it", folder)
        found |= dict.fromkeys(below)
    shared = os.path.commonpath([folder.parent for folder in found])
    return [_read(folder, Path(os.path.relpath(folder, shared)).as_posix()) for folder in found]


def is_run(folder: Path) -> bool:
    """Whether this folder is a run's, if only of one that was stopped before it began."""
    return any((folder / mark).is_file() for mark in MARKS) or _is_job(folder)


def _is_job(folder: Path) -> bool:
    """Whether Hydra started a training here; other commands leave their settings too."""
    if not (folder / ".hydra").is_dir():
        return False
    try:
        hydra = _yaml(folder / ".hydra" / "hydra.yaml") or {}
        return bool(hydra.get("hydra", {}).get("job", {}).get("name", "train") == "train")
    except (DataError, AttributeError):  # written by half when it was killed
        return True


def run_folders(folder: Path) -> list[Path]:
    """The folder itself where it is a run's; else all run folders below it, in order."""
    folder = folder.resolve()
    if is_run(folder):
        return [folder]
    found = []
    for place, below, _ in os.walk(folder):
        if is_run(Path(place)):
            found.append(Path(place))
            below.clear()
        # A prepared cohort has a folder for each slice of each case.
        below[:] = [n for n in below if not n.startswith(".") and not n.endswith(".zarr")]
    return sorted(found, key=lambda run: _natural(run.relative_to(folder).as_posix()))


def _natural(text: str) -> list[Any]:
    """Sort key by which job 10 comes after job 9."""
    return [(part.isdigit(), int(part) if part.isdigit() else part) for part in
            re.split(r"(\d+)", text) if part]  # fmt: skip


def _read(folder: Path, name: str) -> Run:
    try:
        return read_run(folder, name)
    except DataError as error:
        return Run(name, folder, DAMAGED, str(error))


def read_run(folder: Path, name: str) -> Run:
    """Read one run folder.

    Args:
        folder: To read.
        name: To call it by.

    Raises:
        DataError: If it holds no run, or a file of a completed run is missing or damaged.
    """
    if not is_run(folder):
        raise DataError("no run folder", folder)
    status = _status(folder)
    provenance = _json(folder / "provenance.json") if status["state"] == COMPLETED else {}
    typed = flatten(current_names(_yaml(folder / ".hydra" / "config.yaml") or {}))
    evaluation = provenance.get("evaluation", {})
    known: dict[str, Any] = {
        "overrides": tuple(_yaml(folder / ".hydra" / "overrides.yaml") or ()),
        "choices": _choices(folder),
        "config": flatten(current_names(provenance["config"])) if "config" in provenance else typed,
        "derived": {key: text for key, text in typed.items() if "${" in str(text)},
        "cohort_sha256": provenance.get("cohort_sha256"),
        "failed_cases": provenance.get("failed_cases", {}),
        "wandb_run_id": provenance.get("wandb_run_id"),
        "git_commit": (provenance.get("git") or {}).get("commit"),
        "precision": provenance.get("precision"),
    }
    if status["state"] != COMPLETED:
        return Run(name, folder, status["state"], status["error"], **known)
    for key in ("config", "cohort_sha256"):
        if key not in provenance:
            raise DataError(f"provenance.json says nothing of {key}", folder)
    cases = _csv(folder / "evaluation" / "cases.csv")
    if not {"split", "case", "dsc"} <= set(cases):
        raise DataError("evaluation/cases.csv lacks columns split, case, dsc", folder)
    summary = _json(folder / "evaluation" / "summary.json")
    history = folder / "metrics.csv"
    return Run(
        name,
        folder,
        COMPLETED,
        synthetic=_synthetic(provenance),
        # Older runs noted none of these, and were evaluated as they were trained.
        weights=evaluation.get("file"),
        epochs=evaluation.get("epochs"),
        threshold=evaluation.get("threshold", known["config"].get("metrics.threshold")),
        sets={
            str(split): tuple(sorted(map(str, rows["case"])))
            for split, rows in cases.groupby("split", sort=False)
        },
        summary=summary,
        cases=cases.astype({"case": str}),
        history=_csv(history) if history.is_file() else None,
        **known,
    )


def _status(folder: Path) -> dict[str, Any]:
    try:
        status = read_status(folder)
    except ValueError:
        raise DataError(f"{FILE} is damaged", folder) from None
    if status is not None:
        if status["state"] == "running" and status["error"] is None:
            status["error"] = "still running, or killed"
        if status["state"] == "failed" and str(status["error"]).startswith(STOPPED):
            status["state"] = INTERRUPTED
            if status["error"].startswith("KeyboardInterrupt"):
                status["error"] = "stopped by Ctrl-C"
        return status
    if (folder / "evaluation" / "summary.json").is_file():
        return {"state": COMPLETED, "error": None}
    if not any((folder / mark).is_file() for mark in MARKS):
        return {
            "state": NEVER_BEGAN,
            "error": "it left only its settings: refused, or killed",
        }
    return {"state": UNFINISHED, "error": "it has no evaluation/summary.json"}


def _synthetic(provenance: dict[str, Any]) -> bool | None:
    evaluation = provenance.get("evaluation", {})
    if "synthetic" in evaluation:
        return bool(evaluation["synthetic"])
    own = provenance.get("trained_on_cohort_sha256", provenance["cohort_sha256"])
    phantom = provenance["config"].get("data", {}).get("name") == "phantom"
    return True if phantom and own == provenance["cohort_sha256"] else None


def _choices(folder: Path) -> dict[str, str | None]:
    hydra = _yaml(folder / ".hydra" / "hydra.yaml") or {}
    choices = hydra.get("hydra", {}).get("runtime", {}).get("choices", {})
    return {group: option for group, option in choices.items() if not group.startswith("hydra/")}


def _json(file: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(file.read_text())
    except FileNotFoundError:
        raise DataError(f"{_short(file)} is missing", file.parent) from None
    except ValueError:
        raise DataError(f"{_short(file)} is damaged", file) from None
    return found


def _csv(file: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(file, dtype={"case": str})
    except FileNotFoundError:
        raise DataError(f"{_short(file)} is missing", file.parent) from None
    except ValueError:  # pandas' own errors are of this kind
        raise DataError(f"{_short(file)} is damaged", file) from None


def _yaml(file: Path) -> Any:
    """What Hydra wrote; nothing where it wrote nothing."""
    if not file.is_file():
        return {}
    # Plain containers: OmegaConf's own reader takes twenty times as long for each of many runs.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(file.read_text(), Loader=loader)
    except (yaml.YAMLError, ValueError):
        raise DataError(f"{_short(file)} is damaged", file) from None


def _short(file: Path) -> str:
    return file.name if file.parent.name not in ("evaluation", ".hydra") else (
        f"{file.parent.name}/{file.name}")  # fmt: skip
