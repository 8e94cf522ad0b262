"""What a stress test writes to the run folder and prints."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lungseg import __version__
from lungseg.files import short, write_json
from lungseg.runs.lineage import TEST_SELECTION, selected_on_test

if TYPE_CHECKING:
    from lungseg.evaluation.run import Task
    from lungseg.evaluation.stress.run import Level

log = logging.getLogger(__name__)

PAGE = "stress.html"


def leave_stress(task: Task, levels: Sequence[Level], seed: int, *, report: bool) -> None:
    """Write ``stress.csv``, ``stress.json``, the figure and the page, and print the means.

    Nothing that an evaluation writes is touched.

    Args:
        task: What was evaluated.
        levels: Its results.
        seed: That random corruptions were drawn from.
        report: Whether to draw the figure and write the page.
    """
    from lungseg.evaluation.stress.summary import stress_frame, stress_summary
    from lungseg.evaluation.tables import write_csv

    folder, evaluation = task.folder, task.folder / "evaluation"
    made_by = {**asdict(task.weights), **asdict(task.conventions)}
    content: dict[str, Any] = {
        **{"lungseg": __version__, "seed": seed, "synthetic": task.cohort.synthetic, **made_by},
        "cohort_sha256": task.cohort.sha256,
        TEST_SELECTION: selected_on_test(task.module.record),
        "corruptions": stress_summary(levels),
    }
    (folder / PAGE).unlink(missing_ok=True)  # before the tables with which it would not agree
    write_csv(evaluation / "stress.csv", stress_frame(levels))
    write_json(evaluation / "stress.json", content)
    if report:
        _draw(task, content, levels)
    for name, of_one in content["corruptions"].items():
        log.info(one_line(name, of_one))
    log.info(f"into {short(evaluation / 'stress.csv')}")
    if report:
        log.info(f"the page: {short(folder / PAGE)}")


def _draw(task: Task, content: dict[str, Any], levels: Sequence[Level]) -> None:
    from lungseg.report.save import save
    from lungseg.report.stress_curves import stress_curves
    from lungseg.report.stress_page import write_stress_page

    figure = stress_curves(content["corruptions"], synthetic=content["synthetic"])
    save(figure, task.folder / "evaluation", "stress")
    weights, after = task.weights, task.conventions.postprocess or "none"
    write_stress_page(
        task.folder / PAGE,
        content,
        levels,
        f"{weights.file} after {weights.epochs} epoch{'s' if weights.epochs != 1 else ''};"
        f" threshold {task.conventions.threshold:g}; post-processing {after};"
        f" cohort {task.cohort.sha256[:12]}",
    )


def one_line(name: str, corruption: dict[str, Any]) -> str:
    """Mean DSC by strength, in one line.

    Example:
        >>> levels = [{"strength": 0, "volume_dsc_mean": {"value": 0.98}},
        ...           {"strength": 20, "volume_dsc_mean": {"value": None}}]
        >>> one_line("noise", {"unit": "HU", "levels": levels})
        'noise, DSC: 0.9800 at 0 HU, - at 20 HU'
    """
    unit = corruption["unit"]
    parts = []
    for level in corruption["levels"]:
        value = level["volume_dsc_mean"]["value"]
        parts.append(f"{'-' if value is None else f'{value:.4f}'} at {level['strength']:g} {unit}")
    return f"{name}, DSC: {', '.join(parts)}"
