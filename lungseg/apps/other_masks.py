"""Masks that others made: ``lungseg evaluate predictions=DIR data=…``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]
from omegaconf import DictConfig

from lungseg.apps.checks import check_metrics
from lungseg.apps.chosen_split import chosen_split
from lungseg.apps.prepare import check_cases, names_before, prepare_with_masks
from lungseg.config import conf_dir
from lungseg.data.cohort import Cohort
from lungseg.errors import ConfigError, DataError
from lungseg.evaluation.conventions import Conventions, empty_dsc
from lungseg.evaluation.groupings import groupings, refuse_unknown
from lungseg.evaluation.second_reader import beside, read_second_reader
from lungseg.files import write_json
from lungseg.redacted_logs import redactor_of_job
from lungseg.redaction import recorded
from lungseg.runs.claim import begin
from lungseg.runs.provenance import PROVENANCE, provenance
from lungseg.runs.status import noting_status
from lungseg.sources.about import about
from lungseg.sources.lungs import LungNames
from lungseg.sources.predicted.case_masks import CaseMasks
from lungseg.sources.predicted.find import refuse_unfit
from lungseg.sources.predicted.rules import MaskRules, labels_of
from lungseg.splits.file import NAME, describe, describe_sets
from lungseg.sweeps.mode import sweeping

KEY = "predictions"
MISSING = ("error", "empty")
DEFAULTS = {"threshold": 0.5, "empty_dsc": "zero"}
"""As of a training."""
MODELS = ("run", "ckpt", "models", "store", "postprocess")
"""Settings that go with a model of ours."""


def evaluate_other_masks(config: DictConfig, run_dir: Path) -> None:
    """Evaluate the masks in a folder on the cases of a ``data`` choice, into a new run folder."""
    settings = config.predictions
    _refuse(config)
    for key, value in DEFAULTS.items():
        if config.metrics[key] is None:
            config.metrics[key] = value
    config.metrics.empty_dsc = empty_dsc(config.metrics)
    check_metrics(config.metrics)
    rules = MaskRules(
        lungs=names_of_lungs(config.data),
        threshold=config.metrics.threshold,
        resample=settings.resample,
        resampled_by=f"{KEY}.resample=true",
        **labels_of(settings.labels, f"{KEY}.labels"),
    )
    splitter = chosen_split(config)
    check_cases(config)
    refuse_unknown(config.metrics.subgroups, config.split.table)
    known = names_before(config)
    with about(KEY):
        refuse_unfit(Path(settings.path), known)
    from lungseg.evaluation.masks_run import evaluate_masks
    from lungseg.report.audit import failures
    from lungseg.report.other_masks import MaskTask, leave_mask_results

    cohort = prepare_with_masks(config)
    names, split = _cases(config, splitter, cohort)
    groups = groupings(cohort, config.metrics.subgroups, config.split.table)
    masks = CaseMasks(Path(settings.path), cohort, rules)
    masks.refuse_seen(names)
    if settings.missing == "error":
        masks.require(names)
    conventions = Conventions.of(config.metrics)
    second = read_second_reader(config.data.second_reader, cohort, names, rules.lungs)
    # Whatever can be refused is refused before the folder becomes a run's.
    evaluation, scores = evaluate_masks(
        cohort, names, masks.read, conventions, groups, pictures=config.report
    )
    conventions = replace(conventions, threshold=evaluation.threshold)
    evaluation = beside(evaluation, second, conventions)
    begin(run_dir)
    with noting_status(run_dir, redactor_of_job(config).message):
        plain = recorded(config)
        origin = provenance(plain, cohort.sha256, failures(cohort))
        write_json(run_dir / PROVENANCE, origin | {KEY: masks.record()})
        write_json(run_dir / NAME, split)
        task = MaskTask(cohort, names, masks, scores, conventions, run_dir, plain)
        leave_mask_results(task, evaluation, report=config.report, brief=sweeping())


def names_of_lungs(data: Any) -> LungNames:
    """Names of structures that are lungs: those of the source, or else the usual ones."""
    if "lungs" in data:
        return LungNames.of(data["lungs"])
    file = conf_dir() / "data" / "lungs" / "names.yaml"
    return LungNames.of(yaml.safe_load(file.read_text(encoding="utf-8")))


def _refuse(config: DictConfig) -> None:
    settings = config.predictions
    for key in MODELS:
        if config.get(key) is not None:
            raise ConfigError(f"{key}: goes with a model; {KEY}=DIR scores masks as they are")
    if "source" not in config.data:
        raise ConfigError(f"data: must be given with {KEY}: data=lctsc data.root=DIR")
    if not isinstance(settings.resample, bool):
        raise ConfigError(f"{KEY}.resample={settings.resample}: must be true or false")
    if settings.missing not in MISSING:
        raise ConfigError(f"{KEY}.missing={settings.missing}: must be error or empty")
    if not Path(settings.path).is_dir():
        raise DataError(f"{KEY}: no such folder with masks", settings.path)


def _cases(config: DictConfig, splitter: Any, cohort: Cohort) -> tuple[list[str], dict[str, Any]]:
    """Names of the cases to score, and the contents of ``split.json``."""
    if splitter is None:
        return cohort.names, describe_sets({"test": cohort.names}, cohort)
    from lungseg.training.setup import split_cohort

    split = split_cohort(config, splitter, cohort)
    return split.test, describe(split, cohort, recorded(config)["split"])
