"""What the report of a run says of planning: two sentences and a small figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from lungseg.report.planning import Goal, pair_sentence, width_sentence
from lungseg.report.planning_figure import as_url, planning_figure, svg
from lungseg.report.planning_runs import plan_of_cases
from lungseg.report.style import style


@dataclass(frozen=True)
class Section:
    """Planning on a page.

    Attributes:
        sentences: What is needed; or why nothing is planned.
        image: The figure as a ``data:`` URL; empty where nothing is planned.
    """

    sentences: tuple[str, ...]
    image: str


def planning_section(
    cases: pd.DataFrame, patients: Mapping[str, str], *, synthetic: bool
) -> Section:
    """Plan from the test cases of an evaluation, with the wishes that ``lungseg plan`` has too.

    Args:
        cases: As in ``cases.csv``.
        patients: Label of the patient by case; a case that is not in it is a patient of its own.
        synthetic: Whether the figure says that data are.
    """
    plan = plan_of_cases(cases, patients, Goal())
    if isinstance(plan, str):
        return Section((plan,), "")
    with style():
        image = as_url(svg(planning_figure(plan, synthetic=synthetic)))
    return Section((width_sentence(plan), pair_sentence(plan)), image)
