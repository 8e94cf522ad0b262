"""Plans from run folders, and from one evaluation."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from lungseg.errors import DataError
from lungseg.report.compared import METRICS, Group, Metric, Setting, case_numbers
from lungseg.report.pairs import farthest
from lungseg.report.planning import LEAST, Goal, Plan, make_plan
from lungseg.runs.read import COMPLETED, Run


def plan_of_runs(
    groups: Sequence[Group],
    metric: Metric,
    set_name: str,
    goal: Goal,
    patients: Mapping[str, str],
) -> Plan:
    """Plan from all settings; only those of one group make pairs.

    Args:
        groups: Settings that were tested alike.
        metric: Of which number of each case.
        set_name: Whose cases.
        goal: What is wished.
        patients: Label of the patient by case; a case that is not in it is a patient of its own.

    Raises:
        DataError: If a setting has fewer than two patients with a number, or all are alike.
    """
    plans = []
    for group in groups:
        several = f"group {group.name}: " if len(groups) > 1 else ""
        scores = {
            several + _name(group, one): case_numbers(one, metric, set_name)
            for one in group.settings
        }
        labels = [patients.get(case, case) for case in group.run.sets[set_name]]
        limit = farthest(group.settings, set_name)
        try:
            plans.append(make_plan(scores, labels, metric, goal, farthest=limit))
        except ValueError as error:
            raise DataError(f"runs: {error}", group.run.folder) from None
    measured = [plan for plan in plans if len(plan.widths) > 1] or plans
    return replace(
        plans[0],
        ends=(plans[0].ends[0], max(plan.ends[1] for plan in plans)),
        widths=tuple(need for plan in plans for need in plan.widths),
        pairs=tuple(need for plan in measured for need in plan.pairs),
    )


def _name(group: Group, setting: Setting) -> str:
    """What sets a setting apart; alone in its group, its first run."""
    return setting.name if len(group.settings) > 1 else setting.runs[0].name


def plan_of_cases(cases: pd.DataFrame, patients: Mapping[str, str], goal: Goal) -> Plan | str:
    """Plan from the test cases of one evaluation, by the DSC of volumes.

    Args:
        cases: As in ``cases.csv``.
        patients: Label of the patient by case.
        goal: What is wished.

    Returns:
        The plan, or why there is none.
    """
    names = tuple(sorted(map(str, cases.loc[cases["split"] == "test", "case"])))
    labels = [patients.get(case, case) for case in names]
    if (n := len(set(labels))) < LEAST:
        return f"{n} test patient{'' if n == 1 else 's'}: a plan needs {LEAST} or more."
    run = Run("", Path(), COMPLETED, sets={"test": names}, cases=cases.astype({"case": str}))
    scores = case_numbers(Setting("this run", "A", (run,), None), METRICS["dsc"], "test")
    try:
        return make_plan({"this run": scores}, labels, METRICS["dsc"], goal)
    except ValueError as error:
        return f"There is no plan: {error}."


def patients_of(runs: Sequence[Run]) -> dict[str, str]:
    """Label of the patient by case, as runs recorded it in ``split.json``."""
    patients: dict[str, str] = {}
    for run in runs:
        for folder in [run.folder, *(part.folder for part in run.parts)]:
            try:
                patients |= json.loads((folder / "split.json").read_text()).get("patients", {})
            except (OSError, ValueError):
                continue  # an older run, or one made by hand: each case is a patient
    return patients
