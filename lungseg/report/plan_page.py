"""``plan.html``, and the figure beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lungseg.files import replacing, write_text
from lungseg.report.planning import Need, Plan
from lungseg.report.planning_figure import as_url, planning_figure, svg
from lungseg.report.render import render
from lungseg.report.style import style

FEW = 10
"""With fewer patients than this, their scatter says little."""
HOW = {
    "measured": "the differences between these settings",
    "seeds": "the differences between seeds of this setting",
    "assumed": "the scatter of this setting and an assumed correlation",
}


def leave_plan(folder: Path, plan: Plan, content: Mapping[str, Any]) -> None:
    """Write the page, and the figure as SVG and PNG.

    Args:
        folder: To write to.
        plan: To show.
        content: As in ``plan.json``.
    """
    with style():
        figure = planning_figure(plan, synthetic=content["synthetic"])
        drawn = svg(figure)
        with replacing(folder / "plan.png") as part:
            figure.savefig(part, format="png", dpi=150, metadata={"Software": None})
    with replacing(folder / "plan.svg") as part:
        part.write_bytes(drawn)
    text = render(
        "plan.html",
        title="How many test patients",
        subtitle=f"{plan.metric.name}, {content['set']} set; {_runs(content['runs'])}",
        alarms=[],
        notes=_notes(plan, content),
        sentences=content["sentences"],
        figure=as_url(drawn),
        widths=[_row(need, need.name) for need in plan.widths],
        pairs=[_row(need, need.name, HOW[need.how]) for need in plan.pairs],
        goal=plan.goal,
    )
    write_text(folder / "plan.html", text)


def _runs(names: Sequence[str]) -> str:
    more = f" and {len(names) - 6} more" if len(names) > 6 else ""
    return f"run{'s' if len(names) > 1 else ''} {', '.join(names[:6])}{more}"


def _notes(plan: Plan, content: Mapping[str, Any]) -> list[str]:
    notes = [*content["missing_folds"]]
    if content["synthetic"]:
        notes.append("Synthetic data: these numbers say nothing about patients.")
    n = min(need.n_patients for need in (*plan.widths, *plan.pairs))
    if n < FEW:
        patients = f"{n} test patient{'' if n == 1 else 's'}"
        notes.append(
            f"{patients}: their scatter is hardly known. Plan by the upper limit, and again when"
            " there are more."
        )
    if not content["patients_known"]:
        notes.append("Which cases are of one patient is not recorded: each is taken for a patient.")
    return notes


def _row(need: Need, *words: str) -> list[str]:
    many = ["more than 1,000,000" if n is None else f"{n:,}" for n in (need.n, need.n_cautious)]
    numbers = (f"{need.mean:.4g}", f"{need.sd:.3g}", f"{need.sd_cautious:.3g}")
    return [*words, *numbers, str(need.n_patients), *many]
