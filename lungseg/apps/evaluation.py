"""One pass over all sets of a run, then its tables, its numbers and its report."""

from __future__ import annotations

import json
import logging
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lungseg.apps.checks import empty_dsc, sweeping
from lungseg.apps.screen import one_liner, print_summary
from lungseg.apps.split import read_balance
from lungseg.data.cohort import Cohort
from lungseg.errors import ConfigError
from lungseg.files import short, write_json

if TYPE_CHECKING:
    import numpy as np
    import pytorch_lightning as pl
    from numpy.typing import NDArray

    from lungseg.data.datamodule import SliceDataModule
    from lungseg.report.evaluation import Evaluation
    from lungseg.report.page import Origin
    from lungseg.training.collect import Collect
    from lungseg.training.module import SegmentationModule

log = logging.getLogger(__name__)

PROVENANCE = "provenance.json"


@dataclass(frozen=True)
class Rules:
    """What the numbers depend on beside masks.

    Attributes:
        threshold: A pixel is lung when its probability is at least this.
        empty_dsc: DSC of slices with neither reference nor prediction: zero, one or nan.
    """

    threshold: float
    empty_dsc: Any

    @classmethod
    def of(cls, metrics: Any) -> Rules:
        """Rules from the settings below ``metrics``."""
        return cls(threshold=metrics.threshold, empty_dsc=empty_dsc(metrics))


@dataclass(frozen=True)
class Weights:
    """Which weights are evaluated.

    Attributes:
        file: Name of the checkpoint that holds them.
        epochs: How many epochs they were trained for.
    """

    file: str
    epochs: int


def evaluate(
    module: SegmentationModule,
    data: SliceDataModule,
    trainer: pl.Trainer,
    cohort: Cohort,
    folder: Path,
    rules: Rules,
    weights: Weights,
    *,
    report: bool,
) -> dict[str, Any]:
    """Evaluate every slice of every set in one pass; write tables and report; print the numbers.

    Args:
        module: The trained model.
        data: Slices by set.
        trainer: Runs the pass.
        cohort: Gives cases their names and geometry.
        folder: Run folder; its history and provenance, where there are any, go into the report.
        rules: What the numbers depend on.
        weights: Which weights the module holds; noted in ``provenance.json``.
        report: Whether to draw figures and write the page.

    Returns:
        The summary by set.

    Raises:
        ConfigError: If the pass was cut short.
    """
    from lungseg.training.collect import Collect

    sets = list(data.datasets)
    collect = Collect(
        cohort,
        {name: one.index for name, one in data.datasets.items()},
        trainer.strategy.root_device,
    )
    trainer.callbacks.append(collect)  # type: ignore[attr-defined]  # a list, says the docs
    # A process that has no case to evaluate would skip this, and keep counts of the last epoch.
    module.on_test_epoch_start()
    trainer.test(module, data, verbose=False)
    # Lightning has moved it to the CPU, from where not every backend can gather.
    module.to(trainer.strategy.root_device)
    tables = {name: module.table(name) for name in sets}
    _refuse_partial(tables, data)
    found = _evaluation(tables, collect, cohort, folder, rules)
    masks, thumbnails = collect.masks(), collect.thumbnails()
    if trainer.is_global_zero:
        _remove_report(folder)
        _note(folder, rules, weights, cohort)
        warnings = _warnings(module.record, cohort, rules, weights)
        write_tables(found, folder / "evaluation")
        if report:
            origin = _origin(module, data, cohort, folder, warnings)
            write_report(found, data, cohort, folder, origin, masks, thumbnails)
        if sweeping():  # the sweep's own table comes at its end
            log.info(one_liner(found.summary))
        else:
            print_summary(found.summary, synthetic=cohort.synthetic)
        for warning in warnings:
            log.warning(warning)
        log.info(
            f"{weights.file} after {weights.epochs} epochs, threshold {rules.threshold:g},"
            f" both-empty slices {rules.empty_dsc}; into {short(folder / 'evaluation')}"
        )
        if report:
            log.info(f"the page: {short(folder / 'report.html')}")
    return found.summary


def _refuse_partial(tables: dict[str, NDArray[np.int64]], data: SliceDataModule) -> None:
    for name, table in tables.items():
        expected = len(data.datasets[name])
        if len(table) != expected:
            raise ConfigError(
                f"evaluation: {len(table)} of {expected} {name} slices were seen, and numbers of a"
                " part would mislead; leave trainer.limit_test_batches out"
            )


def _evaluation(
    tables: dict[str, NDArray[np.int64]],
    collect: Collect,
    cohort: Cohort,
    folder: Path,
    rules: Rules,
) -> Evaluation:
    """Gather tables of all processes, and sum them up."""
    from lungseg.metrics.curves import calibration, curve
    from lungseg.report.evaluation import Evaluation, read_history, surfaces
    from lungseg.report.tables import cases_frame, curve_frame, slices_frame

    histograms = {name: collect.histogram(name) for name in tables}
    scores = {name: collect.cases(name) for name in tables}
    summary = {
        name: _summary(tables[name], histograms[name], scores[name], cohort.names, rules)
        for name in tables
    }
    return Evaluation(
        summary=summary,
        slices=slices_frame(tables, cohort.names, rules.empty_dsc),
        cases=cases_frame(scores, cohort.names),
        curve=curve_frame(curve(histograms["test"])),
        calibration=calibration(histograms["test"]),
        worst=surfaces(collect.worst("test"), cohort.names),
        history=read_history(folder / "metrics.csv"),
        synthetic=cohort.synthetic,
        threshold=rules.threshold,
    )


def _summary(
    table: NDArray[np.int64],
    histogram: NDArray[np.int64],
    scores: dict[int, dict[str, Any]],
    names: list[str],
    rules: Rules,
) -> dict[str, Any]:
    """One set's part of ``summary.json``."""
    from lungseg.metrics.summary import (
        conventions,
        summarize_cases,
        summarize_scores,
        summarize_slices,
    )

    rows = list(scores.values())
    numbers = summarize_slices(table, rules.empty_dsc)
    numbers["accuracy_min"]["case"] = names[numbers["accuracy_min"]["case"]]
    return {
        **numbers,
        **summarize_scores(histogram),
        **summarize_cases(rows),
        "dsc_by_convention": conventions(table, rows),
        "threshold": rules.threshold,
        "empty_dsc": rules.empty_dsc,
    }


def read_provenance(folder: Path) -> dict[str, Any]:
    """A run's provenance, empty where there is none."""
    try:
        found: dict[str, Any] = json.loads((folder / PROVENANCE).read_text())
    except FileNotFoundError:
        return {}
    return found


def _warnings(record: dict[str, Any], cohort: Cohort, rules: Rules, weights: Weights) -> list[str]:
    """What a reader of the numbers has to know first.

    Args:
        record: Of the checkpoint.
        cohort: Evaluated cases.
        rules: What the numbers depend on.
        weights: Which weights were evaluated.
    """
    from lungseg.report.audit import failed_cases

    found = []
    if cohort.failed:
        found.append(f"{failed_cases(cohort.failed)}.")
    config = record["config"]
    planned = config["trainer"]["max_epochs"]
    if weights.file == "last.ckpt" and weights.epochs < planned:
        found.append(
            f"The weights are of epoch {weights.epochs} of {planned}: training stopped early,"
            " or still goes on."
        )
    if rules.threshold != (trained := config["metrics"]["threshold"]):
        found.append(
            f"The threshold was set to {rules.threshold:g} after training, which had"
            f" {trained:g}. If it was chosen by these test cases, their numbers are no evidence."
        )
    if cohort.sha256 != record["cohort_sha256"]:
        found.append(
            f"Evaluated on other data than the model's own ({config['data']['name']},"
            f" {sum(map(len, record['split'].values()))} cases)."
        )
        if record.get("synthetic") and not cohort.synthetic:
            found.append("The model was trained on synthetic data: it knows no patient.")
    return found


def _note(folder: Path, rules: Rules, weights: Weights, cohort: Cohort) -> None:
    """Note what made the evaluation: it may be later and by other code than the training."""
    import lungseg
    from lungseg.training.provenance import git_state

    evaluated = {
        "lungseg": lungseg.__version__,
        "git": git_state(Path(__file__).parent),
        **asdict(weights),
        **asdict(rules),
        "synthetic": cohort.synthetic,
    }
    write_json(folder / PROVENANCE, read_provenance(folder) | {"evaluation": evaluated})


def _remove_report(folder: Path) -> None:
    """A page or figure of an earlier evaluation would not fit the new tables."""
    (folder / "report.html").unlink(missing_ok=True)
    shutil.rmtree(folder / "evaluation" / "figures", ignore_errors=True)


def write_tables(found: Evaluation, folder: Path) -> None:
    """Write ``slices.csv``, ``cases.csv``, ``pr_curve.csv`` and ``summary.json``."""
    from lungseg.report.tables import thin, write_csv

    write_csv(folder / "slices.csv", found.slices)
    write_csv(folder / "cases.csv", found.cases)
    write_csv(folder / "pr_curve.csv", thin(found.curve)[["threshold", "precision", "recall"]])
    write_json(folder / "summary.json", found.summary)


def write_report(
    found: Evaluation,
    data: SliceDataModule,
    cohort: Cohort,
    folder: Path,
    origin: Origin,
    masks: dict[tuple[int, int], bytes],
    thumbnails: dict[tuple[int, int], str],
) -> None:
    """Draw all figures, and write the page that shows them."""
    import torch

    from lungseg.report.examples import Example
    from lungseg.report.figures import draw
    from lungseg.report.page import write_page
    from lungseg.report.save import save
    from lungseg.training.collect import unpack
    from lungseg.training.predict import input_slice

    names = cohort.names
    cpu = torch.device("cpu")

    def fetch(rows: Any) -> list[Example]:
        examples = []
        for row in rows.itertuples():
            case = names.index(row.case)
            image, reference = input_slice(data, "test", case, row.z, cpu)
            prediction = unpack(masks[case, row.z], reference.shape)
            pixels = image[0, 0].numpy()
            examples.append(
                Example(row.case, row.z, pixels, reference, prediction, row.dsc, row.accuracy)
            )
        return examples

    figures = []
    for drawn in draw(found, fetch):
        save(drawn.figure, folder / "evaluation" / "figures", drawn.name)
        png = folder / "evaluation" / "figures" / f"{drawn.name}.png"
        figures.append((drawn.name, drawn.caption, png))
    write_page(
        folder / "report.html",
        found,
        origin,
        figures,
        {(names[case], z): picture for (case, z), picture in thumbnails.items()},
    )


def _origin(
    module: SegmentationModule,
    data: SliceDataModule,
    cohort: Cohort,
    folder: Path,
    warnings: list[str],
) -> Origin:
    """What the page says of where the numbers come from."""
    from lungseg.report.audit import failures
    from lungseg.report.page import Origin

    names = cohort.names
    split = {
        name: [names[case] for case in dict.fromkeys(case for case, _ in dataset.index)]
        for name, dataset in data.datasets.items()
    }
    config = module.record["config"]
    made_by = read_provenance(folder)
    weights = made_by["evaluation"]
    n_parameters = sum(weights.numel() for weights in module.net.parameters())
    target = config["model"]["_target_"].rsplit(".", 1)[-1]
    return Origin(
        title=f"{target} on {', '.join(split['test'][:4])}{' …' if len(split['test']) > 4 else ''}",
        subtitle=f"{n_parameters:,} parameters; {weights['file']} after {weights['epochs']} epochs;"
        f" tested on {len(split['test'])} of {len(names)} cases; cohort {cohort.sha256[:12]}",
        split=split,
        fingerprint=cohort.fingerprint(),
        findings={
            name: [finding["text"] for finding in case["audit"]["findings"]]
            for name, case in cohort.cases.items()
        },
        config=config,
        provenance=made_by,
        failed=failures(cohort),
        warnings=warnings,
        balance=read_balance(folder, split),
    )
