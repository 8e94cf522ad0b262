"""Numbers of the cases of each group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lungseg.evaluation.groupings import Grouping
from lungseg.metrics.summary import summarize_cases

if TYPE_CHECKING:
    import pandas as pd

NUMBERS = ("volume_dsc_mean", "hd95_mm_mean", "msd_mm_mean", "surface_dice_2mm_mean")
"""Of both lungs, as in ``summary.json``."""


def subgroups(
    groupings: Sequence[Grouping],
    rows: Mapping[str, Mapping[str, Any]],
    patients: Mapping[str, str],
) -> dict[str, dict[str, dict[str, Any]]]:
    """Means by group, with intervals by case, by covariate and group.

    Which cases are in a group depends on headers and references alone, never on predictions; a
    missed lung counts with the worst value, as everywhere.

    Args:
        groupings: Of the cohort.
        rows: Numbers of each case of a set (`lungseg.metrics.cases`), by its name.
        patients: Label of each case's patient; a case without one is a patient of its own.

    Returns:
        Of each group with at least one case ``n_cases``, ``n_patients`` and `NUMBERS`.
    """
    made: dict[str, dict[str, dict[str, Any]]] = {}
    for grouping in groupings:
        for group in grouping.groups:
            cases = [case for case in rows if grouping.group_of[case] == group]
            if not cases:
                continue
            numbers = summarize_cases([rows[case] for case in cases])
            made.setdefault(grouping.name, {})[group] = {
                "n_cases": len(cases),
                "n_patients": len({patients.get(case, case) for case in cases}),
                **{key: numbers[key] for key in NUMBERS},
            }
    return made


def subgroups_frame(summary: Mapping[str, Any]) -> pd.DataFrame:
    """One row per set, covariate and group, as in ``subgroups.csv``.

    Args:
        summary: As in ``summary.json``; sets without subgroups have no row.

    Returns:
        ``split``, ``by``, ``group``, ``n_cases``, ``n_patients``, and of each number its value, the
        ends of its interval (``_low``, ``_high``) and the number of cases behind it (``_n``).
    """
    import pandas as pd

    rows = [
        {"split": name, "by": by, "group": group, **_cells(numbers)}
        for name, of_set in summary.items()
        for by, groups in of_set.get("subgroups", {}).items()
        for group, numbers in groups.items()
    ]
    ends = [key + end for key in NUMBERS for end in ("", "_low", "_high", "_n")]
    return pd.DataFrame(rows, columns=["split", "by", "group", "n_cases", "n_patients", *ends])


def _cells(numbers: Mapping[str, Any]) -> dict[str, Any]:
    cells: dict[str, Any] = {key: numbers[key] for key in ("n_cases", "n_patients")}
    for key in NUMBERS:
        low, high = numbers[key].get("ci95", (None, None))
        cells |= {key: numbers[key]["value"], f"{key}_low": low, f"{key}_high": high}
        cells[f"{key}_n"] = numbers[key]["n"]
    return cells
