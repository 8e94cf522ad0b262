"""What an evaluation of masks that others made writes and prints."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lungseg.data.cohort import Cohort
from lungseg.data.store import open_arrays
from lungseg.errors import listed
from lungseg.evaluation.conventions import Conventions
from lungseg.evaluation.degenerate import degenerate
from lungseg.evaluation.masks import MaskScores
from lungseg.evaluation.masks_run import slice_picture
from lungseg.evaluation.second_reader import KEY as SECOND_READER
from lungseg.evaluation.second_reader import warnings_of_reader
from lungseg.files import short
from lungseg.report.audit import failed_cases, failures
from lungseg.report.doubtful_masks import doubtful_masks
from lungseg.report.few_cases import few_cases
from lungseg.report.results import draw_report, write_tables
from lungseg.report.screen import one_liner, print_summary
from lungseg.report.second_reader import in_one_line
from lungseg.runs.provenance import note_evaluation, read_provenance
from lungseg.sources.predicted.case_masks import CaseMasks

if TYPE_CHECKING:
    from lungseg.evaluation.result import Evaluation
    from lungseg.report.page import Origin

log = logging.getLogger(__name__)

UNKNOWN_TRAINING = (
    "These masks were made elsewhere: whether their maker has seen these cases before is not known"
    " here."
)
NO_CURVES = "without them there are no curves, and no numbers over thresholds."


@dataclass(frozen=True)
class MaskTask:
    """Masks that were evaluated.

    Attributes:
        cohort: All prepared cases.
        names: Of the evaluated ones.
        masks: What was read.
        scores: Their counts.
        conventions: How they were counted.
        folder: Run folder, with provenance.
        config: Of the evaluation, without paths of the source.
    """

    cohort: Cohort
    names: Sequence[str]
    masks: CaseMasks
    scores: MaskScores
    conventions: Conventions
    folder: Path
    config: dict[str, Any]


def leave_mask_results(
    task: MaskTask, evaluation: Evaluation, *, report: bool, brief: bool
) -> None:
    """Write tables and report, and print the numbers.

    Args:
        task: What was evaluated.
        evaluation: Its result.
        report: Whether to draw figures and write the page.
        brief: Whether to print one line only.
    """
    folder, synthetic = task.folder, task.cohort.synthetic
    made_by = {"threshold": evaluation.threshold, "empty_dsc": task.conventions.empty_dsc}
    second = {SECOND_READER: evaluation.second_masks} if evaluation.second_masks else {}
    note_evaluation(folder, {**made_by, "synthetic": synthetic, **second})
    warnings = [*warnings_of(task, evaluation), *warnings_of_reader(evaluation.second_masks)]
    write_tables(evaluation, folder / "evaluation")
    if report:
        _write_report(task, evaluation, warnings)
    if brief:
        log.info(one_liner(evaluation.summary))
    else:
        print_summary(evaluation.summary, synthetic=synthetic)
        for caution in few_cases(len(task.names)):
            log.warning(caution)
    if evaluation.second_reader is not None:
        log.info(in_one_line(evaluation.second_reader))
    for warning in warnings:
        log.warning(warning)
    if strangers := task.masks.strangers:
        # Printed, not logged: a file's name may be a patient's.
        print(f"files of no case: {listed([file.name for file in strangers])}")
    log.info(f"evaluation: {short(folder)}")
    if report:
        log.info(f"the page: {short(folder / 'report.html')}")


def warnings_of(task: MaskTask, evaluation: Evaluation) -> list[str]:
    """What a reader of the numbers needs to know first."""
    masks, scores, cohort = task.masks, task.scores, task.cohort
    warnings = [line.replace("The model predicts", "The masks have")
                for line in degenerate(evaluation.slices)]  # fmt: skip
    warnings += doubtful_masks(cohort, set(task.names))
    if cohort.failed:
        warnings.append(f"{failed_cases(cohort.failed)}.")
    if masks.absent:
        warnings.append(
            f"There is no mask of {listed(masks.absent)}: scored as if nothing was found"
            " (predictions.missing=empty)."
        )
    warnings += [f"{name}: the mask lies elsewhere: {line}" for name, line in scores.flips.items()]
    if masks.resampled:
        warnings.append(
            f"Masks of {listed(masks.resampled)} were on another grid and were resampled"
            " (predictions.resample): labels to the nearest voxel, probabilities linearly before"
            " the threshold."
        )
    if n := len(masks.strangers):
        what = "1 file with masks fits" if n == 1 else f"{n} files with masks fit"
        warnings.append(f"{what} no case by name, and {'is' if n == 1 else 'are'} in no number.")
    if scores.histogram is None:
        has = "Not all masks have" if scores.thresholded else "The masks have no"
        warnings.append(f"{has} probabilities: {NO_CURVES}")
    return [*warnings, UNKNOWN_TRAINING]


def _write_report(task: MaskTask, evaluation: Evaluation, warnings: list[str]) -> None:
    from lungseg.evaluation.collect import unpack
    from lungseg.report.examples import Example

    cohort = task.cohort

    def fetch(rows: Any) -> list[Example]:
        examples = []
        for row in rows.itertuples():
            stored: Any = open_arrays(cohort.store, row.case)[1]
            reference = stored[row.z] != 0
            key = cohort.names.index(row.case), row.z
            prediction = unpack(evaluation.masks[key], reference.shape)
            pixels = slice_picture(cohort, row.case, row.z)
            examples.append(
                Example(row.case, row.z, pixels, reference, prediction, row.dsc, row.accuracy)
            )
        return examples

    draw_report(task.folder, evaluation, fetch, origin_of(task, warnings), cohort.names)


def origin_of(task: MaskTask, warnings: list[str]) -> Origin:
    """What the page reports of the origin of the numbers."""
    from lungseg.report.page import Origin

    cohort, names, masks = task.cohort, list(task.names), task.masks
    return Origin(
        title=f"Masks made elsewhere, of {listed(names, 4)}",
        subtitle=f"tested on {len(names)} of {len(cohort.names)} cases; cohort"
        f" {cohort.sha256[:12]}",
        split={"test": names},
        fingerprint=cohort.fingerprint(),
        findings={
            name: [finding["text"] for finding in case["audit"]["findings"]]
            + masks.notes.get(name, [])
            for name, case in cohort.cases.items()
        },
        config=task.config,
        provenance=read_provenance(task.folder),
        failed=failures(cohort),
        warnings=warnings,
        masks="Masks were read from files and placed by their geometry; without any, as stored.",
    )
