"""``lungseg evaluate``: a run again, models on other data, or masks that others made."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig

from lungseg.apps.checks import check_given, check_metrics
from lungseg.apps.chosen_split import is_chosen
from lungseg.apps.other_masks import evaluate_other_masks, names_of_lungs
from lungseg.apps.prepare import check_cases, prepare_with_masks
from lungseg.config import build
from lungseg.data.cohort import Cohort, open_cohort
from lungseg.data.place import is_url
from lungseg.errors import ConfigError, DataError
from lungseg.evaluation.conventions import Conventions, Weights
from lungseg.evaluation.known import recognise
from lungseg.evaluation.run import Task, evaluate
from lungseg.evaluation.second_reader import beside, read_second_reader
from lungseg.evaluation.stress.choice import chosen
from lungseg.files import short, write_json
from lungseg.privacy import hide_password
from lungseg.rank import is_rank_zero
from lungseg.runs.checkpoint import LAST, done_by, load_checkpoint
from lungseg.runs.chosen import postprocess_of, refuse_auto
from lungseg.runs.claim import lock
from lungseg.runs.named import require_weights, weights_of_run
from lungseg.runs.provenance import PROVENANCE, provenance, read_provenance
from lungseg.runs.restore import recorded_input, restore
from lungseg.runs.status import note_completed
from lungseg.splits.file import NAME, describe_sets
from lungseg.sweeps.alone import has_to_run_alone, run_alone
from lungseg.sweeps.mode import sweeping
from lungseg.training.device import check_names

if TYPE_CHECKING:
    from lungseg.inference.postprocess import Postprocess

log = logging.getLogger(__name__)


def run(config: DictConfig, run_dir: Path) -> None:
    """Evaluate ``run``; or ``ckpt``, ``model`` or ``predictions`` with a ``data`` choice."""
    refuse_stress(config)
    if config.predictions.path is not None:
        evaluate_other_masks(config, run_dir)
        return
    if has_to_run_alone(config):
        run_alone("evaluate", config, run_dir)
        return
    check_given(config.metrics)
    check_names(config.trainer)
    refuse_auto(config.get("postprocess"))
    if config.models is not None:
        from lungseg.apps.evaluate_ensemble import evaluate_ensemble  # pandas

        evaluate_ensemble(config, run_dir)
        return
    if (config.run is None) == (config.ckpt is None):
        raise ConfigError(
            "give run=outputs/<date>/<time>; or ckpt=FILE, model=[RUN,RUN] or predictions=DIR, with"
            " data=…; one of them"
        )
    if is_chosen(config):
        raise ConfigError(
            "split: goes with model=[…] or predictions=DIR; the test cases of one model are known"
        )
    if config.run is None:
        if config.store is not None:
            raise ConfigError(
                "store: goes with run=RUN_DIR; the prepared cases for ckpt=FILE are data.store=DIR"
            )
        _on_other_data(config, Path(config.ckpt), run_dir)
        return
    changed = [key for key, value in config.metrics.items() if value is not None]
    if changed and sweeping():
        raise ConfigError(
            f"metrics.{changed[0]}: not with run= under -m, where each job would replace the"
            " evaluation of the one before; use ckpt=FILE with data=…"
        )
    if "source" in config.data:
        raise ConfigError("data: goes with ckpt=FILE; a run is evaluated on its own cases")
    _again(config, Path(config.run))


def refuse_stress(config: DictConfig) -> None:
    """Stop where the setting ``stress`` names no corruption, or there is no model to test.

    Raises:
        ConfigError: Likewise.
    """
    if not chosen(config.stress):
        return
    if config.predictions.path is not None or config.models is not None:
        raise ConfigError("stress: needs one model, run= or ckpt=")
    if config.run is not None and config.data.second_reader is not None:
        raise ConfigError("data.second_reader: not with run= and stress=, which evaluates nothing")
    if config.run is not None and sweeping():
        raise ConfigError(
            "stress: not with run= under -m, where each job would replace the stress test of the"
            " one before; name several: stress=[noise,blur]"
        )


def _again(config: DictConfig, folder: Path) -> None:
    """Evaluate a run on its own cases, into its folder."""
    file = weights_of_run(folder)
    from lungseg.training.device import check_accelerator
    from lungseg.training.module import RECORD

    check_accelerator(config.trainer)
    if is_rank_zero(config.trainer):
        lock(folder)  # its training, or another evaluation, may be running
    checkpoint = load_checkpoint(file)
    record = checkpoint[RECORD]
    _refuse_other_run(record, folder, file)
    try:
        cohort = open_cohort(config.store or _noted_store(record))
    except DataError as error:
        raise DataError(f"{error}; if it was moved, say where: store=DIR", error.path) from None
    if cohort.sha256 != record["cohort_sha256"]:
        raise DataError(
            "the prepared cases are not those that the run was trained with (cohort hash differs)",
            cohort.store,
        )
    _evaluate(config, checkpoint, file, cohort, record["split"], folder)
    evaluated, last = not chosen(config.stress) and is_rank_zero(config.trainer), folder / LAST
    if evaluated and last.is_file():
        done, _ = done_by(checkpoint if file == last else load_checkpoint(last))
        if done >= record["config"]["trainer"]["max_epochs"]:
            note_completed(folder)


def _noted_store(record: dict[str, Any]) -> str:
    """Where a run's prepared cases were. A file from anywhere may not name what is asked for."""
    store = str(record["store"])
    if is_url(store):
        raise ConfigError(
            "store: the checkpoint says that its prepared cases are at a URL, which is only opened"
            f" when you give it: store={hide_password(store)}"
        )
    return store


def _refuse_other_run(record: dict[str, Any], folder: Path, file: Path) -> None:
    """Stop if a checkpoint does not come from the run in whose folder it is."""
    from lungseg.runs.resume import differences

    noted = read_provenance(folder)
    if "config" not in noted:
        return
    different = differences(noted["config"], record["config"])
    # The model first: nothing else fits where that differs.
    for key in sorted(different, key=lambda key: not key.startswith("model.")):
        what = "model" if key.startswith("model.") else "run"
        here, there = different[key]
        raise DataError(
            f"the checkpoint is of another {what}: {key}={there} in it, and"
            f" {here} in the run's {PROVENANCE}",
            file,
        )
    if noted["cohort_sha256"] != record["cohort_sha256"]:
        raise DataError("the checkpoint is of another run, trained on other cases", file)


def _on_other_data(config: DictConfig, file: Path, run_dir: Path) -> None:
    """Evaluate a checkpoint on the cases of a ``data`` choice, into a new folder."""
    if "source" not in config.data:
        raise ConfigError("data: must be given with ckpt: data=lctsc data.root=DIR")
    require_weights(file)
    check_cases(config)
    from lungseg.report.audit import failures
    from lungseg.training.device import check_accelerator
    from lungseg.training.module import RECORD

    checkpoint = load_checkpoint(file)
    record = checkpoint[RECORD]
    check_accelerator(config.trainer)
    cohort = prepare_with_masks(config)
    known = recognise(cohort, record)
    for line in known.lines:
        log.warning(line)
    write_json(
        run_dir / PROVENANCE,
        provenance(record["config"], cohort.sha256, failures(cohort))
        | {
            "checkpoint_sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
            "trained_on_cohort_sha256": record["cohort_sha256"],
        },
    )
    write_json(run_dir / NAME, describe_sets(known.sets, cohort))
    _evaluate(config, checkpoint, file, cohort, known.sets, run_dir)
    log.info(f"evaluation: {short(run_dir)}")


def _evaluate(
    config: DictConfig,
    checkpoint: dict[str, Any],
    file: Path,
    cohort: Cohort,
    sets: dict[str, list[str]],
    folder: Path,
) -> None:
    from lungseg.data.datamodule import SliceDataModule
    from lungseg.evaluation.groupings import groupings
    from lungseg.evaluation.stress.run import stress_test
    from lungseg.evaluation.trainer import evaluation_trainer
    from lungseg.report.results import leave_results
    from lungseg.report.stress_results import leave_stress
    from lungseg.training.device import resolve_precision
    from lungseg.training.module import RECORD

    trained = checkpoint[RECORD]["config"]
    changed = {key: value for key, value in config.metrics.items() if value is not None}
    metrics = SimpleNamespace(**trained["metrics"] | changed)
    check_metrics(metrics)
    groups = groupings(cohort, getattr(metrics, "subgroups", None), config.split.table)
    lungs = _postprocess(config, checkpoint[RECORD])
    second = None
    if is_rank_zero(config.trainer):
        # A run is evaluated without a data choice: its record names the structures.
        names = names_of_lungs(config.data if "source" in config.data else trained["data"])
        second = read_second_reader(config.data.second_reader, cohort, sets["test"], names)
    module = restore(checkpoint, file, list(sets), metrics.threshold, config.allow_targets)
    network_input = recorded_input(trained, config.allow_targets)
    data = SliceDataModule(
        cohort,
        sets,
        network_input,
        batch_size=trained["data"]["batch_size"],
        num_workers=trained["data"]["num_workers"],
        cache_gib=0,
        seed=trained["seed"],
    )
    precision = resolve_precision(trained["trainer"]["precision"], config.trainer.accelerator)
    trainer = evaluation_trainer(config.trainer, precision)
    weights = Weights(file.name, checkpoint["epoch"] + 1)
    conventions = Conventions.of(metrics, lungs)
    task = Task(module, data, trainer, cohort, folder, conventions, weights, lungs, groups)
    corruptions = chosen(config.stress)
    if not corruptions or config.run is None:  # a run has been evaluated; its files stay
        evaluation = beside(evaluate(task), second, conventions)
        if trainer.is_global_zero:
            leave_results(task, evaluation, report=config.report, brief=sweeping())
    if corruptions:
        levels = stress_test(task, network_input, corruptions, trained["seed"])
        if trainer.is_global_zero:
            leave_stress(task, levels, trained["seed"], report=config.report)


def _postprocess(config: DictConfig, record: dict[str, Any]) -> Postprocess | None:
    """What masks go through: as the settings say, or else as the run was trained with."""
    from lungseg.inference.postprocess import recorded_postprocess

    if config.get("postprocess") is None:
        return recorded_postprocess(postprocess_of(record))
    return build(config.postprocess, "postprocess") if config.postprocess else None
