"""What an evaluation writes to the run folder and prints."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lungseg.data.cohort import Cohort
from lungseg.data.domain import domain_of, unlike
from lungseg.evaluation.conventions import Conventions, Weights
from lungseg.evaluation.degenerate import degenerate
from lungseg.evaluation.known import patients_not_compared, recognise
from lungseg.evaluation.second_reader import KEY as SECOND_READER
from lungseg.evaluation.second_reader import warnings_of_reader
from lungseg.files import short, write_json
from lungseg.inference.postprocess import recorded_postprocess
from lungseg.report.audit import failed_cases, failures
from lungseg.report.doubtful_masks import doubtful_masks
from lungseg.report.earlier import read_tables, remove_report, set_aside_report
from lungseg.report.few_cases import few_cases
from lungseg.report.few_steps import averages_of, few_steps
from lungseg.report.screen import one_liner, print_summary
from lungseg.report.second_reader import in_one_line
from lungseg.runs.chosen import CHOICE, is_undecided, postprocess_of
from lungseg.runs.histograms import write_histograms
from lungseg.runs.provenance import note_evaluation, read_provenance
from lungseg.splits.file import read_balance

if TYPE_CHECKING:
    from lungseg.evaluation.result import Evaluation
    from lungseg.evaluation.run import Task
    from lungseg.report.figures import Fetch
    from lungseg.report.page import Origin

log = logging.getLogger(__name__)


def evaluating(sets: Mapping[str, Sequence[str]], *, report: bool) -> str:
    """What a training does after its last epoch, which may take a minute.

    Args:
        sets: Names of the cases, by set.
        report: Whether figures are drawn.

    Example:
        >>> evaluating({"train": ["a", "b"], "test": ["c"]}, report=True)
        'evaluating 2 train, 1 test cases; drawing figures'
    """
    counted = ", ".join(f"{len(cases)} {name}" for name, cases in sets.items())
    return f"evaluating {counted} cases{'; drawing figures' if report else ''}"


def leave_results(task: Task, evaluation: Evaluation, *, report: bool, brief: bool) -> None:
    """Write tables and report, and print the numbers.

    Args:
        task: What was evaluated.
        evaluation: Its result.
        report: Whether to draw figures and write the page.
        brief: Whether to print one line only: a sweep prints a table of its own at its end.
    """
    folder, conventions, weights = task.folder, task.conventions, task.weights
    before = read_tables(folder)
    made_by = {**asdict(weights), **asdict(conventions), "synthetic": task.cohort.synthetic}
    record = task.module.record
    as_trained = _as_trained(record, conventions)
    if CHOICE in record and as_trained:
        made_by["postprocess_choice"] = record[CHOICE]
    warnings = degenerate(evaluation.slices)
    config = record["config"]
    as_trained &= conventions.threshold == config["metrics"]["threshold"]
    if "train" in evaluation.summary and as_trained:
        found = evaluation.summary["train"]["dsc_mean_nonempty"]["value"]
        averages = averages_of(task.module.net, config.get("callbacks") or {})
        warnings += few_steps(evaluation.history, weights.epochs, found, averages)
    warnings += doubtful_masks(task.cohort, _used(task))
    warnings += warnings_of(record, task.cohort, conventions, weights)
    warnings += warnings_of_reader(evaluation.second_masks)
    if evaluation.second_masks is not None:
        made_by[SECOND_READER] = evaluation.second_masks
    note_evaluation(folder, made_by | {"warnings": warnings})
    if report:
        remove_report(folder)  # before the tables with which it would no longer agree
    write_tables(evaluation, folder / "evaluation")
    write_histograms(folder, evaluation.histograms)
    if not report:
        set_aside_report(folder, before)
    else:
        write_report(task, evaluation, warnings)
    if brief:
        log.info(one_liner(evaluation.summary))
    else:
        print_summary(evaluation.summary, synthetic=task.cohort.synthetic)
        for caution in few_cases(evaluation.summary["test"]["n_cases"]):
            log.warning(caution)
    if evaluation.second_reader is not None:
        log.info(in_one_line(evaluation.second_reader))
    for warning in warnings:
        log.warning(warning)
    log.info(
        f"{weights.file} after {_epochs(weights.epochs)}, threshold {conventions.threshold:g},"
        f" both-empty slices {conventions.empty_dsc}; into {short(folder / 'evaluation')}"
    )
    if report:
        log.info(f"the page: {short(folder / 'report.html')}")


def warnings_of(
    record: dict[str, Any], cohort: Cohort, conventions: Conventions, weights: Weights
) -> list[str]:
    """What a reader of the numbers needs to know first.

    Args:
        record: Of the checkpoint.
        cohort: Evaluated cases.
        conventions: Threshold and convention for empty masks.
        weights: Which weights were evaluated.
    """
    warnings = []
    if cohort.failed:
        warnings.append(f"{failed_cases(cohort.failed)}.")
    config = record["config"]
    planned = config["trainer"]["max_epochs"]
    if weights.file == "last.ckpt" and weights.epochs < planned:
        warnings.append(
            f"The weights are of epoch {weights.epochs} of {planned}: training stopped early,"
            " or is still running."
        )
    if conventions.threshold != (trained := config["metrics"]["threshold"]):
        warnings.append(
            f"The threshold was set to {conventions.threshold:g} after training, which had"
            f" {trained:g}. If it was chosen by these test cases, their numbers are no evidence."
        )
    if not _as_trained(record, conventions):
        warnings.append(
            f"Post-processing was set to {conventions.postprocess or 'none'} after training. If it"
            " was chosen by these test cases, their numbers are no evidence."
        )
    if cohort.sha256 != record["cohort_sha256"]:
        warnings.append(
            f"Evaluated on other data than the model's own ({config['data']['name']},"
            f" {sum(map(len, record['split'].values()))} cases)."
        )
        if record.get("image_sha256"):
            warnings += recognise(cohort, record).lines
            warnings.append(_recognition(patients_not_compared(cohort, record)))
        if record.get("domain"):  # earlier versions recorded none
            line = unlike(record["domain"], domain_of(cohort, cohort.names))
            warnings += [line] if line else []
        if record.get("synthetic") and not cohort.synthetic:
            warnings.append("The model was trained on synthetic data and has seen no patient.")
    return warnings


def _as_trained(record: dict[str, Any], conventions: Conventions) -> bool:
    """Whether masks were post-processed as the training says."""
    if is_undecided(record):
        return False
    trained = recorded_postprocess(postprocess_of(record))
    return conventions.postprocess == ("" if trained is None else repr(trained))


def _recognition(not_compared: str | None) -> str:
    """How cases of the training were kept out of the test, and what that misses."""
    if not_compared is None:
        return (
            "Cases that the model has seen were recognised by their voxels, and scans of the same"
            " patients by keyed digests of PatientID, study, or name and birth date."
        )
    return (
        "Cases that the model has seen were recognised by their voxels alone: another scan of a"
        f" patient of the training counts as test. Patients were not compared: {not_compared}."
    )


def write_tables(evaluation: Evaluation, folder: Path) -> None:
    """Write the tables of slices, cases, subgroups and the PR curve, and ``summary.json``."""
    from lungseg.evaluation.subgroups import subgroups_frame
    from lungseg.evaluation.tables import thin, write_csv

    write_csv(folder / "slices.csv", evaluation.slices)
    write_csv(folder / "cases.csv", evaluation.cases)
    write_csv(folder / "pr_curve.csv", thin(evaluation.curve)[["threshold", "precision", "recall"]])
    write_csv(folder / "subgroups.csv", subgroups_frame(evaluation.summary))
    second = evaluation.second_reader
    more = {} if second is None else {SECOND_READER: second}
    write_json(folder / "summary.json", evaluation.summary | more)


def write_report(task: Task, evaluation: Evaluation, warnings: list[str]) -> None:
    """Draw all figures, and write the page that shows them."""
    import torch

    from lungseg.evaluation.collect import unpack
    from lungseg.evaluation.slices import slice_batch
    from lungseg.report.examples import Example

    names = task.cohort.names
    cpu = torch.device("cpu")

    def fetch(rows: Any) -> list[Example]:
        examples = []
        for row in rows.itertuples():
            case = names.index(row.case)
            batch = slice_batch(task.data, "test", case, row.z, cpu)
            reference = batch["mask"][0, 0].bool().numpy()
            prediction = unpack(evaluation.masks[case, row.z], reference.shape)
            pixels = batch["picture"][0, 0].numpy()
            examples.append(
                Example(row.case, row.z, pixels, reference, prediction, row.dsc, row.accuracy)
            )
        return examples

    draw_report(task.folder, evaluation, fetch, origin_of(task, warnings), names)


def draw_report(
    folder: Path, evaluation: Evaluation, fetch: Fetch, origin: Origin, names: list[str]
) -> None:
    """Draw all figures of an evaluation, and write the page that shows them.

    Args:
        folder: Run folder.
        evaluation: Its tables.
        fetch: Returns image, reference and prediction for rows of its slices.
        origin: Where the numbers come from.
        names: Of all cases of the cohort.
    """
    from lungseg.report.figures import draw
    from lungseg.report.page import write_page
    from lungseg.report.save import save

    figures = []
    for drawn in draw(evaluation, fetch):
        save(drawn.figure, folder / "evaluation" / "figures", drawn.name)
        png = folder / "evaluation" / "figures" / f"{drawn.name}.png"
        figures.append((drawn.name, drawn.caption, png))
    write_page(
        folder / "report.html",
        evaluation,
        origin,
        figures,
        {(names[case], z): picture for (case, z), picture in evaluation.thumbnails.items()},
    )


def origin_of(task: Task, warnings: list[str]) -> Origin:
    """What the page reports of the origin of the numbers."""
    from lungseg.report.page import Origin

    module, cohort = task.module, task.cohort
    names = cohort.names
    split = {
        name: [names[case] for case in dict.fromkeys(case for case, _ in dataset.index)]
        for name, dataset in task.data.datasets.items()
    }
    config = module.record["config"]
    made_by = read_provenance(task.folder)
    weights = made_by["evaluation"]
    n_parameters = sum(weights.numel() for weights in module.net.parameters())
    target = config["model"]["_target_"].rsplit(".", 1)[-1]
    return Origin(
        title=f"{target} on {', '.join(split['test'][:4])}{' …' if len(split['test']) > 4 else ''}",
        subtitle=f"{n_parameters:,} parameters; {weights['file']} after"
        f" {_epochs(weights['epochs'])}; tested on {len(split['test'])} of {len(names)} cases;"
        f" cohort {cohort.sha256[:12]}",
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
        balance=read_balance(task.folder, split),
        patients=cohort.patients,
    )


def _used(task: Task) -> set[str]:
    """Names of the cases of all sets."""
    names = task.cohort.names
    return {names[case] for data in task.data.datasets.values() for case, _ in data.index}


def _epochs(number: int) -> str:
    return f"{number} epoch{'s' if number != 1 else ''}"
