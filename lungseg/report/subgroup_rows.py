"""Results by group as rows of text, for the page of a run and for model cards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lungseg.evaluation.subgroups import NUMBERS
from lungseg.report.few_cases import FEW
from lungseg.report.numbers import shown

COLUMNS = ("by", "group", "cases", "patients", "DSC of the volume", "95 % interval", "HD95, mm",
           "95 % interval", "mean surface distance, mm", "95 % interval", "surface Dice at 2 mm",
           "95 % interval")  # fmt: skip
CAUTION = (
    f"A group of fewer than {FEW} cases says little: its mean moves with each single case. Of many"
    " groups one is the worst by chance alone, and groups differ in more than what they are named"
    " after."
)


def subgroup_rows(
    subgroups: Mapping[str, Mapping[str, Mapping[str, Any]]], *, least: int = 1
) -> list[list[str]]:
    """One row per covariate and group, below `COLUMNS`.

    Args:
        subgroups: Of a set, as in ``summary.json``.
        least: Cases of a group that is shown.

    Returns:
        Text; a number of cases below 10 is followed by "(few)", missed lungs are counted.
    """
    rows = []
    for by, groups in subgroups.items():
        for group, numbers in groups.items():
            n = numbers["n_cases"]
            if n < least:
                continue
            cells = [shown(key, numbers[key]) for key in NUMBERS]
            missed = numbers[NUMBERS[0]].get("n_missed", 0)
            notes = [*(["few"] if n < FEW else []), *([f"{missed} missed"] if missed else [])]
            cases = f"{n} ({', '.join(notes)})" if notes else f"{n}"
            texts = [text for cell in cells for text in (cell.value, cell.interval or "-")]
            rows.append([by.replace("_", " "), group, cases, str(numbers["n_patients"]), *texts])
    return rows
