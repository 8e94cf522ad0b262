"""``lungseg evaluate model=[…]``: the mean of several models, on cases that none of them knows."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from omegaconf import DictConfig, OmegaConf

from lungseg.apps.checks import check_metrics
from lungseg.apps.chosen_split import chosen_split
from lungseg.apps.prepare import check_cases, prepare_with_masks
from lungseg.config import build
from lungseg.data.cohort import Cohort
from lungseg.errors import ConfigError, listed
from lungseg.evaluation.conventions import Conventions, Weights
from lungseg.evaluation.known import sets_seen
from lungseg.evaluation.run import Task, evaluate
from lungseg.files import short, write_json
from lungseg.inference.exported import SUFFIX
from lungseg.inference.model import DEVICES, Model, load_model, model_files
from lungseg.rank import is_rank_zero
from lungseg.redacted_logs import redactor_of_job
from lungseg.redaction import recorded
from lungseg.runs.checkpoint import load_checkpoint
from lungseg.runs.chosen import postprocess_of
from lungseg.runs.claim import begin
from lungseg.runs.joint_record import joint_record
from lungseg.runs.provenance import PROVENANCE, provenance
from lungseg.runs.status import noting_status
from lungseg.splits.file import NAME, describe_sets
from lungseg.sweeps.mode import sweeping

log = logging.getLogger(__name__)


def evaluate_ensemble(config: DictConfig, run_dir: Path) -> None:
    """Evaluate the mean probability of several models, into a new folder.

    Raises:
        ConfigError: If a setting is wrong, or a case is known to any of the models.
        DataError: If a file is no trained model, or a case cannot be read.
    """
    files = _files(config)
    checkpoints = [load_checkpoint(file) for file in files]
    from lungseg.data.ensemble_data import EnsembleData
    from lungseg.evaluation.ensemble import Ensemble
    from lungseg.evaluation.groupings import groupings
    from lungseg.evaluation.trainer import evaluation_trainer
    from lungseg.inference.postprocess import recorded_postprocess
    from lungseg.report.audit import failures
    from lungseg.report.results import leave_results
    from lungseg.training.device import check_accelerator
    from lungseg.training.module import RECORD

    check_accelerator(config.trainer)
    records = [checkpoint[RECORD] for checkpoint in checkpoints]
    node = _postprocess(config, records)
    typed = config.get("postprocess")
    lungs = build(typed, "postprocess") if typed else recorded_postprocess(node)
    metrics = _metrics(config, records)
    cohort = prepare_with_masks(config)
    splitter = chosen_split(config)
    cases = splitter(cohort).test if splitter is not None else cohort.names
    refuse_known(cohort, cases, records)
    record = joint_record(records, _mean_threshold(records), node)
    members = _members(config, files)
    data = EnsembleData(
        cohort,
        cases,
        [member.input for member in members],
        batch_size=members[0].batch_size,
        num_workers=records[0]["config"]["data"]["num_workers"],
    )
    epochs = [checkpoint["epoch"] + 1 for checkpoint in checkpoints]
    origin = provenance(record["config"], cohort.sha256, failures(cohort)) | {
        "members": [
            {
                "file": file.name,
                "epochs": n,
                "checkpoint_sha256": member.sha256,
                "trained_on_cohort_sha256": member.record["cohort_sha256"],
            }
            for file, n, member in zip(files, epochs, members, strict=True)
        ]
    }
    task = Task(
        Ensemble(members, threshold=metrics.threshold, record=record),
        data,
        evaluation_trainer(config.trainer, "32-true"),  # each member computes in its own precision
        cohort,
        run_dir,
        Conventions.of(metrics, lungs),
        Weights(f"mean of {len(files)} models", max(epochs)),
        lungs,
        groupings(cohort, metrics.subgroups, config.split.table),
    )
    first = is_rank_zero(config.trainer)
    if first:
        begin(run_dir)
    with noting_status(run_dir, redactor_of_job(config).message, writes=first):
        if first:
            write_json(run_dir / PROVENANCE, origin)
            made_by = None if splitter is None else recorded(config)["split"]
            write_json(run_dir / NAME, describe_sets({"test": cases}, cohort, made_by))
        evaluation = evaluate(task)
        if task.trainer.is_global_zero:
            leave_results(task, evaluation, report=config.report, brief=sweeping())
    log.info(f"evaluation: {short(run_dir)}")


def _files(config: DictConfig) -> list[Path]:
    """Files of the models, after all that can be checked without them."""
    for key in ("run", "ckpt", "store"):
        if config[key] is not None:
            raise ConfigError(f"{key}: not with model=[…], which takes runs and checkpoints itself")
    if "source" not in config.data:
        raise ConfigError("data: must be given with model=[…]: data=lctsc data.root=DIR")
    if config.data.second_reader is not None:
        raise ConfigError("data.second_reader: goes with one model, or with predictions=DIR")
    given = config.models if not isinstance(config.models, str | int) else [config.models]
    files = model_files([Path(str(one)) for one in given])
    if exported := [file for file in files if file.suffix.lower() == SUFFIX]:
        raise ConfigError(
            f"model: {exported[0].name} is an exported model, which does not tell all cases that it"
            " knows; give its run"
        )
    if len(files) < 2:
        raise ConfigError("model: is one model; evaluate it by ckpt=FILE with data=…, or run=RUN")
    check_cases(config)
    chosen_split(config)
    return files


def refuse_known(cohort: Cohort, cases: list[str], records: list[dict[str, Any]]) -> None:
    """Refuse cases that any member was trained on or chosen by.

    Args:
        cohort: Prepared cases.
        cases: Names of those to evaluate.
        records: Of the members' checkpoints.

    Raises:
        ConfigError: Naming them; or if a record is too old to tell.
    """
    known: dict[str, None] = {}
    for record in records:
        _, sets = sets_seen(cohort, record, "model")
        known |= {name: None for name in cases if sets.get(name) in ("train", "val")}
    if known:
        raise ConfigError(
            f"model: cannot be tested on {listed(list(known))}: one of the models was trained on or"
            " chosen by that scan or patient; give other cases, or a split whose test set has none"
            " of them (split=file split.file=RUN/split.json)"
        )


def _mean_threshold(records: list[dict[str, Any]]) -> float:
    """The threshold of the mean probability, as ``lungseg predict`` takes it."""
    return sum(float(record["config"]["metrics"]["threshold"]) for record in records) / len(records)


def _metrics(config: DictConfig, records: list[dict[str, Any]]) -> SimpleNamespace:
    changed = {key: value for key, value in config.metrics.items() if value is not None}
    metrics = SimpleNamespace(**_joint_metrics(records, changed) | changed)
    check_metrics(metrics)
    return metrics


def _joint_metrics(records: list[dict[str, Any]], changed: Mapping[str, Any]) -> dict[str, Any]:
    """What all members were evaluated with; covariates only where they agree.

    Args:
        records: Of the members.
        changed: Settings that were typed.

    Raises:
        ConfigError: If members count empty slices differently, and none was typed.
    """
    own = [record["config"]["metrics"] for record in records]
    empty, groups = ([one.get(key) for one in own] for key in ("empty_dsc", "subgroups"))
    other = next((k for k, value in enumerate(empty) if value != empty[0]), None)
    if other is not None and "empty_dsc" not in changed:
        raise ConfigError(
            f"metrics.empty_dsc: model 1 was trained with {empty[0]}, model {other + 1} with"
            f" {empty[other]}; give one: metrics.empty_dsc={empty[0]}"
        )
    same = all(one == groups[0] for one in groups)
    return {
        **own[0],
        "threshold": _mean_threshold(records),
        "subgroups": groups[0] if same else None,
    }


def _postprocess(config: DictConfig, records: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The node of what the mean's masks go through: as set, or else as all were trained with."""
    if config.get("postprocess") is not None:
        node: Any = OmegaConf.to_container(config.postprocess)
        return node or None
    nodes = [postprocess_of(record) for record in records]
    if any(node != nodes[0] for node in nodes):
        raise ConfigError(
            "postprocess: the models were trained with different ones; give postprocess=none or"
            " postprocess=lungs"
        )
    return nodes[0]


def _members(config: DictConfig, files: list[Path]) -> list[Model]:
    accelerator = str(config.trainer.accelerator)
    device = accelerator if accelerator in DEVICES else "auto"
    allowed = tuple(config.allow_targets)
    loaded = (load_model(file, device=device, allow_targets=allowed) for file in files)
    return [model for model in loaded if isinstance(model, Model)]
