"""A second reader against the first: how well people agree on test cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lungseg.data.cohort import Cohort
from lungseg.errors import DataError, listed
from lungseg.evaluation.conventions import Conventions
from lungseg.evaluation.masks import MaskScores, score_masks
from lungseg.evaluation.run import summary_of
from lungseg.evaluation.whole_cases import table_of
from lungseg.metrics.table import COLUMNS
from lungseg.sources.about import about
from lungseg.sources.lungs import LungNames
from lungseg.sources.predicted.case_masks import CaseMasks
from lungseg.sources.predicted.rules import MaskRules

if TYPE_CHECKING:
    from lungseg.evaluation.result import Evaluation

KEY = "second_reader"
"""Of ``summary.json``."""
SETTING = "data.second_reader"


@dataclass(frozen=True)
class SecondReader:
    """The masks of another reader, scored against the references of test cases.

    Attributes:
        names: Test cases that have such a mask.
        scores: Of these masks.
        everyone: Names of all cases of the cohort.
        masks: The files they were read from.
    """

    names: list[str]
    scores: MaskScores
    everyone: list[str]
    masks: CaseMasks

    def record(self) -> dict[str, Any]:
        """What ``provenance.json`` says of the reader's files, without their names."""
        of_all = self.masks.record()
        kept = {key: of_all[key] for key in ("masks_sha256", "files_of_no_case")}
        return {**kept, "notes": self.masks.notes, "flips": self.scores.flips}

    def beside(self, evaluation: Evaluation, conventions: Conventions) -> dict[str, Any]:
        """What ``summary.json`` says of the reader, and of the model on the same cases.

        Args:
            evaluation: Of the model.
            conventions: By which both are counted.

        Returns:
            ``cases``, and the numbers of ``reader`` and ``model``, as those of a set.
        """
        plain = replace(conventions, threshold=None, postprocess="")
        slices = evaluation.slices[
            (evaluation.slices["split"] == "test") & evaluation.slices["case"].isin(self.names)
        ]
        places = {name: case for case, name in enumerate(self.everyone)}
        counted = slices.assign(case=slices["case"].map(places))[list(COLUMNS)]
        of_cases = evaluation.cases[evaluation.cases["split"] == "test"].set_index("case")
        model = {places[name]: of_cases.loc[name].to_dict() for name in self.names}
        return {
            "cases": self.names,
            "reader": self._numbers(self.scores.table, self.scores.cases, plain),
            "model": self._numbers(table_of(counted.to_numpy().tolist()), model, conventions),
        }

    def _numbers(
        self, table: Any, cases: dict[int, dict[str, Any]], conventions: Conventions
    ) -> dict[str, Any]:
        numbers = summary_of(table, None, cases, self.everyone, conventions)
        # A reader has no probabilities: nothing over thresholds can be compared.
        return {
            key: number
            for key, number in numbers.items()
            if not isinstance(number, dict) or number.get("value") is not None
        }


def beside(
    evaluation: Evaluation, reader: SecondReader | None, conventions: Conventions
) -> Evaluation:
    """An evaluation, with the numbers of a second reader if there is one."""
    if reader is None:
        return evaluation
    numbers = reader.beside(evaluation, conventions)
    return replace(evaluation, second_reader=numbers, second_masks=reader.record())


def warnings_of_reader(masks: dict[str, Any] | None) -> list[str]:
    """What makes the numbers of a second reader doubtful.

    Args:
        masks: As of :meth:`SecondReader.record`; None without a reader.

    Example:
        >>> warnings_of_reader({"flips": {"Case_1": "flipped …"}})
        ['The second reader, Case_1: the mask lies elsewhere: flipped …']
    """
    flips = (masks or {"flips": {}})["flips"]
    return [f"The second reader, {name}: the mask lies elsewhere: {line}"
            for name, line in flips.items()]  # fmt: skip


def read_second_reader(
    folder: str | None, cohort: Cohort, test: Sequence[str], lungs: LungNames
) -> SecondReader | None:
    """Read and score the masks of a second reader; None where there is none.

    Args:
        folder: As for :class:`lungseg.sources.predicted.case_masks.CaseMasks`; None for none.
        cohort: All prepared cases, with the masks of the first reader.
        test: Names of the test cases. Those without a second mask are left out: what nobody drew
            is not a lung that a reader missed.
        lungs: Names of structures that are lungs.

    Raises:
        DataError: If no test case has a second mask, or one cannot be read or placed.
    """
    if folder is None:
        return None
    with about(SETTING):
        masks = CaseMasks(Path(folder), cohort, MaskRules(lungs, labelled_by=""))
        names = masks.having(test)
        if not names:
            raise DataError(f"no mask for any test case ({listed(list(test))})", folder)
        return SecondReader(names, score_masks(cohort, names, masks.read), cohort.names, masks)
