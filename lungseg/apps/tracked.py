"""A training and the trackers that watch it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from lungseg.evaluation.run import Task
from lungseg.rank import is_rank_zero
from lungseg.runs.provenance import read_provenance
from lungseg.sweeps.mode import sweeping

log = logging.getLogger(__name__)

PANELS = ("fig02_histograms", "fig03_accuracy_dsc", "fig04_heatmaps", "fig06_low_accuracy")
"""Figures that go to trackers too."""


@contextmanager
def tracked(
    config: DictConfig, folder: Path, record: dict[str, Any], origin: dict[str, Any]
) -> Iterator[list[Any]]:
    """The loggers of the configuration, closed at the end; of several processes the first logs.

    Args:
        config: Of the run.
        folder: Run folder; what a run left there that is resumed continues where trackers can.
        record: What checkpoints record of their origin.
        origin: The contents of ``provenance.json``; the trackers' own runs are added.
    """
    from lungseg.training.loggers import open_loggers
    from lungseg.training.tracker import Tracker

    origin["wandb_run_id"] = None
    if not is_rank_zero(config.trainer):
        yield []
        return
    recorded = {
        **record["config"],
        "cohort_sha256": record["cohort_sha256"],
        "git_commit": (origin["git"] or {}).get("commit"),
        "split_sets": record["split"],
    }
    resumes = read_provenance(folder).get("mlflow_run_id")
    ours = {"outputs": config.outputs, "recorded": recorded, "resumes": resumes}
    with open_loggers(config.logger, folder, ours) as loggers:
        for logger in loggers:
            if isinstance(logger, Tracker):
                origin.update(logger.noted())
        yield loggers


def log_results(loggers: Sequence[Any], task: Task, summary: dict[str, Any]) -> None:
    """Hand pictures and numbers of the evaluation to the trackers among the loggers."""
    from lungseg.evaluation.overlays import overlays
    from lungseg.training.tracker import Tracker

    trackers = [logger for logger in loggers if isinstance(logger, Tracker)]
    if not trackers:
        return
    cohort, evaluation = task.cohort, task.folder / "evaluation"
    shown = overlays(task.module, task.data, cohort.names, cohort.synthetic)
    epoch = task.module.trainer.current_epoch - 1
    for tracker in trackers:
        tracker.log_overlays("test/overlays", shown, epoch)
        tracker.log_summary(summary, epoch)
        tracker.log_curve("evaluation/pr_curve", evaluation / "pr_curve.csv", epoch)
        for name in PANELS:
            file = evaluation / "figures" / f"{name}.png"
            if file.is_file():
                tracker.log_picture(f"evaluation/{name}", file, epoch)


def say_where(config: DictConfig) -> None:
    """Print what shows the curves of a run that is no job of a sweep."""
    logger, outputs = config.logger, config.outputs
    if sweeping():
        return
    if logger.get("mode") == "offline":
        log.info(f"its curves, in the terminal: wandb leet {outputs}/wandb")
    if "tensorboard" in logger:
        log.info(f"its curves, in the browser: tensorboard --logdir {outputs}")
    if "mlflow" in logger and logger.mlflow.get("tracking_uri") is None:
        store = f"sqlite:///{outputs}/mlflow.db"
        log.info(f"its curves, in the browser: mlflow ui --backend-store-uri {store}")
