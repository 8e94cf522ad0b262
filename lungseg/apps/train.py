"""``lungseg train``: one run, from a configuration to a run folder."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from lungseg.apps.alone import has_to_run_alone, run_alone
from lungseg.apps.checks import (
    check_values,
    empty_dsc,
    refuse_single_search,
    refuse_taken,
    sweeping,
)
from lungseg.apps.evaluation import PROVENANCE, Rules, Weights, evaluate
from lungseg.apps.labels import name_run
from lungseg.apps.prepare import prepare_with_masks
from lungseg.apps.split import leave_split
from lungseg.config import build, recorded
from lungseg.data.cohort import Cohort
from lungseg.data.place import absolute
from lungseg.data.splits import Split
from lungseg.errors import ConfigError, Pruned
from lungseg.files import short, write_json
from lungseg.messages import one_line
from lungseg.status import write_status

log = logging.getLogger(__name__)

PANELS = ("fig02_histograms", "fig03_accuracy_dsc", "fig04_heatmaps", "fig06_low_accuracy")
"""Figures that go to W&B too."""


def run(config: DictConfig, run_dir: Path) -> None:
    """Train, evaluate, and leave the run folder of the contract."""
    config.metrics.empty_dsc = empty_dsc(config.metrics)  # Hydra reads nan as a number
    name_run(config)
    if has_to_run_alone(config):
        run_alone("train", config, run_dir)
        return

    import pytorch_lightning as pl

    from lungseg.training.leaks import refuse_missing_set, refuse_test_selection, refuse_twins

    # What can be refused is refused now, before hours of preparation.
    refuse_single_search()
    check_values(config)
    refuse_test_selection(config)
    if config.allow_test_selection:
        log.warning("allow_test_selection=true: the test set may choose; its numbers prove nothing")
    pl.seed_everything(config.seed, workers=True, verbose=False)
    parts = _parts(config)

    cohort = prepare_with_masks(config)
    split: Split = parts["split"](cohort)
    refuse_missing_set(config, list(split.sets()))
    refuse_twins(split.sets(), cohort.image_sha256)
    record = _record(config, cohort, split)
    data = _datamodule(config, cohort, split, parts["intensity"])
    module = _module(config, parts, list(data.datasets), record)
    if config.ckpt_path is not None:
        _check_resume(config.ckpt_path, record)

    refuse_taken(run_dir, config.ckpt_path)
    with _status(run_dir):
        _train(config, run_dir, cohort, split, data, module, record)


def _train(
    config: DictConfig,
    run_dir: Path,
    cohort: Cohort,
    split: Split,
    data: Any,
    module: Any,
    record: dict[str, Any],
) -> None:
    from lungseg.report.audit import failures
    from lungseg.training.provenance import provenance
    from lungseg.training.resume import load_checkpoint

    origin = provenance(record["config"], cohort.sha256, failures(cohort))
    logger = _logger(config, record, origin)
    origin["wandb_run_id"] = logger.version if logger else None
    try:
        trainer = _trainer(config, run_dir, logger, selects=_selects(config, split))
        origin["precision"] = trainer.precision
        if trainer.is_global_zero:
            write_json(run_dir / PROVENANCE, origin)
            leave_split(split, cohort, record["config"], run_dir)
            _announce(cohort, split, trainer, run_dir)
        _fit(trainer, module, data, config.ckpt_path, run_dir)
        weights = Weights("last.ckpt", trainer.current_epoch)
        best = run_dir / "checkpoints" / "best.ckpt"
        # A run that goes on may find one that an earlier part of it chose by other rules.
        if _selects(config, split) and best.is_file():
            chosen = load_checkpoint(best)
            module.load_state_dict(chosen["state_dict"])
            weights = Weights("best.ckpt", chosen["epoch"] + 1)
        summary = evaluate(
            module,
            data,
            trainer,
            cohort,
            run_dir,
            Rules.of(config.metrics),
            weights,
            report=config.report,
        )
        if logger is not None:
            _log_results(logger, module, data, cohort, summary, run_dir / "evaluation")
    except BaseException as stopped:
        if logger is not None:
            logger.finish(exit_code=0 if isinstance(stopped, Pruned) else 1)
        raise
    if logger is not None:
        logger.finish()
    if trainer.is_global_zero:
        log.info(f"run folder: {short(run_dir)}")
        if config.logger.get("mode") == "offline" and not sweeping():
            log.info(f"its curves, in the terminal: wandb leet {config.outputs}/wandb")


@contextmanager
def _status(run_dir: Path) -> Iterator[None]:
    """Keep ``status.json`` true."""
    if os.environ.get("LOCAL_RANK", "0") != "0":
        yield
        return
    write_status(run_dir, "running")
    try:
        yield
    except Pruned as pruned:
        write_status(run_dir, "pruned", str(pruned))
        raise
    except BaseException as error:
        write_status(run_dir, "failed", one_line(error, "train", [], in_log=True))
        raise
    write_status(run_dir, "completed")


def _parts(config: DictConfig) -> dict[str, Any]:
    """Everything that needs no data. An optimizer is made on trial, to see its arguments."""
    from torch import nn

    names = ("model", "loss", "intensity", "optimizer", "split")
    parts = {name: build(config[name], name) for name in names}
    try:
        parts["optimizer"](nn.Linear(1, 1).parameters())
    except (TypeError, ValueError) as error:
        raise ConfigError(f"optimizer: {error}") from None
    return parts


def _record(config: DictConfig, cohort: Cohort, split: Split) -> dict[str, Any]:
    """What every checkpoint says of its origin."""
    return {
        "config": recorded(config),
        "seed": config.seed,
        "store": absolute(cohort.store),
        "cohort_sha256": cohort.sha256,
        "image_sha256": cohort.image_sha256,
        "synthetic": cohort.synthetic,
        "split": split.sets(),
    }


def _datamodule(config: DictConfig, cohort: Cohort, split: Split, intensity: Any) -> Any:
    from lungseg.data.datamodule import SliceDataModule

    return SliceDataModule(
        cohort,
        split.sets(),
        intensity,
        batch_size=config.data.batch_size,
        num_workers=config.data.num_workers,
        cache_gib=config.data.cache_gib,
        seed=config.seed,
    )


def _module(
    config: DictConfig, parts: dict[str, Any], sets: list[str], record: dict[str, Any]
) -> Any:
    from lungseg.training.module import SegmentationModule

    scheduler = {}
    if config.scheduler:
        scheduler = {
            "scheduler": build(config.scheduler.scheduler, "scheduler"),
            "interval": config.scheduler.interval,
            "monitor": config.scheduler.get("monitor"),
            "steps_as": config.scheduler.get("steps_as"),
        }
    return SegmentationModule(
        parts["model"],
        parts["loss"],
        parts["optimizer"],
        scheduler,
        sets=sets,
        threshold=config.metrics.threshold,
        record=record,
    )


def _check_resume(ckpt_path: str, record: dict[str, Any]) -> None:
    from lungseg.training.module import RECORD
    from lungseg.training.resume import load_checkpoint, refuse_other_run

    refuse_other_run(load_checkpoint(Path(ckpt_path))[RECORD], record)


def _logger(config: DictConfig, record: dict[str, Any], origin: dict[str, Any]) -> Any:
    """The logger of the configuration, or None. Only the first process of several logs."""
    if "_target_" not in config.logger or os.environ.get("LOCAL_RANK", "0") != "0":
        return None
    return build(
        config.logger,
        "logger",
        outputs=config.outputs,
        recorded={
            **record["config"],
            "cohort_sha256": record["cohort_sha256"],
            "git_commit": (origin["git"] or {}).get("commit"),
            "split_sets": record["split"],
        },
    )


def _selects(config: DictConfig, split: Split) -> bool:
    """Whether there is a set by which a best epoch is chosen."""
    if "checkpoint" not in config.callbacks:
        return False
    return config.callbacks.checkpoint.monitor.split("/")[0] in split.sets()


def _trainer(config: DictConfig, run_dir: Path, logger: Any, *, selects: bool) -> Any:
    from lungseg.search.prune import pruning
    from lungseg.training.device import resolve_precision
    from lungseg.training.history import History

    callbacks: list[Any] = []
    for name, callback in config.callbacks.items():
        if name == "checkpoint":
            callbacks += build(
                callback,
                f"callbacks.{name}",
                dirpath=run_dir / "checkpoints",
                select=selects,
            )
        else:
            callbacks.append(build(callback, f"callbacks.{name}"))
    return build(
        config.trainer,
        "trainer",
        precision=resolve_precision(config.trainer.precision, config.trainer.accelerator),
        callbacks=[*callbacks, History(run_dir / "metrics.csv"), *pruning(config.outputs)],
        logger=logger or False,
        default_root_dir=run_dir,
        enable_progress_bar=False,  # Lightning's; ours is among the callbacks
        enable_checkpointing="checkpoint" in config.callbacks,
        enable_model_summary=False,
    )


def _announce(cohort: Cohort, split: Split, trainer: Any, run_dir: Path) -> None:
    sets = ", ".join(f"{len(cases)} {name}" for name, cases in split.sets().items())
    what = "SYNTHETIC cohort" if cohort.synthetic else "cohort"
    device = trainer.strategy.root_device.type
    lost = f" ({len(cohort.failed)} more could not be prepared)" if cohort.failed else ""
    log.info(
        f"{what}: {sets} cases{lost}; on {device}, precision {trainer.precision};"
        f" into {short(run_dir)}"
    )


def _fit(trainer: Any, module: Any, data: Any, ckpt_path: str | None, run_dir: Path) -> None:
    try:
        trainer.fit(module, data, ckpt_path=ckpt_path, weights_only=True)
    except SystemExit:  # what Lightning makes of Ctrl-C
        last = run_dir / "checkpoints" / "last.ckpt"
        if last.is_file() and not sweeping():
            log.warning(f"to go on, type the same command with ckpt_path={short(last)}")
        raise KeyboardInterrupt from None


def _log_results(
    logger: Any,
    module: Any,
    data: Any,
    cohort: Cohort,
    summary: dict[str, Any],
    evaluation: Path,
) -> None:
    from lungseg.training.overlays import overlays

    images = overlays(module, data, cohort.names, cohort.synthetic)
    epoch = module.trainer.current_epoch - 1
    logger.log_images("test/overlays", images, epoch=epoch)
    logger.log_summary(summary)
    logger.log_curve("evaluation/pr_curve", evaluation / "pr_curve.csv", epoch=epoch)
    for name in PANELS:
        file = evaluation / "figures" / f"{name}.png"
        if file.is_file():
            logger.log_picture(f"evaluation/{name}", file, epoch=epoch)
