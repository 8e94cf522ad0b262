"""``lungseg train``: one run, from a configuration to a run folder."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig

from lungseg.apps.checks import check_classes, check_settings
from lungseg.apps.initialise import initialise, weights_file
from lungseg.apps.other_masks import names_of_lungs
from lungseg.apps.prepare import check_cases, prepare_with_masks
from lungseg.apps.tracked import log_results, say_where, tracked
from lungseg.config import build
from lungseg.data.cohort import Cohort
from lungseg.evaluation.conventions import Conventions, Weights, empty_dsc
from lungseg.evaluation.run import Task, evaluate
from lungseg.evaluation.second_reader import SecondReader, beside, read_second_reader
from lungseg.files import short, write_json
from lungseg.overrides import as_typed
from lungseg.rank import is_rank_zero
from lungseg.redacted_logs import redactor_of_job
from lungseg.runs.checkpoint import LAST, require_checkpoint
from lungseg.runs.claim import begin
from lungseg.runs.lineage import INIT
from lungseg.runs.provenance import PROVENANCE
from lungseg.runs.status import noting_status, was_interrupted
from lungseg.splits import Split
from lungseg.splits.file import NAME, describe
from lungseg.sweeps.alone import has_to_run_alone, run_alone
from lungseg.sweeps.labels import name_run
from lungseg.sweeps.mode import first_job, refuse_single_sweep, sweeping
from lungseg.training.direction import refuse_wrong_mode
from lungseg.training.leaks import refuse_missing_set, refuse_test_selection, refuse_twins

if TYPE_CHECKING:
    from lungseg.data.datamodule import SliceDataModule
    from lungseg.evaluation.groupings import Grouping
    from lungseg.inference.postprocess import Auto, Postprocess
    from lungseg.training.module import SegmentationModule

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Training:
    """Everything that a training needs.

    Attributes:
        config: Of the run.
        folder: Run folder.
        cohort: All cases.
        split: Cases of each set.
        data: Slices by set.
        module: The model, its loss and its optimizer.
        record: What checkpoints record of their origin.
        postprocess: From the mask of a case to lungs, in the evaluation; None for nothing; or what
            is still to be chosen from.
        groupings: By which results are also reported.
        second_reader: Of test cases; None for none, and in processes that write nothing.
    """

    config: DictConfig
    folder: Path
    cohort: Cohort
    split: Split
    data: SliceDataModule
    module: SegmentationModule
    record: dict[str, Any]
    postprocess: Postprocess | Auto | None
    groupings: list[Grouping]
    second_reader: SecondReader | None


def run(config: DictConfig, run_dir: Path) -> None:
    """Train, evaluate, and write the run folder of the contract."""
    config.metrics.empty_dsc = empty_dsc(config.metrics)  # Hydra reads nan as a number
    _set_logger(config)
    name_run(config)
    if has_to_run_alone(config):
        run_alone("train", config, run_dir)
        return

    # Everything that can be refused is refused here: within a second what needs no torch, before
    # hours of preparation the rest.
    refuse_single_sweep()
    check_settings(config)
    refuse_test_selection(config)
    refuse_wrong_mode(config)
    build(config.split, "split")
    check_cases(config)
    if config.ckpt_path is not None:
        require_checkpoint(Path(config.ckpt_path))
    elif config.init is not None:
        weights_file(config.init)
    import pytorch_lightning as pl

    from lungseg.evaluation.choose import refuse_without_validation
    from lungseg.evaluation.groupings import groupings
    from lungseg.training import setup

    check_classes(config)
    if config.allow_test_selection:
        log.warning("allow_test_selection=true: the test set may choose; its numbers prove nothing")
    pl.seed_everything(config.seed, workers=True, verbose=False)
    parts = setup.build_parts(config)
    postprocess = build(config.postprocess, "postprocess") if config.postprocess else None

    cohort = prepare_with_masks(config)
    split = setup.split_cohort(config, parts["split"], cohort)
    refuse_missing_set(config, list(split.sets()))
    refuse_without_validation(postprocess, split.sets())
    refuse_twins(split.sets(), cohort.image_sha256)
    groups = groupings(cohort, config.metrics.subgroups, config.split.get("table"))
    data = setup.build_datamodule(config, cohort, split, parts)
    record = setup.record_of(config, cohort, split, parts, data)
    module = setup.build_module(config, parts, list(data.datasets), record)
    if config.ckpt_path is not None:
        _check_resume(config.ckpt_path, record)
    elif config.init is not None:
        initialise(module, record, weights_file(config.init), cohort, split)

    first = is_rank_zero(config.trainer)
    second = None
    if first:
        lungs = names_of_lungs(config.data)
        second = read_second_reader(config.data.second_reader, cohort, split.test, lungs)
        begin(run_dir)
    with noting_status(run_dir, redactor_of_job(config).message, writes=first):
        task = (config, run_dir, cohort, split, data, module, record)
        _train(Training(*task, postprocess, groups, second))


def _set_logger(config: DictConfig) -> None:
    from hydra.core.hydra_config import HydraConfig

    from lungseg.training.loggers import drop_leftovers

    hydra = HydraConfig.get()
    typed = as_typed(hydra.overrides.task)
    drop_leftovers(config.logger, hydra.runtime.choices.get("logger"), typed)


def _train(training: Training) -> None:
    from lungseg.evaluation.choose import decide
    from lungseg.report.audit import failures
    from lungseg.report.results import evaluating, leave_results
    from lungseg.runs.checkpoint import load_checkpoint
    from lungseg.runs.provenance import provenance
    from lungseg.search.prune import pruning
    from lungseg.training.device import devices_of
    from lungseg.training.setup import build_trainer, selects

    config, folder, cohort = training.config, training.folder, training.cohort
    module, record = training.module, training.record
    origin = provenance(record["config"], cohort.sha256, failures(cohort))
    if INIT in record:
        origin["init_sha256"] = record[INIT]["sha256"]
    chooses = selects(config, training.split)
    with tracked(config, folder, record, origin) as loggers:
        trainer = build_trainer(config, folder, loggers, pruning(config.outputs), selects=chooses)
        origin |= {"precision": trainer.precision, "devices": devices_of(trainer)}
        origin["n_parameters"] = sum(weights.numel() for weights in module.net.parameters())
        if trainer.is_global_zero:
            write_json(folder / PROVENANCE, origin)
            _leave_split(training)
            _announce(training, trainer)
        with _telling_how_to_resume(training, trainer):
            trainer.fit(module, training.data, ckpt_path=config.ckpt_path, weights_only=True)
            weights = Weights(LAST.name, trainer.current_epoch)
            best = folder / "checkpoints" / "best.ckpt"
            # An earlier part of a resumed run may have chosen one by other rules.
            if chooses and best.is_file():
                chosen = load_checkpoint(best)
                module.load_state_dict(chosen["state_dict"])
                weights = Weights("best.ckpt", chosen["epoch"] + 1)
            if trainer.is_global_zero and not sweeping():
                log.info(evaluating(training.split.sets(), report=config.report))
            lungs = decide(training.postprocess, module, training.data, trainer, cohort, folder)
            conventions = Conventions.of(config.metrics, lungs)
            task = Task(
                *(module, training.data, trainer, cohort, folder, conventions, weights, lungs),
                groupings=training.groupings,
            )
            evaluation = beside(evaluate(task), training.second_reader, conventions)
            if trainer.is_global_zero:
                leave_results(task, evaluation, report=config.report, brief=sweeping())
        log_results(loggers, task, evaluation.summary)
    if trainer.is_global_zero:
        log.info(f"run folder: {short(folder)}")
        say_where(config)


def _check_resume(ckpt_path: str, record: dict[str, Any]) -> None:
    from lungseg.runs.checkpoint import done_by, load_checkpoint
    from lungseg.runs.resume import refuse_other_run, refuse_shorter
    from lungseg.training.module import RECORD

    checkpoint = load_checkpoint(Path(ckpt_path))
    refuse_other_run(checkpoint[RECORD], record)
    if INIT in checkpoint[RECORD]:  # its weights are among those of the checkpoint
        record[INIT] = checkpoint[RECORD][INIT]
    done, batches = done_by(checkpoint)
    # An epoch that was begun is one more.
    refuse_shorter(done + (batches > 0), record["config"]["trainer"]["max_epochs"])
    where = f"in epoch {done + 1}, after batch {batches}" if batches else f"after epoch {done}"
    end = done >= record["config"]["trainer"]["max_epochs"]
    log.info(f"resumed {where}{', the last one: no training is left, only the evaluation' * end}")


def _leave_split(training: Training) -> None:
    """Write ``split.json``; print its balance and what puts masks in doubt, in a sweep once."""
    from lungseg.report.doubtful_masks import doubtful_masks
    from lungseg.report.screen import print_balance

    split, sets = training.split, training.split.sets().values()
    made_by = training.record["config"]["split"]
    write_json(training.folder / NAME, describe(split, training.cohort, made_by))
    if sweeping() and not first_job():
        return
    used = {case for cases in sets for case in cases}
    for note in [*split.notes, *doubtful_masks(training.cohort, used)]:
        log.warning(note)
    if split.balance is not None:
        print_balance(split.balance)


def _announce(training: Training, trainer: Any) -> None:
    config, cohort, sets_of = training.config, training.cohort, training.split.sets()
    sets = ", ".join(f"{len(cases)} {name}" for name, cases in sets_of.items())
    what = "SYNTHETIC cohort" if cohort.synthetic else "cohort"
    device = trainer.strategy.root_device.type
    lost = f" ({len(cohort.failed)} more could not be prepared)" if cohort.failed else ""
    log.info(
        f"{what}: {sets} cases{lost}; on {device}, precision {trainer.precision};"
        f" into {short(training.folder)}"
    )
    data, settings = training.data, config.data
    if not data.cached and not settings.num_workers:
        device = settings.cache == "device"
        hint = "raise it for data.cache=device" if device else "data.num_workers=2 reads ahead"
        log.info(
            f"slices: {data.gib:.1f} GiB, more than data.cache_gib={settings.cache_gib}, so each is"
            f" read when it is needed; {hint}"
        )


@contextmanager
def _telling_how_to_resume(training: Training, trainer: Any) -> Iterator[None]:
    """One line for who has interrupted a run by itself."""
    try:
        yield
    except (SystemExit, KeyboardInterrupt) as stopped:  # in fit, and behind it
        by_hand = isinstance(stopped, KeyboardInterrupt) or was_interrupted(stopped)
        by_hand = by_hand and not sweeping()
        if by_hand and (training.folder / LAST).is_file():
            where = f"resume={short(training.folder)}"
            log.warning(f"to resume {_place_to_resume(trainer)}: lungseg train {where}")
        raise


def _place_to_resume(trainer: Any) -> str:
    from lungseg.data.datamodule import place_of
    from lungseg.training.mid_epoch import MidEpoch

    epochs, batches = place_of(trainer)
    saved = [one.saved for one in trainer.callbacks if isinstance(one, MidEpoch)]
    kept = next((n for epoch, n in filter(None, saved) if epoch == epochs), 0)
    lost = f" ({batches - kept} batches are lost)" if batches > kept else ""
    if kept:
        n = trainer.num_training_batches
        return f"in epoch {epochs + 1}, after {kept} of {n} batches{lost}"
    return f"after epoch {epochs}{lost}"
