"""Run folders, read back for comparisons."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import yaml  # type: ignore[import-untyped]

from lungseg.config import flatten
from lungseg.errors import DataError
from lungseg.moved import current_names
from lungseg.runs.alive import INTERRUPTED, state_of_running
from lungseg.runs.status import FILE, read_status

COMPLETED = "completed"
DAMAGED = "damaged"
UNFINISHED = "unfinished"
NEVER_BEGAN = "never began"
MARKS = (".run", FILE, "provenance.json")
"""Files of which a run folder has at least one."""
STOPPED = ("KeyboardInterrupt", "interrupted", "its process was killed")
"""First words of the reason why a run was stopped from outside."""


@dataclass(frozen=True, eq=False)
class Run:
    """One run folder.

    Attributes:
        name: Path below the folder that all compared runs share.
        folder: Run folder.
        state: ``completed``; or why its numbers do not count: ``running``, ``failed``,
            ``interrupted``, ``pruned``, ``unfinished`` (an older run without a recorded state),
            ``never began`` (a job that left only its settings), ``damaged``.
        error: The reason, in one line.
        overrides: As typed.
        choices: Option by group, such as ``{"model": "unet"}``.
        config: Resolved configuration by dotted key.
        derived: Interpolations by key, of settings that repeat another.
        cohort_sha256: Hash of the evaluated cases.
        failed_cases: Cases that could not be prepared and so are in no set, with the reason.
        synthetic: Whether the cases are synthetic; None if unknown.
        weights: File of the evaluated checkpoint; None in older runs.
        epochs: Number of epochs it was trained for; None in older runs.
        threshold: A pixel is lung when its probability is at least this.
        empty_dsc: DSC that slices with neither reference nor prediction were given.
        postprocess: What became of its masks, in words; None where nothing did.
        postprocess_chosen: Whether that was chosen on validation cases.
        sets: Names of the evaluated cases, sorted, by set.
        summary: As in ``summary.json``.
        cases: As in ``cases.csv``.
        folds: Fold that tested each case, in a cross-validation, one of each of its repeats; empty
            otherwise.
        parts: Runs of these folds, where they were joined only to be compared.
        missing: Sentences on folds that are missing.
        search: If it stands for a search within its fold: ``objective``, ``n_trials`` and the
            ``settings`` that were chosen, as overrides.
        history: As in ``metrics.csv``; None for a model trained elsewhere.
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
    empty_dsc: Any = None
    postprocess: str | None = None
    postprocess_chosen: bool = False
    sets: dict[str, tuple[str, ...]] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    cases: pd.DataFrame = field(default_factory=pd.DataFrame)
    folds: dict[str, tuple[str, ...]] = field(default_factory=dict)
    parts: tuple[Run, ...] = ()
    missing: tuple[str, ...] = ()
    search: dict[str, Any] | None = None
    history: pd.DataFrame | None = None
    git_commit: str | None = None
    precision: str | None = None
    wandb_run_id: str | None = None

    @property
    def seed(self) -> Any:
        """Seed of the training."""
        return self.config.get("seed")

    @property
    def trained(self) -> bool:
        """Whether a model of ours made its masks; others are of ``evaluate predictions=DIR``."""
        return "predictions.path" not in self.config


def is_run(folder: Path) -> bool:
    """Whether a folder belongs to a run, be it one that was stopped before it began."""
    return any((folder / mark).is_file() for mark in MARKS) or _is_job(folder)


def _is_job(folder: Path) -> bool:
    """Whether Hydra started a training here; other commands leave their settings too."""
    if not (folder / ".hydra").is_dir():
        return False
    try:
        hydra = _yaml(folder / ".hydra" / "hydra.yaml") or {}
        return bool(hydra.get("hydra", {}).get("job", {}).get("name", "train") == "train")
    except (DataError, AttributeError):  # partly written when the process was killed
        return True


def read_run(folder: Path, name: str) -> Run:
    """Read one run folder.

    Args:
        folder: To read.
        name: To call it by.

    Raises:
        DataError: If it is not a run folder, or a file of a completed run is missing or damaged.
    """
    if not is_run(folder):
        raise DataError("not a run folder", folder)
    status = _status(folder)
    provenance = _json(folder / "provenance.json") if status["state"] == COMPLETED else {}
    typed = flatten(current_names(_yaml(folder / ".hydra" / "config.yaml") or {}))
    evaluation = provenance.get("evaluation", {})
    pool = provenance.get("pool", {})  # a pooled cross-validation was no job of Hydra's
    shared: dict[str, Any] = {
        "overrides": tuple(pool.get("overrides") or _yaml(folder / ".hydra" / "overrides.yaml")),
        "choices": pool.get("choices") or _choices(folder),
        "config": flatten(current_names(provenance["config"])) if "config" in provenance else typed,
        "derived": pool.get("derived")
        or {key: text for key, text in typed.items() if "${" in str(text)},
        "cohort_sha256": provenance.get("cohort_sha256"),
        "failed_cases": provenance.get("failed_cases", {}),
        "wandb_run_id": provenance.get("wandb_run_id"),
        "git_commit": (provenance.get("git") or {}).get("commit"),
        "precision": provenance.get("precision"),
    }
    if status["state"] != COMPLETED:
        return Run(name, folder, status["state"], status["error"], **shared)
    for key in ("config", "cohort_sha256"):
        if key not in provenance:
            raise DataError(f"provenance.json lacks {key}", folder)
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
        # Older runs recorded none of these, and were evaluated as they were trained.
        weights=evaluation.get("file"),
        epochs=evaluation.get("epochs"),
        threshold=evaluation.get("threshold", shared["config"].get("metrics.threshold")),
        empty_dsc=evaluation.get("empty_dsc", shared["config"].get("metrics.empty_dsc")),
        postprocess=evaluation.get("postprocess") or None,
        postprocess_chosen=pool.get("postprocess_chosen", "postprocess_choice" in evaluation),
        sets={
            str(split): tuple(sorted(map(str, rows["case"])))
            for split, rows in cases.groupby("split", sort=False)
        },
        summary=summary,
        cases=cases.astype({"case": str}),
        folds={
            case: tuple(map(str, label if isinstance(label, list) else [label]))
            for case, label in pool.get("folds", {}).items()
        },
        missing=tuple(pool.get("missing", ())),
        history=_csv(history) if history.is_file() else None,
        **shared,
    )


def read_slices(folder: Path) -> pd.DataFrame:
    """``slices.csv`` of a run.

    Raises:
        DataError: If it is missing or damaged.
    """
    slices = _csv(folder / "evaluation" / "slices.csv")
    if not {"split", "case", "z", "tp", "fp", "fn", "tn"} <= set(slices):
        raise DataError("evaluation/slices.csv lacks columns", folder)
    return slices


def _status(folder: Path) -> dict[str, Any]:
    try:
        status = read_status(folder)
    except ValueError:
        raise DataError(f"{FILE} is damaged", folder) from None
    if status is not None:
        if status["state"] == "running" and status["error"] is None:
            state, error = state_of_running(folder)
            status = read_status(folder) or status  # it may have completed before its process ended
            if status["state"] == "running":
                status["state"], status["error"] = state, error
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
        content: dict[str, Any] = json.loads(file.read_text())
    except FileNotFoundError:
        raise DataError(f"{_short(file)} is missing", file.parent) from None
    except ValueError:
        raise DataError(f"{_short(file)} is damaged", file) from None
    return content


def _csv(file: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(file, dtype={"case": str})
    except FileNotFoundError:
        raise DataError(f"{_short(file)} is missing", file.parent) from None
    except ValueError:  # also the base of pandas' own errors
        raise DataError(f"{_short(file)} is damaged", file) from None


def _yaml(file: Path) -> Any:
    """The contents of a file of Hydra's; empty if it is missing."""
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
