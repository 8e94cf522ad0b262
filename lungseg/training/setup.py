"""From a configuration to the parts of a training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from omegaconf import DictConfig, open_dict

from lungseg import __version__
from lungseg.config import build, parameters_of
from lungseg.data.cohort import Cohort
from lungseg.data.domain import domain_of
from lungseg.data.network_input import NetworkInput
from lungseg.data.place import absolute
from lungseg.errors import ConfigError
from lungseg.models.padding import PADDING, usual_padding
from lungseg.privacy import hide_password
from lungseg.redaction import recorded
from lungseg.splits import Default, Split
from lungseg.training.direction import build_monitored, check_built
from lungseg.training.layers import SCALE, freeze, matching, patterns_of, scales_of
from lungseg.training.leaks import evaluates


def build_parts(config: DictConfig) -> dict[str, Any]:
    """Everything that needs no data, each tried out, so that it does not fail hours later."""
    from torch import nn

    from lungseg.data.sampling.all import All
    from lungseg.data.sampling.sampling import Sampling
    from lungseg.training.probe import check_levels, check_loss, check_network

    network_input = NetworkInput.of(build(config.intensity, "intensity"), config.data)
    channels = _fit_channels(config, network_input)
    names = ("model", "loss", "optimizer", "split")
    parts = {name: build(config[name], name) for name in names} | {"input": network_input}
    parts["augment"] = build(config.augment, "augment") if config.augment else None
    parts["sampling"] = build(config.sampling, "sampling") if config.sampling else All()
    if not isinstance(parts["sampling"], Sampling):
        raise ConfigError(
            f"sampling: {config.sampling['_target_']} is not a sampling, a subclass of"
            " lungseg.data.sampling.sampling.Sampling"
        )
    try:
        parts["optimizer"](nn.Linear(1, 1).parameters())
    except (TypeError, ValueError) as error:
        raise ConfigError(f"optimizer: {error}") from None
    check_network(parts["model"], config.model, channels)
    freeze(parts["model"], patterns_of(config.freeze))
    for pattern in scales_of(config.lr_scale):
        matching(parts["model"], pattern, SCALE)
    check_loss(parts["loss"], config.loss)
    check_levels(parts["model"], parts["loss"])
    return parts


def _fit_channels(config: DictConfig, network_input: NetworkInput) -> int:
    """Channels of the network's input; a network that takes ``in_channels`` is given that many."""
    channels = network_input.channels
    target = config.model.get("_target_")  # building says so where it is missing
    if channels > 1 and target and "in_channels" in parameters_of(target, "model"):
        with open_dict(config.model):
            config.model.in_channels = channels
    return channels


def split_cohort(config: DictConfig, splitter: Any, cohort: Cohort) -> Split:
    """The sets. Where no split was chosen, the configuration gets the one that was used."""
    split: Split = splitter(cohort)
    if isinstance(splitter, Default):
        config.split = splitter.settings(cohort, config.split)
    return split


def record_of(
    config: DictConfig, cohort: Cohort, split: Split, parts: dict[str, Any], data: Any
) -> dict[str, Any]:
    """What every checkpoint says of its origin.

    Args:
        config: Of the run.
        cohort: All prepared cases.
        split: Its sets.
        parts: As from :func:`build_parts`.
        data: As from :func:`build_datamodule`.
    """
    from lungseg.data.typical import typical_of  # scipy

    digests = cohort.patient_digests
    trained = split.sets().get("train", ())
    sizes = [frame.seen for frame in data.datasets["train"].frames]
    return {
        "lungseg": __version__,
        "config": recorded(config),
        "seed": config.seed,
        "store": hide_password(absolute(cohort.store)),
        "cohort_sha256": cohort.sha256,
        "image_sha256": cohort.image_sha256,
        "synthetic": cohort.synthetic,
        "domain": domain_of(cohort, trained),
        "anatomy": typical_of(cohort, trained),
        "split": split.sets(),
        PADDING: list(usual_padding(parts["model"], parts["input"].channels, sizes)),
        "patient_digests": digests.plain() if digests is not None else None,
    }


def build_datamodule(
    config: DictConfig, cohort: Cohort, split: Split, parts: dict[str, Any]
) -> Any:
    """Slices of the split's sets, as batches; `parts` are as from :func:`build_parts`."""
    from lungseg.data.datamodule import SliceDataModule

    return SliceDataModule(
        cohort,
        split.sets(),
        parts["input"],
        batch_size=config.data.batch_size,
        num_workers=config.data.num_workers,
        cache_gib=config.data.cache_gib,
        on_device=config.data.cache == "device",
        seed=config.seed,
        sampling=parts["sampling"],
        augment=parts["augment"],
    )


def build_module(
    config: DictConfig, parts: dict[str, Any], sets: list[str], record: dict[str, Any]
) -> Any:
    """The LightningModule of the parts, with its schedule.

    Args:
        config: Of the run.
        parts: As from :func:`build_parts`.
        sets: Names of all sets.
        record: As from :func:`record_of`.
    """
    from lungseg.training.module import SegmentationModule

    scheduler = {}
    if config.scheduler:
        scheduler = {
            "scheduler": build_monitored(
                config.scheduler.scheduler, "scheduler", config.scheduler.get("monitor")
            ),
            "interval": config.scheduler.interval,
            "monitor": config.scheduler.get("monitor"),
            "steps_as": config.scheduler.get("steps_as"),
        }
    if config.compile:
        parts["model"].compile()  # in its place: names of weights in checkpoints stay as they are
    return SegmentationModule(
        parts["model"],
        parts["loss"],
        parts["optimizer"],
        scheduler,
        sets=sets,
        threshold=config.metrics.threshold,
        record=record,
        lr_scale=scales_of(config.lr_scale),
    )


def selects(config: DictConfig, split: Split) -> bool:
    """Whether there is a set by which a best epoch is chosen."""
    if "checkpoint" not in config.callbacks:
        return False
    watched = config.callbacks.checkpoint.monitor.split("/")[0]
    return watched in split.sets() and (watched == "train" or evaluates(config))


def build_trainer(
    config: DictConfig, run_dir: Path, logger: Any, extra: list[Any], *, selects: bool
) -> Any:
    """The Trainer, with the callbacks of the configuration, then our own, then `extra`."""
    from lightning_fabric.utilities.exceptions import MisconfigurationException

    from lungseg.training.device import resolve_precision
    from lungseg.training.held_signals import HeldSignals
    from lungseg.training.history import History
    from lungseg.training.mid_epoch import MidEpoch
    from lungseg.training.slice_errors import SliceErrors
    from lungseg.training.stay_stopped import StayStopped
    from lungseg.training.whole_files import write_whole_files

    callbacks: list[Any] = []
    for name, callback in config.callbacks.items():
        where = f"callbacks.{name}"
        given = {"dirpath": run_dir / "checkpoints", "select": selects}
        made = build_monitored(
            callback, where, callback.get("monitor"), **(given if name == "checkpoint" else {})
        )
        for one in made if isinstance(made, list) else [made]:
            check_built(one, where, allow_test=config.allow_test_selection)
            callbacks.append(one)
    keeps = "checkpoint" in config.callbacks
    mid_epoch = [MidEpoch(run_dir / "checkpoints" / "last.ckpt")] if keeps else []
    callbacks += [History(run_dir / "metrics.csv"), SliceErrors(), StayStopped(), *mid_epoch]
    # After the averages have followed a step.
    callbacks += [HeldSignals(mid_epoch[0] if keeps else None), *extra]
    try:
        trainer = build(
            config.trainer,
            "trainer",
            precision=resolve_precision(config.trainer.precision, config.trainer.accelerator),
            callbacks=callbacks,
            logger=logger or False,
            default_root_dir=run_dir,
            enable_progress_bar=False,  # Lightning's; ours is among the callbacks
            enable_checkpointing=keeps,
            enable_model_summary=False,
        )
    except MisconfigurationException as error:
        raise ConfigError(f"trainer: {' '.join(str(error).split())}") from error
    write_whole_files(trainer.strategy)
    return trainer
